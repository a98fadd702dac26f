"""The twins and standard networks, ready to be asked for responses."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from core.computing.devices import choose_device
from core.computing.random_source import torch_draws_from
from core.errors import SettingError
from core.networks.zoo import torchvision_network
from core.progress import answer
from core.weights import WeightSource, read_state
from dualneuron.files import TWINS, locate_file, twin_files
from dualneuron.twins.activations import ActivationExtractor, count_units
from dualneuron.twins.ensemble import Twin, TwinMember
from dualneuron.twins.published_state import load_published

FIRST_SEED = 10
"""Seed of the first member of an untrained twin; each further one has the next."""

STANDARD = ("vgg16", "vgg16_bn", "resnet50", "vit_b_16")
"""Standard networks of torchvision, with its IMAGENET1K_V1 weights; images (B, 3, 224, 224)."""

Device = str | torch.device | None
Folder = str | Path | None


def V1GrayTaskDriven(
    ensemble: bool = False,
    centered: bool = False,
    untrained: bool = False,
    base_dir: Folder = None,
    *,
    data_dir: Folder = None,
    device: Device = None,
    dtype: torch.dtype = torch.float32,
) -> Twin:
    """The twin of 458 neurons of macaque V1; images (B, 1, 93, 93).

    Parameters
    ----------
    ensemble
        All five members instead of the first.
    centered
        Let every neuron look at the middle of the image.
    untrained
        Random weights, each member from a seed of its own; no file is read.
    base_dir
        The same as `data_dir`, at its published place.
    data_dir
        Folder of files as published, looked at first; `dualneuron.files` says where else.
    device
        Where it computes; by default CUDA when present, else the CPU.
    dtype
        Type of its weights and images.

    Returns
    -------
    Twin
        In evaluation mode, parameters frozen.

    Raises
    ------
    WeightsError
        If a weight file cannot be found, fetched or read, or is another one.
    """
    return _twin("v1", ensemble, centered, untrained, data_dir or base_dir, device, dtype)


def V4ColorTaskDriven(
    ensemble: bool = False,
    centered: bool = False,
    untrained: bool = False,
    base_dir: Folder = None,
    *,
    data_dir: Folder = None,
    device: Device = None,
    dtype: torch.dtype = torch.float32,
) -> Twin:
    """The twin of 394 neurons of macaque V4; images (B, 3, 100, 100), RGB.

    Arguments, results and errors are those of `V1GrayTaskDriven`; it has five members.
    """
    return _twin("v4", ensemble, centered, untrained, data_dir or base_dir, device, dtype)


def V4GrayTaskDriven(
    ensemble: bool = False,
    centered: bool = False,
    untrained: bool = False,
    base_dir: Folder = None,
    *,
    data_dir: Folder = None,
    device: Device = None,
    dtype: torch.dtype = torch.float32,
) -> Twin:
    """The twin of 1244 neurons of macaque V4; images (B, 1, 100, 100).

    Arguments, results and errors are those of `V1GrayTaskDriven`; it has ten members.
    """
    return _twin("v4g", ensemble, centered, untrained, data_dir or base_dir, device, dtype)


TWIN_MAKERS: dict[str, Callable[..., Twin]] = {
    "v1": V1GrayTaskDriven,
    "v4": V4ColorTaskDriven,
    "v4g": V4GrayTaskDriven,
}


def _twin(
    name: str,
    ensemble: bool,
    centered: bool,
    untrained: bool,
    data_dir: Folder,
    device: Device,
    dtype: torch.dtype,
) -> Twin:
    device = choose_device(device)
    files = twin_files(name)
    paths = files.members if ensemble else files.members[:1]
    with torch.device("meta"):  # without weights, since they come in a moment
        twin = Twin(name, files, len(paths))
    twin.to_empty(device="cpu")
    for number, (member, path) in enumerate(zip(twin.members, paths, strict=True)):
        if untrained:
            _draw(member, FIRST_SEED + number)
        else:
            found = locate_file(path, data_dir=data_dir)
            load_published(member, name, read_state(found), found)
        if centered:
            member.readout.centre()
    return twin.to(device, dtype).eval().requires_grad_(False)


def _draw(member: TwinMember, seed: int) -> None:
    """Random weights from a seed."""
    with torch_draws_from(seed):
        for module in member.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()


def load_model(
    architecture: str = "v4",
    layer: str | None = None,
    ensemble: bool = False,
    centered: bool = True,
    untrained: bool = False,
    device: Device = None,
    *,
    data_dir: Folder = None,
) -> nn.Module | ActivationExtractor:
    """A twin or a standard network by name, in evaluation mode.

    Parameters
    ----------
    architecture
        ``v1``, ``v4``, ``v4g`` or one of `STANDARD`.
    layer
        Wrap it so that it answers with the activation of this layer.
    ensemble
        All members of a twin.
    centered
        Let all neurons of a twin look at the middle of the image.
    untrained
        Random weights.
    device
        Where it computes; by default CUDA when present, else the CPU.
    data_dir
        Folder of a twin's files as published, or of a standard network's weights.

    Returns
    -------
    Module or ActivationExtractor

    Raises
    ------
    SettingError
        If there is no such network.
    WeightsError
        If its weights cannot be found, fetched or read.
    MissingPackageError
        If a standard network is asked for and torchvision is not installed.
    UnknownLayerError
        If it has no such layer.
    """
    if architecture in TWIN_MAKERS:
        make = TWIN_MAKERS[architecture]
        model = make(ensemble, centered, untrained, data_dir=data_dir, device=device)
    elif architecture in STANDARD:
        device = choose_device(device)
        with torch.random.fork_rng([]):
            source = WeightSource(not untrained, data_dir)
            model = torchvision_network(architecture, source).model
        model = model.to(device).eval().requires_grad_(False)
    else:
        known = ", ".join((*TWINS, *STANDARD))
        raise SettingError(path="architecture", expected=f"one of {known}", found=architecture)
    return model if layer is None else ActivationExtractor(model, layer)


def default_input(architecture: str) -> tuple[int, int, int, int]:
    """Shape of one image for a network by name, (1, C, H, W).

    Examples
    --------
    >>> default_input("v1"), default_input("resnet50")
    ((1, 1, 93, 93), (1, 3, 224, 224))
    """
    if architecture in TWINS:
        return (1, *TWINS[architecture].image_shape)
    return (1, 3, 224, 224)


def model_summary(
    model: str,
    input_size: tuple[int, ...] | None = None,
    device: Device = None,
    *,
    untrained: bool = False,
    data_dir: Folder = None,
) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """Print the layers of a network, their output's shape and how many units they have.

    Parameters
    ----------
    model
        Name of a network, as `load_model` takes it.
    input_size
        (B, C, H, W) of the random image that is shown to it; by default what it takes.
    device
        Where it computes; by default CUDA when present, else the CPU.
    untrained
        Random weights.
    data_dir
        Folder of weight files, looked at first.

    Returns
    -------
    model : Module
    activations : dict
        Outputs of all layers without parts, by name, in the order of calls.
    """
    network = load_model(model, untrained=untrained, device=device, data_dir=data_dir)
    place = next(network.parameters())
    images = torch.randn(input_size or default_input(model), device=place.device)
    activations = ActivationExtractor(network).get_all_activations(images)
    for line in summary_lines(activations):
        answer(line)
    return network, activations


def summary_lines(activations: dict[str, torch.Tensor]) -> list[str]:
    """The table that `model_summary` prints.

    Parameters
    ----------
    activations
        Outputs of layers by name.

    Examples
    --------
    >>> print(*summary_lines({"fc": torch.zeros(1, 7)}), sep="\\n")
    Layer                                                       Shape                    Units
    fc                                                          (1, 7)                   7
    Total units: 7
    """
    lines, total = [f"{'Layer':<60}{'Shape':<25}Units"], 0
    for name, activation in activations.items():
        units = count_units(activation.shape)
        lines.append(f"{name:<60}{tuple(activation.shape)!s:<25}{'-' if units is None else units}")
        total += units or 0
    return [*lines, f"Total units: {total}"]

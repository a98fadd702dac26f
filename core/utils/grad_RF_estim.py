"""Receptive fields of network units by gradients, under their published names and arguments.

What the project itself uses is `core.probing`: a source of probe images and the units to map.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device
from core.computing.random_source import Randomness
from core.generators.protocol import Generator
from core.probing.receptive_field import (
    INPUT_SIZE,
    CentralField,
    central_field,
    generator_images,
    gradient_maps,
    noise_images,
    population_maps,
    unit_maps,
)
from core.probing.receptive_field_fit import (
    GaussianFit,
    fit_2dgauss,
    gradmap2RF_square,
    save_gradmap_figures,
    show_gradmap,
    twoD_Gaussian,
)
from core.probing.recording import Index

__all__ = [
    "GAN_grad_RF_estimate",
    "GaussianFit",
    "fit_2dgauss",
    "get_center_pos_and_rf",
    "grad_RF_estimate",
    "grad_RF_estimate_units",
    "grad_population_RF_estimate",
    "grad_population_RF_estimates",
    "gradient_maps",
    "gradmap2RF_square",
    "show_gradmap",
    "twoD_Gaussian",
]


def grad_RF_estimate(
    model: nn.Module,
    target_layer: str,
    target_unit: Sequence[Index],
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    show: bool = True,
    reps: int = 200,
    batch: int = 1,
    *,
    inputs: Iterable[torch.Tensor] | None = None,
    rng: Randomness = None,
) -> np.ndarray:
    """Gradient map of one unit, or of the mean of several.

    Parameters
    ----------
    model
        Any network; it runs in eval mode and is left as it was.
    target_layer
        Dotted name or attribute path.
    target_unit
        Index into the layer's output without its batch axis; slices average over units:
        ``(slice(None), i, j)`` is all channels at row i, column j.
    input_size
        Channels, rows and columns of the noise.
    device
        Where the network goes; by default it stays where it is.
    show
        Show the map, in an interactive session.
    reps
        Repetitions. One in which the unit is at 0 is left out.
    batch
        Images per repetition. The unit's mean over them is differentiated, so the map gets
        smaller by this factor.
    inputs
        Images in [-1, 1] to use in place of noise, one batch for each repetition; at most `reps`
        of them are.
    rng
        Source of the noise.

    Returns
    -------
    (rows, columns) float32

    Raises
    ------
    LayerError
        If there is no such layer or unit, or the unit is at 0 in every repetition.
    """
    images = _probes(model, input_size, device, reps, batch, inputs, rng)
    (gradient_map,) = unit_maps(model, target_layer, [target_unit], images)
    if show:
        show_gradmap(gradient_map)
    return gradient_map


def grad_RF_estimate_units(
    model: nn.Module,
    target_layer: str,
    target_units: Sequence[Sequence[Index]],
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    reps: int = 200,
    batch: int = 1,
    *,
    inputs: Iterable[torch.Tensor] | None = None,
    rng: Randomness = None,
) -> np.ndarray:
    """Gradient maps ``(n_units, rows, columns)`` of units of one layer, on the same noise.

    Parameters
    ----------
    model, target_layer, input_size, device, reps, batch, inputs, rng
        Network, layer and noise, as in `grad_RF_estimate`.
    target_units
        Index of each unit, as `target_unit` there.

    Returns
    -------
    (n_units, rows, columns) float32
    """
    images = _probes(model, input_size, device, reps, batch, inputs, rng)
    return unit_maps(model, target_layer, target_units, images)


def GAN_grad_RF_estimate(
    G: Generator,
    model: nn.Module,
    target_layer: str,
    target_unit: Sequence[Index],
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    show: bool = True,
    reps: int = 200,
    batch: int = 1,
    *,
    rng: Randomness = None,
) -> np.ndarray:
    """Gradient map of one unit on random images of a generator, brought to [-1, 1].

    Parameters
    ----------
    G
        Generator; its codes come from its own `sample`.
    model, target_layer, target_unit, input_size, device, show, reps
        Network, unit and map, as in `grad_RF_estimate`.
    batch
        Images per repetition.
    rng
        Source of the codes.

    Returns
    -------
    (rows, columns) float32
    """
    images = generator_images(G, input_size, reps, batch_size=batch, rng=rng)
    return grad_RF_estimate(
        model, target_layer, target_unit, input_size, device, show, reps, inputs=images
    )


def grad_population_RF_estimate(
    model: nn.Module,
    target_layer: str,
    target_layer_weights: np.ndarray | torch.Tensor,
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    show: bool = True,
    reps: int = 200,
    batch: int = 1,
    label: str = "",
    figdir: str | Path | None = None,
    *,
    inputs: Iterable[torch.Tensor] | None = None,
    rng: Randomness = None,
) -> np.ndarray:
    """Gradient map of a weighted sum of a layer's units.

    Parameters
    ----------
    model, target_layer, input_size, device, show, reps, batch, inputs, rng
        Network, layer and noise, as in `grad_RF_estimate`; but the sum over the batch is
        differentiated, so the map does not get smaller with it.
    target_layer_weights
        Array of the layer's shape.
    label
        First part of the names of the figures that are written.
    figdir
        Folder for ``<label>_rawgradAmpMap.png`` and ``<label>_gradAmp_loghist.png``; without one
        nothing is written.

    Returns
    -------
    (rows, columns) float32

    Raises
    ------
    LayerError
        If there is no such layer, the weights do not have its shape, or the sum is at 0 in every
        repetition.
    """
    weights = torch.as_tensor(target_layer_weights)[None]
    images = _probes(model, input_size, device, reps, batch, inputs, rng)
    (gradient_map,) = population_maps(model, target_layer, weights, images)
    if show:
        show_gradmap(gradient_map)
    if figdir is not None:
        save_gradmap_figures(gradient_map, label, figdir)
    return gradient_map


def grad_population_RF_estimates(
    model: nn.Module,
    target_layer: str,
    target_layer_weights: np.ndarray | torch.Tensor,
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    reps: int = 200,
    batch: int = 1,
    *,
    inputs: Iterable[torch.Tensor] | None = None,
    rng: Randomness = None,
) -> np.ndarray:
    """Gradient maps of n populations.

    Parameters
    ----------
    model, target_layer, input_size, device, reps, batch, inputs, rng
        Network, layer and noise, as in `grad_population_RF_estimate`.
    target_layer_weights : (n, *layer's shape)
        Weights of the populations.

    Returns
    -------
    (n, rows, columns) float32
    """
    images = _probes(model, input_size, device, reps, batch, inputs, rng)
    return population_maps(model, target_layer, target_layer_weights, images)


def get_center_pos_and_rf(
    model: nn.Module,
    layer: str,
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    *,
    reps: int = 30,
    inputs: Iterable[torch.Tensor] | None = None,
    rng: Randomness = None,
) -> CentralField:
    """Where the units in the middle of a layer look; a layer without positions sees everything.

    Parameters
    ----------
    model, layer, input_size, device, reps, inputs, rng
        Network, layer and noise, as in `grad_RF_estimate`. The field is that of all channels
        together.

    Returns
    -------
    ``(cent_pos, corner, imgsize, Xlim, Ylim)``, see `core.probing.CentralField`.
    """
    images = _probes(model, input_size, device, reps, 1, inputs, rng)
    return central_field(model, layer, images, input_size)


def _probes(
    model: nn.Module,
    input_size: Sequence[int],
    device: str | torch.device | None,
    reps: int,
    batch: int,
    inputs: Iterable[torch.Tensor] | None,
    rng: Randomness,
) -> Iterable[torch.Tensor]:
    """Probe images as the published arguments describe them; moves the network to `device`."""
    if device is not None:
        model.to(choose_device(device))
    noise = noise_images(model, input_size, reps, batch_size=batch, rng=rng)
    return noise if inputs is None else islice(inputs, reps)

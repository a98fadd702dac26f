"""Networks that are layers in a row, with given weights or with random ones."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from math import sqrt
from pathlib import Path

import torch
from torch import nn

from core.weights import load_strictly

Layers = Iterable[tuple[str, nn.Module]]
"""Layers in their order, each with its name."""

LEAKY_SLOPE = 0.3
"""Slope of the leaky ReLUs that random weights are scaled for."""


def sequential_of(
    make_layers: Callable[[], Layers], state: Mapping[str, torch.Tensor], source: str | Path
) -> nn.Sequential:
    """Named layers in a row with the weights of a state dict, on the CPU.

    Parameters
    ----------
    make_layers
        Makes ``(name, layer)`` pairs; they are made without memory and filled once.
    state
        Tensors by name; names and shapes must be those of the layers exactly.
    source
        Where they come from, for messages.

    Raises
    ------
    WeightsError
        If names or shapes differ, or values are not finite.

    Examples
    --------
    >>> state = {"fc.weight": torch.ones(2, 3), "fc.bias": torch.zeros(2)}
    >>> network = sequential_of(lambda: [("fc", nn.Linear(3, 2))], state, "example")
    >>> network(torch.ones(1, 3)).tolist()
    [[3.0, 3.0]]
    """
    with torch.device("meta"):
        network = nn.Sequential(OrderedDict(make_layers()))
    network.to_empty(device="cpu")
    load_strictly(network, state, source)
    return network


def without_wrapper_names(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """State dict of a DeePSim file by the layers' own names.

    Some stored names hold ``.1.`` where the layer's name should end; it is taken out.

    Parameters
    ----------
    state
        Tensors by stored name.

    Returns
    -------
    dict
        The same tensors by the names of the layers.

    Examples
    --------
    >>> list(without_wrapper_names({"defc7.1.weight": torch.zeros(1)}))
    ['defc7.weight']
    """
    return {name.replace(".1.", "."): tensor for name, tensor in state.items()}


def initialise_weights(network: nn.Sequential, last_scale: float = 1.0) -> None:
    """Give a network random weights that keep activations level.

    torch's own initialisation lets them fade from layer to layer, so that all codes would give the
    same image. Weights are normal with variance gain ** 2 / fan-in (He et al. 2015), where the gain
    is that of leaky ReLUs; biases are zero. They are drawn from torch's own source of randomness.

    Parameters
    ----------
    network
        Layers in a row; those with a ``weight`` are changed.
    last_scale
        Factor by which the weights of the last of them are multiplied.

    Examples
    --------
    >>> network = nn.Sequential(nn.Linear(1000, 1000), nn.LeakyReLU(LEAKY_SLOPE))
    >>> initialise_weights(network, last_scale=0.0)
    >>> network(torch.ones(1, 1000)).abs().max().item()
    0.0
    """
    layers = [layer for layer in network if hasattr(layer, "weight")]
    gain = nn.init.calculate_gain("leaky_relu", LEAKY_SLOPE)
    for layer in layers:
        nn.init.normal_(layer.weight, std=gain / sqrt(_fan_in(layer)))
        nn.init.zeros_(layer.bias)
    with torch.no_grad():
        layers[-1].weight *= last_scale


def _fan_in(layer: nn.Module) -> float:
    """Inputs that add up to one output."""
    weight = layer.weight
    if isinstance(layer, nn.ConvTranspose2d):
        return weight.shape[0] * weight[0, 0].numel() / layer.stride[0] ** 2
    return weight[0].numel()

"""Scoring images with network units, under the published names."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from core.images.canvas import (
    resize_and_pad,
    resize_and_pad_canvas,
    resize_and_pad_tsr,
    subsample_mask,
)
from core.networks.featnets import load_featnet
from core.networks.zoo import load_network
from core.plotting.trajectory import visualize_trajectory
from core.probing.recording import Index, one_unit, recording_hook, some_units, whole_layer
from core.probing.scorer import TorchScorer

__all__ = [
    "TorchScorer",
    "activation",
    "get_activation",
    "load_featnet",
    "load_network",
    "resize_and_pad",
    "resize_and_pad_canvas",
    "resize_and_pad_tsr",
    "subsample_mask",
    "visualize_trajectory",
]

activation: dict[str, torch.Tensor] = {}
"""What hooks made by `get_activation` recorded last, by name."""


def get_activation(
    name: str,
    unit: int | tuple[Index, ...] | None = None,
    unitmask: np.ndarray | None = None,
    ingraph: bool = False,
) -> Callable[[nn.Module, tuple, object], None]:
    """Forward hook that writes a copy of a layer's output to ``activation[name]``.

    Parameters
    ----------
    name
        Key in `activation`.
    unit
        Channel, or (channel, row, column); slices take several. None takes all.
    unitmask
        Boolean mask or flat indices of units, if no `unit` is given.
    ingraph
        Keep it differentiable.

    Examples
    --------
    >>> layer = nn.Linear(3, 5)
    >>> handle = layer.register_forward_hook(get_activation("fc", unit=2))
    >>> _ = layer(torch.zeros(4, 3))
    >>> activation["fc"].shape
    torch.Size([4])
    >>> handle.remove()
    """
    if unit is not None:
        select = one_unit(unit, name)
    elif unitmask is not None:
        select = some_units(unitmask, name)
    else:
        select = whole_layer
    return recording_hook(activation, name, select, layer=name, ingraph=ingraph)

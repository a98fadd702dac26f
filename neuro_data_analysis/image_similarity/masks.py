"""Masks that weight the positions of a network's feature map (Figure 3G).

A mask holds a weight from 0 to 1 for every position, (rows, columns); features are averaged under
it. The published masks belong to the maps of three networks for images of 224 x 224 pixels. Any
other map gets the 7 x 7 mask of the ResNet, spread over it: a position weighs as much as the part
of that mask that it covers.
"""

from typing import TYPE_CHECKING

import numpy as np

from core.errors import LayerError, SettingError

if TYPE_CHECKING:
    import torch


def _nested(size: int, *squares: tuple[int, float]) -> np.ndarray:
    """Squares inside each other, given by margin and weight, on a map of `size` rows of zeros."""
    mask = np.zeros((size, size))
    for margin, weight in squares:
        mask[margin : size - margin, margin : size - margin] = weight
    mask.setflags(write=False)
    return mask


def _doubled(masks: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Masks for a map of twice as many rows and columns (nearest neighbour)."""
    doubled = {kind: mask.repeat(2, axis=0).repeat(2, axis=1) for kind, mask in masks.items()}
    for mask in doubled.values():
        mask.setflags(write=False)
    return doubled


_RESNET_L4 = {
    "centre": _nested(7, (1, 1.0)),
    "focus": _nested(7, (1, 0.25), (2, 0.5), (3, 1.0)),
    "cent": _nested(7, (3, 1.0)),
    "all": _nested(7, (0, 1.0)),
}
_ALEXNET = {
    "focus": _nested(13, (3, 0.5), (5, 1.0)),
    "cent": _nested(13, (6, 1.0)),
    "all": _nested(13, (0, 1.0)),
}
_VGG_CONV5 = {
    "focus": _nested(14, (3, 0.5), (6, 1.0)),
    "cent": _nested(14, (6, 1.0)),
    "all": _nested(14, (0, 1.0)),
}

KINDS = tuple(_RESNET_L4)
"""``centre``: all but the outer ring, binary; ``focus``: more weight to the middle; ``cent``: the
middle alone; ``all``: every position alike."""

PUBLISHED_MASKS: dict[str, dict[str, np.ndarray]] = {
    "resnet_L3": _doubled(_RESNET_L4),
    "resnet_L4": _RESNET_L4,
    "alex_conv4": _ALEXNET,
    "alex_conv5": _ALEXNET,
    "vgg_conv4": _doubled(_VGG_CONV5),
    "vgg_conv5": _VGG_CONV5,
}
"""Masks (rows, columns) by layer and kind; read-only."""


def feature_mask(kind: str, shape: tuple[int, int]) -> np.ndarray:
    """A mask of one of the published kinds for a map of any size.

    Parameters
    ----------
    kind
        One of `KINDS`.
    shape
        Rows and columns of the map.

    Returns
    -------
    (rows, columns)
        Weights from 0 to 1. For 7 x 7 and 14 x 14 they are the published ones of the ResNet.

    Raises
    ------
    SettingError
        If there is no such kind, or the map has no position.

    Examples
    --------
    >>> feature_mask("centre", (4, 4)).round(2)
    array([[0.18, 0.43, 0.43, 0.18],
           [0.43, 1.  , 1.  , 0.43],
           [0.43, 1.  , 1.  , 0.43],
           [0.18, 0.43, 0.43, 0.18]])
    """
    if kind not in KINDS:
        raise SettingError(path="mask", expected=f"one of {', '.join(KINDS)}", found=f"{kind!r}")
    rows, columns = shape
    if rows < 1 or columns < 1:
        raise SettingError(path="mask", expected="a map with rows and columns", found=tuple(shape))
    mask = _RESNET_L4[kind]
    return _shares(rows, len(mask)) @ mask @ _shares(columns, len(mask)).T


def masked_mean(features: "torch.Tensor", mask: np.ndarray) -> "torch.Tensor":
    """Mean of feature maps under a mask, ``sum(features * mask) / sum(mask)`` over positions.

    Parameters
    ----------
    features : (n, C, H, W)
        Feature maps, on any device.
    mask : (H, W)
        Weights, not all zero.

    Returns
    -------
    (n, C), floating point, where the features are

    Raises
    ------
    LayerError
        If the features are no maps, the mask has another size, or its sum is not above 0.

    Examples
    --------
    >>> import torch
    >>> masked_mean(torch.arange(4.0).reshape(1, 1, 2, 2), np.array([[0, 1], [0, 1]]))
    tensor([[2.]])
    """
    mask = np.asarray(mask, dtype=float)
    if features.dim() != 4 or mask.shape != tuple(features.shape[2:]):
        raise LayerError(
            expected="maps (n, C, H, W) and a mask of their size",
            found=f"{tuple(features.shape)} and a mask of {mask.shape}",
        )
    if not (mask.min() >= 0 and 0 < mask.sum() < np.inf):
        raise LayerError(expected="a mask of weights from 0 that are not all 0", found="another")
    if not features.is_floating_point():
        features = features.float()
    weights = features.new_tensor(mask / mask.sum())
    return (features * weights).sum(dim=(2, 3))


def _shares(n: int, n_source: int) -> np.ndarray:
    """Share of each of `n` equal cells that lies in each of `n_source` cells, (n, n_source)."""
    edges = np.linspace(0, n_source, n + 1)
    source = np.arange(n_source)
    overlap = np.minimum(edges[1:, None], source + 1) - np.maximum(edges[:-1, None], source)
    return np.maximum(overlap, 0) * n / n_source

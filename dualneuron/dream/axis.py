"""The semantic axis of a neuron: from its low pole to its high pole in an embedding of images."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from core.errors import ImageError
from dualneuron.dream.embedding import embedded


def semantic_axis(
    images1: torch.Tensor | Iterable[torch.Tensor],
    images2: torch.Tensor | Iterable[torch.Tensor],
    dreamsim_model: Any,
    device: str | torch.device | None = None,
) -> np.ndarray:
    """Unit vector from the centroid of the second set of images to that of the first.

    Every image is embedded by itself.

    Parameters
    ----------
    images1, images2 : (n, C, H, W), or lists of (C, H, W)
        By convention what excites a neuron most, and what excites it least. They are embedded as
        they are; DreamSim takes RGB, 224 x 224, in [0, 1].
    dreamsim_model
        An object with `embed`, or a function: images (1, C, H, W) give an embedding.
    device
        Where images are moved before; by default where the model's weights are, if it has any.

    Returns
    -------
    (D,) float32

    Raises
    ------
    ImageError
        If a set is empty, or both have one centroid.
    RunError
        If an embedding is not finite.

    Examples
    --------
    >>> red, blue = torch.zeros(2, 3, 4, 4), torch.zeros(5, 3, 4, 4)
    >>> red[:, 0], blue[:, 2] = 1.0, 1.0
    >>> semantic_axis(red, blue, lambda images: images.mean((2, 3))).round(4)
    array([ 0.7071,  0.    , -0.7071], dtype=float32)
    """
    first, second = (
        embedded_one_by_one(images, dreamsim_model, device) for images in (images1, images2)
    )
    return axis_between(first, second)


def embedded_one_by_one(
    images: torch.Tensor | Iterable[torch.Tensor],
    model: Any,
    device: str | torch.device | None = None,
) -> np.ndarray:
    """Embeddings of images, each embedded by itself.

    Parameters
    ----------
    images : (n, C, H, W), or a list of (C, H, W)
        As the model takes them.
    model
        An object with `embed`, or a function.
    device
        Where images are moved before.

    Returns
    -------
    (n, D) float32

    Raises
    ------
    ImageError
        If there are none.
    """
    rows = [embedded(torch.as_tensor(image)[None], model, device)[0].numpy() for image in images]
    if not rows:
        raise ImageError(path="images", expected="at least one in each set", found="none")
    return np.stack(rows)


def axis_between(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Unit vector from the centroid of the second set of embeddings to that of the first.

    Parameters
    ----------
    high, low : (n, D)
        Numbers of rows may differ.

    Returns
    -------
    (D,)

    Raises
    ------
    ImageError
        If they have one centroid.

    Examples
    --------
    >>> axis_between(np.array([[3.0, 1.0]]), np.array([[0.0, 2.0], [0.0, 0.0]])).round(6)
    array([1., 0.])
    """
    difference = high.mean(axis=0) - low.mean(axis=0)
    length = np.linalg.norm(difference)
    if length == 0:
        raise ImageError(
            path="images", expected="two sets that differ", found="one centroid of both"
        )
    return difference / (length + 1e-8)

"""Whether images are on the scale that they are said to be on."""

import math
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ImageError

if TYPE_CHECKING:
    import torch

LOWEST, HIGHEST = -1.0, 2.0
"""Images in [0, 1] that overshoot stay between these; 8-bit ones taken for them do not."""


CAFFE_MEAN = (123.0, 117.0, 104.0)
"""Mean colour of CaffeNet's training images, RGB, 0-255; DeePSim's images are relative to it."""


def check_range(
    images: "np.ndarray | torch.Tensor", scale: float = 1.0, hint: str = "divide them by 255"
) -> None:
    """Refuse images that hold NaN or are evidently not in [0, scale].

    Parameters
    ----------
    images
        Array or tensor of any shape, not empty.
    scale
        Value of white.
    hint
        What to do with 8-bit images.

    Raises
    ------
    ImageError
        Says the range that was found.

    Examples
    --------
    >>> check_range(np.array([0.0, 1.02]))
    >>> check_range(np.array([0.0, 254.0]))
    Traceback (most recent call last):
    core.errors.ImageError: expected images in [0, 1], found values from 0 to 254; divide them by \
255.
    """
    if not (isinstance(scale, int | float | np.number) and 0 < scale < math.inf):
        raise ImageError(expected="a value of white above 0", found=f"{scale!r}")
    low, high = images.min().item(), images.max().item()
    if not (low >= LOWEST * scale and high <= HIGHEST * scale):
        raise ImageError(
            expected=f"images in [0, {scale:g}]",
            found=f"values from {low:g} to {high:g}",
            advice=hint if high > HIGHEST * scale else "",
        )

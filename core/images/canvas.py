"""Images made smaller and placed on a grey canvas, so that they fill a unit's receptive field.

Sizes are (rows, columns); offsets and corners are the (row, column) of the upper left pixel,
0-based. torch and scikit-image are imported when a function needs them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ImageError
from core.images.range import check_range
from core.optional import import_package

if TYPE_CHECKING:
    import torch

GREY = 0.5
"""Value of the canvas, as a share of white."""


def resize_and_pad(
    img_list: Sequence[np.ndarray],
    size: tuple[int, int],
    offset: tuple[int, int],
    canvas_size: tuple[int, int] = (227, 227),
    scale: float = 1.0,
) -> list[np.ndarray]:
    """Resize arrays and place each on a canvas of half grey.

    Parameters
    ----------
    img_list
        ``(H, W, 3)`` arrays: floats in [0, scale], or 8-bit.
    size
        Rows and columns of the resized image (scikit-image, antialiased).
    offset
        Row and column of its upper left pixel.
    canvas_size
        Rows and columns of the canvas. An image that has it already keeps its size and place.
    scale
        Value of white.

    Returns
    -------
    List of ``(*canvas_size, 3)`` float arrays in [0, scale].

    Raises
    ------
    ImageError
        If an image is not RGB or not in [0, scale], or does not fit on the canvas.

    Examples
    --------
    >>> white = np.ones((4, 4, 3))
    >>> (canvas,) = resize_and_pad([white], size=(1, 2), offset=(0, 1), canvas_size=(2, 4))
    >>> canvas[..., 0]
    array([[0.5, 1. , 1. , 0.5],
           [0.5, 0.5, 0.5, 0.5]])
    >>> resize_and_pad([white], size=(2, 2), offset=(0, 3), canvas_size=(2, 4))
    Traceback (most recent call last):
    core.errors.ImageError: expected an image of (2, 2) at (0, 3) to lie on the canvas of (2, 4), \
found that it does not.
    """
    transform = import_package("skimage.transform", "resizing arrays")
    padded = []
    for image in img_list:
        image = _in_scale(np.asarray(image), scale)
        if image.shape[:2] == tuple(canvas_size):
            padded.append(image.copy())
            continue
        _check_fits(size, offset, canvas_size)
        (top, left), (height, width) = offset, size
        canvas = np.full((*canvas_size, 3), GREY * scale)
        canvas[top : top + height, left : left + width] = transform.resize(image, size)
        padded.append(canvas)
    return padded


def resize_and_pad_tsr(
    img_tsr: "torch.Tensor",
    size: tuple[int, int],
    offset: tuple[int, int],
    canvas_size: tuple[int, int] = (227, 227),
    scale: float = 1.0,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> "torch.Tensor":
    """Resize a batch and place it on a canvas of half grey; differentiable, stays on its device.

    Parameters
    ----------
    img_tsr : (B, 3, H, W) or (3, H, W)
        Images of a floating-point dtype, in [0, scale].
    size
        Rows and columns of the resized image.
    offset
        Row and column of its upper left pixel, 0-based.
    canvas_size
        Rows and columns of the canvas. Images that have it already are copied as they are.
    scale
        Value of white; the canvas has half of it.
    mode, align_corners
        Interpolation, as ``torch.nn.functional.interpolate`` takes it.

    Returns
    -------
    (B, 3, *canvas_size)
        Of the images' dtype, on their device.

    Raises
    ------
    ImageError
        If the images are not of floating-point numbers, or the resized image does not fit on the
        canvas.

    Examples
    --------
    >>> import torch
    >>> resize_and_pad_tsr(torch.ones(1, 3, 8, 8), (2, 2), (0, 1), canvas_size=(3, 4))[0, 0]
    tensor([[0.5000, 1.0000, 1.0000, 0.5000],
            [0.5000, 1.0000, 1.0000, 0.5000],
            [0.5000, 0.5000, 0.5000, 0.5000]])
    """
    images = _float_batch(img_tsr)
    if tuple(images.shape[2:]) == tuple(canvas_size):
        return images.clone()
    return _placed(images, size, offset, canvas_size, GREY * scale, mode, align_corners)


def resize_and_pad_canvas(
    imgs: "torch.Tensor",
    corner: tuple[int, int],
    size: tuple[int, int],
    input_size: tuple[int, int, int],
) -> "torch.Tensor":
    """Place a batch, bilinearly resized, on a canvas of half grey that has a network's input size.

    A receptive field measured on that input is filled exactly with ``corner=field.offset,
    size=field.size``. An image of the canvas's size is resized all the same.

    Parameters
    ----------
    imgs : (B, 3, H, W)
        Images of a floating-point dtype, in [0, 1].
    corner
        Row and column of the resized image's upper left pixel on the canvas, 0-based.
    size
        Rows and columns of the resized image.
    input_size
        Channels, rows and columns of the canvas.

    Returns
    -------
    (B, *input_size)
        Of the images' dtype, on their device; differentiable.

    Raises
    ------
    ImageError
        If the images are not of floating-point numbers, or the resized image does not fit on the
        canvas.

    Examples
    --------
    >>> import torch
    >>> resize_and_pad_canvas(torch.ones(1, 3, 4, 4), (1, 0), (1, 2), (3, 2, 3))[0, 0]
    tensor([[0.5000, 0.5000, 0.5000],
            [1.0000, 1.0000, 0.5000]])
    """
    images = _float_batch(imgs)
    return _placed(images, size, corner, input_size[1:], GREY, "bilinear", align_corners=True)


def subsample_mask(
    factor: int = 2, orig_size: tuple[int, int] = (21, 21)
) -> tuple[np.ndarray, np.ndarray]:
    """Mask that is true at rows and columns 0, factor, 2 factor, ..., and its flat indices.

    Parameters
    ----------
    factor
        Distance of neighbouring true entries.
    orig_size
        Rows and columns of the mask.

    Returns
    -------
    mask : orig_size
        Boolean.
    indices : (n,)
        0-based indices of its true entries in row-major order.

    Examples
    --------
    >>> subsample_mask(2, (3, 3))[1]
    array([0, 2, 6, 8])
    """
    mask = np.zeros(orig_size, dtype=bool)
    mask[::factor, ::factor] = True
    return mask, np.flatnonzero(mask)


def _float_batch(images: "torch.Tensor") -> "torch.Tensor":
    """Images (B, 3, H, W) of floating-point numbers; one image becomes a batch of one."""
    if not images.is_floating_point():
        raise ImageError(expected="images of floating-point numbers", found=images.dtype)
    return images if images.dim() == 4 else images[None]


def _placed(
    images: "torch.Tensor",
    size: Sequence[int],
    offset: Sequence[int],
    canvas: Sequence[int],
    grey: float,
    mode: str,
    align_corners: bool | None,
) -> "torch.Tensor":
    """A batch, resized and with grey around it."""
    functional = import_package("torch.nn.functional", "resizing tensors")
    _check_fits(size, offset, canvas)
    resized = functional.interpolate(images, size=size, mode=mode, align_corners=align_corners)
    (height, width), (top, left) = size, offset
    bottom, right = canvas[0] - top - height, canvas[1] - left - width
    return functional.pad(resized, (left, right, top, bottom), value=grey)


def _in_scale(image: np.ndarray, scale: float) -> np.ndarray:
    """An RGB image in [0, scale]; 8-bit ones are brought there, others must be."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype.kind not in "fu":
        raise ImageError(expected="an RGB image (H, W, 3)", found=f"{image.shape} of {image.dtype}")
    if image.dtype == np.uint8:
        return image * (scale / 255)
    check_range(image, scale)
    return image


def _check_fits(size: Sequence[int], offset: Sequence[int], canvas: Sequence[int]) -> None:
    ends = [start + length for start, length in zip(offset, size, strict=True)]
    if min(size) < 1 or min(offset) < 0 or any(e > c for e, c in zip(ends, canvas, strict=True)):
        raise ImageError(
            expected=(
                f"an image of {tuple(size)} at {tuple(offset)} to lie on the canvas of "
                f"{tuple(canvas)}"
            ),
            found="that it does not",
        )

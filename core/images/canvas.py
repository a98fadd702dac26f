"""Images made smaller and placed on a grey canvas, so that they fill a unit's receptive field.

Sizes are (rows, columns); offsets and corners are the (row, column) of the upper left pixel,
0-based.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from core.errors import ImageError
from core.images.range import check_range
from core.optional import import_package

GREY = 0.5


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
    """
    transform = import_package("skimage.transform", "resizing arrays")
    padded = []
    for image in img_list:
        image = _in_scale(np.asarray(image), scale)
        if image.shape[:2] == tuple(canvas_size):
            padded.append(image.copy())
            continue
        _check_fits(size, offset, canvas_size)
        canvas = np.full((*canvas_size, 3), GREY * scale)
        canvas[_window(size, offset)] = transform.resize(image, size)
        padded.append(canvas)
    return padded


def resize_and_pad_tsr(
    img_tsr: torch.Tensor,
    size: tuple[int, int],
    offset: tuple[int, int],
    canvas_size: tuple[int, int] = (227, 227),
    scale: float = 1.0,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> torch.Tensor:
    """Resize a batch and place it on a canvas of half grey; differentiable, stays on its device.

    Parameters
    ----------
    img_tsr
        ``(B, 3, H, W)`` or ``(3, H, W)``.
    size, offset, canvas_size, scale
        As in `resize_and_pad`.
    mode, align_corners
        Interpolation, as ``torch.nn.functional.interpolate`` takes it.

    Returns
    -------
    ``(B, 3, *canvas_size)``

    Raises
    ------
    ImageError
        If the resized image does not fit on the canvas.

    Examples
    --------
    >>> resize_and_pad_tsr(torch.ones(1, 3, 8, 8), (2, 2), (0, 1), canvas_size=(3, 4))[0, 0]
    tensor([[0.5000, 1.0000, 1.0000, 0.5000],
            [0.5000, 1.0000, 1.0000, 0.5000],
            [0.5000, 0.5000, 0.5000, 0.5000]])
    """
    images = img_tsr if img_tsr.dim() == 4 else img_tsr[None]
    if not images.is_floating_point():
        raise ImageError(expected="images of floating-point numbers", found=images.dtype)
    if tuple(images.shape[2:]) == tuple(canvas_size):
        return images.clone()
    _check_fits(size, offset, canvas_size)
    resized = functional.interpolate(images, size=size, mode=mode, align_corners=align_corners)
    top, left = offset
    bottom, right = canvas_size[0] - top - size[0], canvas_size[1] - left - size[1]
    return functional.pad(resized, (left, right, top, bottom), value=GREY * scale)


def resize_and_pad_canvas(
    imgs: torch.Tensor,
    corner: tuple[int, int],
    size: tuple[int, int],
    input_size: tuple[int, int, int],
) -> torch.Tensor:
    """Place a batch in [0, 1], bilinearly resized, on a canvas ``(B, *input_size)`` of half grey.

    `corner` is the (row, column) of the upper left pixel and `size` (rows, columns), in pixels of
    that canvas. It is the network's input, so a receptive field measured there is filled exactly
    (``corner=field.offset, size=field.size``). An image of the canvas's size is resized all the
    same.
    """
    canvas_size = tuple(input_size[1:])
    if tuple(imgs.shape[2:]) == canvas_size and tuple(size) != canvas_size:
        imgs = functional.interpolate(imgs, size=size, mode="bilinear", align_corners=True)
    return resize_and_pad_tsr(imgs, size, corner, canvas_size, mode="bilinear", align_corners=True)


def subsample_mask(
    factor: int = 2, orig_size: tuple[int, int] = (21, 21)
) -> tuple[np.ndarray, np.ndarray]:
    """Mask that is true at rows and columns 0, factor, 2 factor, ..., and its flat indices.

    Examples
    --------
    >>> subsample_mask(2, (3, 3))[1]
    array([0, 2, 6, 8])
    """
    mask = np.zeros(orig_size, dtype=bool)
    mask[::factor, ::factor] = True
    return mask, np.flatnonzero(mask)


def _in_scale(image: np.ndarray, scale: float) -> np.ndarray:
    """An RGB image in [0, scale]; 8-bit ones are brought there, others must be."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype.kind not in "fu":
        raise ImageError(expected="an RGB image (H, W, 3)", found=f"{image.shape} of {image.dtype}")
    if image.dtype == np.uint8:
        return image * (scale / 255)
    check_range(image, scale)
    return image


def _window(size: tuple[int, int], offset: tuple[int, int]) -> tuple[slice, slice]:
    return tuple(slice(start, start + length) for start, length in zip(offset, size, strict=True))


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

"""Images side by side in one grid: arrays, and tensors as torchvision lays them out.

Column-first grids of tensors are row-first grids of transposed images, transposed back. torch and
torchvision are imported when a function needs them.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.computing.torchvision_compat import import_torchvision
from core.errors import ImageError
from core.optional import import_package

if TYPE_CHECKING:
    import torch


def make_grid_np(
    img_arr: Sequence[np.ndarray] | np.ndarray,
    nrow: int = 8,
    padding: int = 2,
    pad_value: float = 0,
    rowfirst: bool = True,
) -> np.ndarray:
    """Images in a grid with a border around every cell.

    Parameters
    ----------
    img_arr
        Images of one size, (H, W, 3) or greyscale (H, W), in a list; or an array (H, W, 3, N).
    nrow
        Number of columns, also when `rowfirst` is false; fewer if there are fewer images.
    padding
        Width of the border in pixels.
    pad_value
        Intensity of the border and of empty cells, on the scale of the images.
    rowfirst
        Fill row by row, or column by column.

    Returns
    -------
    (rows * (H + padding) + padding, columns * (W + padding) + padding, 3)
        Of the images' dtype.

    Raises
    ------
    ImageError
        If there are no images, their sizes differ or they have other shapes.

    Examples
    --------
    >>> grid = make_grid_np([np.full((1, 2, 3), i) for i in (1, 2, 3)], nrow=2, padding=1)
    >>> grid[..., 0]
    array([[0, 0, 0, 0, 0, 0, 0],
           [0, 1, 1, 0, 2, 2, 0],
           [0, 0, 0, 0, 0, 0, 0],
           [0, 3, 3, 0, 0, 0, 0],
           [0, 0, 0, 0, 0, 0, 0]])
    """
    check_layout(nrow, padding)
    images = _stacked(img_arr)
    height, width, _, n = images.shape
    columns = min(nrow, n)
    rows = math.ceil(n / columns)
    shape = (rows * (height + padding) + padding, columns * (width + padding) + padding, 3)
    grid = np.full(shape, pad_value, dtype=images.dtype)
    for k in range(n):
        row, column = divmod(k, columns) if rowfirst else divmod(k, rows)[::-1]
        top, left = padding + row * (height + padding), padding + column * (width + padding)
        grid[top : top + height, left : left + width] = images[..., k]
    return grid


def make_grid_T(  # noqa: N802 (published name)
    tensor: "torch.Tensor | Sequence[torch.Tensor]",
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0,
    rowfirst: bool = True,
    **kwargs: object,
) -> "torch.Tensor":
    """Images in a grid, as by ``torchvision.utils.make_grid``, row by row or column by column.

    Parameters
    ----------
    tensor
        (B, C, H, W), or a list of (C, H, W), (H, W) or (B, C, H, W) of one image size.
    nrow
        Number of columns; of rows when `rowfirst` is false.
    padding
        Width of the border around every cell, in pixels.
    normalize
        Clamp to `value_range` and stretch that range to 0-1.
    value_range
        (low, high); by default the smallest and the largest value.
    scale_each
        Take the range from each image by itself.
    pad_value
        Intensity of the border and of empty cells.
    rowfirst
        Fill row by row, or column by column.
    kwargs
        ``range``, which is what `value_range` was called once.

    Returns
    -------
    (C, rows * (H + padding) + padding, columns * (W + padding) + padding)
        Of the images' dtype, on their device. A single channel is repeated to three. One image
        alone is returned without a border.

    Raises
    ------
    ImageError
        If there are no images, their sizes differ or they have other shapes.

    Examples
    --------
    >>> import torch
    >>> make_grid_T(torch.zeros(5, 3, 10, 20), nrow=2, rowfirst=False).shape
    torch.Size([3, 26, 68])
    """
    check_layout(nrow, padding)
    value_range = kwargs.pop("range", value_range)
    if kwargs:
        raise TypeError(f"make_grid_T() got unexpected keyword arguments {sorted(kwargs)}")
    images = image_batch(tensor)
    if normalize and not images.is_floating_point():
        images = images.float()
    grid = import_torchvision().utils.make_grid(
        images if rowfirst else images.mT,
        nrow=nrow,
        padding=padding,
        normalize=bool(normalize),
        value_range=None if value_range is None else tuple(value_range),
        scale_each=bool(scale_each),
        pad_value=pad_value,
    )
    return grid if rowfirst else grid.mT.contiguous()


def image_batch(images: "torch.Tensor | Sequence[torch.Tensor]") -> "torch.Tensor":
    """Images in one tensor.

    Parameters
    ----------
    images
        (B, C, H, W), (C, H, W) or (H, W), or a list of such tensors of one image size.

    Returns
    -------
    (B, C, H, W)

    Raises
    ------
    ImageError
        If there are no images, their sizes differ or they have other shapes.

    Examples
    --------
    >>> import torch
    >>> image_batch([torch.zeros(3, 8, 8), torch.zeros(2, 3, 8, 8)]).shape
    torch.Size([3, 3, 8, 8])
    >>> image_batch([torch.zeros(3, 8, 8), torch.zeros(3, 8, 9)])
    Traceback (most recent call last):
    core.errors.ImageError: images: expected one size, found (3, 8, 8) and (3, 8, 9).
    """
    torch = import_package("torch", "a grid of tensors")
    parts = list(images) if isinstance(images, (list, tuple)) else [images]
    for part in parts:
        if not torch.is_tensor(part):
            raise ImageError(path="images", expected="tensors", found=type(part).__name__)
        if part.ndim not in (2, 3, 4):
            raise ImageError(
                path="images",
                expected="shapes (B, C, H, W), (C, H, W) or (H, W)",
                found=tuple(part.shape),
            )
    parts = [part[(None,) * (4 - part.ndim)] for part in parts]
    _check_one_size([tuple(part.shape[1:]) for part in parts])
    batch = torch.cat(parts) if len(parts) > 1 else parts[0]
    if batch.numel() == 0:
        raise ImageError(
            path="images", expected="at least one pixel", found=f"shape {tuple(batch.shape)}"
        )
    return batch


def check_layout(n_columns: int, padding: int = 0) -> None:
    """Refuse grids without columns and negative borders.

    Parameters
    ----------
    n_columns
        Number of images in a row.
    padding
        Width of the border around every cell, in pixels.

    Raises
    ------
    ImageError
        If there is no column or the border is negative.

    Examples
    --------
    >>> check_layout(8, padding=2)
    >>> check_layout(0)
    Traceback (most recent call last):
    core.errors.ImageError: grid: expected at least one image in a row and no negative padding, \
found 0 and 0.
    """
    if n_columns < 1 or padding < 0:
        raise ImageError(
            path="grid",
            expected="at least one image in a row and no negative padding",
            found=f"{n_columns} and {padding}",
        )


def _check_one_size(shapes: Sequence[tuple[int, ...]]) -> None:
    """Refuse shapes that are none or not all the same."""
    if not shapes:
        raise ImageError(path="images", expected="at least one", found="none")
    if len(set(shapes)) > 1:
        found = " and ".join(map(str, sorted(set(shapes))))
        raise ImageError(path="images", expected="one size", found=found)


def _stacked(images: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """(H, W, C, N) with C = 3 or 1 (greyscale)."""
    if isinstance(images, (list, tuple)):
        arrays = [np.asarray(image) for image in images]
        arrays = [array[..., None] if array.ndim == 2 else array for array in arrays]
        _check_one_size([array.shape for array in arrays])
        images = np.stack(arrays, axis=-1)
    if images.ndim != 4 or images.shape[2] not in (1, 3) or images.size == 0:
        raise ImageError(
            path="images",
            expected="a list of (H, W, 3) or (H, W), or an array (H, W, 3, N)",
            found=f"an array {images.shape}",
        )
    return images

"""Montages of images: building them, framing images by their score, and cutting them up again."""

import operator
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.colors import Colormap, to_rgb

from core.errors import ImageError
from core.images.grid_layout import make_grid_np, make_grid_T
from core.images.pil_montages import (
    PIL_array_to_montage,
    PIL_array_to_montage_score_frame,
    colormap_of,
    get_first_non_none_image_size,
    score_limits,
)
from core.images.range import check_range
from core.optional import import_package

__all__ = [
    "PIL_array_to_montage",
    "PIL_array_to_montage_score_frame",
    "build_montages",
    "color_frame",
    "color_framed_montages",
    "crop_all_from_montage",
    "crop_from_montage",
    "get_first_non_none_image_size",
    "make_grid_T",
    "make_grid_np",
]

SMALLEST_SCORE_RANGE = 0.001
"""Range of scores that the colours span at least, so that equal scores have a colour."""


def build_montages(
    image_list: Sequence[np.ndarray],
    image_shape: tuple[int, int],
    montage_shape: tuple[int, int],
    transpose: bool = True,
) -> list[np.ndarray]:
    """Images resized and set side by side without gaps, in as many montages as they fill.

    Parameters
    ----------
    image_list
        Images of any size, (H, W, 3) or greyscale (H, W): floating point in [0, 1], or uint8.
    image_shape
        (width, height) of an image in the montage.
    montage_shape
        (columns, rows) if `transpose`, otherwise (rows, columns).
    transpose
        Fill row by row, or column by column.

    Returns
    -------
    list of (rows * height, columns * width, 3)
        float64 in [0, 1]. Unused cells are black; without images there is one black montage.

    Raises
    ------
    ImageError
        If an image has another shape, holds NaN, or is plainly not on the scale of its dtype.

    Examples
    --------
    >>> images = [np.full((1, 1), value) for value in (0.2, 0.4, 0.6)]
    >>> first, second = build_montages(images, (1, 1), (2, 1))
    >>> first[..., 0]
    array([[0.2, 0.4]])
    >>> second[..., 0]
    array([[0.6, 0. ]])
    """
    width, height = _two_positive(image_shape, "image_shape")
    columns, rows = _two_positive(montage_shape, "montage_shape")
    if not transpose:
        columns, rows = rows, columns
    resize = import_package("skimage.transform", "a montage of resized images").resize
    n_cells = rows * columns
    montages = []
    for start in range(0, max(len(image_list), 1), n_cells):
        tiles = np.zeros((rows, height, columns, width, 3))
        for k, image in enumerate(image_list[start : start + n_cells]):
            row, column = divmod(k, columns) if transpose else divmod(k, rows)[::-1]
            tiles[row, :, column] = resize(_unit_rgb(image), (height, width))
        montages.append(tiles.reshape(rows * height, columns * width, 3))
    return montages


def color_frame(
    img: np.ndarray, color: Sequence[float] | np.ndarray | str, pad: int = 10
) -> np.ndarray:
    """An image in the middle of a frame of one colour.

    Parameters
    ----------
    img
        (H, W, 3) or greyscale (H, W): floating point in [0, 1], or uint8.
    color
        RGB in [0, 1], of which a fourth value is ignored, or any other matplotlib colour.
    pad
        Width of the frame in pixels.

    Returns
    -------
    (H + 2 * pad, W + 2 * pad, 3)
        float64 in [0, 1].

    Raises
    ------
    ImageError
        If the image has another shape, holds NaN, or is plainly not on the scale of its dtype.

    Examples
    --------
    >>> color_frame(np.ones((1, 1, 3)), (0.2, 0.4, 0.6), pad=1)[..., 2]
    array([[0.6, 0.6, 0.6],
           [0.6, 1. , 0.6],
           [0.6, 0.6, 0.6]])
    """
    if pad < 0:
        raise ImageError(path="frame", expected="no negative pad", found=pad)
    image = _unit_rgb(img)
    height, width, _ = image.shape
    framed = np.full((height + 2 * pad, width + 2 * pad, 3), to_rgb(color))
    framed[pad : pad + height, pad : pad + width] = image
    return framed


def color_framed_montages(
    image_list: Sequence[np.ndarray],
    image_shape: tuple[int, int],
    montage_shape: tuple[int, int],
    scores: Sequence[float] | np.ndarray,
    cmap: str | Colormap | Callable[[float], Sequence[float]] = "summer",
    pad: int = 24,
    vmin: float | None = None,
    vmax: float | None = None,
) -> list[np.ndarray]:
    """Montages of images in frames whose colour tells their score, row by row.

    Parameters
    ----------
    image_list
        Images of any size, as in `build_montages`.
    image_shape
        (width, height) of an image with its frame in the montage.
    montage_shape
        (columns, rows).
    scores
        One for every image. A score that is NaN gives a frame of the colormap's colour for bad
        values: black, as a rule.
    cmap
        A matplotlib colormap, its name, or a function from [0, 1] to RGB.
    pad
        Width of the frame, in pixels of the image before it is resized.
    vmin, vmax
        Scores at the two ends of the colormap; by default the smallest and the largest score.

    Returns
    -------
    list of (rows * height, columns * width, 3)
        float64 in [0, 1], as from `build_montages`.

    Raises
    ------
    ImageError
        If there is not one score for every image, `vmax` is not above `vmin`, or `color_frame`
        refuses an image.

    Examples
    --------
    >>> images = [np.zeros((4, 4, 3)), np.zeros((4, 4, 3))]
    >>> montage, = color_framed_montages(images, (6, 6), (2, 1), scores=[0, 1], cmap="gray", pad=1)
    >>> montage[0, [0, 6], 0].round(3)
    array([0., 1.])
    """
    scores = np.asarray(scores, dtype=float)
    if scores.shape != (len(image_list),):
        raise ImageError(
            path="scores",
            expected=f"one for each of {len(image_list)} images",
            found=f"an array {scores.shape}",
        )
    smallest, largest = score_limits(scores)
    low = smallest if vmin is None else vmin
    high = max(largest, low + SMALLEST_SCORE_RANGE) if vmax is None else vmax
    if high <= low:
        raise ImageError(path="scores", expected="vmax above vmin", found=f"{high:g} and {low:g}")
    color_of = colormap_of(cmap)
    framed = [
        color_frame(image, color_of((score - low) / (high - low))[:3], pad)
        for image, score in zip(image_list, scores, strict=True)
    ]
    return build_montages(framed, image_shape, montage_shape)


def crop_from_montage(
    img: np.ndarray,
    imgid: int | tuple[int, int] | str = (0, 0),
    imgsize: int = 256,
    pad: int = 2,
    rng: np.random.Generator | int | None = None,
) -> np.ndarray:
    """One of the square images of a padded montage, such as `make_grid_np` makes.

    Parameters
    ----------
    img : (H, W, ...)
        Montage.
    imgid
        (row, column), or the number of the image row by row, both from 0; negative ones count from
        the end. ``"rand"`` draws one of all cells.
    imgsize, pad
        Size of an image and of the border around every cell, in pixels.
    rng
        Generator or seed from which ``"rand"`` draws.

    Returns
    -------
    (imgsize, imgsize, ...)
        A view of the montage.

    Raises
    ------
    ImageError
        If the montage has no such image.

    Examples
    --------
    >>> montage = make_grid_np([np.full((4, 4, 3), i) for i in range(6)], nrow=3)
    >>> [int(crop_from_montage(montage, i, imgsize=4).mean()) for i in ((1, 0), 2, -1)]
    [3, 2, 5]
    """
    rows, columns = _grid_shape(img, imgsize, pad)
    if isinstance(imgid, str):
        if imgid != "rand":
            raise ImageError(
                path="imgid", expected="(row, column), a number or 'rand'", found=f"{imgid!r}"
            )
        imgid = np.random.default_rng(rng).integers(rows * columns)
    if np.ndim(imgid) == 0:
        row, column = divmod(_from_start(imgid, rows * columns), columns)
    elif len(imgid) == 2:
        row, column = map(_from_start, imgid, (rows, columns))
    else:
        raise ImageError(path="imgid", expected="(row, column)", found=f"{len(imgid)} numbers")
    top, left = pad + (pad + imgsize) * row, pad + (pad + imgsize) * column
    return img[top : top + imgsize, left : left + imgsize]


def crop_all_from_montage(
    img: np.ndarray,
    totalnum: int | None = None,
    imgsize: int = 512,
    pad: int = 2,
    autostop: bool = True,
) -> list[np.ndarray]:
    """The square images of a padded montage, row by row.

    Parameters
    ----------
    img : (H, W, ...)
        Montage.
    totalnum
        Number of images; by default that of all cells.
    imgsize, pad
        Size of an image and of the border around every cell, in pixels.
    autostop
        Stop at the first image that is black throughout.

    Returns
    -------
    list of (imgsize, imgsize, ...)
        Views of the montage.

    Raises
    ------
    ImageError
        If the montage has no image of this size, or fewer than `totalnum`.

    Examples
    --------
    >>> montage = make_grid_np([np.full((4, 4, 3), i) for i in (1, 2, 3)], nrow=2)
    >>> [int(crop.mean()) for crop in crop_all_from_montage(montage, imgsize=4)]
    [1, 2, 3]
    >>> len(crop_all_from_montage(montage, imgsize=4, autostop=False))
    4
    >>> crop_all_from_montage(montage, imgsize=100)
    Traceback (most recent call last):
    core.errors.ImageError: montage: expected images of 100 pixels in borders of 2, \
found 14 x 14 pixels, too few for one.
    """
    rows, columns = _grid_shape(img, imgsize, pad)
    crops = []
    for i in range(rows * columns if totalnum is None else totalnum):
        crop = crop_from_montage(img, i, imgsize, pad)
        if autostop and not crop.any():
            break
        crops.append(crop)
    return crops


def _two_positive(shape: Sequence[int], name: str) -> tuple[int, int]:
    """A shape as two integers of at least 1."""
    if len(shape) != 2 or any(size < 1 or size != int(size) for size in shape):
        raise ImageError(path=name, expected="two positive whole numbers", found=tuple(shape))
    return int(shape[0]), int(shape[1])


def _unit_rgb(image: np.ndarray) -> np.ndarray:
    """Floating-point (H, W, 3) in [0, 1]."""
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 3) or image.size == 0:
        raise ImageError(path="image", expected="shape (H, W, 3) or (H, W)", found=image.shape)
    if image.dtype == np.uint8:
        image = image / 255
    elif image.dtype == bool:
        image = image.astype(float)
    elif not np.issubdtype(image.dtype, np.floating):
        raise ImageError(path="image", expected="floating point or uint8", found=image.dtype)
    check_range(image)
    return np.broadcast_to(image, (*image.shape[:2], 3))


def _grid_shape(montage: np.ndarray, imgsize: int, pad: int) -> tuple[int, int]:
    """Rows and columns of the cells of a padded montage."""
    if imgsize < 1 or pad < 0:
        raise ImageError(
            path="montage", expected="imgsize from 1 and pad from 0", found=f"{imgsize} and {pad}"
        )
    rows, columns = ((size - pad) // (imgsize + pad) for size in montage.shape[:2])
    if rows < 1 or columns < 1:
        raise ImageError(
            path="montage",
            expected=f"images of {imgsize} pixels in borders of {pad}",
            found=f"{montage.shape[0]} x {montage.shape[1]} pixels, too few for one",
        )
    return rows, columns


def _from_start(index: int, n: int) -> int:
    """`index`, which counts from the end if negative, as a Python integer from 0 to n - 1."""
    index = operator.index(index)
    if not -n <= index < n:
        raise ImageError(path="imgid", expected=f"{-n} to {n - 1}", found=index)
    return index % n

"""Montages of a table of PIL images, in which some may be missing."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Normalize

from core.errors import ImageError

if TYPE_CHECKING:
    from PIL.Image import Image

logger = logging.getLogger(__name__)

Table = np.ndarray | Sequence[Sequence["Image | None"]]
"""Rows of images or None, as an object array (rows, columns) or a list of lists."""


def get_first_non_none_image_size(image_array: Table) -> tuple[int, int]:
    """(width, height) of the first image in a table, row by row, or (0, 0) if it has none.

    Parameters
    ----------
    image_array : (rows, columns)
        PIL images or None.

    Examples
    --------
    >>> from PIL import Image
    >>> get_first_non_none_image_size([[None, Image.new("RGB", (6, 5))]])
    (6, 5)
    >>> get_first_non_none_image_size([[None]])
    (0, 0)
    """
    return next((image.size for row in image_array for image in row if image is not None), (0, 0))


def PIL_array_to_montage(image_array: Table) -> "Image | None":  # noqa: N802 (published name)
    """A table of equally large PIL images as one RGB image.

    Parameters
    ----------
    image_array : (rows, columns)
        Images; None leaves a black cell, which is logged.

    Returns
    -------
    PIL image
        RGB, (columns * width, rows * height). None if there is no image in the table.

    Raises
    ------
    ImageError
        If the table is not one of PIL images and None, or the images differ in size.

    Examples
    --------
    >>> from PIL import Image
    >>> red, blue = (Image.new("RGB", (6, 5), color) for color in ("red", "blue"))
    >>> montage = PIL_array_to_montage([[red, blue]])
    >>> montage.size, montage.getpixel((6, 0))
    ((12, 5), (0, 0, 255))
    >>> PIL_array_to_montage([red, blue])
    Traceback (most recent call last):
    core.errors.ImageError: images: expected a table, that is rows of images, found a single row.
    """
    return _montage(_rows(image_array))


def PIL_array_to_montage_score_frame(  # noqa: N802 (published name)
    image_array: Table,
    score_array: np.ndarray,
    colormap: str | mpl.colors.Colormap = "viridis",
    border_size: int = 10,
    clim: tuple[float, float] | None = None,
) -> "Image | None":
    """A table of equally large PIL images as one RGB image, each in a frame that tells its score.

    Parameters
    ----------
    image_array : (rows, columns)
        Images; None leaves a black cell without a frame, which is logged.
    score_array : (rows, columns)
        A score that is NaN gives a frame of the colormap's colour for bad values: black, as a rule.
    colormap
        A matplotlib colormap or its name.
    border_size
        Width of the frames in pixels.
    clim
        Scores at the two ends of the colormap; by default the smallest and the largest of
        `score_array`, scores of missing images included.

    Returns
    -------
    PIL image
        RGB, (columns * (width + 2 * border_size), rows * (height + 2 * border_size)). None if there
        is no image in the table.

    Raises
    ------
    ImageError
        If the table is not one of PIL images and None, the images differ in size, or there is not
        one score for every cell.

    Examples
    --------
    >>> from PIL import Image
    >>> black = Image.new("RGB", (6, 5))
    >>> montage = PIL_array_to_montage_score_frame(
    ...     [[black, black]], [[0, 1]], colormap="gray", border_size=1
    ... )
    >>> montage.size, montage.getpixel((0, 0)), montage.getpixel((8, 0))
    ((16, 7), (0, 0, 0), (255, 255, 255))
    """
    rows, scores = _rows(image_array), np.asarray(score_array, dtype=float)
    if get_first_non_none_image_size(rows) == (0, 0):
        return _montage(rows)
    shape = len(rows), len(rows[0])
    if scores.shape != shape:
        raise ImageError(path="scores", expected=f"one for every cell, {shape}", found=scores.shape)
    if border_size < 0:
        raise ImageError(path="frames", expected="no negative border_size", found=border_size)
    limits = score_limits(scores) if clim is None else clim
    colors = colormap_of(colormap)(Normalize(*limits)(scores))
    return _montage(_framed(rows, (255 * colors[..., :3]).astype(int), border_size))


def score_limits(scores: np.ndarray) -> tuple[float, float]:
    """Smallest and largest finite score; (0, 0) without any.

    Examples
    --------
    >>> score_limits(np.array([2.0, np.nan, 5.0]))
    (2.0, 5.0)
    """
    finite = scores[np.isfinite(scores)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def colormap_of(colormap: str | mpl.colors.Colormap) -> mpl.colors.Colormap:
    """The colormap of that name, or the colormap itself.

    Examples
    --------
    >>> colormap_of("gray").name
    'gray'
    """
    return mpl.colormaps[colormap] if isinstance(colormap, str) else colormap


def _rows(table: Table) -> "list[list[Image | None]]":
    """The table as lists, once it is known to hold images of one size in rows of one length."""
    from PIL.Image import Image

    if not all(isinstance(row, (list, tuple, np.ndarray)) for row in table):
        raise ImageError(
            path="images", expected="a table, that is rows of images", found="a single row"
        )
    rows = [list(row) for row in table]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        raise ImageError(path="images", expected="rows of one length", found=f"lengths {lengths}")
    images = [image for row in rows for image in row if image is not None]
    for image in images:
        if not isinstance(image, Image):
            raise ImageError(
                path="images", expected="PIL images or None", found=type(image).__name__
            )
        if image.size != images[0].size:
            raise ImageError(
                path="images",
                expected="one size",
                found=f"{images[0].size} and {image.size} (width, height)",
            )
    return rows


def _framed(
    rows: "list[list[Image | None]]", colors: np.ndarray, border_size: int
) -> "list[list[Image | None]]":
    """The table with a frame around every image; `colors` are 8-bit, (rows, columns, 3)."""
    from PIL import ImageOps

    framed = [list(row) for row in rows]
    for row, column in np.ndindex(colors.shape[:2]):
        if (image := rows[row][column]) is not None:
            color = tuple(colors[row, column].tolist())
            framed[row][column] = ImageOps.expand(image.convert("RGB"), border_size, color)
    return framed


def _montage(rows: "list[list[Image | None]]") -> "Image | None":
    """The images of a table side by side; None without any."""
    from PIL import Image

    width, height = get_first_non_none_image_size(rows)
    if width == 0 or height == 0:
        logger.warning("The table holds no image, so there is no montage.")
        return None
    montage = Image.new("RGB", (len(rows[0]) * width, len(rows) * height))
    for row, column in np.ndindex(len(rows), len(rows[0])):
        image = rows[row][column]
        if image is None:
            logger.warning("No image in row %d, column %d: its cell stays black.", row, column)
        else:
            montage.paste(image.convert("RGB"), (column * width, row * height))
    return montage

"""A page whose unit is the inch, on which images are laid."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from core.plotting.style import THREAD_COLORS, off_axes

COLORS = tuple(THREAD_COLORS.values())
"""Colour of each thread."""

GREY = "0.75"
"""Colour of what does not count: frames of evolutions that did not succeed."""

SPACE_NAMES: Mapping[str, str] = {
    "fc6": "DeePSim",
    "BigGAN": "BigGAN",
    "BigGAN_class": "BigGAN (class)",
}
"""Generators in words, by the explorer's names of their spaces."""


def page(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty page; positions on it are inches from its upper left corner, downwards.

    Parameters
    ----------
    width, height
        Inches.

    Examples
    --------
    >>> figure, ax = page(4, 3)
    >>> ax.get_xlim(), ax.get_ylim()
    ((np.float64(0.0), np.float64(4.0)), (np.float64(3.0), np.float64(0.0)))
    """
    figure = Figure(figsize=(width, height), layout="none")
    ax = figure.add_axes((0, 0, 1, 1), zorder=-1)
    off_axes(ax)
    ax.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    return figure, ax


def lay(
    ax: Axes,
    image: np.ndarray | None,
    corner: tuple[float, float],
    size: float,
    color: str,
    frame: float = 1,
) -> None:
    """Put a square image on a page, in a frame; an absent one leaves words.

    Parameters
    ----------
    ax
        The page.
    image : (H, W, 3) uint8
        Image, or None.
    corner
        Its upper left corner, inches.
    size
        Its edge, inches.
    color
        Colour of the frame.
    frame
        Width of the frame in points.
    """
    x, y = corner
    if image is None:
        ax.text(
            x + size / 2, y + size / 2, "no image", color=GREY, ha="center", va="center", size=6
        )
    else:
        ax.imshow(image, extent=(x, x + size, y + size, y), aspect="auto")
    ax.add_patch(Rectangle(corner, size, size, fill=False, edgecolor=color, linewidth=frame))

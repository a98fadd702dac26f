"""What the panels of Extended Data Figure 1 share: colours, violins with boxes, words below."""

from collections.abc import Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.plotting.style import THREAD_COLORS

COLORS = {**THREAD_COLORS, "small": "#1b9e77", "random CNN": "#d95f02"}
"""Colour of each generator; those that stand in for the paper's have others."""

DASHES = {"BigGAN": "--", "random CNN": "--"}
"""Style of the lines of generators that have not a solid one."""

WHISKER = 1.5
"""Longest whisker, in interquartile ranges, as the caption defines it."""


def violin(ax: Axes, values: np.ndarray, position: float, color: str, width: float = 0.8) -> None:
    """Violin between the extremes, with median, quartiles, whiskers and outliers inside.

    Parameters
    ----------
    ax
        Where it is drawn.
    values : (n,)
        A sample; nothing is drawn of an empty one, and a violin needs values that differ.
    position, width
        On the axis.
    color
        Of the violin.
    """
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return
    if len(values) > 1 and np.ptp(values) > 0:
        parts = ax.violinplot(values, [position], widths=width, showextrema=False)
        for body in parts["bodies"]:
            body.set(facecolor=color, edgecolor=color, alpha=0.35)
    ax.boxplot(
        values,
        positions=[position],
        widths=0.18 * width,
        whis=WHISKER,
        manage_ticks=False,
        patch_artist=True,
        boxprops={"facecolor": color, "lw": 0.8},
        medianprops={"color": "white", "lw": 1.4},
        whiskerprops={"lw": 0.8},
        capprops={"lw": 0.8},
        flierprops={"marker": ".", "ms": 2.5, "mec": "none", "mfc": color, "alpha": 0.6},
    )


def words_below(figure: Figure, words: str, width: int | None = None) -> None:
    """A line, or several, below everything: what the figure was made of.

    Parameters
    ----------
    figure
        Any figure.
    words
        What stands there; nothing is drawn of an empty text.
    width
        Letters of a line; by default as many as fit.
    """
    if words:
        width = width or int(13.5 * figure.get_figwidth())
        figure.supxlabel(fill(words, width), fontsize=8, color="0.25")


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches."""
    return plt.figure(figsize=(width, height))


def show_rows(ax: Axes, image: np.ndarray, names: Sequence[str]) -> None:
    """A grid of images with a name beside each row.

    Parameters
    ----------
    ax
        Where it is drawn.
    image : (H, W, 3)
        Rows of equal height.
    names
        From the top.
    """
    ax.imshow(image, interpolation="nearest")
    height = image.shape[0] / len(names)
    ax.set_yticks([(row + 0.5) * height for row in range(len(names))], names, fontsize=9)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)

"""The gallery of an area: both threads' images of every experiment, side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core.errors import ImageError
from core.explorer.averages import BlockAverages
from core.explorer.images import read_images
from core.statistics.masks import success_labels
from core.threads import N_THREADS, PREFIXES
from neuro_data_analysis.evolved_images.layout import COLORS, GREY, lay, page

COLUMNS = (5, 11)
"""Fewest and most pairs side by side."""

SIZE, GAP, LINE = 0.78, 0.22, 0.17
"""Edge of an image, space between pairs, height of a line of text, inches."""

MARGIN, HEAD, FOOT = 0.3, 0.9, 0.35
"""Margins at the sides, above and below, inches."""

LEVEL = "005"
"""Level of success that gives a frame its colour, P < 0.05."""


class Pair(NamedTuple):
    """Two images of an experiment, with their block's rates, thread 0 first.

    Attributes
    ----------
    experiment
        Say ``155 A``.
    images
        RGB images (H, W, 3), 8-bit; None where one is absent.
    rates
        Mean rate of the blocks that they come from, events/s.
    succeeded
        Whether the evolution succeeded.
    """

    experiment: str
    images: tuple[np.ndarray | None, ...]
    rates: tuple[float, ...]
    succeeded: tuple[bool, ...]

    @property
    def preference(self) -> float:
        """From 1, only thread 0 drives the unit, to -1, only thread 1 does."""
        return (self.rates[0] - self.rates[1]) / max(*self.rates, 1e-9)


def gallery_pairs(
    folder: Path, experiments: Sequence[BlockAverages], meta: pd.DataFrame, block: str = "best"
) -> dict[str, list[Pair]]:
    """Pairs of all valid experiments by area, in the order of their `Pair.preference`.

    Parameters
    ----------
    folder
        Folder of averages and images.
    experiments
        Its averages.
    meta
        ``Cohort.meta`` of them, which says who is valid and who succeeded.
    block
        ``best`` (of the largest mean rate) or ``last``, of each thread.

    Raises
    ------
    ImageError
        If a file is no image.
    """
    labels = success_labels(meta, LEVEL)
    areas: dict[str, list[Pair]] = {}
    for experiment in experiments:
        if not meta.at[experiment.expi, "valid"]:
            continue
        blocks = experiment.best_blocks if block == "best" else (experiment.n_blocks - 1,) * 2
        images = read_images(folder, experiment, blocks)
        keys = list(zip(blocks, range(N_THREADS), strict=True))
        pair = Pair(
            f"{experiment.expi} {experiment.animal[0]}",
            tuple(images.get(key) for key in keys),
            tuple(float(experiment.evoked.mean[key]) for key in keys),
            tuple(bool(labels[f"{word}succ{LEVEL}"][experiment.expi]) for word in PREFIXES),
        )
        areas.setdefault(experiment.area, []).append(pair)
    return {area: sorted(pairs, key=lambda pair: -pair.preference) for area, pairs in areas.items()}


def draw_gallery(area: str, pairs: Sequence[Pair], block: str = "best", origin: str = "") -> Figure:
    """Draw the pairs of an area.

    Parameters
    ----------
    area
        Its name, for the title.
    pairs
        At least one pair, in the order in which they are drawn.
    block
        Which block the images come from, for the title.
    origin
        Where rates and images came from, for the line at the foot.

    Returns
    -------
    The figure.

    Raises
    ------
    ImageError
        If there is no pair.

    Examples
    --------
    >>> black = np.zeros((4, 4, 3), np.uint8)
    >>> pair = Pair("155 A", (black, black), (40.0, 30.0), (True, False))
    >>> figure = draw_gallery("IT", [pair])
    >>> [text.get_text() for text in figure.axes[0].texts][:3]
    ['155 A', '40', '30']
    """
    if not pairs:
        raise ImageError(path=area, expected="at least one pair of images", found="none")
    n_columns = int(np.clip(np.ceil(len(pairs) ** 0.5), *COLUMNS))
    across, down = 2 * SIZE + GAP, SIZE + 2 * LINE + 0.1
    n_rows = -(-len(pairs) // n_columns)
    width = 2 * MARGIN + n_columns * across - GAP
    height = HEAD + n_rows * down + FOOT
    figure, ax = page(width, height)
    for index, pair in enumerate(pairs):
        row, column = divmod(index, n_columns)
        x, y = MARGIN + column * across, HEAD + row * down
        ax.text(x + SIZE, y + LINE / 2, pair.experiment, ha="center", va="center", size=7)
        for thread, color in enumerate(COLORS):
            left = x + thread * SIZE
            frame = color if pair.succeeded[thread] else GREY
            inset = 0.015  # frames of neighbours do not cover each other
            corner = (left + inset, y + LINE + inset)
            lay(ax, pair.images[thread], corner, SIZE - 2 * inset, frame, frame=1.6)
            ax.text(
                left + SIZE / 2,
                y + LINE + SIZE + LINE / 2,
                f"{pair.rates[thread]:.0f}",
                color=color,
                ha="center",
                va="center",
                size=7,
            )
    figure.suptitle(
        f"{area}: the image that drove the unit most in each thread's {block} block "
        f"({len(pairs)} valid experiments)",
        fontsize=11,
        y=1 - 0.12 / height,
    )
    words = (
        "Left DeePSim (blue), right BigGAN (red); below, the block's mean rate in 50–200 ms, "
        "events/s.\nFirst the units that DeePSim drives better, last those that BigGAN does. "
        "Grey frame: that evolution did not succeed (P ≥ 0.05)."
    )
    ax.text(MARGIN, 0.42, words, size=8, va="top", linespacing=1.3)
    if origin:
        ax.text(MARGIN, height - 0.12, f"Rates and images: {origin}.", size=6.5, color="0.35")
    return figure

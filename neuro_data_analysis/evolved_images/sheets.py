"""The contact sheet of an experiment: both threads' images over blocks, above them the rates."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.errors import ImageError
from core.explorer.averages import BlockAverages
from core.explorer.images import Images
from core.plotting.style import apply_style, mean_band
from core.threads import N_THREADS
from neuro_data_analysis.evolved_images.layout import COLORS, SPACE_NAMES, lay, page

COLUMNS = 10
"""Most blocks side by side."""

WIDTH = 7.5
"""Least width of a sheet; this and all that follows is in inches."""

SMALL, LARGE = 1.15, 2.15
"""Least and largest edge of an image."""

LEFT, GAP, LINE = 0.4, 0.08, 0.19
"""Margin, space between images, height of a line of text."""

HEAD, FOOT = 2.75, 0.6
"""Height of title and trajectory, and of the words below the images."""


def contact_sheet(experiment: BlockAverages, images: Images, origin: str = "") -> Figure:
    """Draw an experiment's images block by block, with mean +- SEM of the block's rates.

    Parameters
    ----------
    experiment
        Its averages.
    images
        At least one image, by 0-based block and thread; blocks without one are left out.
    origin
        Where rates and images came from, for the line at the foot.

    Returns
    -------
    The figure.

    Raises
    ------
    ImageError
        If there is no image.
    """
    blocks = sorted({block for block, _ in images})
    if not blocks:
        raise ImageError(path=experiment.name, expected="at least one image", found="none")
    n_columns = min(len(blocks), COLUMNS)
    size = float(np.clip((WIDTH - 2 * LEFT) / n_columns - GAP, SMALL, LARGE))
    bands = [blocks[first : first + n_columns] for first in range(0, len(blocks), n_columns)]
    of_band = LINE + N_THREADS * (size + LINE) + 0.12
    width = max(WIDTH, 2 * LEFT + n_columns * (size + GAP))
    height = HEAD + len(bands) * of_band + FOOT
    figure, ax = page(width, height)
    figure.suptitle(_title(experiment), fontsize=10, y=1 - 0.12 / height)
    with apply_style():
        box = (0.75 / width, 1 - (HEAD - 0.55) / height, 1 - 1.1 / width, (HEAD - 1.3) / height)
        draw_rates(figure.add_axes(box), experiment, images)
    for index, band in enumerate(bands):
        _draw_band(ax, experiment, images, band, HEAD + index * of_band, size)
    ax.text(LEFT, height - 0.1, _foot(origin), size=6.5, va="bottom", color="0.35")
    return figure


def draw_rates(ax: Axes, experiment: BlockAverages, images: Images) -> None:
    """Mean +- SEM of both threads over blocks, a dot where there is an image, a star at the best.

    Parameters
    ----------
    ax
        Axes to draw in.
    experiment
        Its averages.
    images
        Images by 0-based block and thread.
    """
    blocks = np.arange(1, experiment.n_blocks + 1)
    for thread, color in enumerate(COLORS):
        mean, sem = (part[:, thread] for part in experiment.evoked)
        label = SPACE_NAMES[experiment.spaces[thread]]
        mean_band(ax, blocks, mean, sem, color=color, band_alpha=0.25, label=label, lw=1.5)
        shown = [block for block, of in sorted(images) if of == thread]
        ax.plot(blocks[shown], mean[shown], "o", color=color, ms=3.5)
        best = experiment.best_blocks[thread]
        ax.plot(blocks[best], mean[best], "*", color=color, ms=9, mec="white", mew=0.6)
    reference = experiment.reference.mean
    for thread, color in enumerate(COLORS):
        label = "reference images (dotted)" if thread == 0 else None
        ax.plot(blocks, reference[:, thread], ":", color=color, lw=0.9, alpha=0.8, label=label)
    ax.set(xlabel="block", ylabel="events/s", xlim=(0.5, experiment.n_blocks + 0.5))
    ax.set_ylim(bottom=0)
    ax.tick_params(labelsize=7)
    ax.xaxis.label.set_size(8)
    ax.yaxis.label.set_size(8)
    ax.legend(fontsize=7, frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 0.98))


def _draw_band(
    ax: Axes, experiment: BlockAverages, images: Images, band: list[int], upper: float, size: float
) -> None:
    """One row of blocks: numbers, images of thread 0, rates, images of thread 1, rates."""
    mean, sem = experiment.evoked
    best = experiment.best_blocks
    middle = {"ha": "center", "va": "center"}
    for column, block in enumerate(band):
        x = LEFT + column * (size + GAP)
        ax.text(
            x + size / 2, upper + LINE / 2, f"block {block + 1}", ha="center", va="center", size=8
        )
        for thread, color in enumerate(COLORS):
            y = upper + LINE + thread * (size + LINE)
            is_best = block == best[thread]
            image = images.get((block, thread))
            lay(ax, image, (x, y), size, color, frame=2.5 if is_best else 0.8)
            ax.text(
                x + size / 2,
                y + size + LINE / 2,
                f"{mean[block, thread]:.1f} ± {sem[block, thread]:.1f}",
                color=color,
                weight="bold" if is_best else "normal",
                size=7.5,
                **middle,
            )
    for thread, color in enumerate(COLORS):
        y = upper + LINE + thread * (size + LINE) + size / 2
        label = SPACE_NAMES[experiment.spaces[thread]]
        ax.text(LEFT - 0.1, y, label, color=color, rotation=90, ha="right", va="center", size=9)


def _title(experiment: BlockAverages) -> str:
    sizes = "–".join(f"{size:g}" for size in dict.fromkeys(experiment.imgsize))
    x, y = experiment.imgpos[0]
    return (
        f"Exp {experiment.expi} · {experiment.animal} · {experiment.area} · channel "
        f"{experiment.pref_chan}, unit {experiment.unit} · {experiment.date.isoformat()}\n"
        f"images of {sizes}° at ({x:g}, {y:g})°, {experiment.n_blocks} blocks"
    )


def _foot(origin: str) -> str:
    words = (
        "Each image is the one of its block that drove the unit most. Below it: the block's rate "
        "in 50–200 ms,\nmean ± SEM over its trials, events/s; bold (star): the thread's best block."
    )
    return f"{words}\nRates and images: {origin}." if origin else words

"""Pictures of an evolution: scores by block, and the best image of every block in a frame."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from core.experiments.evolution.record import (
    GENERATOR_WEIGHTS,
    EvolutionRecord,
    ThreadRecord,
)
from core.files import replacing
from core.generators.protocol import as_image_list, render
from core.generators.validation import ImageGenerator
from core.images.montages import SMALLEST_SCORE_RANGE, color_framed_montages

COLORS = ("#c0392b", "#2471a3", "#7d3c98", "#117a65")
"""Colours of the threads, in their order."""

DPI = 100
"""Pixels an inch of a montage's figure, whose images keep their own pixels."""

BAR_WIDTH = 110
"""Pixels beside the montage, for the colours of the scores."""

LEAST_HEIGHT = 200
"""Pixels that the colours need."""

MONTAGE_COLUMNS = 10


def block_means(thread: ThreadRecord) -> np.ndarray:
    """Mean score of every block, with noise where there is any, (n_done,)."""
    return np.bincount(thread.generations, thread.scores) / np.bincount(thread.generations)


def best_of_blocks(thread: ThreadRecord) -> np.ndarray:
    """Row of the code that scored best in each block, (n_done,).

    Examples
    --------
    >>> scores, blocks = np.array([1.0, 3.0, 2.0, 5.0]), np.array([0, 1, 1, 2])
    >>> codes, places = np.zeros((4, 2)), np.zeros(4, dtype=int)
    >>> best_of_blocks(ThreadRecord("fc6", codes, scores, scores, blocks, places))
    array([0, 1, 3])
    """
    by_score = np.lexsort((-thread.scores, thread.generations))
    _, first = np.unique(thread.generations[by_score], return_index=True)
    return by_score[first]


def draw_trajectories(ax: plt.Axes, record: EvolutionRecord) -> None:
    """Scores of all images and their block means, of every thread, and of the references.

    Parameters
    ----------
    ax
        Axes to draw in.
    record
        The evolution.
    """
    blocks = np.arange(record.n_done)
    for thread, color in zip(record.threads, COLORS, strict=False):
        ax.scatter(thread.generations, thread.scores, s=5, alpha=0.25, color=color, linewidths=0)
        ax.plot(blocks, block_means(thread), color=color, label=thread.name)
    if record.reference_scores.size:
        means = record.reference_scores.mean(axis=1)
        ax.plot(blocks, means, color="grey", linestyle=":", label="references")
    title = record.settings["unit"]
    if record.settings.get(GENERATOR_WEIGHTS) == "random":
        title += "\ngenerators with random weights"
    ax.set(xlabel="block", ylabel="score", title=title)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False)


def best_images(thread: ThreadRecord, generator: ImageGenerator) -> np.ndarray:
    """Montage of the best image of every block at the generator's size, framed by its score.

    Parameters
    ----------
    thread
        Codes and scores.
    generator
        Generator that the codes belong to.

    Returns
    -------
    (H, W, 3)
        RGB in [0, 1].
    """
    rows = best_of_blocks(thread)
    images = as_image_list(render(generator, thread.codes[rows]))
    n_columns = min(MONTAGE_COLUMNS, len(rows))
    shape = (n_columns, -(-len(rows) // n_columns))
    height, width, _ = images[0].shape
    frame = max(2, min(height, width) // 16)
    size = (width + 2 * frame, height + 2 * frame)
    (montage,) = color_framed_montages(images, size, shape, thread.scores[rows], pad=frame)
    return montage


def best_images_figure(thread: ThreadRecord, generator: ImageGenerator) -> Figure:
    """`best_images`, pixel by pixel, beside the scale of the frames' colours.

    Parameters
    ----------
    thread
        Codes and scores.
    generator
        Generator that the codes belong to.
    """
    montage = best_images(thread, generator)
    height, width, _ = montage.shape
    full = np.array([width + BAR_WIDTH, max(height, LEAST_HEIGHT)])
    figure = plt.figure(figsize=full / DPI, dpi=DPI, layout="none")
    figure.figimage(montage, yo=(full[1] - height) // 2, origin="upper")
    ax = figure.add_axes([(width + 15) / full[0], 0.1, 15 / full[0], 0.8])
    scores = thread.scores[best_of_blocks(thread)]
    limits = Normalize(scores.min(), max(scores.max(), scores.min() + SMALLEST_SCORE_RANGE))
    bar = figure.colorbar(ScalarMappable(limits, "summer"), cax=ax)
    bar.set_label("score of each best image", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    return figure


def save_figures(
    record: EvolutionRecord, generators: Mapping[str, ImageGenerator], path: Path
) -> list[Path]:
    """Draw an evolution beside its file.

    Parameters
    ----------
    record
        At least one block.
    generators
        By name of thread.
    path
        Of the evolution; the figures' names begin as its does.

    Returns
    -------
    Paths of the figures.
    """
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    draw_trajectories(ax, record)
    paths = [path.with_name(f"{path.stem}_trajectory.png")]
    with replacing(paths[0]) as temporary:
        figure.savefig(temporary, dpi=150)
    plt.close(figure)
    for thread in record.threads:
        paths.append(path.with_name(f"{path.stem}_{thread.name}_best.png"))
        figure = best_images_figure(thread, generators[thread.name])
        with replacing(paths[-1]) as temporary:
            figure.savefig(temporary, dpi=DPI)
        plt.close(figure)
    return paths

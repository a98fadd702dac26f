"""Pictures of an evolution: scores by block, and the best image of every block in a frame."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from core.experiments.evolution.record import (
    GENERATOR_WEIGHTS,
    EvolutionRecord,
    ThreadRecord,
)
from core.files import replacing
from core.generators.protocol import Generator, as_image_list, render
from core.images.montages import color_framed_montages

COLORS = ("#c0392b", "#2471a3", "#7d3c98", "#117a65")
"""Colours of the threads, in their order."""

IMAGE_SIZE = 128
"""Pixels of an image with its frame, in a montage."""

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
    ax.legend(frameon=False)


def best_images(thread: ThreadRecord, generator: Generator) -> np.ndarray:
    """Montage of the best image of every block, framed by its score.

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
    size = (IMAGE_SIZE, IMAGE_SIZE)
    (montage,) = color_framed_montages(images, size, shape, thread.scores[rows])
    return montage


def save_figures(
    record: EvolutionRecord, generators: Mapping[str, Generator], path: Path
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
        with replacing(paths[-1]) as temporary:
            plt.imsave(temporary, best_images(thread, generators[thread.name]))
    return paths

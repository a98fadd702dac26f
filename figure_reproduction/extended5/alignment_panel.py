"""Drawing of Extended Data Figure 5C: how well two optimizers end, by depth and dimension."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from core.experiments.alignment.expectations import Cell, expected
from core.plotting.looks import READABLE, Look
from core.statistics.intervals import bootstrap_mean_interval
from figure_reproduction.extended5.alignment_statistics import (
    NOTHING,
    STARTS,
    compare_means,
    ensemble_scores,
    published_means,
)
from figure_reproduction.panels import Panel
from figure_reproduction.sources import Input

OPTIMIZER_WORDS = {"Adam": "Adam", "CMAES": "CMA-ES"}
"""Names of the optimizers in captions; titles have the published words."""

MARKERS = ("o", "X", (4, 0, 45), "P", (4, 0, 0), (4, 1, 0), "^", (4, 1, 45))
"""Markers of the dimensions, those of seaborn's ``style`` as published."""

DASHES = (
    (),
    (4, 1.5),
    (1, 1),
    (3, 1.25, 1.5, 1.25),
    (5, 1, 1, 1),
    (5, 1, 2, 1, 2, 1),
    (5, 2, 5, 2, 1, 2),
    (1, 2.5, 3, 1.2),
)
"""On and off lengths of the line of each dimension; nothing is a solid line."""

DIMENSIONS = (2, 4, 8, 16, 32, 64, 128, 256)

COMPUTE_ALIGNMENT = "python -m core.experiments.alignment_data"


def draw_alignment(
    ax: Axes, table: pd.DataFrame, rng: np.random.Generator, look: Look = READABLE
) -> None:
    """Panel C: mean score over seeds by depth, one line per dimension, with bootstrap bands.

    Parameters
    ----------
    ax
        Where it is drawn.
    table
        A row for each run, with ``dimension``, ``stack_size``, ``seed`` and ``gaussian_value``.
    rng
        Random generator of the bootstrap.
    look
        What it looks like.
    """
    colors = look.dimension_colors
    for i, (dimension, of_dimension) in enumerate(table.groupby("dimension")):
        scores = of_dimension.groupby("stack_size")["gaussian_value"]
        depths = np.array(list(scores.groups))
        low, high = np.transpose([bootstrap_mean_interval(v.to_numpy(), rng) for _, v in scores])
        color = colors[i % len(colors)]
        ax.fill_between(depths, low, high, color=color, alpha=0.2, lw=0)
        ax.plot(
            depths,
            scores.mean(),
            color=color,
            marker=MARKERS[i % len(MARKERS)],
            mec="white",
            mew=0.75,
            dashes=DASHES[i % len(DASHES)] or (None, None),
            label=dimension,
        )
    ax.set(xlabel="RealNVP network depth", ylabel="optimized score")
    ax.legend(title="dimension", loc="upper left", bbox_to_anchor=(1, 1))


def draw_published(
    ax: Axes,
    published: Mapping[Cell, float],
    means: Mapping[Cell, float],
    look: Look = READABLE,
) -> None:
    """Published means as open markers in the colours of panel C, expected ones as dots.

    Parameters
    ----------
    ax
        Panel C.
    published
        Means by optimizer, dimension and depth.
    means
        Those that are expected, by the same.
    look
        What it looks like.
    """
    for i, dimension in enumerate(DIMENSIONS):
        cells = [cell for cell in published if cell[1] == dimension]
        depths = [depth for _, _, depth in cells]
        options = {"ls": "", "clip_on": False, "zorder": 3}
        ax.plot(
            depths,
            [published[cell] for cell in cells],
            marker=MARKERS[i],
            ms=8,
            mfc="none",
            mec=[0.6 * part for part in to_rgb(look.dimension_colors[i])],
            **options,
        )
        ax.plot(depths, [means[cell] for cell in cells], marker=".", ms=3, color="black", **options)


def alignment_panel(
    optimizer: str,
    given: Input,
    ensemble: Input | None,
    rng: np.random.Generator,
    regenerated: bool,
    look: Look,
) -> Panel:
    """Panel C of one optimizer with its caption and notes.

    Parameters
    ----------
    optimizer
        ``Adam`` or ``CMAES``.
    given
        Its table.
    ensemble
        More runs on the networks of a computed table; None for a table of the figure's folder.
    rng
        Random generator of the bootstrap.
    regenerated
        Whether there is a computed table.
    look
        What it looks like.
    """
    published = {cell: n.value for cell, n in published_means().items() if cell[0] == optimizer}
    figure, ax = plt.subplots(figsize=(6.4, 4.8))
    draw_alignment(ax, given.table, rng, look)
    if ensemble:
        scores = ensemble_scores(ensemble.table, "published")
        means = {cell: expected(scores.get(cell, NOTHING)).mean for cell in published}
        draw_published(ax, published, means, look)
    words = OPTIMIZER_WORDS[optimizer]
    n_seeds = given.table["seed"].nunique()
    title = look.pick(
        f"{words}: score by depth and dimension, mean of {n_seeds} seeds, 95 % intervals",
        f"{optimizer} | Optim score as function of depth and dimension",
    )
    if ensemble:
        title += "\nregenerated; open markers: published; dots: expected"
    figure.suptitle(title, fontsize=11)
    caption = (
        f"Score after 100 steps of {words}, mean of {n_seeds} seeds; bands are 95 % bootstrap "
        "intervals"
    )
    notes = ["The score exp(-d²/2) falls with the squared distance d² to the optimum."]
    if optimizer == "CMAES":
        notes.append("It is that of the mean of the last population, which was never scored.")
    if ensemble:
        caption = f"Computed by this project: {caption[0].lower()}{caption[1:]}"
        notes += _comparison_notes(published, ensemble.table)
    elif not regenerated:
        notes.append(f"`{COMPUTE_ALIGNMENT}` computes the same anew, to be drawn beside it.")
    name = f"{optimizer}_regenerated" if ensemble else optimizer
    return Panel("C", name, figure, caption, tuple(notes), computed=given.computed)


def _comparison_notes(published: Mapping[Cell, float], ensemble: pd.DataFrame) -> list[str]:
    tests = {
        starts: compare_means(published, ensemble_scores(ensemble, starts)) for starts in STARTS
    }
    results = "; ".join(
        f"{words}: sum of squared z {tests[starts].statistic:.1f} (drawn figures: median "
        f"{tests[starts].expected:.1f}), P = {tests[starts].p:.2g}"
        for starts, words in STARTS.items()
    )
    return [
        "Open markers are the published means, read off the figure. The curve has the published "
        "networks with starting points and samples of this project; dots are means that are "
        "expected from the published starting points.",
        f"All {tests['published'].n} published means together, on these networks, {results}.",
    ]

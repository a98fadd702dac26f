"""The figure of responses along evolutions; white, and areas in the colours of the paper's."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from core.level_sets.figures import AREA_COLORS
from core.plotting.style import apply_style, write_above
from core.statistics.intervals import population_sem
from core.threads import THREADS
from dualneuron.evolved.effects import BLOCKS, REFERENCE_AREA
from dualneuron.evolved.viewers import PRESENTATIONS

COLUMNS = {**PRESENTATIONS, "contrast": "contrast of the images"}
"""What the panels of a thread show, from left to right."""

FEW_IMAGES = 3
"""Threads with no more images than first, best and last block's are no curves."""

POSITIONS = np.linspace(0, 1, 11)
"""Places along an evolution at which curves are drawn, as shares of its blocks."""

MARKERS = {"last": "o", "best": "^"}


def draw_rises(table: pd.DataFrame, effects: pd.DataFrame, title: str, notice: str = "") -> Figure:
    """Draw responses and contrast along evolutions, and below them the effects with intervals.

    Parameters
    ----------
    table
        Of `image_table`.
    effects
        Of `effect_table`.
    title
        Who responds, and to what.
    notice
        What stands in red above, where weights are not trained.

    Returns
    -------
    The figure.
    """
    panels = [(thread, column) for thread in THREADS for column in COLUMNS]
    with apply_style():
        figure = Figure(figsize=(16, 7.6))
        axes = figure.subplots(2, len(panels))
        figure.suptitle(title, fontsize=10)
        for (upper, lower), (thread, column) in zip(axes.T, panels, strict=True):
            draw_along(upper, table[table["thread"] == thread], column)
            upper.set_title(f"{thread}\n{COLUMNS[column]}", fontsize=9)
            of_thread = effects[effects["thread"] == thread]
            draw_intervals(lower, of_thread[of_thread["quantity"] == column])
        _share_heights(axes, panels)
        for row, words in zip(axes, ("response (SD)", "rise of the response (SD)"), strict=True):
            row[0].set_ylabel(words, fontsize=9)
        for index, (_, column) in enumerate(panels):
            if column == "contrast":
                axes[0, index].set_ylabel("SD of luminance, white is 1", fontsize=8)
                axes[1, index].set_ylabel("logarithm of the ratio", fontsize=8)
        n_experiments = table.groupby("area")["expi"].nunique()
        areas = [
            Line2D(
                [], [], color=color, marker="o", ms=4, label=f"{area} (n = {n_experiments[area]})"
            )
            for area, color in AREA_COLORS.items()
            if area in n_experiments
        ]
        figure.legend(handles=areas, loc="upper left", fontsize=8, frameon=False)
        figure.supxlabel(
            "Above: mean ± SEM over experiments; responses are standardised neuron by neuron over "
            "all images of a presentation, and averaged over neurons.\nBelow: last block (dots) or "
            "best block (triangles; that of the largest recorded rate) minus first, with 95 % "
            "bootstrap intervals over experiments.",
            fontsize=8,
        )
        if notice:
            write_above(figure, notice, "red")
    return figure


def draw_along(ax: Axes, table: pd.DataFrame, column: str) -> None:
    """A quantity along the evolutions of one thread, by area, mean and SEM over experiments.

    Parameters
    ----------
    ax
        Axes to draw in.
    table
        Rows of `image_table` of one thread.
    column
        What is drawn.
    """
    as_curves = len(table) and table.groupby("expi").size().median() > FEW_IMAGES
    courses = _curves if as_curves else _three_points
    x = POSITIONS if as_curves else np.arange(3.0)
    for area, color in AREA_COLORS.items():
        values = np.array(list(courses(table[table["area"] == area], column)))
        if not len(values):
            continue
        mean, sem = values.mean(axis=0), population_sem(values)
        ax.errorbar(x, mean, sem, color=color, marker="o", ms=3, lw=1.2, capsize=2)
    if as_curves:
        ax.set_xlabel("share of the evolution", fontsize=8)
    else:
        ax.set(xticks=x, xticklabels=("first", "best", "last"), xlim=(-0.3, 2.3))
        ax.set_xlabel("block", fontsize=8)
    ax.tick_params(labelsize=8)


def _curves(table: pd.DataFrame, column: str) -> Iterator[np.ndarray]:
    """The quantity at `POSITIONS` of every experiment, between blocks on a straight line."""
    for _, own in table.groupby("expi"):
        if own["block"].min() == 1 and (own["block"] == own["n_blocks"]).any():
            place = (own["block"] - 1) / (own["n_blocks"] - 1)
            yield np.interp(POSITIONS, place, own[column])


def _three_points(table: pd.DataFrame, column: str) -> Iterator[list[float]]:
    """The quantity in the first, best and last block of every experiment that has these images."""
    for _, own in table.groupby("expi"):
        chosen = (own["block"] == 1, own["best"], own["block"] == own["n_blocks"])
        if all(some.any() for some in chosen):
            yield [own.loc[some, column].iloc[0] for some in chosen]


def draw_intervals(ax: Axes, effects: pd.DataFrame) -> None:
    """Effects of one thread and quantity with their intervals, areas first, then differences.

    Parameters
    ----------
    ax
        Axes to draw in.
    effects
        Rows of `effect_table`.
    """
    names = list(dict.fromkeys(effects["area"]))
    for shift, block in zip((-0.12, 0.12), BLOCKS, strict=True):
        of_block = effects[effects["block"] == block].set_index("area")
        for index, name in enumerate(names):
            if name not in of_block.index:
                continue
            estimate, low, high = of_block.loc[name, ["estimate", "low", "high"]].astype(float)
            ends = np.nan_to_num([[estimate - low], [high - estimate]])
            color = AREA_COLORS.get(name, "black")
            fill = color if block == "last" else "white"
            style = {"fmt": MARKERS[block], "ms": 5, "capsize": 2, "color": color, "mfc": fill}
            ax.errorbar(index + shift, estimate, ends, **style)
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    if f"V1 - {REFERENCE_AREA}" in names or f"V4 - {REFERENCE_AREA}" in names:
        ax.axvline(sum(" - " not in name for name in names) - 0.5, color="0.85", lw=0.8, zorder=0)
    labels = [name.replace(" - ", "\n– ") for name in names]
    ax.set(xticks=range(len(names)), xticklabels=labels, xlim=(-0.6, max(len(names), 1) - 0.4))
    ax.tick_params(labelsize=8)


def _share_heights(axes: np.ndarray, panels: list[tuple[str, str]]) -> None:
    """One range for all responses of a row, and one for contrast."""
    for row in axes:
        for contrast in (False, True):
            alike = [
                ax
                for ax, (_, column) in zip(row, panels, strict=True)
                if (column == "contrast") == contrast
            ]
            limits = np.array([ax.get_ylim() for ax in alike])
            for ax in alike:
                ax.set_ylim(limits[:, 0].min(), limits[:, 1].max())

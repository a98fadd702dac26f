"""Extended Data Figure 1, A and B, asked of the images that the animals' neurons evolved."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from core.contract import ext1
from core.generator_statistics.frechet import shortage
from core.generator_statistics.summaries import detection_summary
from core.plotting.looks import READABLE
from core.statistics import population_sem
from core.threads import THREADS
from figure_reproduction.extended1.drawing import COLORS, new_figure, words_below
from figure_reproduction.extended1.image_sets_panel import distance_name, distances_from
from figure_reproduction.extended1.tables import PanelTables
from figure_reproduction.panels import Panel

BLOCKS = ("first", "last")

SHOWN = {
    "luminance_mean": "mean luminance",
    "rms_contrast": "RMS contrast",
    "psd_slope_logbin": "spectral slope, per ring (log bins)",
    "orient_anisotropy": "anisotropy of orientation",
    "edge_density": "edge density (Sobel)",
    "colorfulness": "colourfulness",
}

QUESTION = (
    "Not in the paper: its questions A and B asked of the images that neurons evolved (authors' "
    "explorer, the most driving image of each block)"
)


def explorer_panels(given: PanelTables) -> list[Panel]:
    """Distances and recognisability, then low-level statistics, by area.

    Parameters
    ----------
    given
        Tables of evolved images.
    """
    distances, objects, statistics, _ = (given.tables[file] for file in ext1.EXPLORER)
    return [_distance_panel(distances, objects), _statistics_panel(statistics)]


def draw_area(ax: Axes, table: pd.DataFrame, area: str) -> None:
    """Distances of an area's four sets from crops of photographs, and of the threads.

    Parameters
    ----------
    ax
        Where they are drawn.
    table
        Rows of `core.contract.ext1.FRECHET_EXPLORER`.
    area
        Its name.
    """
    crops = f"photograph crops, {area}"
    rows = distances_from(table, crops).set_index("set")
    for place, block in enumerate(BLOCKS):
        for number, generator in enumerate(THREADS):
            row = rows.loc[f"{generator}, {block} block, {area}"]
            ax.bar(
                place + 0.38 * (number - 0.5),
                row["frechet_distance"],
                0.36,
                yerr=row["frechet_se"],
                color=COLORS[generator],
                alpha=0.6,
                capsize=3,
            )
        between = distances_from(table, f"DeePSim, {block} block, {area}").set_index("set")
        row = between.loc[f"BigGAN, {block} block, {area}"]
        ax.errorbar(
            place, row["frechet_distance"], row["frechet_se"], fmt="D", color="black", capsize=3
        )
    ax.set_xticks(range(len(BLOCKS)), [f"{block} block" for block in BLOCKS])
    ax.set(title=f"{area}, n = {int(rows['n'].iloc[0])}", ylim=(0, None))


def draw_recognised(ax: Axes, summary: pd.DataFrame, area: str) -> None:
    """Detect rates of an area's four sets with Wilson intervals.

    Parameters
    ----------
    ax
        Where they are drawn.
    summary
        As `core.generator_statistics.detection_summary` gives it.
    area
        Its name.
    """
    rows = summary.set_index("set")
    for number, generator in enumerate(THREADS):
        some = [rows.loc[f"{generator}, {block} block, {area}"] for block in BLOCKS]
        rate = np.array([row["detect_rate"] for row in some])
        low, high = (np.array([row[name] for row in some]) for name in ("ci_low", "ci_high"))
        ax.errorbar(
            np.arange(len(BLOCKS)) + 0.1 * (number - 0.5),
            rate,
            np.clip([rate - low, high - rate], 0, None),
            marker=READABLE.thread_markers[generator],
            capsize=3,
            **READABLE.line(generator),
        )
    crops = rows.loc[f"photograph crops, {area}", "detect_rate"]
    ax.axhline(crops, color="0.5", ls="--", lw=1)
    ax.set_xticks(range(len(BLOCKS)), [f"{block} block" for block in BLOCKS])
    ax.set(xlim=(-0.4, len(BLOCKS) - 0.6), ylim=(0, 1))


def draw_first_and_last(ax: Axes, table: pd.DataFrame, name: str, areas: Sequence[str]) -> None:
    """A statistic in first and last blocks, mean and SEM over experiments, by area.

    Parameters
    ----------
    ax
        Where it is drawn.
    table
        Rows of `core.contract.ext1.LOWLEVEL_EXPLORER`.
    name
        Column.
    areas
        From the left.
    """
    for position, area in enumerate(areas):
        for generator in THREADS:
            chosen = table[(table["area"] == area) & (table["generator"] == generator)]
            values = [chosen.loc[chosen["block"] == block, name].dropna() for block in BLOCKS]
            x = position + np.array([-0.18, 0.18])
            ax.errorbar(
                x,
                [some.mean() for some in values],
                [float(population_sem(some.to_numpy())) for some in values],
                marker=READABLE.thread_markers[generator],
                capsize=3,
                **READABLE.line(generator),
            )
    ax.set_xticks(range(len(areas)), areas)
    ax.set_title(SHOWN[name], fontsize=10)


def _areas(table: pd.DataFrame) -> list[str]:
    known = list(dict.fromkeys(table["area"]))
    return sorted(known, key=lambda area: ("V1", "V4", "IT", area).index(area))


def _distance_panel(distances: pd.DataFrame, found_objects: pd.DataFrame) -> Panel:
    crops = found_objects.loc[found_objects["kind"] == "reference", "set"]
    known = {name.rpartition(", ")[2] for name in crops}
    areas = [area for area in ("V1", "V4", "IT") if area in known]
    summary = detection_summary(found_objects)
    name, detector = (
        distance_name(distances["extractor"].iloc[0]),
        found_objects["detector"].iloc[0],
    )
    figure = new_figure(3 * len(areas) + 1.2, 7.4)
    axes = figure.subplots(2, len(areas), squeeze=False, sharey="row")
    for column, area in zip(axes.T, areas, strict=True):
        draw_area(column[0], distances, area)
        draw_recognised(column[1], summary, area)
    axes[0, 0].set_ylabel("distance from photograph crops\n(diamonds: between threads)")
    axes[1, 0].set_ylabel("share recognised\n(dashed: photograph crops)")
    handles = [Patch(color=COLORS[name], label=name) for name in THREADS]
    figure.legend(handles=handles, frameon=False, fontsize=9, loc="outside right upper")
    figure.suptitle(f"Evolved images: {name}\nand {detector}", fontsize=11)
    words_below(figure, f"{QUESTION}. Distances depend on n: compare within an area only.")
    least = int(distances[["n1", "n2"]].to_numpy().min())
    lacking = shortage(least, int(distances["dim"].iloc[0]))
    notes = [f"At least {lacking}."] if lacking else []
    caption = (
        "How far the images that neurons evolved are from crops of photographs (bars) and from one "
        "another (diamonds), with errors over resamples, and how many a classifier recognises"
    )
    return Panel("A", "explorer", figure, caption, tuple(notes), computed=True)


def _statistics_panel(table: pd.DataFrame) -> Panel:
    areas = _areas(table)
    figure = new_figure(9.6, 6.4)
    for ax, name in zip(figure.subplots(2, 3).ravel(), SHOWN, strict=True):
        draw_first_and_last(ax, table, name, areas)
    handles = [Patch(color=COLORS[name], label=name) for name in THREADS]
    figure.legend(handles=handles, frameon=False, fontsize=9, loc="outside right upper")
    figure.suptitle("Evolved images: first and last block of each area (left, right)", fontsize=11)
    words_below(figure, f"{QUESTION}. Mean and SEM (ddof 0) over experiments.")
    caption = "Low-level statistics of images that neurons evolved, first and last block, by area"
    return Panel("B", "explorer", figure, caption, computed=True)

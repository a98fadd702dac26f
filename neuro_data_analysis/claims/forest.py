"""Forest plot of the claims beside the time course that two of them are about."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.plotting.style import THREAD_COLORS, apply_style, mark_simulated, mean_band
from core.statistics.masks import AREAS
from core.threads import THREADS
from neuro_data_analysis.claims.catalogue import MARGINS
from neuro_data_analysis.claims.effects import mean_difference
from neuro_data_analysis.claims.observations import Observations
from neuro_data_analysis.claims.rows import ADJUSTED, CORRECTED, PUBLISHED

STYLES = {
    PUBLISHED: {"marker": "o", "color": "black", "markersize": 5},
    ADJUSTED: {"marker": "s", "color": "0.45", "markersize": 3.5},
    CORRECTED: {"marker": "D", "color": "0.45", "markersize": 4, "markerfacecolor": "white"},
}
"""Marker of each variant."""

BIN = 5
"""Bins of the time course, ms."""

OFFSETS = dict(zip(STYLES, (0.0, 0.26, 0.46), strict=True))
"""Height of each variant below a claim's own line."""

AXIS_WORDS = {
    "share": "← object    share of the largest response, or of experiments    texture →",
    "blocks": "← texture faster    blocks to 80 % of the rise    object faster →",
}


def draw(table: pd.DataFrame, observations: Observations) -> Figure:
    """Effects by claim at the left; at the right the difference within the response, by area.

    Parameters
    ----------
    table
        What `claims_table` gives.
    observations
        What it was made from.
    """
    with apply_style():
        figure = Figure(figsize=(14, 11), layout="constrained")
        claims, course = figure.subfigures(1, 2, width_ratios=(2.1, 1))
        units = {unit: _names(table, unit) for unit in MARGINS}
        heights = [len(names) + 1 for names in units.values()]
        axes = claims.subplots(len(units), 1, height_ratios=heights)
        for ax, (unit, names) in zip(axes, units.items(), strict=True):
            draw_effects(ax, table[table["name"].isin(names)], unit)
        axes[0].legend(loc="lower right", fontsize=8, title="bars: 95 %; grey: margin")
        for ax, area in zip(course.subplots(3, 1, sharex=True, sharey=True), AREAS, strict=True):
            draw_course(ax, observations, area, table)
        course.axes[-1].set_xlabel("Time from image onset (ms)")
        figure.suptitle(f"Claims of the abstract, tested on: {observations.source}")
        if observations.is_simulated:
            mark_simulated(figure)
    return figure


def draw_effects(ax: Axes, table: pd.DataFrame, unit: str) -> None:
    """A line for each claim, a marker with its interval for each variant, and the verdict.

    Parameters
    ----------
    ax
        Where it is drawn.
    table
        Rows of the claims of one unit.
    unit
        A key of `MARGINS`.
    """
    published = table[table["variant"] == PUBLISHED].reset_index(drop=True)
    place = {name: height for height, name in enumerate(published["name"])}
    margin = MARGINS[unit]
    ax.axvspan(-margin, margin, color="0.93", zorder=0)
    ax.axvline(0, color="black", lw=0.8, zorder=1)
    for variant, style in STYLES.items():
        part = table[(table["variant"] == variant) & table["value"].notna()]
        heights = np.array([place[name] for name in part["name"]]) + OFFSETS[variant]
        ax.hlines(heights, part["low"], part["high"], color=style["color"], lw=1.2)
        ax.plot(part["value"], heights, ls="", label=variant, **style)
    for height, row in enumerate(published.itertuples()):
        words = f"{row.verdict}  (n = {row.n})"
        ax.text(1.01, height, words, transform=ax.get_yaxis_transform(), va="center", fontsize=8)
    ax.text(1.01, 1.0, "as published", transform=ax.transAxes, fontsize=8, style="italic")
    ax.set_yticks(range(len(published)), published["claim"], fontsize=9)
    ax.set(ylim=(len(published) - 0.3, -0.7), xlabel=AXIS_WORDS[unit])


def draw_course(ax: Axes, observations: Observations, area: str, table: pd.DataFrame) -> None:
    """DeePSim minus BigGAN in the last block, 95 % bands, and when BigGAN overtakes.

    Parameters
    ----------
    ax
        Where it is drawn.
    observations
        What the claims are tested on.
    area
        ``V1``, ``V4`` or ``IT``.
    table
        Where the crossing time is taken from.
    """
    psth = observations.psth[observations.rows(area, "anysucc005"), -1]
    n_bins = psth.shape[2] // BIN
    difference = (psth[:, 0] - psth[:, 1]).reshape(len(psth), n_bins, BIN).mean(axis=2)
    time = (np.arange(n_bins) + 0.5) * BIN
    if len(psth) > 1:
        effects = [mean_difference(of) for of in difference.T]
        mean, half = np.array([(of.value, (of.high - of.low) / 2) for of in effects]).T
        mean_band(ax, time, mean, half, color="black", band_alpha=0.2, lw=1.8)
        for thread, sign in zip(THREADS, (1, -1), strict=True):
            inside = np.maximum(sign * mean, 0) * sign
            ax.fill_between(time, 0, inside, color=THREAD_COLORS[thread], alpha=0.35, lw=0)
    ax.axhline(0, color="black", lw=0.8)
    crossing = table[(table["variant"] == PUBLISHED) & (table["name"] == f"crossing.{area}")]
    words = ""
    if len(crossing) and np.isfinite(crossing["high"].iloc[0]):
        value, low, high = crossing[["value", "low", "high"]].iloc[0]
        ax.axvspan(low, high, color=THREAD_COLORS[THREADS[1]], alpha=0.12, lw=0)
        ax.axvline(value, color=THREAD_COLORS[THREADS[1]], ls="--", lw=1.2)
        words = f"; overtaken at {value:.0f} ms [{low:.0f}, {high:.0f}]"
    name = "PIT" if area == "IT" else area
    ax.set_title(f"{name}, last block (n = {len(psth)}){words}", fontsize=9)
    ax.set(xlim=(0, 200), ylabel="← object    texture →")


def _names(table: pd.DataFrame, unit: str) -> list[str]:
    published = table[(table["variant"] == PUBLISHED) & (table["unit"] == unit)]
    return list(published["name"])

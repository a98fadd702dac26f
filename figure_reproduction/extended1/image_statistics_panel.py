"""Extended Data Figure 1B: low-level statistics of images that were evolved for units."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from core.contract import ext1
from core.generator_statistics.summaries import statistic_summary, unit_comparisons
from core.plotting.style import mean_band
from core.statistics import population_sem
from figure_reproduction.extended1.drawing import COLORS, DASHES, new_figure, words_below
from figure_reproduction.extended1.tables import PanelTables
from figure_reproduction.panels import Panel, Statistics

SHOWN = {
    "luminance_mean": "mean luminance",
    "luminance_std": "SD of luminance",
    "rms_contrast": "RMS contrast",
    "psd_slope": "spectral slope, per ring\n(all rings alike)",
    "psd_slope_logbin": "spectral slope, per ring\n(12 log bins, 2 to N/4)",
    "hf_fraction": "power above N/8",
    "orient_anisotropy": "anisotropy of orientation",
    "edge_density": "edge density (Sobel)",
    "saturation_mean": "saturation (HSV)",
    "colorfulness": "colourfulness",
}
"""Statistics that are drawn, and their names."""

SECTORS = [name for name in ext1.STATISTICS if name.startswith("orient_energy")]

MOST_POINTS = 400
"""Images of a generator that are drawn as points; means and errors are of all."""


def image_statistics_panel(given: PanelTables, rng: np.random.Generator) -> Panel:
    """Every statistic by generator, the orientation of energy, and the spectra.

    Parameters
    ----------
    given
        Tables of panel B.
    rng
        Random generator of the jitter.
    """
    table, spectra = (given.tables[file] for file in ext1.PANELS["B"])
    figure = new_figure(11, 8.4)
    axes = figure.subplots(3, 4).ravel()
    tests = unit_comparisons(table).set_index("statistic")
    for ax, (name, words) in zip(axes, SHOWN.items(), strict=False):
        draw_statistic(ax, table, name, rng)
        ax.set_title(f"{words}\nP = {tests.at[name, 'p']:.2g} (units)", fontsize=9)
    draw_orientation(axes[-2], table)
    draw_spectra(axes[-1], spectra)
    network = f"{table['unit_id'].nunique()} units"
    figure.suptitle(f"Images evolved for {network}: points are images, bars mean and SEM", size=11)
    words_below(figure, given.words)
    caption = (
        "Low-level statistics of all images of the last generation, mean and SEM (ddof 0) over "
        "images"
    )
    notes = (
        "Images of one unit are not independent: P is that of Wilcoxon's signed rank test of the "
        "means of each unit, which is added here.",
        "Spectra are power per ring; a power spectrum of 1/f^a has a slope of 1 - a.",
        "Which statistics the published panel shows is not known.",
    )
    return Panel("B", "", figure, caption, notes, computed=True)


def image_statistics_numbers(given: PanelTables) -> Statistics:
    """Numbers of panel B by id.

    Parameters
    ----------
    given
        Tables of panel B.
    """
    table = given.tables[ext1.LOWLEVEL]
    return {
        "ext1b.n_units": float(table["unit_id"].nunique()),
        "ext1b.n_images": float(table.groupby("generator").size().min()),
    }


def draw_statistic(ax: Axes, table: pd.DataFrame, name: str, rng: np.random.Generator) -> None:
    """One statistic: every image as a point, mean and SEM of each generator.

    Parameters
    ----------
    ax
        Where it is drawn.
    table
        Rows of `core.contract.ext1.LOWLEVEL`.
    name
        Column.
    rng
        Random generator of the jitter.
    """
    summary = statistic_summary(table)
    summary = summary[summary["statistic"] == name]
    for position, row in enumerate(summary.itertuples()):
        values = table.loc[table["generator"] == row.generator, name].dropna().to_numpy()
        if len(values) > MOST_POINTS:
            values = rng.choice(values, MOST_POINTS, replace=False)
        color = COLORS[row.generator]
        x = position + rng.uniform(-0.25, 0.25, len(values))
        ax.plot(x, values, ".", ms=4, color=color, alpha=0.4, mec="none")
        ax.errorbar(position, row.mean, row.sem, fmt="_", ms=16, color="black", capsize=4, zorder=3)
    ax.set_xticks(range(len(summary)), summary["generator"], fontsize=9)
    ax.set_xlim(-0.6, len(summary) - 0.4)


def draw_orientation(ax: Axes, table: pd.DataFrame) -> None:
    """Share of power by orientation, mean and SEM over images.

    Parameters
    ----------
    ax
        Where it is drawn.
    table
        Rows of `core.contract.ext1.LOWLEVEL`.
    """
    angle = np.arange(len(SECTORS)) * 180 / len(SECTORS)
    for generator, rows in table.groupby("generator", sort=False):
        values = rows[SECTORS].dropna().to_numpy(dtype=float)
        if len(values):
            mean, sem = values.mean(axis=0), population_sem(values)
            mean_band(ax, angle, mean, sem, band_alpha=0.3, **_line(generator))
    ax.axhline(1 / len(SECTORS), color="0.6", lw=0.8, ls=":")
    ax.set_title("power by orientation\n(0: horizontal structure)", fontsize=9)
    ax.set(xlabel="degrees", ylim=(0, None), xticks=(0, 45, 90, 135, 180))


def draw_spectra(ax: Axes, spectra: pd.DataFrame) -> None:
    """Mean normalised spectra with SEM, on logarithmic axes.

    Parameters
    ----------
    ax
        Where they are drawn.
    spectra
        Rows of `core.contract.ext1.SPECTRA`.
    """
    for generator, rows in spectra.groupby("generator", sort=False):
        k, mean, sem = (
            rows[name].to_numpy(dtype=float) for name in ("k", "psd_norm_mean", "psd_norm_sem")
        )
        # what is below 0 cannot be drawn
        sem = np.minimum(sem, 0.99 * mean)
        mean_band(ax, k, mean, sem, band_alpha=0.3, label=generator, **_line(generator))
    ax.set(xscale="log", yscale="log", xlabel="cycles per image")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    ax.set_title("power per ring\n(share of all power)", fontsize=9)
    ax.legend(frameon=False, fontsize=9)


def _line(generator: str) -> dict[str, str]:
    """Colour and style of a generator's lines."""
    return {"color": COLORS[generator], "ls": DASHES.get(generator, "-")}

"""Extended Data Figure 4, panels B and C: when within the response the rise happens.

Reads the folder ``ExtendedFig4`` through the contract. Runs alone:
``python FigureExt4_reproduction.py``.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core.contract import ext4
from core.contract.source_data import SourceData
from core.figures import FIGURES
from core.plotting.looks import READABLE, Look
from core.plotting.style import mean_band, significance_dots
from core.statistics.comparisons import TTest, benjamini_hochberg, two_sample
from core.statistics.masks import AREAS, mask_table
from core.threads import COLUMN_PREFIX, THREADS
from figure_reproduction.panels import Panel, Reproduction, Statistics
from figure_reproduction.population import (
    FDR_LEVEL,
    WindowComparison,
    compare_window,
    draw_windows,
    larger_handles,
    mean_and_error,
    page_of_windows,
    valid_in_area,
    window_statistics,
)
from figure_reproduction.script import run_script

WINDOW_AREAS = ("V4", "IT")
LEVEL = 0.05
"""Level of the uncorrected tests; `FDR_LEVEL` is that of the adjusted ones."""


@dataclass(frozen=True)
class Ext4Data:
    """`attribution` by (thread, bin in ms), (n_experiments, n_bins), rows sum to 1 or are NaN;
    `windows` by (window, thread), (n_experiments, n_blocks), normalised."""

    masks: pd.DataFrame
    attribution: dict[tuple[str, int], np.ndarray]
    windows: dict[tuple[tuple[int, int], str], np.ndarray]


@dataclass(frozen=True)
class Attribution:
    """Both threads' shares per bin in one area: (n_rows, n_bins) without NaN rows, and their test.

    `n` counts the experiments by thread, `n_undefined` those whose best block is the first; `p_fdr`
    is adjusted over the bins.
    """

    shares: dict[str, np.ndarray]
    n: dict[str, int]
    n_undefined: int
    test: TTest
    p_fdr: np.ndarray


def read(source: SourceData) -> Ext4Data:
    """Read what is drawn; masks follow from the metadata, SEM files are not drawn."""
    return Ext4Data(
        masks=mask_table(source.read(ext4.META)),
        attribution={key: source.read(file) for key, file in ext4.ATTRIBUTION.items()},
        windows={
            (window, thread): source.read(file)
            for (window, name), file in ext4.WINDOW_RESPONSES.items()
            for thread in THREADS
            if name == f"{thread}_mean"
        },
    )


def attributions(data: Ext4Data) -> dict[tuple[int, str], Attribution]:
    """Compare the threads bin by bin, by (bin in ms, area); panel B.

    The samples are the successful experiments of each thread; many occur in both, which the
    unpaired test ignores as published.
    """
    results = {}
    for width in ext4.BINS:
        for area in AREAS:
            rows = {
                t: valid_in_area(data.masks, area, f"{COLUMN_PREFIX[t]}succ001") for t in THREADS
            }
            chosen = {t: data.attribution[t, width][rows[t]] for t in THREADS}
            shares = {t: values[~np.isnan(values).any(axis=1)] for t, values in chosen.items()}
            test = two_sample(*shares.values())
            results[width, area] = Attribution(
                shares=shares,
                n={t: len(values) for t, values in chosen.items()},
                n_undefined=sum(len(chosen[t]) - len(shares[t]) for t in THREADS),
                test=test,
                p_fdr=benjamini_hochberg(test.p),
            )
    return results


def compare_windows(
    data: Ext4Data, level: str = "001"
) -> dict[tuple[tuple[int, int], str], WindowComparison]:
    """Both threads compared in every window and area, by (window, area); panel C.

    Parameters
    ----------
    data
        The figure's files.
    level
        Suffix of the success label that both threads must carry.
    """
    results = {}
    for area in WINDOW_AREAS:
        rows = valid_in_area(data.masks, area, f"bothsucc{level}")
        for window in {window: None for window, _ in data.windows}:
            pair = [data.windows[window, thread][rows] for thread in THREADS]
            results[window, area] = compare_window(*pair)
    return results


def statistics(
    data: Ext4Data,
    shares: dict[tuple[int, str], Attribution],
    comparisons: dict[tuple[tuple[int, int], str], WindowComparison],
) -> Statistics:
    """Numbers of both panels by published id.

    Parameters
    ----------
    data
        The figure's files.
    shares
        `attributions` of the same data.
    comparisons
        `compare_windows` of the same data.
    """
    results: Statistics = {}
    for (width, area), attribution in shares.items():
        name = f"ext4b.bin{width}.{area}"
        t, p, p_fdr = attribution.test.t, attribution.test.p, attribution.p_fdr
        results |= {f"ext4b.{area}.{thread}.n": n for thread, n in attribution.n.items()}
        results[f"{name}.nsig_uncorrected"] = int(np.sum(p < LEVEL))
        results[f"{name}.nsig_fdr"] = int(np.sum(p_fdr < FDR_LEVEL))
        for bin_, center in enumerate(bin_centers(width)):
            at = f"{name}.t{center:g}ms".replace(".5ms", "p5ms")
            results |= {f"{at}.t": t[bin_], f"{at}.p": p[bin_], f"{at}.p_fdr": p_fdr[bin_]}
    for (window, area), comparison in comparisons.items():
        results[f"ext4c.{area}.n"] = comparison.n
        results |= window_statistics("ext4c", window, area, comparison)
    for area in WINDOW_AREAS:
        results[f"ext4c_p05.{area}.n"] = int(valid_in_area(data.masks, area, "bothsucc005").sum())
    return {name: float(value) for name, value in results.items()}


def bin_centers(width: int) -> np.ndarray:
    """Centres of the attribution's bins, ms from image onset.

    Examples
    --------
    >>> bin_centers(50)
    array([ 25.,  75., 125., 175.])
    """
    return np.arange(200 // width) * width + width / 2


def draw_attribution(
    figure: Figure, of_area: dict[str, Attribution], width: int, look: Look = READABLE
) -> None:
    """Panel B: share of the rise per bin, by area, with dots where the threads differ.

    Parameters
    ----------
    figure
        Empty figure; takes one panel for each area.
    of_area
        Shares and tests of one bin length, by area.
    width
        Length of the bins, ms.
    look
        What it looks like.
    """
    time = bin_centers(width)
    axes = figure.subplots(1, len(AREAS), sharex=True, sharey=True)
    drawn = [0.0]
    for ax, area in zip(axes, AREAS, strict=True):
        attribution = of_area[area]
        means = []
        for thread in THREADS:
            values, line = attribution.shares[thread], look.line(thread)
            label = look.pick(thread, f"{thread} N={attribution.n[thread]}")
            if len(values) == 0:
                ax.plot([], [], label=label, **line)
                continue
            mean, error = mean_and_error(values)
            means.append(mean)
            mean_band(ax, time, mean, error, band_alpha=0.3, label=label, **line)
        top = max((mean.max() for mean in means), default=0.0)
        uncorrected = (1.15, attribution.test.p, LEVEL)
        larger = look.pick(look.thread_markers, None)
        for factor, p, level in (uncorrected, (1.25, attribution.p_fdr, FDR_LEVEL)):
            significant = np.nan_to_num(p, nan=1.0) < level
            significance_dots(ax, time, factor * top, attribution.test.t, significant, larger)
            if significant.any():
                drawn.append(factor * top)
        drawn += [value for mean in means for value in (mean.min(), mean.max())]
        ax.axhline(0, color="k", ls="--", lw=1)
        counts = ", ".join(f"{thread} N = {n}" for thread, n in attribution.n.items())
        ax.set_title(look.pick(f"{area}\n{counts}", area), fontsize=look.pick(10, 12))
        ax.set(xlabel="Time (ms)", xlim=(0, 200))
        if not look.improved:
            ax.legend(loc="lower right", fontsize=8, framealpha=0.9, edgecolor="none")
    if look.improved:
        look.legend(
            axes[0], [*axes[0].get_legend_handles_labels()[0], *larger_handles(look, "larger")]
        )
    margin = 0.15 * (max(drawn) - min(drawn) or 1.0)
    axes[0].set(
        ylabel=look.pick("Share of the rise", "Fraction of activation difference"),
        ylim=(min(drawn) - margin, max(drawn) + margin),
    )


def reproduce(source: SourceData, rng: np.random.Generator, look: Look = READABLE) -> Reproduction:
    """Draw both panels in all bin and window lengths.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this figure is random.
    look
        What the panels look like.
    """
    data = read(source)
    shares, comparisons = attributions(data), compare_windows(data)
    panels = []
    for width in ext4.BINS:
        figure = plt.figure(figsize=(9, 3.5))
        of_area = {area: shares[width, area] for area in AREAS}
        draw_attribution(figure, of_area, width, look)
        figure.suptitle(
            look.pick(
                f"Share of the rise in {width}-ms bins, experiments of each thread that succeed at "
                "P < 0.01\nmarkers: unpaired t test, P < 0.05 uncorrected (lower), FDR q < 0.05 "
                "(upper)",
                f"Activation increase attributed to {width}ms time windows [Evol succ p < 0.01]\n"
                "dots: p < 0.05 uncorrected (lower), FDR (upper)",
            ),
            fontsize=11,
        )
        n_undefined = sum(attribution.n_undefined for attribution in of_area.values())
        notes = (
            "Lower dots: p < 0.05, uncorrected; upper dots: FDR q < 0.05 over the bins. The "
            "unpaired test treats the two largely identical sets of experiments as independent.",
        )
        if n_undefined:
            notes += (f"{n_undefined} experiments whose best block is the first have no share.",)
        caption = f"Share of the rise per {width}-ms bin; bands are SEM (ddof 0) over experiments"
        panels.append(Panel("B", f"{width}ms", figure, caption, notes))
    for length, windows in ext4.WINDOWS.items():
        page = page_of_windows(len(windows), len(WINDOW_AREAS))
        figure = plt.figure(figsize=look.pick(page, (3 * len(windows), 6.5)))
        draw_windows(figure, comparisons, windows, WINDOW_AREAS, look)
        figure.suptitle(
            look.pick(
                f"Responses in {length}-ms windows across blocks, as shares of the largest\n"
                "valid experiments in which both threads succeed at P < 0.01",
                f"Universal Max Normalized response {length}ms window across blocks\n"
                "[Valid & Both Success Experiments]",
            ),
            fontsize=look.pick(11, 12),
        )
        notes = ("Both threads succeed at p < 0.01; Figure 5C uses 0.05.",)
        caption = f"Responses in {length}-ms windows; dots as in Figure 5C"
        panels.append(Panel("C", f"{length}ms", figure, caption, notes))
    return Reproduction(tuple(panels), statistics(data, shares, comparisons))


if __name__ == "__main__":
    run_script(FIGURES["ext4"], reproduce)

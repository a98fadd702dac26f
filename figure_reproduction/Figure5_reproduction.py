"""Figure 5, panels A and C: time course of the responses of all evolutions.

Reads the folder ``Fig5`` through the contract. Runs alone: ``python Figure5_reproduction.py``.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core.contract import fig5
from core.contract.source_data import SourceData
from core.figures import FIGURES
from core.plotting.looks import READABLE, Look
from core.plotting.style import THREAD_COLORS, mean_band
from core.statistics.masks import AREAS
from core.threads import THREADS
from figure_reproduction.panels import Panel, Reproduction, Statistics
from figure_reproduction.population import (
    WindowComparison,
    compare_window,
    draw_windows,
    mean_and_error,
    page_of_windows,
    valid_in_area,
    window_statistics,
)
from figure_reproduction.script import run_script

WINDOW_AREAS = ("V4", "IT")


@dataclass(frozen=True)
class Figure5Data:
    """`psth` by (block, thread), (n_experiments, 200); `windows` by (window, thread),
    (n_experiments, n_blocks); both normalised by each experiment's largest evoked response."""

    masks: pd.DataFrame
    psth: dict[tuple[str, str], np.ndarray]
    windows: dict[tuple[tuple[int, int], str], np.ndarray]


def read(source: SourceData) -> Figure5Data:
    """Read all files of the figure; the SEM files are not drawn."""
    return Figure5Data(
        masks=source.read(fig5.MASKS),
        psth={
            (block, thread): source.read(fig5.PSTH[block, f"{thread}_mean"])
            for block in fig5.BLOCKS
            for thread in THREADS
        },
        windows={
            (window, thread): source.read(fig5.WINDOW_RESPONSES[window, f"{thread}_mean"])
            for window in fig5.WINDOWS
            for thread in THREADS
        },
    )


def compare_late_windows(data: Figure5Data) -> dict[tuple[tuple[int, int], str], WindowComparison]:
    """Both threads compared in every window and area, by (window, area); panel C."""
    results = {}
    for area in WINDOW_AREAS:
        rows = valid_in_area(data.masks, area, "bothsucc005")
        for window in fig5.WINDOWS:
            pair = [data.windows[window, thread][rows] for thread in THREADS]
            results[window, area] = compare_window(*pair)
    return results


def statistics(
    data: Figure5Data, comparisons: dict[tuple[tuple[int, int], str], WindowComparison]
) -> Statistics:
    """Numbers of both panels by published id.

    Parameters
    ----------
    data
        The figure's files.
    comparisons
        `compare_late_windows` of the same data.
    """
    results: Statistics = {}
    for number in fig5.BLOCKS.values():
        for area in AREAS:
            n = int(valid_in_area(data.masks, area, "anysucc005").sum())
            results[f"fig5a.block{number}.{area}.n"] = n
    for (window, area), comparison in comparisons.items():
        results[f"fig5c.{area}.n"] = comparison.n
        results |= window_statistics("fig5c", window, area, comparison)
    return results


def draw_mean_psth(figure: Figure, data: Figure5Data, block: str, look: Look = READABLE) -> None:
    """Panel A: PSTHs of one block by area, single experiments and their mean.

    Parameters
    ----------
    figure
        Empty figure; takes one panel for each area.
    data
        The figure's files.
    block
        Word of the block, a key of `core.contract.fig5.BLOCKS`.
    look
        What it looks like.
    """
    axes = figure.subplots(1, len(AREAS), sharey=True)
    for ax, area in zip(axes, AREAS, strict=True):
        rows = valid_in_area(data.masks, area, "anysucc005")
        for thread in THREADS:
            psth, color = data.psth[block, thread][rows], THREAD_COLORS[thread]
            time = np.arange(psth.shape[1])
            ax.plot(time, psth.T, color=color, alpha=0.2, lw=0.7, zorder=1)
            if len(psth):
                mean, error = mean_and_error(psth)
                line = look.line(thread)
                mean_band(ax, time, mean, error, band_alpha=0.25, lw=3, label=thread, **line)
        ax.set(title=f"{area} (N={rows.sum()})", ylim=(0, 2), xlim=(0, 200), xlabel="Time (ms)")
    axes[0].set_ylabel(look.pick("PSTH (share of the largest)", "Max Normalized PSTH"))
    drawn = [ax for ax in axes if ax.get_legend_handles_labels()[0]]
    if drawn:
        look.legend(drawn[0], loc="lower right", frameon=False)


def reproduce(source: SourceData, rng: np.random.Generator, look: Look = READABLE) -> Reproduction:
    """Draw both panels.

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
    comparisons = compare_late_windows(data)
    panels = []
    for block, number in fig5.BLOCKS.items():
        figure = plt.figure(figsize=(9, 3.25))
        draw_mean_psth(figure, data, block, look)
        figure.suptitle(
            look.pick(
                f"Responses in the {block} block, mean and SEM (no test)\n"
                "valid experiments in which either thread succeeds at P < 0.05",
                f"Max Normalized PSTH block {int(number)} [Valid & Succ Experiments]",
            ),
            fontsize=look.pick(11, 12),
        )
        notes = [
            "Experiments in which a thread succeeds at p < 0.05; single traces above 2 are cut."
        ]
        if block == "last":
            notes.append(
                "The last block is the 56th after padding ('block 55' as published): for all but "
                "the longest experiments the mean of their last two blocks."
            )
        caption = f"PSTHs of the {block} block; bands are SEM (ddof 0) over experiments"
        panels.append(Panel("A", f"block{number}", figure, caption, tuple(notes)))
    page = page_of_windows(len(fig5.WINDOWS), len(WINDOW_AREAS))
    figure = plt.figure(figsize=look.pick(page, (30, 6.5)))
    draw_windows(figure, comparisons, fig5.WINDOWS, WINDOW_AREAS, look)
    figure.suptitle(
        look.pick(
            "Responses in 10-ms windows across blocks, as shares of the largest\n"
            "valid experiments in which both threads succeed at P < 0.05",
            "Universal Max Normalized response 10ms window across blocks "
            "[Valid & Both Success Experiments]",
        ),
        fontsize=look.pick(11, 12),
    )
    notes = (
        "Both threads succeed at p < 0.05. The false discovery rate is controlled over all blocks "
        "of a panel, padded and undrawn ones included, not across windows or areas.",
    )
    caption = (
        "Responses in 10-ms windows; dots: paired t test, FDR q < 0.05, in the larger's colour"
    )
    panels.append(Panel("C", "", figure, caption, notes))
    return Reproduction(tuple(panels), statistics(data, comparisons))


if __name__ == "__main__":
    run_script(FIGURES["5"], reproduce)

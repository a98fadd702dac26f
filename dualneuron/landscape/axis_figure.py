"""The figure of tuning along axes: how many are tuned, of what shape, where they peak."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dualneuron.figures import AMBER, CYAN, MAGENTA, finish, house_style
from dualneuron.landscape.axis_tuning import SHARES, AxisTuning, shares

MARKERS = {"class": "o", "noise": "s"}

GROUPS = {"leading": CYAN, "trailing": MAGENTA}

WORDS = dict(zip(SHARES, ("tuned", "bell-shaped", "monotonic", "peak at origin"), strict=True))


def axis_figure(
    found: AxisTuning, notice: str, distance: str, *, show: bool = True, save: Path | None = None
) -> Figure:
    """Shares of tuned axes by rank, shapes, peaks, and the rates of the neuron tuned to most axes.

    Parameters
    ----------
    found
        Of `tuning_along_axes`.
    notice
        What stands above: what the neurons and the generator are.
    distance
        Name of the distance.
    show, save
        Open the figure; file to save it to.
    """
    with house_style():
        figure, panels = plt.subplots(2, 2, figsize=(9.5, 7))
        figure.suptitle(notice, color=AMBER, fontsize=9)
        _draw_ranks(panels[0, 0], found)
        _draw_shapes(panels[0, 1], found.table)
        _draw_peaks(panels[1, 0], found, distance)
        _draw_rates(panels[1, 1], found, distance)
        return finish(figure, show, save)


def _draw_ranks(ax: Axes, found: AxisTuning) -> None:
    places = {str(rank): place for place, rank in enumerate(sorted(found.table["rank"].unique()))}
    for space, of_space in found.table.groupby("space", sort=False):
        leading = set(of_space.loc[of_space["leading"], "rank"].astype(str))
        by_rank = shares(of_space).query("what == 'tuned' and axes.str.isdecimal()")
        for group, color in GROUPS.items():
            some = by_rank[by_rank["axes"].isin(leading) == (group == "leading")]
            _draw_shares(ax, some["axes"].map(places), some, color, MARKERS[space])
    ax.set_xticks(list(places.values()), list(places), fontsize=8)
    ax.set(ylim=(-0.02, 1.02), ylabel="share of neurons tuned")
    ax.set_xlabel(f"rank of the axis, from the top{_legend(found.table)}")


def _draw_shapes(ax: Axes, table: pd.DataFrame) -> None:
    pooled = shares(table.assign(space=""))
    for shift, (group, color) in zip((-0.12, 0.12), GROUPS.items(), strict=True):
        rows = pooled[pooled["axes"] == group]
        _draw_shares(ax, np.arange(len(rows)) + shift, rows, color, "o", group)
    ax.set_xticks(range(len(WORDS)), [WORDS[what] for what in SHARES])
    ax.set(ylim=(-0.02, 1.02), ylabel="share (tuned: of all axes; else of tuned)")
    ax.axvline(0.5, color="0.5", linewidth=0.8)
    ax.legend(fontsize=8, title="axes", title_fontsize=8)


def _draw_peaks(ax: Axes, found: AxisTuning, distance: str) -> None:
    tuned = found.table[found.table["tuned"]]
    places = np.arange(len(found.targets))
    nearest = np.abs(tuned["peak"].to_numpy()[:, None] - found.targets).argmin(1)
    counts = np.bincount(nearest, minlength=len(places))
    ax.bar(places, counts / max(1, len(tuned)), color=CYAN, width=0.7)
    ax.axhline(1 / len(places), color=AMBER, linewidth=1, linestyle="--")
    ax.set_xticks(places, [f"{t:.2g}" for t in found.targets], fontsize=7, rotation=30)
    ax.set(xlabel=f"{distance} of the peak from the centre", ylabel="share of tuned axes")
    ax.set_title(f"{len(tuned)} tuned axes (dashed: all alike)", fontsize=9)


def _draw_rates(ax: Axes, found: AxisTuning, distance: str) -> None:
    n_tuned = found.table.groupby("neuron", sort=False)["tuned"].sum()
    best = int(np.argmax(n_tuned))
    of_best = found.table[found.table["neuron"] == n_tuned.index[best]]
    drawn = ax.imshow(found.rates[best], aspect="auto", cmap="magma")
    ax.grid(False)
    ax.set_xticks(range(len(found.targets)), [f"{t:.2g}" for t in found.targets], fontsize=7)
    ax.tick_params("x", rotation=30)
    names = [f"{row.space} {row.rank}" for row in of_best.itertuples()]
    ax.set_yticks(range(len(names)), names, fontsize=7)
    ax.set(xlabel=f"{distance} from the centre", ylabel="axis")
    ax.set_title(f"rate of neuron {n_tuned.index[best]}, tuned to most axes", fontsize=9)
    ax.figure.colorbar(drawn, ax=ax, label="events/s")


def _draw_shares(
    ax: Axes, x: np.ndarray, rows: pd.DataFrame, color: str, symbol: str, label: str | None = None
) -> None:
    """Shares with their intervals; those of nothing are left out."""
    share = rows["share"].to_numpy()
    errors = np.abs(rows[["low", "high"]].to_numpy().T - share)
    ax.errorbar(x, share, errors, color=color, fmt=symbol, label=label, capsize=2)


def _legend(table: pd.DataFrame) -> str:
    """Which marker is which space, where there are two."""
    spaces = dict.fromkeys(table["space"])
    return " (circles: class, squares: noise)" if len(spaces) > 1 else ""

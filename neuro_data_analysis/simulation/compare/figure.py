"""One figure: every row a small axis, the real interval above the simulated one."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.plotting.style import apply_style, mark_simulated

N_COLUMNS = 3

KINDS = {"real": ("black", "o"), "simulated": ("tab:orange", "s")}
"""Colour and marker of each sample."""


def draw_comparison(table: pd.DataFrame) -> Figure:
    """Draw the table; a row whose simulated number lies outside is framed by words.

    Parameters
    ----------
    table
        What `run.compare_recordings` gives.
    """
    with apply_style():
        groups = list(table.groupby("quantity", sort=False))
        columns = _columns(groups)
        figure = Figure(figsize=(16, 15), layout="constrained")
        for part, subfigure in zip(columns, figure.subfigures(1, N_COLUMNS), strict=True):
            heights = [len(rows) + 1 for _, rows in part]
            axes = np.atleast_1d(subfigure.subplots(len(part), 1, height_ratios=heights))
            for ax, (quantity, rows) in zip(axes, part, strict=True):
                draw_quantity(ax, quantity, rows)
        inside = f"{table['inside'].sum()} of {len(table)} inside the real interval"
        figure.suptitle(
            "Recordings, real (black) and simulated (orange), with 95 % intervals: "
            f"{inside}\nReal: {table['source'].iloc[0]}",
            fontsize=11,
        )
        mark_simulated(figure)
    return figure


def draw_quantity(ax: Axes, quantity: str, rows: pd.DataFrame) -> None:
    """The rows of one quantity on one axis.

    Parameters
    ----------
    ax
        Where it is drawn.
    quantity
        Words above it.
    rows
        Its rows.
    """
    at = np.arange(len(rows))
    for (kind, (color, marker)), shift in zip(KINDS.items(), (-0.17, 0.17), strict=True):
        value = rows[kind].to_numpy()
        error = [value - rows[f"{kind}_low"], rows[f"{kind}_high"] - value]
        error = np.maximum(error, 0)
        ax.errorbar(value, at + shift, xerr=error, fmt=marker, color=color, markersize=4, capsize=2)
    words = [
        row.where if row.inside else f"{row.where}  (outside)"
        for row in rows[["where", "inside"]].itertuples()
    ]
    ax.set_yticks(at, words, fontsize=8)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.tick_params(axis="x", labelsize=8)
    ax.set_title(quantity, fontsize=9, loc="left")


def _columns(groups: list) -> list[list]:
    """Quantities in their order, in columns of about the same number of rows."""
    total = sum(len(rows) + 1 for _, rows in groups)
    columns: list[list] = [[] for _ in range(N_COLUMNS)]
    before = 0
    for quantity, rows in groups:
        columns[min(N_COLUMNS - 1, before * N_COLUMNS // total)].append((quantity, rows))
        before += len(rows) + 1
    return columns

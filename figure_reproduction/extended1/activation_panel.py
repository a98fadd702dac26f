"""Extended Data Figure 1D: how far gradient ascent drives units through either generator."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from core.contract import ext1
from core.generator_statistics.summaries import (
    ROLES,
    activation_comparisons,
    group_medians,
    in_place_of,
)
from figure_reproduction.extended1.drawing import COLORS, new_figure, violin, words_below
from figure_reproduction.extended1.tables import PanelTables
from figure_reproduction.panels import Panel, Statistics

WORDS = {
    "pooled": "all optimizers pooled, as published",
    "best": "best optimizer of each generator",
    "matched": "same optimizers, rates by the scale of the codes",
    "units": "means of units, signed rank",
}
"""Names of the comparisons."""


def activation_panels(given: PanelTables) -> list[Panel]:
    """One picture for each network: by layer, and by optimizer.

    Parameters
    ----------
    given
        Tables of panel D.
    """
    table = given.tables[ext1.ACTIVATION]
    comparisons = activation_comparisons(table)
    return [
        _panel(network, rows, comparisons[comparisons["netname"] == network], given.words)
        for network, rows in table.groupby("netname", sort=False)
    ]


def activation_numbers(given: PanelTables) -> Statistics:
    """Numbers of panel D by id, of all networks together and all optimizers pooled.

    Parameters
    ----------
    given
        Tables of panel D.
    """
    table = given.tables[ext1.ACTIVATION]
    runs = table[~table["matched"]].assign(netname="all")
    pooled = activation_comparisons(runs).set_index("comparison").loc["pooled"]
    medians = group_medians(runs, ["GANname"], "maxscore").set_index("GANname")
    found = {
        "ext1d.n": float(len(runs)),
        "ext1d.p": float(pooled["p"]),
        "ext1d.r": float(pooled["r_of_z"]),
    }
    for role, name in in_place_of(runs, "GANname").items():
        found[f"ext1d.{role}.median"] = float(medians.at[name, "median"])
        found[f"ext1d.{role}.se"] = float(medians.at[name, "se_boot"])
    return found


def draw_groups(
    ax: Axes, table: pd.DataFrame, column: str, groups: Sequence[str], generators: Sequence[str]
) -> None:
    """Pairs of violins of the maximum activation, one for each group.

    Parameters
    ----------
    ax
        Where they are drawn.
    table
        Rows of `core.contract.ext1.ACTIVATION`.
    column
        That makes the groups.
    groups
        Its values, from the left.
    generators
        Their names, from the left.
    """
    for position, group in enumerate(groups):
        rows = table[table[column] == group]
        there = [name for name in generators if (rows["GANname"] == name).any()]
        for place, name in enumerate(there):
            x = position + (place - (len(there) - 1) / 2) * 0.42
            values = rows.loc[rows["GANname"] == name, "maxscore"].to_numpy()
            violin(ax, values, x, COLORS[name], width=0.4)
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.axhline(0, color="0.8", lw=0.8, zorder=0)


def _panel(network: str, table: pd.DataFrame, comparisons: pd.DataFrame, words: str) -> Panel:
    generators = list(in_place_of(table, "GANname").values())
    plain = table[~table["matched"]]
    layers = list(dict.fromkeys(plain["layer"]))
    methods = list(dict.fromkeys(plain["optimmethod"]))
    widths = (max(len(layers), 3), max(len(methods), 3))
    figure = new_figure(2.6 + 0.95 * sum(widths), 5.2)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=widths)
    draw_groups(left, plain, "layer", layers, generators)
    draw_groups(right, plain, "optimmethod", methods, generators)
    short = [layer.rpartition(".")[2].replace("InvertedResidual", "block ") for layer in layers]
    left.set_xticks(range(len(layers)), short, rotation=30, ha="right")
    right.set_xticks(range(len(methods)), methods, rotation=30, ha="right")
    left.set(ylabel="maximum activation", title="by layer")
    right.set_title("by optimizer and learning rate")
    handles = [Patch(color=COLORS[name], label=name) for name in generators]
    figure.legend(handles=handles, frameon=False, loc="outside right center")
    pooled = comparisons.set_index("comparison").loc["pooled"]
    medians = group_medians(plain, ["GANname"], "maxscore").set_index("GANname")
    parts = [
        f"{name}: median {medians.at[name, 'median']:.3g} ± {medians.at[name, 'se_boot']:.2g}"
        for name in generators
    ]
    figure.suptitle(
        f"{network}: {', '.join(parts)}\nrank sum: P = {pooled['p']:.2g}, "
        f"r = Z/√N = {pooled['r_of_z']:.3f}, rank-biserial {pooled['rank_biserial']:.3f}, "
        f"N = {len(plain)}",
        fontsize=10,
    )
    words_below(figure, words)
    caption = (
        f"Maximum activation of units of {network} in gradient ascents through each generator; "
        "violins between the extremes, boxes of quartiles with whiskers of at most 1.5 "
        "interquartile ranges"
    )
    return Panel("D", network, figure, caption, tuple(_notes(comparisons, generators)), True)


def _notes(comparisons: pd.DataFrame, generators: Sequence[str]) -> list[str]:
    notes = [
        "The paper's generators had no optimizer in common, and rates ten times apart, so that the "
        "pooled comparison mixes generator and optimizer; the others are added here."
    ]
    names = dict(zip(ROLES, generators, strict=True))
    for row in comparisons.to_dict("records"):
        medians = ", ".join(f"{names[role]} {row[f'median_{role}']:.3g}" for role in ROLES)
        counts = " and ".join(str(row[f"n_{role}"]) for role in ROLES)
        effect = (
            ""
            if np.isnan(row["r_of_z"])
            else f", r = {row['r_of_z']:.3f}, rank-biserial {row['rank_biserial']:.3f}"
        )
        words = WORDS[row["comparison"]]
        notes.append(f"{words}: medians {medians} (N {counts}), P = {row['p']:.2g}{effect}.")
    return notes

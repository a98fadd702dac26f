"""Extended Data Figure 1C: how well a generator makes photographs."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from core.contract import ext1
from core.generator_statistics.summaries import (
    ROLES,
    group_medians,
    in_place_of,
    inversion_test,
    paired_inversions,
)
from figure_reproduction.extended1.drawing import COLORS, new_figure, show_rows, violin, words_below
from figure_reproduction.extended1.tables import PanelTables
from figure_reproduction.panels import Panel, Statistics


def inversion_panels(given: PanelTables, rng: np.random.Generator) -> list[Panel]:
    """Correlations of photographs with their images, and examples.

    Parameters
    ----------
    given
        Tables of panel C.
    rng
        Random generator of the jitter.
    """
    table = given.tables[ext1.INVERSION]
    roles, pairs = in_place_of(table), paired_inversions(table)
    p, n = inversion_test(table)
    medians = group_medians(table, ["generator"], "pearson_r").set_index("generator")
    figure, ax = plt.subplots(figsize=(5, 5.4))
    draw_paired(ax, pairs.to_numpy().T, [roles[role] for role in ROLES], rng)
    lines = [
        f"{name}: median {medians.at[name, 'median']:.3f} ± {medians.at[name, 'se_boot']:.3f}"
        for name in roles.values()
    ]
    figure.suptitle("\n".join([*lines, f"Wilcoxon signed rank, P = {p:.2g}, N = {n}"]), fontsize=10)
    words_below(figure, given.words)
    caption = (
        "Pearson's r of the pixels of photographs and of the images that each generator makes of "
        "them; violins between the extremes, boxes of quartiles with whiskers of at most 1.5 "
        "interquartile ranges, median ± SE over resamples of the targets"
    )
    others = ", ".join(f"{name} {medians.at[name, 'se_mean']:.3f}" for name in roles.values())
    n_constant = int(table["pearson_r"].isna().sum())
    notes = [
        "The caption does not say what the SE of a median is; SD / sqrt(N) would be " + others + "."
    ]
    if n_constant:
        notes.append(f"{n_constant} constant images have no correlation and are left out.")
    panels = [Panel("C", "", figure, caption, tuple(notes), computed=True)]
    if given.picture:
        panels.append(_example_panel(given, ["photograph", *roles.values()]))
    return panels


def inversion_numbers(given: PanelTables) -> Statistics:
    """Numbers of panel C by id.

    Parameters
    ----------
    given
        Tables of panel C.
    """
    table = given.tables[ext1.INVERSION]
    medians = group_medians(table, ["generator"], "pearson_r").set_index("generator")
    found = {
        "ext1c.n_targets": float(table["image_id"].nunique()),
        "ext1c.n_iterations": float(table["n_iter"].iloc[0]),
        "ext1c.p": inversion_test(table)[0],
    }
    for role, name in in_place_of(table).items():
        found[f"ext1c.{role}.median"] = float(medians.at[name, "median"])
        found[f"ext1c.{role}.se"] = float(medians.at[name, "se_boot"])
    return found


def draw_paired(ax: Axes, values: np.ndarray, names: list[str], rng: np.random.Generator) -> None:
    """Two paired samples: violins, and a line for each pair.

    Parameters
    ----------
    ax
        Where they are drawn.
    values : (2, n)
        The samples.
    names
        Of the two.
    rng
        Random generator of the jitter.
    """
    x = np.array([[0.25], [0.75]]) + rng.uniform(-0.03, 0.03, values.shape[1])
    ax.plot(x, values, color="0.75", lw=0.5, zorder=1)
    for number, name in enumerate(names):
        ax.plot(x[number], values[number], ".", ms=4, color=COLORS[name], alpha=0.7, mec="none")
        violin(ax, values[number], number, COLORS[name], width=0.4)
    ax.set_xticks((0, 1), names)
    ax.set(xlim=(-0.4, 1.4), ylabel="Pearson's r of the pixels")


def _example_panel(given: PanelTables, names: list[str]) -> Panel:
    image = plt.imread(given.picture)[..., :3]
    figure = new_figure(8.4, 1.2 + 8.4 * 0.86 * image.shape[0] / image.shape[1])
    show_rows(figure.subplots(), image, names)
    figure.suptitle("The first targets, and what each generator makes of them", fontsize=11)
    words_below(figure, given.words)
    caption = "Photographs and the images that each generator makes of them"
    return Panel("C", "examples", figure, caption, computed=True)

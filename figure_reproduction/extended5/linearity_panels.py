"""Drawings of Extended Data Figure 5D and E: R2 of linear predictions by layer."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from core.plotting.looks import READABLE, Look
from figure_reproduction.extended5.linearity_statistics import (
    GROUP_WORDS,
    METRICS,
    N_DRAWS,
    PANELS,
    UNITS_PER_DRAW,
    LayerGroup,
)
from figure_reproduction.panels import Panel
from figure_reproduction.sources import Input

LOWEST, HIGHEST = -0.3, 1.05
"""Widest limits of the axis of R2."""

PLAIN = {
    "Test_R2": "whole code",
    "Test_R2_class": "class part",
    "Test_R2_noise": "noise part",
    "Test_R2_top_Hess512": "512 leading axes",
    "Test_R2_null_Hess512": "512 null axes",
}
"""The columns in words; axes are eigenvectors of the average Hessian."""

BOX_WIDTH = 0.8
"""Width of all boxes of a layer together, in layers."""


def draw_linearity(
    figure: Figure, groups: dict[str, LayerGroup], metrics: Sequence[str], look: Look = READABLE
) -> dict[str, int]:
    """Panel D or E: R2 by layer; returns by group how many values lie outside the axis.

    As published, the layers that are not rectified set the limits of both axes.

    Parameters
    ----------
    figure
        Empty figure.
    groups
        `layer_groups` of a table.
    metrics
        Names of the columns that are drawn.
    look
        What it looks like.
    """
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
    hidden = {}
    for ax, (name, words) in zip((left, right), GROUP_WORDS.items(), strict=True):
        draw_boxes(ax, groups[name], metrics, look)
        if ax is left:
            low, high = ax.get_ylim()
            low, high = max(LOWEST, low), min(HIGHEST, high)
            ax.set_ylim(low, high)
        ours = f"{words} layers\n{_correlations(groups[name], metrics)}"
        title = look.pick(ours, f"Test R² Scores Distribution ({words} Layers)")
        ax.set_title(title, fontsize=look.pick(9, 12))
        values = groups[name].rows[list(metrics)].to_numpy()
        hidden[name] = int(((values < low) | (values > high)).sum())
    left.set_ylabel("Test R²")
    handles = [
        Patch(color=look.colors[i], label=look.pick(PLAIN[metric], metric))
        for i, metric in enumerate(metrics)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(metrics))
    return hidden


def draw_boxes(ax: Axes, group: LayerGroup, metrics: Sequence[str], look: Look = READABLE) -> None:
    """Boxes of one group of layers, whiskers at 1.5 interquartile ranges.

    Parameters
    ----------
    ax
        Where it is drawn.
    group
        Layers with or without rectification.
    metrics
        Names of the columns that are drawn.
    look
        What it looks like.
    """
    if len(group.rows) == 0:
        ax.set(xlabel="Layer", xticks=[])
        return
    of_layer = dict(list(group.rows.groupby("Layer")))
    width = BOX_WIDTH / len(metrics)
    for i, metric in enumerate(metrics):
        x = np.arange(len(group.layers)) + (i - (len(metrics) - 1) / 2) * width
        ax.boxplot(
            [of_layer[layer][metric] for layer in group.layers],
            positions=x,
            widths=0.9 * width,
            whis=1.5,
            manage_ticks=False,
            patch_artist=True,
            boxprops={"facecolor": look.colors[i], "lw": 0.8},
            medianprops={"color": "black", "lw": 0.8},
            whiskerprops={"lw": 0.8},
            capprops={"lw": 0.8},
            flierprops={"marker": ".", "ms": 2, "mec": look.colors[i], "alpha": 0.5},
        )
    if not look.improved:
        _correlations_inside(ax, group, metrics, look)
    ax.axhline(0, color="black", ls="--", lw=1, alpha=0.5)
    ax.set_xticks(range(len(group.layers)), group.layers, rotation=45, ha="right")
    ax.set(xlabel="Layer", xlim=(-0.6, len(group.layers) - 0.4))


def _correlations(group: LayerGroup, metrics: Sequence[str]) -> str:
    """Rank correlations of R2 with the layer's place, for the title."""
    if len(group.rows) == 0:
        return "no layer"
    found = [f"{PLAIN[metric]} {group.correlation[metric]:.3f}" for metric in metrics]
    return f"Spearman r: {found[0]},\n{', '.join(found[1:])}"


def _correlations_inside(ax: Axes, group: LayerGroup, metrics: Sequence[str], look: Look) -> None:
    """The same where the published panel has them."""
    for i, metric in enumerate(metrics):
        ax.text(
            0.25,
            0.95 - 0.05 * i,
            f"{metric}: r={group.correlation[metric]:.3f}",
            color=look.colors[i],
            fontsize=9,
            transform=ax.transAxes,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )


def linearity_panel(
    generator: str, given: Input, groups: dict[str, LayerGroup], simulated: bool, look: Look
) -> Panel:
    """Panel D or E with its caption and notes.

    Parameters
    ----------
    generator
        ``BigGAN`` or ``DeePSim``.
    given
        Its table.
    groups
        `layer_groups` of the table.
    simulated
        Whether the figure's folder is.
    look
        What it looks like.
    """
    surrogate = simulated and not given.computed
    figure = plt.figure(figsize=look.pick((9.4, 5.2), (12, 6)))
    hidden = draw_linearity(figure, groups, METRICS[generator], look)
    title = (
        f"{generator} latent code predicting surrogate units under Caffenet's layer names"
        if surrogate
        else f"{generator} latent code predicting Caffenet center units of each layer"
    )
    draws = (
        f"\nr: R² with the layer's place, mean of {N_DRAWS} draws of {UNITS_PER_DRAW} units a layer"
    )
    figure.suptitle(title + look.pick(draws, ""), fontsize=look.pick(11, 12))
    notes = [
        f"r: Spearman correlation of R² with the layer's place, mean of {N_DRAWS} draws of "
        f"{UNITS_PER_DRAW} units per layer. Whiskers reach 1.5 interquartile ranges."
    ]
    if any(hidden.values()):
        notes.append(
            f"The left axis sets both limits, as published: {hidden['NonReLU']} values are hidden "
            f"on the left and {hidden['ReLU']} on the right."
        )
    n_constant = int((given.table["Test_R2"] == 1).sum())
    if n_constant:
        notes.append(f"Units that have R² = 1 because they are constant: {n_constant}.")
    if given.computed:
        notes.append("Computed by this project with the published networks.")
    if surrogate:
        n_layers = len(groups["NonReLU"].layers)
        notes.append(f"Simulated: {n_layers} surrogate layers; no image network was run.")
    caption = f"R² of units predicted linearly from the {generator} code and its parts, by layer"
    letter = PANELS[generator]
    return Panel(letter, "", figure, caption, tuple(notes), computed=given.computed)

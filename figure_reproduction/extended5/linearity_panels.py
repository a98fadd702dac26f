"""Drawings of Extended Data Figure 5D and E: R2 of linear predictions by layer."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

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

BOX_WIDTH = 0.8
"""Width of all boxes of a layer together, in layers."""


def draw_linearity(
    figure: Figure, groups: dict[str, LayerGroup], metrics: Sequence[str]
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
    """
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
    hidden = {}
    for ax, (name, words) in zip((left, right), GROUP_WORDS.items(), strict=True):
        draw_boxes(ax, groups[name], metrics)
        if ax is left:
            low, high = ax.get_ylim()
            low, high = max(LOWEST, low), min(HIGHEST, high)
            ax.set_ylim(low, high)
        ax.set_title(f"Test R² Scores Distribution ({words} Layers)")
        values = groups[name].rows[list(metrics)].to_numpy()
        hidden[name] = int(((values < low) | (values > high)).sum())
    left.set_ylabel("Test R²")
    handles = [Patch(color=f"C{i}", label=metric) for i, metric in enumerate(metrics)]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(metrics))
    return hidden


def draw_boxes(ax: Axes, group: LayerGroup, metrics: Sequence[str]) -> None:
    """Boxes of one group of layers, whiskers at 1.5 interquartile ranges, with correlations.

    Parameters
    ----------
    ax
        Where it is drawn.
    group
        Layers with or without rectification.
    metrics
        Names of the columns that are drawn.
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
            boxprops={"facecolor": f"C{i}", "lw": 0.8},
            medianprops={"color": "black", "lw": 0.8},
            whiskerprops={"lw": 0.8},
            capprops={"lw": 0.8},
            flierprops={"marker": ".", "ms": 2, "mec": f"C{i}", "alpha": 0.5},
        )
        ax.text(
            0.25,
            0.95 - 0.05 * i,
            f"{metric}: r={group.correlation[metric]:.3f}",
            color=f"C{i}",
            fontsize=9,
            transform=ax.transAxes,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
    ax.axhline(0, color="black", ls="--", lw=1, alpha=0.5)
    ax.set_xticks(range(len(group.layers)), group.layers, rotation=45, ha="right")
    ax.set(xlabel="Layer", xlim=(-0.6, len(group.layers) - 0.4))


def linearity_panel(
    generator: str, given: Input, groups: dict[str, LayerGroup], simulated: bool
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
    """
    surrogate = simulated and not given.computed
    figure = plt.figure(figsize=(12, 6))
    hidden = draw_linearity(figure, groups, METRICS[generator])
    figure.suptitle(
        f"{generator} latent code predicting surrogate units under Caffenet's layer names"
        if surrogate
        else f"{generator} latent code predicting Caffenet center units of each layer"
    )
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

"""Figures of the optimizer benchmark: scores, score by generation, geometry of trajectories."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core.experiments.optimizer_benchmark.runs import FIRST_COMPONENTS, FITTED_COMPONENTS
from core.experiments.optimizer_benchmark.tables import ALL, UNIT
from core.experiments.optimizer_benchmark.trajectory_geometry import random_walk_variance

COLORS = plt.get_cmap("tab20").colors[::2] + plt.get_cmap("tab20").colors[1::2]
"""Colours of the optimizers, in their order."""

PERCENTILES = (5, 95)

MAX_COLUMNS = 4

STYLES = {"fitted": "-", "fixed": "--"}
"""Line styles of fitted cosines, and of those with the phase and frequency of a random walk."""

DRAWN = "CholeskyCMAES"
"""Optimizer whose trajectories are drawn."""


def score_figure(table: pd.DataFrame, published: str) -> Figure:
    """Mean normalised score against noise, a panel for each layer; published values as circles.

    Parameters
    ----------
    table
        See `tables.beside_published`.
    published
        What the legend calls the published values.
    """
    table = table[table["noise"] != ALL]
    layers = list(dict.fromkeys(table["layer"]))
    n_columns = min(MAX_COLUMNS, len(layers))
    n_rows = math.ceil(len(layers) / n_columns)
    figure, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(2.6 * n_columns + 2, 2.6 * n_rows + 0.4),
        layout="constrained",
        sharey=True,
        squeeze=False,
    )
    optimizers = list(dict.fromkeys(table["optimizer"]))
    for ax in axes.flat[len(layers) :]:
        ax.remove()
    for ax, layer in zip(axes.flat, layers, strict=False):
        of_layer = table[table["layer"] == layer]
        for number, optimizer in enumerate(optimizers):
            rows = of_layer[of_layer["optimizer"] == optimizer]
            x = rows["noise"].astype(float) + 0.006 * (number - len(optimizers) / 2)
            color = COLORS[number % len(COLORS)]
            ax.errorbar(x, rows["mean"], rows["sem"], color=color, marker=".", label=optimizer)
            if rows["published"].notna().any():
                ax.plot(x, rows["published"], "o", mfc="none", color=color)
        ax.set(title="all layers" if layer == ALL else layer, xlabel="noise", ylim=(0, 1.05))
        ax.set_xticks(sorted(of_layer["noise"].astype(float).unique()))
    for ax in axes[:, 0]:
        ax.set_ylabel("normalised score")
    handles, words = axes.flat[0].get_legend_handles_labels()
    if table["published"].notna().any():
        circle = plt.Line2D([], [], marker="o", mfc="none", color="black", linestyle="none")
        handles, words = [*handles, circle], [*words, published]
    figure.legend(handles, words, loc="outside right center", frameon=False)
    return figure


def generation_figure(runs: pd.DataFrame, score: str) -> Figure:
    """Clean score by generation, divided by the unit's best, mean over runs; a panel a noise.

    Parameters
    ----------
    runs
        See `benchmark_tables.with_arguments`.
    score
        Column that is the best score of a run.
    """
    highest = runs.groupby(UNIT)[score].transform("max")
    noises = sorted(runs["noise"].unique())
    optimizers = list(dict.fromkeys(runs["optimizer"]))
    figure, axes = plt.subplots(
        1,
        len(noises),
        figsize=(3 * len(noises) + 2, 3),
        layout="constrained",
        sharey=True,
        squeeze=False,
    )
    for ax, noise in zip(axes.flat, noises, strict=True):
        for number, optimizer in enumerate(optimizers):
            chosen = (runs["noise"] == noise) & (runs["optimizer"] == optimizer) & (highest > 0)
            if not chosen.any():
                continue
            curves = np.stack(runs.loc[chosen, "mean_clean"]) / highest[chosen].to_numpy()[:, None]
            ax.plot(curves.mean(axis=0), color=COLORS[number % len(COLORS)], label=optimizer)
        ax.set(title=f"noise {noise:g}", xlabel="generation")
    axes.flat[0].set_ylabel("mean score / unit's best")
    handles, words = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside right center", frameon=False)
    return figure


def trajectory_figure(groups: dict[str, pd.DataFrame]) -> Figure:
    """Growth, angle, explained variance and cosines of trajectories: medians, 5 to 95 percent.

    Parameters
    ----------
    groups
        Runs by what they are called; see `optimizer_runs.trajectory_row`.
    """
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
    first, fitted = range(1, FIRST_COMPONENTS + 1), FITTED_COMPONENTS
    for number, (name, runs) in enumerate(groups.items()):
        color = COLORS[number]
        norm2 = np.stack(runs["norm2"])
        n_generations = norm2.shape[1]
        generations = np.arange(n_generations)
        _band(axes[0], generations, norm2 / norm2[:, -1:], color, name)
        _band(axes[1], generations[1:], np.stack(runs["angle"])[:, 1:], color)
        _band(axes[2], first, runs[[f"explained_{k}" for k in first]].to_numpy(), color)
        for kind, style in STYLES.items():
            values = runs[[f"r2_{kind}_{k}" for k in fitted]].to_numpy()
            _band(axes[3], fitted, values, color, style=style)
    law = random_walk_variance(n_generations)[: len(first)]
    axes[2].plot(first, law, "k:", label="random walk")
    axes[2].set(xscale="log", yscale="log")
    axes[2].set(xlabel="component", ylabel="share of the variance", title="principal components")
    axes[0].set(xlabel="generation", ylabel="|mean code|² / last", title="norm")
    axes[1].set(xlabel="generation", ylabel="degrees", title="angle between codes")
    axes[3].axhline(0.8, color="grey", linestyle=":")
    axes[3].set(xlabel="component", ylabel="R²", xscale="log", ylim=(0, 1.02), title="cosines")
    lines = [plt.Line2D([], [], color="black", linestyle=style) for style in STYLES.values()]
    axes[3].legend(lines, ["fitted", "phase and\nfrequency fixed"], frameon=False)
    for ax, ticks in ((axes[2], (1, 2, 5, 10)), (axes[3], fitted)):
        ax.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
        ax.tick_params(which="minor", bottom=False, labelbottom=False)
    for ax in (axes[0], axes[2]):
        ax.legend(frameon=False)
    return figure


def _band(
    ax: plt.Axes, x: range, values: np.ndarray, color: tuple, label: str = "", style: str = "-"
) -> None:
    low, high = np.percentile(values, PERCENTILES, axis=0)
    ax.fill_between(x, low, high, color=color, alpha=0.2, linewidth=0)
    ax.plot(x, np.median(values, axis=0), style, color=color, label=label or None)

"""Extended Data Figure 5, panels C to E: what makes a code easy to optimise, and how linear it is.

Reads the folder ``ExtendedFig5`` through the contract. Panel C needs no recording: where the folder
does not hold its tables they are computed (one to two minutes, needs torch) and kept in
``computed_data``. Panels D and E are drawn from tables in ``computed_data`` where the folder is
simulated and those are there. Runs alone: ``python FigureExt5_reproduction.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from core.contract import ext5
from core.contract.source_data import SourceData
from core.figures import FIGURES
from core.project import COMPUTED_DATA
from core.statistics.correlations import row_ranks
from core.statistics.intervals import bootstrap_mean_interval
from figure_reproduction.comparison import published_numbers
from figure_reproduction.panels import Panel, Regenerated, Reproduction, Statistics
from figure_reproduction.script import run_script
from figure_reproduction.sources import Input, alignment_source, linearity_tables

OPTIMIZER_WORDS = {"Adam": "Adam", "CMAES": "CMA-ES"}
"""Names of the optimizers in captions; titles have the published words."""

MARKERS = ("o", "X", "s", "P", "D", "^", "v", "*")
DASHES = (
    (),
    (4, 1.5),
    (1, 1),
    (3, 1.25, 1.5, 1.25),
    (5, 1, 1, 1),
    (5, 1, 2, 1, 2, 1),
    (5, 2, 5, 2, 1, 2),
    (1, 2.5, 3, 1.2),
)
"""On and off lengths of the line of each dimension; nothing is a solid line."""

PANELS = {"BigGAN": "D", "DeePSim": "E"}
METRICS = {
    "BigGAN": ("Test_R2", "Test_R2_class", "Test_R2_noise"),
    "DeePSim": ("Test_R2", "Test_R2_top_Hess512", "Test_R2_null_Hess512"),
}
"""Columns that are drawn."""

GROUP_WORDS = {"NonReLU": "Non-ReLU", "ReLU": "ReLU"}
"""Groups of layers as the published ids name them, and in the titles."""

N_DRAWS, UNITS_PER_DRAW = 100, 96
LOWEST, HIGHEST = -0.3, 1.05
"""Widest limits of the axis of R2."""

BOX_WIDTH = 0.8
"""Width of all boxes of a layer together, in layers."""

LEAST_TOLERANCE = 0.05
N_PUBLISHED_SEEDS = 10

COMPUTE_ALIGNMENT = "python -m core.experiments.alignment_data"


@dataclass(frozen=True)
class Ext5Data:
    """Tables by optimizer (panel C) and by generator (D and E).

    `alignment` are those of the figure's folder and `regenerated` computed ones; either may be
    empty. `unavailable` says why computed ones that were wanted are not there, `refused` the same
    of panels D and E by generator.
    """

    alignment: dict[str, Input]
    regenerated: dict[str, Input]
    unavailable: str
    linearity: dict[str, Input]
    refused: dict[str, str]
    simulated: bool


@dataclass(frozen=True)
class LayerGroup:
    """Rows of a table with or without rectified layers, and what is said of them.

    `layers` are in order of appearance; `correlation` is by metric, the mean over draws of the rank
    correlation of the layer's place with R2.
    """

    rows: pd.DataFrame
    layers: tuple[str, ...]
    correlation: dict[str, float]


def read(source: SourceData, computed: Path = COMPUTED_DATA) -> Ext5Data:
    """Read every table: in the figure's folder if it is real, among computed ones, or simulated.

    Parameters
    ----------
    source
        The figure's folder.
    computed
        Folder of computed tables. Those of panel C are computed if neither the figure's folder,
        which must not be simulated, nor this one holds them; those of panels D and E never are.
    """
    return Ext5Data(
        *alignment_source(source, computed),
        *linearity_tables(source, computed),
        simulated=source.holds_simulated(ext5.FOLDER),
    )


def alignment_statistics(of_optimizer: dict[str, Input]) -> tuple[Statistics, Statistics]:
    """Numbers of panel C by published id, and over the seeds the standard deviation of each.

    Counts have a standard deviation of 0.

    Parameters
    ----------
    of_optimizer
        Tables of runs by optimizer.

    Examples
    --------
    >>> runs = {"dimension": [2, 2], "stack_size": [8, 8], "seed": [0, 1]}
    >>> table = pd.DataFrame(runs | {"gaussian_value": [0.5, 0.7]})
    >>> means, spreads = alignment_statistics({"Adam": Input(table, Path("a.csv"), True)})
    >>> round(float(means["ext5c.Adam.dim2.depth8.mean"]), 6), means["ext5c.n_seeds"]
    (0.6, 2)
    """
    means: Statistics = {}
    spreads: Statistics = {}
    for optimizer, given in of_optimizer.items():
        means["ext5c.n_rows"] = len(given.table)
        means["ext5c.n_seeds"] = given.table["seed"].nunique()
        runs = given.table.groupby(["dimension", "stack_size"])["gaussian_value"]
        for (dimension, depth), values in runs:
            name = f"ext5c.{optimizer}.dim{dimension}.depth{depth}.mean"
            means[name], spreads[name] = values.mean(), values.std(ddof=1)
    return means, dict.fromkeys(means, 0.0) | spreads


def widened(means: Statistics, spreads: Statistics) -> dict[str, Regenerated]:
    """Computed numbers of panel C that are published too, with their tolerance.

    It is the published number's own plus three standard errors of the difference of two means over
    ten seeds, and at least 0.05. Counts, whose tolerance is 0, keep it.

    Parameters
    ----------
    means
        Computed numbers by published id.
    spreads
        Standard deviation of each over the seeds.

    Examples
    --------
    >>> name = "ext5c.CMAES.dim2.depth48.mean"
    >>> widened({name: 0.7}, {name: 0.0})[name]
    Regenerated(value=0.7, tolerance=0.05)
    """
    results = {}
    for number in published_numbers():
        if number.id in means:
            noise = 3 * np.sqrt(2 / N_PUBLISHED_SEEDS) * spreads[number.id]
            wide = max(LEAST_TOLERANCE, number.tolerance + noise)
            tolerance = wide if number.tolerance else 0.0
            results[number.id] = Regenerated(float(means[number.id]), float(tolerance))
    return results


def as_published(numbers: Statistics) -> dict[str, Regenerated]:
    """Computed numbers that are published too, with the published tolerance.

    Examples
    --------
    >>> as_published({"ext5de.n_draws": 100.0, "of no panel": 1.0})
    {'ext5de.n_draws': Regenerated(value=100.0, tolerance=0.0)}
    """
    return {
        number.id: Regenerated(float(numbers[number.id]), number.tolerance)
        for number in published_numbers()
        if number.id in numbers
    }


def layer_groups(
    table: pd.DataFrame, metrics: Sequence[str], rng: np.random.Generator
) -> dict[str, LayerGroup]:
    """Layers that are not rectified ("NonReLU") and those that are ("ReLU").

    Parameters
    ----------
    table
        A row for each unit, with ``Layer``, ``Layer_index`` and the metrics.
    metrics
        Names of the columns that are drawn.
    rng
        Random generator of the draws of units.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"Layer": ["conv1", "relu1", "conv2"], "Layer_index": [0, 1, 2], "R2": [0.1, 0.2, 0.3]}
    ... )
    >>> groups = layer_groups(table, ["R2"], np.random.default_rng(0))
    >>> groups["NonReLU"].layers, groups["ReLU"].layers
    (('conv1', 'conv2'), ('relu1',))
    """
    rectified = table["Layer"].str.lower().str.startswith("relu")
    groups = {}
    for name, rows in (("NonReLU", table[~rectified]), ("ReLU", table[rectified])):
        correlations = mean_rank_correlations(rows, metrics, rng)
        groups[name] = LayerGroup(rows, tuple(rows["Layer"].unique()), correlations)
    return groups


def mean_rank_correlations(
    rows: pd.DataFrame, metrics: Sequence[str], rng: np.random.Generator
) -> dict[str, float]:
    """Spearman correlation of ``Layer_index`` with each metric, mean over 100 draws of units.

    A draw takes 96 units of every layer without replacement, all where there are fewer; the metrics
    share the draws. NaN where a metric, or the layer, does not vary.

    Parameters
    ----------
    rows
        A row for each unit, with ``Layer_index`` and the metrics.
    metrics
        Names of the columns.
    rng
        Random generator of the draws.

    Examples
    --------
    >>> rows = pd.DataFrame({"Layer_index": [0, 1, 2], "R2": [0.3, 0.2, 0.1]})
    >>> round(mean_rank_correlations(rows, ["R2"], np.random.default_rng(0))["R2"], 6)
    -1.0
    """
    drawn, layer = [], []
    for index, places in rows.reset_index(drop=True).groupby("Layer_index").groups.items():
        order = rng.permuted(np.tile(places.to_numpy(), (N_DRAWS, 1)), axis=1)
        drawn.append(order[:, :UNITS_PER_DRAW])
        layer += [index] * drawn[-1].shape[1]
    if not drawn:
        return dict.fromkeys(metrics, np.nan)
    drawn = np.hstack(drawn)
    x = _unit_ranks(np.array([layer]))
    with np.errstate(invalid="ignore"):
        return {
            metric: float((_unit_ranks(rows[metric].to_numpy()[drawn]) * x).sum(axis=1).mean())
            for metric in metrics
        }


def _unit_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks along rows, ties averaged, centred and of length 1; NaN where a row is constant."""
    ranks = row_ranks(values)
    ranks -= ranks.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return ranks / np.linalg.norm(ranks, axis=1, keepdims=True)


def linearity_statistics(generator: str, groups: dict[str, LayerGroup]) -> Statistics:
    """Numbers of panel D or E by published id; the counts are those of BigGAN's table.

    Parameters
    ----------
    generator
        ``BigGAN`` or ``DeePSim``.
    groups
        `layer_groups` of its table.
    """
    results: Statistics = {
        f"ext5{PANELS[generator].lower()}.{generator}.{name}.{metric}.spearman_r": r
        for name, group in groups.items()
        for metric, r in group.correlation.items()
    }
    if generator == "BigGAN":
        n_rows = {name: len(group.rows) for name, group in groups.items()}
        results |= {
            "ext5de.n_rows": sum(n_rows.values()),
            "ext5de.n_rows_nonrelu": n_rows["NonReLU"],
            "ext5de.n_rows_relu": n_rows["ReLU"],
            "ext5de.n_layers_nonrelu": len(groups["NonReLU"].layers),
            "ext5de.n_layers_relu": len(groups["ReLU"].layers),
            "ext5de.units_per_draw": UNITS_PER_DRAW,
            "ext5de.n_draws": N_DRAWS,
        }
    return results


def statistics(
    data: Ext5Data, groups: dict[str, dict[str, LayerGroup]]
) -> tuple[Statistics, dict[str, Regenerated]]:
    """Numbers of all panels by published id: those of the figure's folder, and computed ones.

    Parameters
    ----------
    data
        What is drawn.
    groups
        Of each generator's table, `layer_groups`.
    """
    results = alignment_statistics(data.alignment)[0]
    regenerated = widened(*alignment_statistics(data.regenerated))
    for generator, given in data.linearity.items():
        numbers = linearity_statistics(generator, groups[generator])
        if given.computed:
            regenerated |= as_published(numbers)
        else:
            results |= numbers
    return results, regenerated


def draw_alignment(ax: Axes, table: pd.DataFrame, rng: np.random.Generator) -> None:
    """Panel C: mean score over seeds by depth, one line per dimension, with bootstrap bands.

    Parameters
    ----------
    ax
        Where it is drawn.
    table
        A row for each run, with ``dimension``, ``stack_size``, ``seed`` and ``gaussian_value``.
    rng
        Random generator of the bootstrap.
    """
    colors = mpl.colormaps["Set2"].colors
    for i, (dimension, of_dimension) in enumerate(table.groupby("dimension")):
        scores = of_dimension.groupby("stack_size")["gaussian_value"]
        depths = np.array(list(scores.groups))
        low, high = np.transpose([bootstrap_mean_interval(v.to_numpy(), rng) for _, v in scores])
        color = colors[i % len(colors)]
        ax.fill_between(depths, low, high, color=color, alpha=0.2, lw=0)
        ax.plot(
            depths,
            scores.mean(),
            color=color,
            marker=MARKERS[i % len(MARKERS)],
            mec="white",
            mew=0.75,
            dashes=DASHES[i % len(DASHES)] or (None, None),
            label=dimension,
        )
    ax.set(xlabel="RealNVP network depth", ylabel="optimized score")
    ax.legend(title="dimension", loc="upper left", bbox_to_anchor=(1, 1))


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


def reproduce(
    source: SourceData, rng: np.random.Generator, computed: Path = COMPUTED_DATA
) -> Reproduction:
    """Draw all panels that can be drawn.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Random generator of bootstrap and draws.
    computed
        Folder of computed tables.
    """
    data = read(source, computed)
    panels = [
        _panel_c(data, name, table, rng)
        for given in (data.alignment, data.regenerated)
        for name, table in given.items()
    ]
    groups = {
        generator: layer_groups(given.table, METRICS[generator], rng)
        for generator, given in data.linearity.items()
    }
    panels += [_linearity_panel(data, generator, groups[generator]) for generator in groups]
    results, regenerated = statistics(data, groups)
    files = [*data.regenerated.values(), *data.linearity.values()]
    return Reproduction(
        panels=tuple(panels),
        statistics=results,
        regenerated=regenerated,
        computed_files=tuple(file.path for file in files if file.computed),
        unavailable=({"C": data.unavailable} if data.unavailable else {})
        | {PANELS[generator]: why for generator, why in data.refused.items()},
    )


def _panel_c(data: Ext5Data, optimizer: str, given: Input, rng: np.random.Generator) -> Panel:
    figure, ax = plt.subplots(figsize=(6.4, 4.8))
    draw_alignment(ax, given.table, rng)
    words = OPTIMIZER_WORDS[optimizer]
    title = f"{optimizer} | Optim score as function of depth and dimension"
    figure.suptitle(title + ("\nregenerated" if given.computed else ""), fontsize=11)
    n_seeds = given.table["seed"].nunique()
    caption = (
        f"Score after 100 steps of {words}, mean of {n_seeds} seeds; bands are 95 % bootstrap "
        "intervals"
    )
    notes = ["The score exp(-d²/2) falls with the squared distance d² to the optimum."]
    if optimizer == "CMAES":
        notes.append("It is that of the mean of the last population, which was never scored.")
    if given.computed:
        caption = f"Computed by this project: {caption[0].lower()}{caption[1:]}"
        notes.append(
            "Networks have the published seeds; starting points and the optimizer's samples were "
            "not seeded in the original, so that only means over seeds can be compared."
        )
    elif not data.regenerated:
        notes.append(f"`{COMPUTE_ALIGNMENT}` computes the same anew, to be drawn beside it.")
    name = f"{optimizer}_regenerated" if given.computed else optimizer
    return Panel("C", name, figure, caption, tuple(notes), computed=given.computed)


def _linearity_panel(data: Ext5Data, generator: str, groups: dict[str, LayerGroup]) -> Panel:
    given = data.linearity[generator]
    surrogate = data.simulated and not given.computed
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


if __name__ == "__main__":
    run_script(FIGURES["ext5"], reproduce)

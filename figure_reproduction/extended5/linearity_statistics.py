"""Numbers of Extended Data Figure 5D and E: rank correlations of a layer's place with R2."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.statistics.correlations import row_ranks
from figure_reproduction.panels import Statistics

PANELS = {"BigGAN": "D", "DeePSim": "E"}
METRICS = {
    "BigGAN": ("Test_R2", "Test_R2_class", "Test_R2_noise"),
    "DeePSim": ("Test_R2", "Test_R2_top_Hess512", "Test_R2_null_Hess512"),
}
"""Columns that are drawn."""

GROUP_WORDS = {"NonReLU": "Non-ReLU", "ReLU": "ReLU"}
"""Groups of layers as the published ids name them, and in the titles."""

N_DRAWS, UNITS_PER_DRAW = 100, 96


@dataclass(frozen=True)
class LayerGroup:
    """Rows of a table with or without rectified layers, and what is said of them.

    `layers` are in order of appearance; `correlation` is by metric, the mean over draws of the rank
    correlation of the layer's place with R2.
    """

    rows: pd.DataFrame
    layers: tuple[str, ...]
    correlation: dict[str, float]


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
    groups = {}
    for name, rows in split_layers(table).items():
        correlations = mean_rank_correlations(rows, metrics, rng)
        groups[name] = LayerGroup(rows, tuple(rows["Layer"].unique()), correlations)
    return groups


def split_layers(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of layers that are not rectified ("NonReLU"), and of those that are ("ReLU").

    Examples
    --------
    >>> {name: len(rows) for name, rows in split_layers(pd.DataFrame({"Layer": ["relu1"]})).items()}
    {'NonReLU': 0, 'ReLU': 1}
    """
    rectified = table["Layer"].str.lower().str.startswith("relu")
    return {"NonReLU": table[~rectified], "ReLU": table[rectified]}


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
    drawn, layer = drawn_units(rows, rng)
    if not drawn.size:
        return dict.fromkeys(metrics, np.nan)
    return {
        metric: float(rank_correlations(rows[metric].to_numpy()[drawn], layer).mean())
        for metric in metrics
    }


def drawn_units(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Units of every draw, without replacement.

    Parameters
    ----------
    rows
        A row for each unit, with ``Layer_index``.
    rng
        Random generator of the draws.

    Returns
    -------
    drawn : (n_draws, n_units)
        Positions of rows, from 0; 96 of every layer, all where there are fewer.
    layer : (n_units,)
        The layer's place of each.
    """
    drawn, layer = [np.empty((N_DRAWS, 0), dtype=int)], []
    for index, places in rows.reset_index(drop=True).groupby("Layer_index").groups.items():
        order = rng.permuted(np.tile(places.to_numpy(), (N_DRAWS, 1)), axis=1)
        drawn.append(order[:, :UNITS_PER_DRAW])
        layer += [index] * drawn[-1].shape[1]
    return np.hstack(drawn), np.array(layer)


def rank_correlations(values: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each draw's values with the layer's place; NaN without variation.

    Parameters
    ----------
    values : (n_draws, n_units)
        Values of the units of every draw.
    layer : (n_units,)
        The layer's place of each unit.

    Examples
    --------
    >>> values = np.array([[0.3, 0.2, 0.1], [0.1, 0.3, 0.2]])
    >>> rank_correlations(values, np.array([0, 1, 2])).round(6)
    array([-1. ,  0.5])
    """
    with np.errstate(invalid="ignore"):
        return (_unit_ranks(values) * _unit_ranks(layer[np.newaxis])).sum(axis=1)


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

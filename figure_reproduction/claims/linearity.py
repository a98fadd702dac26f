"""Extended Data Figure 5D and E: how a layer's place goes with R2, in draws and over all units."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from core.contract.source_data import SourceData
from core.project import COMPUTED_DATA
from core.statistics.correlations import pearson
from figure_reproduction.extended5.linearity_statistics import (
    drawn_units,
    rank_correlations,
    split_layers,
)
from figure_reproduction.results import ClaimNumbers, Statistics
from figure_reproduction.sources import linearity_tables

METRICS = {
    "BigGAN": ("Test_R2", "Test_R2_class", "Test_R2_noise"),
    "DeePSim": (
        *(f"Test_R2{part}" for part in ("", "_top_Hess512", "_null_Hess512")),
        *(f"{half}_R2{part}" for half in ("Test", "Train")
          for part in ("_top_Hess256", "_null_Hess256")),
        "Train_R2",
    ),
}  # fmt: skip
"""Columns of which the authors printed a correlation."""


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Correlations by id; those of tables that this project computed are regenerated.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Generator of draws of units.
    """
    values: Statistics = {}
    regenerated: Statistics = {}
    tables, refused = linearity_tables(source, COMPUTED_DATA)
    for generator, given in tables.items():
        for name, rows in split_layers(given.table).items():
            found = layer_correlations(rows, METRICS[generator], rng)
            named = {f"pc.ext5.{generator}.{name}.{word}": n for word, n in found.items()}
            (regenerated if given.computed else values).update(named)
    unavailable = {f"pc.ext5.{generator}.": why for generator, why in refused.items()}
    return ClaimNumbers(values, regenerated, unavailable)


def layer_correlations(
    rows: pd.DataFrame, metrics: Sequence[str], rng: np.random.Generator
) -> Statistics:
    """Correlations of ``Layer_index`` with each metric: of all units, of one draw, and over draws.

    Parameters
    ----------
    rows
        A row for each unit, with ``Layer_index`` and the metrics.
    metrics
        Names of the columns.
    rng
        Generator of the draws, which the metrics share.
    """
    drawn, layer = drawn_units(rows, rng)
    if not drawn.size:
        return {}
    results: Statistics = {}
    for metric in metrics:
        values = rows[metric].to_numpy(float)
        of_draws = rank_correlations(values[drawn], layer)
        results[f"mean_draws.{metric}.mean_r"] = of_draws.mean()
        results[f"mean_draws.{metric}.sd_r"] = of_draws.std(ddof=1)
        samples = {
            "all": (values, rows["Layer_index"].to_numpy()),
            "draw": (values[drawn[0]], layer),
        }
        for word, sample in samples.items():
            found = both_correlations(*sample)
            results |= {f"{word}.{metric}.{name}": n for name, n in found.items()}
    return results


def both_correlations(values: np.ndarray, layer: np.ndarray) -> Statistics:
    """Spearman's and Pearson's correlation with their two-sided p; NaN without variation.

    Parameters
    ----------
    values : (n,)
        Values of units.
    layer : (n,)
        Places of their layers.

    Examples
    --------
    >>> found = both_correlations(np.array([0.1, 0.2, 0.4, 0.3]), np.array([0, 1, 2, 3]))
    >>> round(found["spearman_r"], 3), round(found["spearman_p"], 3)
    (0.8, 0.2)
    """
    if np.ptp(values) == 0 or np.ptp(layer) == 0 or len(values) < 3:
        return dict.fromkeys(("spearman_r", "spearman_p", "pearson_r", "pearson_p"), np.nan)
    r = float(np.clip(rank_correlations(values[np.newaxis], layer)[0], -1, 1))
    freedom = len(values) - 2
    with np.errstate(divide="ignore"):
        t = r * np.sqrt(freedom / ((1 - r) * (1 + r)))
    straight, p = pearson(values, layer)
    return {
        "spearman_r": r,
        "spearman_p": float(2 * special.stdtr(freedom, -abs(t))),
        "pearson_r": straight,
        "pearson_p": p,
    }

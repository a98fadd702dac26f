"""How indices of maps change over areas of the brain or layers of a network."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import SampleError
from core.optional import import_package
from core.statistics.correlations import pearson, row_ranks
from core.statistics.samples import numbers
from core.statistics.tuning_curves import Anova, Line, anova, fit_line

UMAP = {"n_neighbors": 10, "min_dist": 0.1, "metric": "manhattan"}
"""Published settings of the embedding of signatures."""


@dataclass(frozen=True, eq=False)
class Trend:
    """An index by group of maps, and its trend.

    `table` has one row per group, in order: ``group, n, mean, sem`` (ddof 1). Spearman's `rho` of
    the index with the group's number, and its two-sided `p`; one-way analysis of `variance`;
    `line` of the index over the group's number. NaN where nothing can be said.
    """

    table: pd.DataFrame
    rho: float
    p: float
    variance: Anova
    line: Line


def population_trend(values: Sequence[float], group: Sequence[str], order: Sequence[str]) -> Trend:
    """Trend of an index over ordered groups, such as V1, V4, IT, or the layers of a network.

    Parameters
    ----------
    values : (n_maps,)
        Index of each map; maps where it is NaN are left out.
    group : (n_maps,)
        Area or layer of each map.
    order
        Groups from the lowest to the highest; maps of others are left out.

    Returns
    -------
    Trend

    Raises
    ------
    SampleError
        If there is not one group for each value, or a group is named twice.

    Examples
    --------
    >>> found = population_trend([9, 8, 5, 6, 2, 1], list("aabbcc"), list("abc"))
    >>> found.table["mean"].tolist(), round(found.rho, 3), found.line.slope
    ([8.5, 5.5, 1.5], -0.956, -3.5)
    """
    values = numbers(values)
    if len(values) != len(group):
        raise SampleError(expected=f"a group for each of {len(values)} values", found=len(group))
    if len(set(order)) != len(order):
        raise SampleError(expected="an order that names each group once", found=list(order))
    number = np.array([order.index(name) if name in order else -1 for name in group])
    kept = (number >= 0) & np.isfinite(values)
    values, number = values[kept], number[kept]
    parts = [values[number == k] for k in range(len(order))]
    table = pd.DataFrame(
        {
            "group": list(order),
            "n": [len(part) for part in parts],
            "mean": [part.mean() if len(part) else np.nan for part in parts],
            "sem": [
                part.std(ddof=1) / np.sqrt(len(part)) if len(part) > 1 else np.nan for part in parts
            ],
        }
    )
    number = number.astype(float)
    return Trend(table, *spearman(number, values), anova(number, values), fit_line(number, values))


def spearman(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Spearman's correlation and its two-sided p; NaN of fewer than three pairs or equal values.

    Parameters
    ----------
    x, y : (n,)
        Pairs of finite numbers.

    Examples
    --------
    >>> round(spearman(np.array([1, 2, 3, 4]), np.array([1, 4, 9, 8]))[0], 3)
    0.8
    """
    if len(x) < 3 or not (np.ptp(x) > 0 and np.ptp(y) > 0):
        return np.nan, np.nan
    return pearson(*row_ranks(np.stack([x, y])))


def embed_signatures(vectors: np.ndarray, rng: int = 42) -> np.ndarray:
    """Signatures in the plane, by UMAP with the published settings; takes the package umap-learn.

    Ten neighbours, least distance 0.1, Manhattan distance (Wang & Ponce 2022, NeurReps).

    Parameters
    ----------
    vectors : (n_maps, n_counts)
        `TopologySignature.vector` of more than ten maps.
    rng
        Seed.

    Returns
    -------
    (n_maps, 2)

    Raises
    ------
    SampleError
        If there are ten maps or fewer.
    MissingPackageError
        If umap-learn is not installed.
    """
    vectors = np.asarray(vectors, dtype=float)
    if vectors.ndim != 2 or len(vectors) <= UMAP["n_neighbors"]:
        raise SampleError(
            path="vectors",
            expected=f"signatures of more than {UMAP['n_neighbors']} maps",
            found=f"shape {vectors.shape}",
        )
    umap = import_package("umap", "UMAP of signatures", "`pip install umap-learn` installs it")
    return umap.UMAP(**UMAP, random_state=rng, n_jobs=1).fit_transform(vectors)

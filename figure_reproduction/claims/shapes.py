"""Figure 6E: shapes of tuning axes by space and eigenvector, and the experiments behind them."""

import numpy as np
import pandas as pd

from core.contract import fig6
from core.contract.source_data import SourceData
from core.errors import MissingFileError
from figure_reproduction.results import ClaimNumbers, Statistics
from figure_reproduction.tuning_statistics import (
    GROUPS,
    SHAPES,
    SPACES,
    common_peaks,
    significant_common,
)

ANIMALS = ("Alfa", "Beto", "Caos", "Diablito")

LEVELS = {"p0p005": 0.005, "p0p01": 0.01}
"""Levels of the analysis of variance, by the word of the ids."""

STRICT_LEVEL = 0.001
"""Level at which all axes were counted, common or not, whatever the evolution."""

N_RANKS = 128
"""Ranks of eigenvectors in each space."""


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Counts and shares of axes, and counts of experiments, by id.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this family is random.
    """
    table = source.read(fig6.SHAPES)
    results = experiments(table) | by_group(table) | by_eigenvector(table)
    try:
        peaks = common_peaks(source.read(fig6.PEAKS))
    except MissingFileError as error:
        return ClaimNumbers(results, unavailable={"pc.fig6.axes_common_tuning": str(error)})
    return ClaimNumbers(results | {"pc.fig6.axes_common_tuning": len(peaks)})


def experiments(table: pd.DataFrame) -> Statistics:
    """Experiments of each animal, all and those with common axes."""
    results: Statistics = {}
    for word, rows in (("exp", table), ("exp_common", table[table["is_common_axis"]])):
        counts = rows.groupby("Animal")["Exp_id"].nunique()
        results |= {f"pc.fig6.{word}.{name}": counts.get(name, 0) for name in ANIMALS}
    return results


def by_group(table: pd.DataFrame) -> Statistics:
    """Common significant axes after evolutions that succeeded and failed, by space and rank."""
    results: Statistics = {}
    for word, level in LEVELS.items():
        chosen = significant_common(table, level)
        for group, success in GROUPS.items():
            of_group = chosen[chosen["is_BigGAN_evol_success"] == success]
            name = f"pc.fig6.shape_{word}.{group}"
            parts = {space: of_group[of_group["space"] == space] for space in SPACES}
            parts["both"] = of_group
            for part, axes in parts.items():
                results |= {f"{name}.{part}.{what}": n for what, n in counts(axes).items()}
            results |= _by_rank(name, of_group)
    return results


def by_eigenvector(table: pd.DataFrame) -> Statistics:
    """All axes that are significant at `STRICT_LEVEL`, by rank."""
    return _by_rank("pc.fig6.shape_p001", table[table["anova_p_value"] < STRICT_LEVEL])


def counts(axes: pd.DataFrame) -> Statistics:
    """Axes, and count and share of those of each shape; no share of no axes is known.

    Examples
    --------
    >>> axes = pd.DataFrame({f"gpr_y_is_{shape}": [True, False] for shape in SHAPES})
    >>> found = counts(axes)
    >>> found["n_axes"], found["unimodal_count"], found["unimodal_fraction"]
    (2, 1, 0.5)
    """
    results: Statistics = {"n_axes": len(axes)}
    for shape in SHAPES:
        count = int(axes[f"gpr_y_is_{shape}"].sum())
        results[f"{shape}_count"] = count
        results[f"{shape}_fraction"] = count / len(axes) if len(axes) else np.nan
    return results


def _by_rank(name: str, axes: pd.DataFrame) -> Statistics:
    """Counts of every rank, those without an axis too, under a beginning of ids."""
    none = counts(axes.iloc[:0])
    found = {rank: counts(of_rank) for rank, of_rank in axes.groupby("eig_id")}
    return {
        f"{name}.eig{rank}.{what}": n
        for rank in range(N_RANKS)
        for what, n in found.get(rank, none).items()
    }

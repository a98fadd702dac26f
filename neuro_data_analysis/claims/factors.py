"""The same effects with animal and era held, and errors that allow for repeated channels.

The effect is the constant of a linear model whose factors are coded to sum to 0: the mean over
animals and eras with equal weights. Experiments on one channel of one array are a cluster, since
they may have recorded the same neurons on many days.
"""

import numpy as np
import pandas as pd

from core.errors import SampleError
from core.statistics.linear_models import LinearFit, least_squares
from neuro_data_analysis.claims.effects import Effect, named_statistic

HELD = ("animal", "era")

FEWEST = 3
"""Experiments that a level of a factor must have; those of rarer levels are left out."""


def common(factors: pd.DataFrame) -> np.ndarray:
    """Experiments whose animal and era occur often enough, (n,) bool.

    Parameters
    ----------
    factors
        Rows of the sample, with the columns `HELD`.
    """
    kept = np.ones(len(factors), dtype=bool)
    for factor in HELD:
        counts = factors.loc[kept, factor].value_counts()
        kept &= factors[factor].map(counts).fillna(0).to_numpy() >= FEWEST
    return kept


def sum_coded(factors: pd.DataFrame) -> tuple[np.ndarray, dict[str, list[int]]]:
    """Columns of the factors that vary, and their places by factor.

    Parameters
    ----------
    factors
        Rows of the sample, with the columns `HELD`.

    Returns
    -------
    columns : (n, k) float64
        1 for a level, -1 for the factor's last level, else 0.
    places
        0-based columns by factor; a factor of one level has none.

    Examples
    --------
    >>> table = pd.DataFrame({"animal": ["Alfa", "Beto", "Alfa"], "era": "coloured"})
    >>> columns, places = sum_coded(table)
    >>> columns.ravel().tolist(), places
    ([1.0, -1.0, 1.0], {'animal': [0]})
    """
    columns, places = np.zeros((len(factors), 0)), {}
    for factor in HELD:
        levels = sorted(factors[factor].unique())
        is_level = [(factors[factor] == level).to_numpy(float) for level in levels]
        coded = [column - is_level[-1] for column in is_level[:-1]]
        if coded:
            places[factor] = list(range(columns.shape[1], columns.shape[1] + len(coded)))
            columns = np.column_stack([columns, *coded])
    return columns, places


def fit_effect(
    values: np.ndarray, factors: pd.DataFrame, held: np.ndarray | None = None
) -> tuple[LinearFit, dict[str, list[int]], int] | None:
    """Linear model of an effect on animal and era, clustered by channel.

    Parameters
    ----------
    values : (n,)
        Effect in each experiment.
    factors
        Rows of the same experiments: animal, era, channel.
    held : (n, m)
        Columns that stand right after the constant.

    Returns
    -------
    fit, places, n
        Column 0 is the constant; places of the factors' columns; experiments used. None where the
        sample is too small or does not vary.
    """
    kept = common(factors)
    values, factors = values[kept], factors[kept]
    coded, places = sum_coded(factors)
    held = np.zeros((len(values), 0)) if held is None else held[kept]
    design = np.column_stack([np.ones(len(values)), held, coded])
    if len(values) < 2 or not np.ptp(values):
        return None
    try:
        fit = least_squares(values, design, factors["channel"].to_numpy())
    except SampleError:
        return None
    shift = 1 + held.shape[1]
    places = {factor: [place + shift for place in of] for factor, of in places.items()}
    return fit, places, len(values)


def effect_of_column(fit: LinearFit, column: int, n: int, test: str) -> Effect:
    """A coefficient as an effect.

    Parameters
    ----------
    fit
        The model.
    column
        0-based place of the coefficient.
    n
        Experiments.
    test
        What is tested, in words.
    """
    tested, (low, high) = fit.t_test(column), fit.interval(column)
    value = float(fit.coefficients[column])
    statistic = named_statistic("t", fit.freedom, tested.statistic)
    return Effect(value, low, high, n, test, statistic, tested.p)

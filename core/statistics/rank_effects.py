"""Wilcoxon's tests with the sizes of their effects, both usual definitions side by side.

``r_of_z`` is Z over the root of the number of values, ``rank_biserial`` the share of pairs in which
the first sample is larger, minus the share in which the second is.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from core.errors import SampleError
from core.settings import whole
from core.statistics.correlations import row_ranks

N_RESAMPLES = 2000


@dataclass(frozen=True)
class RankSum:
    """Wilcoxon's rank sum test, normal approximation with ties, without continuity correction.

    Attributes
    ----------
    u
        Pairs in which the first value is larger, ties counting a half.
    z, p
        Deviation from chance, above 0 where the first sample is larger, and two-sided p.
    r_of_z
        ``z / sqrt(n1 + n2)``.
    rank_biserial
        ``2 u / (n1 n2) - 1``.
    """

    u: float
    z: float
    p: float
    r_of_z: float
    rank_biserial: float


def rank_sum_effect(first: np.ndarray, second: np.ndarray) -> RankSum:
    """Whether one of two samples is larger, and how much.

    Parameters
    ----------
    first, second : (n1,), (n2,)
        Samples of any unit.

    Returns
    -------
    RankSum
        NaN where all values are equal.

    Raises
    ------
    SampleError
        If a sample is empty or holds NaN.

    Examples
    --------
    >>> found = rank_sum_effect(np.array([1.0, 2, 3]), np.array([2.5, 4, 5]))
    >>> round(found.z, 3), round(found.r_of_z, 3), round(found.rank_biserial, 3)
    (-1.528, -0.624, -0.778)
    """
    first, second = (np.asarray(sample, dtype=float).ravel() for sample in (first, second))
    n1, n2 = len(first), len(second)
    values = np.concatenate([first, second])
    if min(n1, n2) == 0 or np.isnan(values).any():
        found = "an empty one" if min(n1, n2) == 0 else "NaN"
        raise SampleError(expected="two samples of numbers", found=found)
    n = n1 + n2
    u = row_ranks(values[None])[0, :n1].sum() - n1 * (n1 + 1) / 2
    ties = np.unique(values, return_counts=True)[1].astype(float)
    variance = n1 * n2 / 12 * (n + 1 - (ties**3 - ties).sum() / (n * (n - 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = float((u - n1 * n2 / 2) / np.sqrt(variance))
    p = float(2 * special.ndtr(-abs(z)))
    return RankSum(float(u), z, p, z / np.sqrt(n), float(2 * u / (n1 * n2) - 1))


@dataclass(frozen=True)
class Median:
    """A median with both readings of its "standard error".

    Attributes
    ----------
    median
    se_boot
        SD of the median over resamples of the values.
    se_mean
        SD (ddof 1) of the values over the root of their number, the standard error of their mean.
    q25, q75
        Quartiles, by linear interpolation.
    n
        Values that are not NaN.
    """

    median: float
    se_boot: float
    se_mean: float
    q25: float
    q75: float
    n: int


def median_with_errors(
    values: np.ndarray, rng: int | np.random.Generator = 0, n_resamples: int = N_RESAMPLES
) -> Median:
    """Median, quartiles and errors of a sample; NaN is left out.

    Parameters
    ----------
    values : (n,)
        A sample of any unit.
    rng
        Seed or generator of the resamples.
    n_resamples
        At least 2.

    Returns
    -------
    Median
        NaN of no value; errors are NaN of a single one.

    Examples
    --------
    >>> found = median_with_errors(np.arange(101.0))
    >>> found.median, found.q25, round(found.se_mean, 2), 4 < found.se_boot < 6
    (50.0, 25.0, 2.92, True)
    """
    values = np.asarray(values, dtype=float).ravel()
    values = values[~np.isnan(values)]
    n = len(values)
    whole(n_resamples, "n_resamples", at_least=2)
    if n == 0:
        return Median(np.nan, np.nan, np.nan, np.nan, np.nan, 0)
    q25, median, q75 = (float(q) for q in np.quantile(values, (0.25, 0.5, 0.75)))
    if n == 1:
        return Median(median, np.nan, np.nan, q25, q75, 1)
    se_mean = float(values.std(ddof=1) / np.sqrt(n))
    return Median(median, _bootstrap_sd(values, rng, n_resamples), se_mean, q25, q75, n)


def _bootstrap_sd(values: np.ndarray, rng: int | np.random.Generator, n_resamples: int) -> float:
    """SD of the median over resamples, few at a time."""
    rng = np.random.default_rng(rng)
    at_a_time = max(1, 2_000_000 // len(values))
    medians = []
    for start in range(0, n_resamples, at_a_time):
        some = min(at_a_time, n_resamples - start)
        drawn = values[rng.integers(len(values), size=(some, len(values)))]
        medians.append(np.median(drawn, axis=1))
    return float(np.concatenate(medians).std(ddof=1))

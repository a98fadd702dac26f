"""Tests and the false discovery rate, with empty samples answered by NaN; t tests are two-sided."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from core.errors import SampleError


@dataclass(frozen=True)
class TTest:
    """Statistic and two-sided p of a t test; arrays where many were made at once."""

    t: float | np.ndarray
    p: float | np.ndarray


@dataclass(frozen=True)
class ZTest:
    """Statistic and p of a test of two proportions."""

    z: float
    p: float


def two_sample(first: np.ndarray, second: np.ndarray, axis: int = 0) -> TTest:
    """Equal-variance two-sample test of `first` against `second`; t > 0 where `first` is larger.

    NaN where one sample is empty, or where neither sample varies.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if min(first.shape[axis], second.shape[axis]) == 0:
        return _undetermined(first, axis)
    if first.shape[axis] + second.shape[axis] < 3:
        return _undetermined(first, axis)
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of samples that do not vary
        result = stats.ttest_ind(first, second, axis=axis)
    return TTest(result.statistic, result.pvalue)


def paired(first: np.ndarray, second: np.ndarray, axis: int = 0) -> TTest:
    """Paired test of `first` minus `second`; NaN with fewer than two pairs or no variance."""
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape[axis] < 2:
        return _undetermined(first, axis)
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of samples that do not vary
        result = stats.ttest_rel(first, second, axis=axis)
    return TTest(result.statistic, result.pvalue)


def two_proportions(
    successes1: int,
    total1: int,
    successes2: int,
    total2: int,
    alternative: Literal["two-sided", "greater", "less"] = "two-sided",
) -> ZTest:
    """Pooled z test of two proportions; z > 0 where the first is larger.

    Parameters
    ----------
    successes1, total1, successes2, total2
        Counts of both groups.
    alternative
        Of the first proportion against the second.

    Returns
    -------
    ZTest
        NaN where a group is empty, or all or none of both groups succeed.

    Raises
    ------
    SampleError
        If a count is negative or larger than its group, or the alternative is another word.

    Examples
    --------
    >>> test = two_proportions(178, 342, 26, 103, "greater")
    >>> round(test.z, 2), f"{test.p:.1e}"
    (4.79, '8.5e-07')
    """
    p_of = {
        "two-sided": lambda z: 2 * stats.norm.sf(abs(z)),
        "greater": stats.norm.sf,
        "less": stats.norm.cdf,
    }
    if alternative not in p_of:
        raise SampleError(expected=f"an alternative of {', '.join(p_of)}", found=f"{alternative!r}")
    for successes, total in ((successes1, total1), (successes2, total2)):
        if not 0 <= successes <= total:
            raise SampleError(expected=f"0 to {total} successes of {total}", found=successes)
    total = total1 + total2
    pooled = (successes1 + successes2) / total if total else 0.0
    if min(total1, total2) == 0 or pooled in (0, 1):
        return ZTest(np.nan, np.nan)
    error = np.sqrt(pooled * (1 - pooled) * (1 / total1 + 1 / total2))
    z = float((successes1 / total1 - successes2 / total2) / error)
    return ZTest(z, float(p_of[alternative](z)))


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Adjusted p values of one family of tests (Benjamini & Hochberg 1995).

    A NaN is an undetermined test: it stays NaN and does not count in the family, so that it cannot
    spoil the others.

    Parameters
    ----------
    p : (n,)

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, np.nan, 0.04]))
    array([0.02,  nan, 0.04])
    """
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.isfinite(p)
    if known.any():
        adjusted[known] = stats.false_discovery_control(p[known], method="bh")
    return adjusted


def _undetermined(sample: np.ndarray, axis: int) -> TTest:
    shape = tuple(np.delete(sample.shape, axis))
    nan = np.full(shape, np.nan) if shape else np.nan
    return TTest(nan, nan)

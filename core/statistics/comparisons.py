"""Two-sided t tests and the false discovery rate, with empty samples answered by NaN."""

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class TTest:
    """Statistic and two-sided p of a t test; arrays where many were made at once."""

    t: float | np.ndarray
    p: float | np.ndarray


def two_sample(first: np.ndarray, second: np.ndarray, axis: int = 0) -> TTest:
    """Equal-variance two-sample test of `first` against `second`; t > 0 where `first` is larger.

    NaN where one sample is empty, or where neither sample varies.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if min(first.shape[axis], second.shape[axis]) == 0:
        return _undetermined(first, axis)
    if first.shape[axis] + second.shape[axis] < 3:
        return _undetermined(first, axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        result = stats.ttest_ind(first, second, axis=axis)
    return TTest(result.statistic, result.pvalue)


def paired(first: np.ndarray, second: np.ndarray, axis: int = 0) -> TTest:
    """Paired test of `first` minus `second`; NaN with fewer than two pairs or no variance."""
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape[axis] < 2:
        return _undetermined(first, axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        result = stats.ttest_rel(first, second, axis=axis)
    return TTest(result.statistic, result.pvalue)


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

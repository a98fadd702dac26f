"""Tests and the false discovery rate, with empty samples answered by NaN; t tests are two-sided.

They are those of ``scipy.stats``, bit for bit, which takes a second to import. As there, samples
that do not vary but differ have an infinite t (or, by rounding, a huge one); with ``strict=True``
the test is NaN.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from core.errors import SampleError
from core.statistics.samples import ROUNDING


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


def two_sample(
    first: np.ndarray, second: np.ndarray, axis: int = 0, *, strict: bool = False
) -> TTest:
    """Equal-variance two-sample test of `first` against `second`; t > 0 where `first` is larger.

    Parameters
    ----------
    first, second : (..., n, ...)
        Samples, of any unit; they may differ in n.
    axis
        Axis of the samples.
    strict
        NaN where neither sample varies by more than rounding, too.

    Returns
    -------
    TTest
        NaN where one sample is empty, or each is a single value. Where neither sample varies, t is
        infinite and p 0, as in the published analysis, or NaN if all values are equal.

    Examples
    --------
    >>> test = two_sample(np.array([5.0, 7.0, 6.0]), np.array([1.0, 2.0]))
    >>> round(float(test.t), 2), round(float(test.p), 3)
    (5.4, 0.012)
    >>> silent, one_spike = np.zeros(10), np.full(10, 5.0)
    >>> float(two_sample(one_spike, silent).p), float(two_sample(one_spike, silent, strict=True).p)
    (0.0, nan)
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if min(first.shape[axis], second.shape[axis]) == 0:
        return _undetermined(first, axis)
    if first.shape[axis] + second.shape[axis] < 3:
        return _undetermined(first, axis)
    n1, n2 = first.shape[axis], second.shape[axis]
    freedom = n1 + n2 - 2.0
    squares = (n1 - 1) * _variance(first, axis) + (n2 - 1) * _variance(second, axis)
    error = np.sqrt(squares / freedom * (1.0 / n1 + 1.0 / n2))
    if strict:
        largest = np.maximum(_largest(first, axis), _largest(second, axis))
        range_ = np.maximum(np.ptp(first, axis=axis), np.ptp(second, axis=axis))
        error = np.where(range_ > ROUNDING * largest, error, np.nan)
    return _t_test(first.mean(axis=axis) - second.mean(axis=axis), error, freedom)


def paired(first: np.ndarray, second: np.ndarray, axis: int = 0, *, strict: bool = False) -> TTest:
    """Paired test of `first` minus `second`; t > 0 where `first` is larger.

    Parameters
    ----------
    first, second : (..., n, ...)
        Samples, paired along `axis`.
    axis
        Axis of the pairs.
    strict
        NaN where the differences do not vary by more than rounding, too.

    Returns
    -------
    TTest
        NaN with fewer than two pairs. Where the differences do not vary, t is infinite and p 0, as
        in the published analysis, or NaN if they are 0.

    Examples
    --------
    >>> round(float(paired(np.array([3.0, 5.0, 4.0]), np.array([6.0, 7.0, 9.0])).t), 2)
    -3.78
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape[axis] < 2:
        return _undetermined(first, axis)
    difference = first - second
    n = first.shape[axis]
    error = np.sqrt(_variance(difference, axis) / n)
    if strict:
        largest = np.maximum(_largest(first, axis), _largest(second, axis))
        error = np.where(np.ptp(difference, axis=axis) > ROUNDING * largest, error, np.nan)
    return _t_test(difference.mean(axis=axis), error, n - 1.0)


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
        How the first proportion may differ from the second.

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
        "two-sided": lambda z: 2 * special.ndtr(-abs(z)),
        "greater": lambda z: special.ndtr(-z),
        "less": special.ndtr,
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
        p values, 0 to 1, or NaN.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, np.nan, 0.04]))
    array([0.02,  nan, 0.04])
    """
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.isfinite(p)
    if known.any():
        order = np.argsort(p[known])[::-1]
        n = len(order)
        from_largest = p[known][order] * (n / np.arange(n, 0, -1))
        adjusted[np.flatnonzero(known)[order]] = np.minimum.accumulate(from_largest).clip(0, 1)
    return adjusted


def _variance(sample: np.ndarray, axis: int) -> np.ndarray:
    """Variance with n - 1 degrees of freedom, 0 of a single value."""
    n = sample.shape[axis]
    squares = np.square(sample - sample.mean(axis=axis, keepdims=True)).mean(axis=axis)
    return squares * (n / (n - 1)) if n > 1 else np.zeros_like(squares)


def _largest(sample: np.ndarray, axis: int) -> np.ndarray:
    return np.abs(sample).max(axis=axis)


def _t_test(difference: np.ndarray, error: np.ndarray, freedom: float) -> TTest:
    with np.errstate(divide="ignore", invalid="ignore"):  # of samples that do not vary
        t = difference / error
        return TTest(t, 2 * special.stdtr(freedom, -np.abs(t)))


def _undetermined(sample: np.ndarray, axis: int) -> TTest:
    shape = tuple(np.delete(sample.shape, axis))
    nan = np.full(shape, np.nan) if shape else np.nan
    return TTest(nan, nan)

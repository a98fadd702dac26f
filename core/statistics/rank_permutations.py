"""Rank tests by permutation, for counts and other samples with many ties.

Ties share their mean rank, and p is the share of random permutations, the observed one included,
whose statistic is at least as far from its expectation. The usual tests switch to a normal
approximation as soon as there are ties.
"""

from dataclasses import dataclass

import numpy as np

from core.errors import SampleError
from core.settings import whole
from core.statistics.correlations import row_ranks

N_PERMUTATIONS = 9999

ROUNDING = 1e-9
"""Difference of statistics, in ranks, up to which they are the same."""


@dataclass(frozen=True, eq=False)
class RankTest:
    """Difference of mean ranks and two-sided p, of one or of several measures at once.

    `p_family` is corrected for the number of measures by the largest difference of all.
    """

    difference: np.ndarray
    p: np.ndarray
    p_family: np.ndarray


def rank_sum(
    first: np.ndarray,
    second: np.ndarray,
    rng: int | np.random.Generator = 0,
    n_permutations: int = N_PERMUTATIONS,
) -> RankTest:
    """Whether two groups differ: labels are permuted over the ranks.

    Parameters
    ----------
    first, second : (n_first,), (n_second,) or (n_first, n_measures), (n_second, n_measures)
        Samples; each measure has ranks of its own, and all are permuted together.
    rng
        Seed or generator.
    n_permutations
        Number of permutations.

    Returns
    -------
    RankTest
        Arrays () or (n_measures,); difference > 0 where `first` is larger.

    Raises
    ------
    SampleError
        If a sample is empty, holds NaN, or has other measures than the other one.

    Examples
    --------
    >>> test = rank_sum(np.array([3, 4, 4, 5]), np.array([1, 2, 2, 1]))
    >>> float(test.difference), round(float(test.p), 2)
    (4.0, 0.03)
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    n = len(first)
    if first.ndim not in (1, 2) or first.shape[1:] != second.shape[1:]:
        raise SampleError(
            expected="two samples of the same measures",
            found=f"shapes {first.shape} and {second.shape}",
        )
    if min(n, len(second)) == 0:
        raise SampleError(expected="at least one value in each sample", found="none in one")
    ranks = _ranks(np.concatenate([first, second]))
    labels = np.zeros((whole(n_permutations, "n_permutations", 1) + 1, len(ranks)), dtype=bool)
    labels[:, :n] = True
    labels[1:] = np.random.default_rng(rng).permuted(labels[1:], axis=1)
    differences = labels @ ranks / n - ~labels @ ranks / len(second)
    return _test(differences, first.shape[1:])


def signed_rank(
    differences: np.ndarray,
    rng: int | np.random.Generator = 0,
    n_permutations: int = N_PERMUTATIONS,
) -> RankTest:
    """Whether paired differences lie on one side of 0: signs are flipped at random.

    Parameters
    ----------
    differences : (n,) or (n, n_measures)
        Of pairs; those of 0 have no sign and share the lowest ranks.
    rng
        Seed or generator.
    n_permutations
        Number of permutations.

    Returns
    -------
    RankTest
        Arrays () or (n_measures,); `difference` is the mean signed rank.

    Raises
    ------
    SampleError
        If there is no pair, or NaN.

    Examples
    --------
    >>> round(float(signed_rank(np.array([1, 2, 2, 1, 3, 2, 1, 1])).p), 3)
    0.008
    """
    differences = np.asarray(differences, dtype=float)
    if differences.ndim not in (1, 2) or not len(differences):
        raise SampleError(expected="at least one pair", found=f"shape {differences.shape}")
    signed = _ranks(np.abs(differences)) * np.sign(differences).reshape(len(differences), -1)
    n = whole(n_permutations, "n_permutations", 1) + 1
    flips = np.random.default_rng(rng).choice([-1.0, 1.0], size=(n, len(signed)))
    flips[0] = 1
    return _test(flips @ signed / len(signed), differences.shape[1:])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Mid-ranks from 1 of each column, (n, n_measures)."""
    if np.isnan(values).any():
        raise SampleError(expected="numbers", found=f"{np.isnan(values).sum()} NaN")
    return row_ranks(values.reshape(len(values), -1).T).T


def _test(differences: np.ndarray, shape: tuple[int, ...]) -> RankTest:
    """p of the first row of differences, (n_permutations + 1, n_measures), among all."""
    size = np.abs(differences)
    observed = size[0] - ROUNDING
    return RankTest(
        differences[0].reshape(shape),
        (size >= observed).mean(axis=0).reshape(shape),
        (size.max(axis=1)[:, None] >= observed).mean(axis=0).reshape(shape),
    )

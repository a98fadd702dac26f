"""Summaries of the blocks of an evolution, and how fast it rises (Figure 4D)."""

from dataclasses import dataclass

import numpy as np

from core.errors import SampleError
from core.statistics.analysis import RISE_SHARE


def summary_by_block(
    scores_vec: np.ndarray, gens: np.ndarray, maxgen: int | None = 100, sem: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and spread of the scores of every block of an evolution.

    Blocks run from the first that occurs to the last, but not past `maxgen`. A block with a single
    score is left out (it is most often the incomplete last one); a block without any has NaN.

    Parameters
    ----------
    scores_vec : (n_scores,)
        One score for each image.
    gens : (n_scores,)
        Block of each score; whole numbers.
    maxgen
        Last block; None for no limit.
    sem
        Give standard errors; otherwise standard deviations. Both are over N, not N - 1.

    Returns
    -------
    mean, spread, block : (n_blocks,)

    Raises
    ------
    SampleError
        If there are no scores, not one block for each, or the blocks are not whole numbers.

    Examples
    --------
    >>> mean, sem, block = summary_by_block([2.0, 4.0, 7.0, 5.0, 7.0], [0, 0, 1, 2, 2])
    >>> mean, block
    (array([3., 6.]), array([0, 2]))
    """
    scores, blocks = np.asarray(scores_vec, dtype=float), _whole_numbers(gens)
    if scores.shape != blocks.shape or scores.ndim != 1 or scores.size == 0:
        raise SampleError(
            expected="one score and one block for each image",
            found=f"shapes {scores.shape} and {blocks.shape}",
        )
    first, last = blocks.min(), blocks.max()
    last = last if maxgen is None else min(last, maxgen)
    kept = blocks <= last
    scores, index = scores[kept], blocks[kept] - first
    n_blocks = max(last - first + 1, 0)

    n_scores = np.bincount(index, minlength=n_blocks)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(index, scores, n_blocks) / n_scores
        deviation = scores - mean[index]
        spread = np.sqrt(np.bincount(index, deviation**2, n_blocks) / n_scores)
        if sem:
            spread = spread / np.sqrt(n_scores)
    shown = n_scores != 1
    return mean[shown], spread[shown], (first + np.arange(n_blocks))[shown]


def _whole_numbers(gens: np.ndarray) -> np.ndarray:
    gens = np.asarray(gens)
    with np.errstate(invalid="ignore"):
        whole = gens.astype(int)
    if not np.array_equal(whole, gens):
        raise SampleError(expected="block numbers that are whole numbers", found="others")
    return whole


@dataclass(frozen=True)
class Convergence:
    """`first_block`: 0-based first block above the level (0 if none); `n_below`: blocks below."""

    first_block: int
    n_below: int


def convergence(
    trajectory: np.ndarray, baseline: float, fraction: float = RISE_SHARE
) -> Convergence:
    """Compare a trajectory of block means with `fraction` of its largest rise above `baseline`.

    The paper calls this a time constant; no exponential is fitted (docs/panel_map.md).

    Parameters
    ----------
    trajectory : (n_blocks,)
        Block means, events/s or normalised; measured blocks only.
    baseline
        Rate from which the rise is counted, in the unit of the trajectory. Figure 4D uses the first
        block's mean.
    fraction
        Share of the largest rise that counts as arrived.

    Examples
    --------
    >>> convergence(np.array([10.0, 14.0, 19.0, 20.0]), baseline=10.0)
    Convergence(first_block=2, n_below=2)
    """
    rise = np.asarray(trajectory, dtype=float) - baseline
    level = fraction * rise.max()
    return Convergence(int(np.argmax(rise > level)), int(np.sum(rise < level)))

"""The course of a session in numbers: block means, the references' level, and when nothing rises.

Real sessions start 8 to 15 % high and fall, so blocks 1 and 2 are no baseline, and the level of the
references is an exponential mean of weight 0.3 over the blocks from the third on: measured on real
recordings, it predicts the next block's references better than the last block alone does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.experiments.closed_loop.record import Kept

WEIGHT = 0.3
"""Weight of the newest block in the exponential mean of the references."""

N_NO_BASELINE = 2
"""First blocks that are no baseline."""

DRIFTED = 0.2
"""Change of the references against their tracked level from which it is said."""

N_SEM = 2
"""Standard errors of the block's references that it must exceed besides."""


@dataclass(frozen=True)
class Course:
    """A session block by block; NaN where nothing was shown.

    Attributes
    ----------
    means, sems : (n_threads, n_blocks)
        Mean score of the images of each thread, and its standard error.
    references, reference_sems : (n_blocks,)
        The same of the references of all threads.
    level : (n_blocks,)
        Level of the references, tracked up to each block; NaN before there is a baseline.
    """

    means: np.ndarray
    sems: np.ndarray
    references: np.ndarray
    reference_sems: np.ndarray
    level: np.ndarray

    @property
    def n_blocks(self) -> int:
        """Blocks that were answered."""
        return len(self.level)


def course_of(kept: Sequence[Kept]) -> Course:
    """The course of a session.

    Parameters
    ----------
    kept
        Blocks that were answered, in order.
    """
    n_threads = len(kept[0].scores) if kept else 0
    evolved = [
        [_mean_and_sem(block.scores[thread]) for block in kept] for thread in range(n_threads)
    ]
    shown = np.array(evolved, dtype=float).reshape(n_threads, len(kept), 2)
    beside = [_mean_and_sem(np.concatenate(block.references)) for block in kept]
    references = np.array(beside, dtype=float).reshape(len(kept), 2)
    return Course(
        shown[..., 0],
        shown[..., 1],
        references[:, 0],
        references[:, 1],
        tracked(references[:, 0]),
    )


def tracked(means: np.ndarray) -> np.ndarray:
    """Exponential mean of a quantity, up to and with each block, without the first two.

    Parameters
    ----------
    means : (n_blocks,)
        Its block means; NaN changes nothing.

    Returns
    -------
    (n_blocks,)
        NaN before the third block.

    Examples
    --------
    >>> tracked(np.array([23.0, 21.0, 20.0, 10.0, np.nan]))
    array([nan, nan, 20., 17., 17.])
    """
    level, levels = np.nan, []
    for block, mean in enumerate(means):
        if block >= N_NO_BASELINE and np.isfinite(mean):
            level = mean if np.isnan(level) else (1 - WEIGHT) * level + WEIGHT * mean
        levels.append(level)
    return np.array(levels, dtype=float)


def drift_note(trajectory: Course) -> list[str]:
    """What is to be said of the references of the last block: nothing, or one sentence.

    Examples
    --------
    >>> references = np.array([23.0, 21.0, 20.0, 14.0])
    >>> none, sems = np.zeros((0, 4)), np.ones(4)
    >>> drift_note(Course(none, none, references, sems, tracked(references)))
    ['references at 14, 30 % below their level so far (20): the baseline drifts; ranks do not mind']
    """
    if trajectory.n_blocks < 2:
        return []
    before, now = trajectory.level[-2], trajectory.references[-1]
    if not (np.isfinite(before) and np.isfinite(now) and before > 0):
        return []
    change = now / before - 1
    if abs(change) < DRIFTED or abs(now - before) < N_SEM * trajectory.reference_sems[-1]:
        return []
    where = "above" if change > 0 else "below"
    return [
        f"references at {now:.3g}, {abs(change):.0%} {where} their level so far "
        f"({before:.3g}): the baseline drifts; ranks do not mind".replace("%", " %")
    ]


def on_plateau(trajectory: Course, n_blocks: int) -> bool:
    """Whether no thread has risen over its last blocks, beside the references where there are any.

    The mean of the last `n_blocks` is not above that of as many before them by more than the
    standard error of their difference, in any thread. Blocks 1 and 2 are not looked at.

    Parameters
    ----------
    trajectory
        Of the session.
    n_blocks
        How many blocks; at least 2.

    Examples
    --------
    >>> flat, none = np.array([[9.0, 9, 5, 6, 5, 6, 5, 6]]), np.full(8, np.nan)
    >>> on_plateau(Course(flat, flat, none, none, none), 3)
    True
    >>> rising = np.arange(8.0)[None]
    >>> on_plateau(Course(rising, rising, none, none, none), 3)
    False
    """
    if trajectory.n_blocks < N_NO_BASELINE + 2 * n_blocks:
        return False
    level = trajectory.level if np.isfinite(trajectory.level[-1]) else np.ones(trajectory.n_blocks)
    relative = trajectory.means / np.where(level == 0, np.nan, np.abs(level))
    before, last = relative[:, -2 * n_blocks : -n_blocks], relative[:, -n_blocks:]
    with np.errstate(invalid="ignore"):
        error = np.sqrt((before.var(axis=1, ddof=1) + last.var(axis=1, ddof=1)) / n_blocks)
        return not (last.mean(axis=1) - before.mean(axis=1) > error).any()


def _mean_and_sem(scores: np.ndarray) -> tuple[float, float]:
    known = scores[np.isfinite(scores)]
    if not len(known):
        return np.nan, np.nan
    sem = known.std(ddof=1) / np.sqrt(len(known)) if len(known) > 1 else np.nan
    return known.mean(), sem

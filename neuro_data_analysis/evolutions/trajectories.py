"""From single trials to block means: the last-block rule, trajectories, padding.

Windows are half-open, 0-based, in ms from image onset. A trajectory has one row per block.
Definitions: docs/analyses.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from core.errors import RecordingError
from core.statistics.windows import BASELINE, EVOKED, Window, check_window
from neuro_data_analysis.recordings.conversion import N_BINS
from neuro_data_analysis.recordings.experiment import Blocks

MIN_TRIALS_OF_LAST_BLOCK = 10
"""Fewest trials in a thread of a last block that counts."""

Trajectory = TypeVar("Trajectory", "Moments", "BlockMeans")


@dataclass(frozen=True)
class Padded:
    """Trajectories on a common number of blocks.

    `values` (n_experiments, n_blocks, ...) and `measured` (n_experiments, n_blocks), which is True
    for real blocks.
    """

    values: np.ndarray
    measured: np.ndarray


class Moments(NamedTuple):
    """Mean and SEM (ddof 1) over trials, (n_blocks, 2, ...) each, events/s; axis 1 is the thread.

    Of a PSTH they end in 200 ms; of a window in nothing. A SEM is NaN in a block of one trial.
    """

    mean: np.ndarray
    sem: np.ndarray


class BlockMeans(NamedTuple):
    """Mean and SEM of the rate in a window, and mean of the baseline, by block and thread.

    (n_blocks, 2) each, events/s; side by side they are the published six columns.
    """

    mean: np.ndarray
    sem: np.ndarray
    baseline: np.ndarray


def n_complete_blocks(*threads: Sequence[np.ndarray]) -> int:
    """Blocks left when a last block with fewer than 10 trials in any given thread is dropped.

    With both threads it is the joint rule of the analyses; with one, the rule of the response
    statistics per thread.

    Parameters
    ----------
    threads
        Blocks of trials; the last axis counts trials.

    Raises
    ------
    RecordingError
        If no block is left.

    Examples
    --------
    >>> n_complete_blocks([np.zeros((200, 30)), np.zeros((200, 9))])
    1
    """
    n_blocks = len(threads[0])
    if n_blocks and min(thread[-1].shape[-1] for thread in threads) < MIN_TRIALS_OF_LAST_BLOCK:
        n_blocks -= 1
    if n_blocks == 0:
        raise RecordingError(expected="at least one block of 10 trials", found="none")
    return n_blocks


def complete_blocks(blocks: Blocks) -> Blocks:
    """Both threads without an incomplete last block (the joint rule).

    Examples
    --------
    >>> thread = [np.zeros((200, 30)), np.zeros((200, 9))]
    >>> [len(blocks) for blocks in complete_blocks([thread, thread])]
    [1, 1]
    """
    n_blocks = n_complete_blocks(*blocks)
    return [thread[:n_blocks] for thread in blocks]


def sem(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Standard error over trials, ddof 1; NaN for a single trial.

    Parameters
    ----------
    values : (..., n_trials, ...)
        Trials, of any unit.
    axis
        Axis of the trials.

    Examples
    --------
    >>> sem(np.array([[1.0, 3.0], [2.0, 2.0]]))
    array([1., 0.])
    """
    n = values.shape[axis]
    if n < 2:
        return np.full(np.delete(values.shape, axis), np.nan)
    return values.std(axis=axis, ddof=1) / np.sqrt(n)


def psth_trajectory(psth: Blocks) -> Moments:
    """Mean and SEM of the PSTH in every block, (n_blocks, 2, 200) each, events/s.

    Examples
    --------
    >>> psth = [[np.full((200, 12), 40.0)], [np.full((200, 10), 30.0)]]
    >>> psth_trajectory(psth).mean[0, :, 0]
    array([40., 30.])
    """
    means = [[block.mean(axis=1) for block in thread] for thread in psth]
    errors = [[sem(block) for block in thread] for thread in psth]
    return Moments(np.stack(means, axis=1), np.stack(errors, axis=1))


def window_trajectories(psth: Blocks, windows: Sequence[Window]) -> dict[Window, Moments]:
    """Mean and SEM over trials of the rate in many windows.

    Rates are differences of running sums, so that a window's do not depend on the others.

    Parameters
    ----------
    psth
        Both threads' blocks of trials, (200, n_trials) each, events/s.
    windows
        Start and stop in ms, half-open, 0-based.

    Returns
    -------
    dict
        (n_blocks, 2) each, by window.

    Raises
    ------
    RecordingError
        If a window is empty or reaches past the recording.

    Examples
    --------
    >>> psth = [[np.full((200, 12), 40.0)], [np.full((200, 10), 30.0)]]
    >>> window_trajectories(psth, [(0, 10), (10, 20)])[10, 20].mean
    array([[40., 30.]])
    """
    checked = [check_window(window, N_BINS) for window in windows]
    start, stop = np.array(checked, dtype=int).reshape(-1, 2).T

    def rates_of(block: np.ndarray) -> np.ndarray:
        total = np.zeros((N_BINS + 1, block.shape[1]))
        np.cumsum(block, axis=0, out=total[1:])
        return (total[stop] - total[start]) / (stop - start)[:, None]

    rates = [[rates_of(block) for block in thread] for thread in psth]
    means = np.stack([[block.mean(axis=1) for block in thread] for thread in rates], axis=-1)
    errors = np.stack([[sem(block) for block in thread] for thread in rates], axis=-1)
    return {window: Moments(means[:, i], errors[:, i]) for i, window in enumerate(checked)}


def response_trajectory(
    psth: Blocks, window: Window = EVOKED, baseline: Window = BASELINE
) -> BlockMeans:
    """Block means and SEMs of the rate in a window, and block means of the baseline.

    Parameters
    ----------
    psth
        Both threads' blocks of trials, (200, n_trials) each, events/s.
    window, baseline
        Start and stop in ms, half-open, 0-based.

    Raises
    ------
    RecordingError
        If a window is empty or reaches past the recording.

    Examples
    --------
    >>> psth = [[np.full((200, 12), 40.0)], [np.full((200, 10), 30.0)]]
    >>> response_trajectory(psth).mean
    array([[40., 30.]])
    """
    in_window = window_trajectories(psth, [window, baseline])
    return BlockMeans(*in_window[window], in_window[baseline].mean)


def side_by_side(trajectory: Moments | BlockMeans) -> np.ndarray:
    """The fields of a trajectory in one array, as published.

    Returns
    -------
    (n_blocks, 4, 200) of a PSTH or (n_blocks, 6) of block means
        events/s; axis 1 is mean 0, mean 1, SEM 0, SEM 1 and, of block means, baseline 0 and 1
        (thread 0 DeePSim, 1 BigGAN).

    Examples
    --------
    >>> side_by_side(BlockMeans(*np.zeros((3, 23, 2)))).shape
    (23, 6)
    """
    return np.concatenate(trajectory, axis=1)


def pad(trajectory: np.ndarray, n_blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """Extend a trajectory with the mean of its last two blocks.

    Parameters
    ----------
    trajectory : (n, ...)
        Block by block, of any unit.
    n_blocks
        Length of the result, at least n.

    Returns
    -------
    padded : (n_blocks, ...)
    measured : (n_blocks,) bool

    Examples
    --------
    >>> padded, measured = pad(np.array([1.0, 2.0, 4.0]), 5)
    >>> padded, measured.tolist()
    (array([1., 2., 4., 3., 3.]), [True, True, True, False, False])
    """
    n_missing = n_blocks - len(trajectory)
    if n_missing < 0:
        raise ValueError(f"expected at most {n_blocks} blocks, found {len(trajectory)}")
    tail = np.repeat(trajectory[-2:].mean(axis=0, keepdims=True), n_missing, axis=0)
    return np.concatenate([trajectory, tail]), np.arange(n_blocks) < len(trajectory)


def pad_all(trajectories: Sequence[np.ndarray]) -> Padded:
    """Pad every trajectory to the length of the longest.

    Examples
    --------
    >>> padded = pad_all([np.array([1.0, 3.0]), np.array([1.0, 2.0, 4.0])])
    >>> padded.values[0], padded.measured.sum()
    (array([1., 3., 2.]), np.int64(5))
    """
    n_blocks = max(map(len, trajectories))
    padded = [pad(trajectory, n_blocks) for trajectory in trajectories]
    return Padded(np.stack([p[0] for p in padded]), np.stack([p[1] for p in padded]))


def pad_fields(trajectories: Sequence[Trajectory]) -> Trajectory:
    """Pad every field of trajectories to the length of the longest.

    Returns
    -------
    Of the type that is given, with (n_experiments, n_blocks, 2, ...) in every field.

    Examples
    --------
    >>> moments = [Moments(np.ones((n, 2)), np.ones((n, 2))) for n in (2, 3)]
    >>> pad_fields(moments).sem.shape
    (2, 3, 2)
    """
    kind = type(trajectories[0])
    return kind(*(pad_all(field).values for field in zip(*trajectories, strict=True)))

"""From single trials to block means: windows, the last-block rule, trajectories, padding.

Windows are half-open, 0-based, in ms from image onset. A trajectory has one row per block.
Definitions: docs/analyses.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import RecordingError
from core.statistics.windows import BASELINE, EVOKED, Window
from neuro_data_analysis.recordings.conversion import N_BINS
from neuro_data_analysis.recordings.experiment import N_THREADS, Blocks

MIN_TRIALS_OF_LAST_BLOCK = 10


def window_rate(psth: np.ndarray, window: Window = EVOKED) -> np.ndarray:
    """Mean firing rate of every trial inside a window.

    Parameters
    ----------
    psth : (200, n_trials)
        Smoothed single-trial rates, events/s.
    window
        Half-open, 0-based, in ms.

    Returns
    -------
    (n_trials,)
        events/s.

    Raises
    ------
    RecordingError
        If the window is empty or reaches past the recording.

    Examples
    --------
    >>> window_rate(np.full((200, 3), 12.0))
    array([12., 12., 12.])
    """
    start, stop = _checked(window, len(psth))
    return psth[start:stop].mean(axis=0)


def _checked(window: Window, n_bins: int) -> Window:
    start, stop = window
    if not 0 <= start < stop <= n_bins:
        raise RecordingError(expected=f"a window inside 0-{n_bins} ms", found=f"{start}-{stop}")
    return window


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
    """
    n_blocks = len(threads[0])
    if n_blocks and min(thread[-1].shape[-1] for thread in threads) < MIN_TRIALS_OF_LAST_BLOCK:
        n_blocks -= 1
    if n_blocks == 0:
        raise RecordingError(expected="at least one block of 10 trials", found="none")
    return n_blocks


def complete_blocks(blocks: Blocks) -> Blocks:
    """Both threads without an incomplete last block (the joint rule)."""
    n_blocks = n_complete_blocks(*blocks)
    return [thread[:n_blocks] for thread in blocks]


def sem(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Standard error over trials, ddof 1; NaN for a single trial."""
    n = values.shape[axis]
    if n < 2:
        return np.full(np.delete(values.shape, axis), np.nan)
    return values.std(axis=axis, ddof=1) / np.sqrt(n)


def psth_trajectory(psth: Blocks) -> np.ndarray:
    """Mean and SEM of the PSTH in every block.

    Returns
    -------
    (n_blocks, 4, 200)
        events/s; axis 1 is mean 0, mean 1, SEM 0, SEM 1 (thread 0 DeePSim, 1 BigGAN).
    """
    means = [[block.mean(axis=1) for block in thread] for thread in psth]
    errors = [[sem(block) for block in thread] for thread in psth]
    return np.stack([*means, *errors], axis=1)


def window_trajectories(psth: Blocks, windows: Sequence[Window]) -> np.ndarray:
    """Mean and SEM over trials of the rate in many windows.

    Rates are differences of running sums, so that a window's do not depend on the others.

    Returns
    -------
    (n_windows, n_blocks, 4)
        events/s; last axis is mean 0, mean 1, SEM 0, SEM 1.

    Raises
    ------
    RecordingError
        If a window is empty or reaches past the recording.
    """
    checked = [_checked(window, N_BINS) for window in windows]
    start, stop = np.array(checked, dtype=int).reshape(-1, 2).T

    def rates_of(block: np.ndarray) -> np.ndarray:
        total = np.zeros((N_BINS + 1, block.shape[1]))
        np.cumsum(block, axis=0, out=total[1:])
        return (total[stop] - total[start]) / (stop - start)[:, None]

    rates = [[rates_of(block) for block in thread] for thread in psth]
    means = [[block.mean(axis=1) for block in thread] for thread in rates]
    errors = [[sem(block) for block in thread] for thread in rates]
    return np.stack([*means, *errors], axis=-1).transpose(1, 0, 2)


def response_trajectory(psth: Blocks, window: Window = EVOKED) -> np.ndarray:
    """Block means and SEMs of the rate in a window, and block means of the baseline.

    Returns
    -------
    (n_blocks, 6)
        events/s: mean 0, mean 1, SEM 0, SEM 1, baseline mean 0, baseline mean 1.
    """
    evoked, baseline = window_trajectories(psth, [window, BASELINE])
    return np.hstack([evoked, baseline[:, :N_THREADS]])


@dataclass(frozen=True)
class Padded:
    """Trajectories on a common number of blocks.

    `values` (n_experiments, n_blocks, ...) and `measured` (n_experiments, n_blocks), which is True
    for real blocks.
    """

    values: np.ndarray
    measured: np.ndarray


def pad(trajectory: np.ndarray, n_blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """Extend a trajectory with the mean of its last two blocks.

    Parameters
    ----------
    trajectory : (n, ...)
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
    """Pad every trajectory to the length of the longest."""
    n_blocks = max(map(len, trajectories))
    padded = [pad(trajectory, n_blocks) for trajectory in trajectories]
    return Padded(np.stack([p[0] for p in padded]), np.stack([p[1] for p in padded]))

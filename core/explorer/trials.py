"""How many trials a block average was taken over, which the explorer's files do not say.

An isolated spike is the smoothing kernel itself (a Gaussian of 2 ms cut at 6 ms), so one spike in a
block of n trials has the area 998.976 / n: where a PSTH shows such a bump, n is known. Elsewhere it
follows from the baseline, where spikes are few and independent: the variance of a bin over trials
is then 141 events/s times its rate. That estimate is some per cent too high or low for a whole
recording, but not for the ratio of its two threads; and the number of BigGAN's images in a block
is known from its space. Of the two numbers used for DeePSim, the ratio tells which.
"""

from dataclasses import dataclass

import numpy as np

from core.errors import RecordingError
from core.explorer.averages import BlockAverages
from core.statistics.windows import BASELINE

KERNEL_SD, KERNEL_REACH = 2, 6
"""Standard deviation and half width of the smoothing kernel, ms."""

BIGGAN_TRIALS = {"BigGAN_class": 25, "BigGAN": 28}
"""Images in a block, by space: the population size of its optimizer."""

FC6_TRIALS = (40, 30)
"""The two population sizes that were used in fc6."""

DOUBTFUL_BAND = 1.08
"""Factor around the middle between `FC6_TRIALS` inside which the ratio does not decide."""

FIRST_BLOCK = 31
"""Usual number of trials in a first block: 30 founders, of which some were shown twice.

It is the rounded mean over the first blocks that show an isolated spike (21 of 340).
"""

FIRST_BLOCK_RANGE = (30, 35)
"""Numbers of trials that occur in those."""

SHORT = 0.8
"""A last block whose estimate is below this share of the others' is taken as estimated."""

_OFFSETS = np.arange(-KERNEL_REACH, KERNEL_REACH + 1)
_GAUSSIAN = np.exp(-0.5 * (_OFFSETS / KERNEL_SD) ** 2) / (KERNEL_SD * np.sqrt(2 * np.pi))

KERNEL_AREA = 1000 * _GAUSSIAN.sum()
"""Sum over 1-ms bins of one smoothed spike, events/s; the cut kernel is not made whole again."""

BIN_VARIANCE = 1000 * np.square(_GAUSSIAN).sum()
"""Variance of a bin over trials per rate, events/s, where spikes are independent."""

ROUNDING = 0.0051
"""Most by which a rounded rate may be off, events/s."""


@dataclass(frozen=True)
class TrialCounts:
    """Trials in every block of an experiment.

    Attributes
    ----------
    n
        Best number, (n_blocks, 2) int64; axis 1 is the thread.
    low, high
        Range of numbers that the files leave open, of the same shape.
    doubtful
        Whether it could not be decided which population size the DeePSim thread had.
    """

    n: np.ndarray
    low: np.ndarray
    high: np.ndarray
    doubtful: bool

    @property
    def exact(self) -> np.ndarray:
        """Where the number is known, (n_blocks, 2) bool."""
        return self.low == self.high


def isolated_spikes(psth: np.ndarray) -> np.ndarray:
    """Number of trials that an isolated spike in a block's PSTH tells.

    Parameters
    ----------
    psth : (..., n_bins)
        Mean smoothed rates in 1-ms bins, events/s.

    Returns
    -------
    (...) float64
        The largest number that a bump tells (two spikes in one bin tell half); NaN without a bump.

    Examples
    --------
    >>> psth = np.zeros(200)
    >>> psth[40:53] = 1000 * _GAUSSIAN / 25
    >>> isolated_spikes(psth).round(2).tolist()
    25.0
    """
    width = 2 * KERNEL_REACH + 1
    bumps = np.lib.stride_tricks.sliding_window_view(psth, width + 2, axis=-1)
    alone = (bumps[..., 0] == 0) & (bumps[..., -1] == 0) & (bumps[..., KERNEL_REACH + 1] > 0)
    result = np.full(psth.shape[:-1], np.nan)
    for index in zip(*np.nonzero(alone), strict=True):
        bump = bumps[index][1:-1]
        n = KERNEL_AREA / bump.sum()
        if np.abs(bump - 1000 * _GAUSSIAN / max(round(n), 1)).max() <= ROUNDING:
            result[index[:-1]] = np.fmax(result[index[:-1]], n)
    return result


def variance_estimates(experiment: BlockAverages) -> np.ndarray:
    """Number of trials from the variance of baseline bins, (n_blocks, 2); NaN without a spike.

    Parameters
    ----------
    experiment
        Its averages.
    """
    baseline = slice(*BASELINE)
    mean = experiment.psth.mean[:, :, baseline].sum(axis=2)
    variance = np.square(experiment.psth.sem[:, :, baseline]).sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(variance > 0, BIN_VARIANCE * mean / variance, np.nan)


def trial_counts(experiment: BlockAverages) -> TrialCounts:
    """Trials in every block of an experiment, best numbers and what the files leave open.

    Parameters
    ----------
    experiment
        Its averages.

    Raises
    ------
    RecordingError
        If it has fewer than three blocks, of which one is neither the first nor the last.
    """
    if experiment.n_blocks < 3:
        raise RecordingError(
            path=experiment.name, expected="at least 3 blocks", found=experiment.n_blocks
        )
    spikes = isolated_spikes(experiment.psth.mean)
    estimates = variance_estimates(experiment)
    usual, doubtful = _population_sizes(experiment, spikes[1:-1])
    n = np.tile(usual, (experiment.n_blocks, 1))
    low, high = n.copy(), n.copy()
    if doubtful:
        low[:, 0], high[:, 0] = min(FC6_TRIALS), max(FC6_TRIALS)
    n[0], low[0], high[0] = FIRST_BLOCK, *FIRST_BLOCK_RANGE
    for thread in range(n.shape[1]):
        inner = estimates[1:-1, thread]
        known = inner[np.isfinite(inner)]
        # NaN, which is below nothing, where the baseline has no spike
        share = estimates[-1, thread] / np.median(known) if known.size else np.nan
        low[-1, thread] = max(2, round(SHORT * SHORT * usual[thread]))
        if share < SHORT:
            n[-1, thread] = low[-1, thread] = max(2, round(share * usual[thread]))
    for block in (0, -1):
        for thread in np.flatnonzero(np.isfinite(spikes[block])):
            told = round(spikes[block, thread])
            most = high[block, thread]
            if 2 * told > most:  # else it may be two spikes in one bin
                n[block, thread] = low[block, thread] = high[block, thread] = told
    return TrialCounts(n, low, high, doubtful)


def _population_sizes(experiment: BlockAverages, spikes: np.ndarray) -> tuple[np.ndarray, bool]:
    """Usual number of trials of both threads, and whether the one of fc6 is doubtful."""
    usual = np.array([BIGGAN_TRIALS.get(space, 0) for space in experiment.spaces])
    if usual[0] or not usual[1]:
        return np.where(usual, usual, max(FC6_TRIALS)), not usual.all()
    told = spikes[:, 0][np.isfinite(spikes[:, 0])].round()
    if told.size and told.max() in FC6_TRIALS:
        usual[0] = int(told.max())
        return usual, False
    middle = np.sqrt(np.prod(FC6_TRIALS))
    estimate = pooled_ratio(experiment) * usual[1]
    usual[0] = min(FC6_TRIALS) if estimate < middle else max(FC6_TRIALS)
    decided = estimate <= middle / DOUBTFUL_BAND or estimate >= middle * DOUBTFUL_BAND
    return usual, not decided


def pooled_ratio(experiment: BlockAverages) -> float:
    """Trials of thread 0 per trial of thread 1, from all blocks but the first and the last.

    NaN where the baseline of one of them has no spike.

    Parameters
    ----------
    experiment
        Its averages.
    """
    inner, baseline = slice(1, -1), slice(*BASELINE)
    mean = experiment.psth.mean[inner, :, baseline].sum(axis=(0, 2))
    variance = np.square(experiment.psth.sem[inner, :, baseline]).sum(axis=(0, 2))
    if not (mean.all() and variance.all()):
        return np.nan
    estimates = mean / variance
    return float(estimates[0] / estimates[1])

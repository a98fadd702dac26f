"""Spikes of many trials at once, with a dead time, and their smoothing to single-trial PSTHs.

After each spike a neuron is silent for the dead time, so that counts vary less than a Poisson
process's: variance over mean is ``(1 - rate * dead time)**2`` in long windows (Mueller 1974, Nucl.
Instrum. Methods 117, 401). Without it, and with the dead time taken out of the clock, spikes are a
Poisson process of the same expected number. All trials' spikes are drawn as one such process;
then spike k of a trial moves by ``dead time * (k - spikes expected before it)``, which puts the
dead times back. At a constant rate that is exact; where the rate changes, it is off by the time
that a trial is ahead or behind, 2 to 4 ms at the end of a strong response.
"""

import numpy as np

from core.errors import SettingError
from neuro_data_analysis.recordings.conversion import N_BINS

SMOOTHING_SD = 2.0
"""ms; sd of the recordings' Gaussian kernel."""

SMOOTHING_REACH = 6
"""ms; the kernel is cut off beyond, and not renormalised."""

N_DRAWN = N_BINS + 2 * SMOOTHING_REACH
"""Bins in which spikes are drawn, 1 ms each: what is smoothed needs spikes outside of it."""

MAX_SHARE_DEAD = 0.8
"""Most of the time that a neuron can be silent after spikes; a higher rate is cut to it."""


MARGIN = 24
"""Bins after the last one in which spikes are drawn, because some move forward out of them."""


def smoothing_kernel() -> np.ndarray:
    """Rate that a spike adds in its bin and the six bins to each side, (13,), events/s.

    Examples
    --------
    >>> round(float(smoothing_kernel().sum()), 3)
    998.976
    """
    lag = np.arange(-SMOOTHING_REACH, SMOOTHING_REACH + 1)
    height = 1000 / (SMOOTHING_SD * np.sqrt(2 * np.pi))
    return height * np.exp(-(lag**2) / (2 * SMOOTHING_SD**2))


def smoothed(counts: np.ndarray) -> np.ndarray:
    """Smoothed PSTHs of counted spikes, as recordings have them.

    Parameters
    ----------
    counts : (n, 212)
        Spikes in 1-ms bins from 6 ms before image onset.

    Returns
    -------
    (n, 200) float32
        events/s from image onset.

    Examples
    --------
    >>> smoothed(np.ones((1, 212)))[0, :3].round()
    array([999., 999., 999.], dtype=float32)
    """
    kernel = smoothing_kernel()
    rows = [np.convolve(row, kernel, mode="valid") for row in counts]
    return np.array(rows, dtype=np.float32).reshape(len(counts), N_BINS)


def draw_spikes(rates: np.ndarray, dead_time: float, rng: np.random.Generator) -> np.ndarray:
    """Spikes in every bin of every trial.

    Parameters
    ----------
    rates : (n_trials, n_bins)
        Expected rate, dead times included, events/s; 1-ms bins.
    dead_time
        ms, at least 0.
    rng
        Generator of the spikes.

    Returns
    -------
    (n_trials, n_bins) int64

    Raises
    ------
    SettingError
        If the dead time is below 0.

    Examples
    --------
    >>> draw_spikes(np.zeros((3, 200)), 0.78, np.random.default_rng(0)).sum()
    np.int64(0)
    """
    if dead_time < 0:
        raise SettingError(path="dead_time", expected="at least 0 ms", found=dead_time)
    bins = _spike_bins(rates, dead_time, rng)
    return np.bincount(bins, minlength=rates.size).reshape(rates.shape)


def _spike_bins(rates: np.ndarray, dead_time: float, rng: np.random.Generator) -> np.ndarray:
    """Trial times number of bins plus bin of every spike."""
    n_trials, n_kept = rates.shape
    n_bins = n_kept + MARGIN
    expected = np.empty((n_trials, n_bins))
    np.divide(rates, 1000, out=expected[:, :n_kept])
    expected[:, n_kept:] = expected[:, n_kept - 1 : n_kept]
    if dead_time:
        np.minimum(expected, MAX_SHARE_DEAD / dead_time, out=expected)
    total = np.zeros(expected.size + 1)
    np.cumsum(expected, out=total[1:])
    n_spikes = rng.poisson(total[-1])
    # in ascending order: partial sums of exponentials are uniform numbers, sorted
    sums = np.cumsum(rng.standard_exponential(n_spikes + 1))
    number = sums[:-1] * (total[-1] / sums[-1])  # of all trials' spikes, how many are expected
    bin_ = np.searchsorted(total[1:-1], number)
    at = bin_ + (number - total[bin_]) / expected.ravel()[bin_]
    trial = bin_ // n_bins
    starts = total[::n_bins][:n_trials]
    before = np.arange(n_spikes) - np.searchsorted(trial, np.arange(n_trials))[trial]
    ahead = before - (number - starts[trial])
    # a trial may begin in the dead time of a spike before it
    begins_dead = rng.random(n_trials) < dead_time * expected[:, 0]
    delay = dead_time * rng.random(n_trials) * begins_dead
    time = at - trial * n_bins + dead_time * ahead + delay[trial]
    inside = (time >= 0) & (time < n_kept)
    return trial[inside] * n_kept + time[inside].astype(np.int64)


def simulated_psth(
    rates: np.ndarray, cv: float, dead_time: float, rng: np.random.Generator
) -> np.ndarray:
    """Single-trial PSTHs of spikes with a dead time and a gamma-distributed gain per trial.

    Parameters
    ----------
    rates : (n_trials, 212)
        Expected rate from 6 ms before image onset, events/s.
    cv
        Coefficient of variation of the gain, above 0.
    dead_time
        ms, at least 0.
    rng
        Generator of gains and spikes.

    Returns
    -------
    (n_trials, 200) float32
        Smoothed rate from image onset, events/s.

    Examples
    --------
    >>> simulated_psth(np.zeros((3, 212)), 0.1, 0.78, np.random.default_rng(0)).shape
    (3, 200)
    """
    if not len(rates):
        return np.zeros((0, N_BINS), dtype=np.float32)
    gain = rng.gamma(1 / cv**2, cv**2, (len(rates), 1))
    bins = _spike_bins(gain * rates, dead_time, rng)
    trial, at = np.divmod(bins, N_DRAWN)
    kernel = smoothing_kernel()
    # every spike adds a kernel, which begins SMOOTHING_REACH bins before it
    width = N_DRAWN + len(kernel) - 1
    reached = (trial * width + at)[:, None] + np.arange(len(kernel))
    weights = np.broadcast_to(kernel, reached.shape)
    smooth = np.bincount(reached.ravel(), weights.ravel(), len(rates) * width)
    smooth = smooth.reshape(len(rates), width)
    first = 2 * SMOOTHING_REACH
    return smooth[:, first : first + N_BINS].astype(np.float32)

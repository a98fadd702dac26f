"""From expected rates to the PSTHs of the recordings: response kernels, spikes, smoothing.

Bins are 1 ms from image onset; rates are events/s.
"""

from functools import cache

import numpy as np

from neuro_data_analysis.recordings.conversion import N_BINS
from neuro_data_analysis.simulation.parameters import Kernel

SMOOTHING_SD = 2.0
"""ms; sd of the recordings' Gaussian kernel."""

SMOOTHING_REACH = 6
"""ms; the kernel is cut off beyond, and not renormalised."""


def response_kernels(kernels: tuple[Kernel, Kernel]) -> np.ndarray:
    """Early and late time course, (2, 200), each with maximum 1.

    Examples
    --------
    >>> response_kernels((Kernel(52, 4, 85, 45, 0.3), Kernel(70, 10, 130, 60, 0.35))).max(axis=1)
    array([1., 1.])
    """
    time = np.arange(N_BINS)
    courses = []
    for kernel in kernels:
        rise = 1 / (1 + np.exp(-(time - kernel.onset) / kernel.slope))
        fall = np.exp(-np.maximum(time - kernel.peak, 0) / kernel.decay)
        course = rise * (kernel.floor + (1 - kernel.floor) * fall)
        courses.append(course / course.max())
    return np.stack(courses)


@cache
def smoothing_matrix() -> np.ndarray:
    """(200, 200): column of bin t is the rate that each spike bin adds, events/s.

    A spike inside [50, 200) and 6 ms from its edges adds 998.976 in all.

    Examples
    --------
    >>> round(float(smoothing_matrix()[100].sum()), 3)
    998.976
    """
    lag = np.subtract.outer(np.arange(N_BINS), np.arange(N_BINS))
    height = 1000 / (SMOOTHING_SD * np.sqrt(2 * np.pi))
    weights = height * np.exp(-(lag**2) / (2 * SMOOTHING_SD**2))
    return np.where(np.abs(lag) <= SMOOTHING_REACH, weights, 0)


def simulated_psth(rates: np.ndarray, cv: float, rng: np.random.Generator) -> np.ndarray:
    """Single-trial PSTHs of Poisson spikes with a gamma-distributed gain per trial.

    Parameters
    ----------
    rates : (n_trials, 200)
        Expected rate, events/s.
    cv
        Coefficient of variation of the gain.
    rng
        Generator of gains and spikes.

    Returns
    -------
    (n_trials, 200) float32
        Smoothed rate, events/s.

    Examples
    --------
    >>> simulated_psth(np.zeros((3, 200)), 0.1, np.random.default_rng(0)).shape
    (3, 200)
    """
    gain = rng.gamma(1 / cv**2, cv**2, (len(rates), 1))
    spikes = rng.poisson(gain * rates / 1000)
    return (spikes @ smoothing_matrix()).astype(np.float32)

"""What is measured on each experiment, as arrays over experiments that rows are computed from."""

import numpy as np

from core.explorer.averages import BlockAverages
from core.explorer.trials import BIN_VARIANCE, KERNEL_AREA
from core.statistics.masks import mask_table
from core.statistics.windows import BASELINE, EVOKED, window_rate
from core.threads import N_THREADS
from neuro_data_analysis.evolutions.cohort import Cohort
from neuro_data_analysis.evolutions.from_explorer import summarise_averages
from neuro_data_analysis.simulation.compare.samples import Measured

Features = dict[str, np.ndarray]
"""(n_experiments,), or with further axes: 2 threads, classes of rate, two sums of products."""

RATE_CLASSES = (2, 15, 40, 80, 150, 250, np.inf)
"""Edges of the classes of rate in which single bins' variability is measured, events/s."""

EARLY, LATE = (50, 100), (100, 200)
"""Windows whose gains are compared, ms."""

LATE_IN_PEAK = slice(180, 194)
"""Bins of the late response, which is divided by the peak; the last six are left out."""

BEST = 3
"""Blocks of the largest mean rate whose PSTH is described."""

SMOOTHED = 5
"""Bins over which a PSTH is averaged before its time course is described."""

SHORT = 0.8
"""A last block is short with fewer trials than this share of the median of the blocks before."""

FIRST, LATER = 0, slice(4, 10)
"""Block 1, and blocks 5 to 10, with which it is compared."""


def features(sample: list[Measured]) -> Features:
    """Measures of every experiment, and which are valid and succeed by the published rules.

    Parameters
    ----------
    sample
        Experiments of one kind.
    """
    rows = [_one(*measured) for measured in sample]
    result = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    masks = mask_table(Cohort(tuple(summarise_averages(*of) for of in sample)).meta).astype(bool)
    result["valid"] = masks["valid"].to_numpy()
    result["success"] = masks[["FCsucc001", "BGsucc001"]].to_numpy()
    return result


def _one(averages: BlockAverages, trials: np.ndarray) -> dict:
    rates = averages.evoked.mean
    reference = np.nanmean(averages.reference.mean, axis=1)
    baseline = window_rate(averages.psth.mean, BASELINE, axis=2)
    both = baseline.mean(axis=1)
    by_thread = [_thread(averages, trials, k) for k in range(N_THREADS)]
    with np.errstate(divide="ignore", invalid="ignore"):
        single = {
            "area": averages.area,
            "animal": averages.animal,
            "fc6": averages.spaces[0] == "fc6",
            "reference_change": np.log(_thirds(reference)),
            "baseline_change": np.log(_thirds(both)),
            "reference_first": np.log(reference[FIRST] / reference[LATER].mean()),
            "baseline_first": np.log(both[FIRST] / both[LATER].mean()),
            "baseline_share": both.mean() / np.nanmean(reference),
            "first_over_reference": rates[:2, 0].mean() / np.nanmean(reference[:2]),
            "log_maximum": np.log(rates.max()),
            "r_threads": _r(*np.diff(rates, axis=0).T),
        }
        squares = _bin_variability(averages, trials)
    return {
        **single,
        **{name: [of[name] for of in by_thread] for name in by_thread[0]},
        "bin_variance": squares[0],
        "bin_rate": squares[1],
    }


def _thread(averages: BlockAverages, trials: np.ndarray, k: int) -> dict:
    mean, error = (moment[:, k] for moment in averages.evoked)
    n = trials[:, k]
    inner = slice(1, -1)
    psth = averages.psth.mean[:, k]
    order = np.argsort(mean)
    best, first = order[-BEST:], [0, 1]
    base = window_rate(psth, BASELINE, axis=1).mean()
    course = course_features(psth[best].mean(axis=0) - base)
    early, late = (_log_gain(window_rate(psth, w, axis=1), best, first) for w in (EARLY, LATE))
    seconds = np.diff(EVOKED)[0] / 1000
    with np.errstate(divide="ignore", invalid="ignore"):
        fano = n * error**2 * seconds / mean / (KERNEL_AREA / 1000)
        return {
            "slope": _products(np.log(mean[inner]), np.log(error[inner])),
            "fano": _median(fano[inner]),
            "r_reference": _r(_detrended(mean), _detrended(averages.reference.mean[:, k])),
            "scatter": scatter(mean[1:], error[1:]),
            "latency": course[0],
            "width": course[1],
            "peak": course[2],
            "late_share": psth[best, LATE_IN_PEAK].mean() / psth[best].mean(axis=0).max(),
            "gain": _log_gain(mean, best, first),
            "end_initial": np.log(mean[-2:].mean() / mean[:2].mean()),
            "late_exceeds": late > early,
            "short_last": n[-1] < SHORT * np.median(n[inner]),
            "population": np.median(n[inner]),
        }


def course_features(course: np.ndarray) -> tuple[float, float, float]:
    """Half-height latency, width at half height and peak of a response, ms.

    Parameters
    ----------
    course : (200,)
        Rate above baseline in 1-ms bins from image onset, events/s.

    Examples
    --------
    >>> triangle = np.maximum(0.0, 30 - np.abs(np.arange(200) - 90))
    >>> [round(float(number), 1) for number in course_features(triangle)]
    [74.4, 31.6, 90.0]
    """
    smooth = np.convolve(course, np.ones(SMOOTHED) / SMOOTHED, mode="same")
    onset = BASELINE[1]
    peak = onset + int(smooth[onset:-SMOOTHED].argmax())
    half = smooth[peak] / 2
    below = np.flatnonzero(smooth[:peak] < half)
    after = np.flatnonzero(smooth[peak:] < half)
    if not below.size:
        return np.nan, np.nan, float(peak)
    start = int(below[-1])
    crossing = start + (half - smooth[start]) / (smooth[start + 1] - smooth[start])
    stop = peak + int(after[0]) if after.size else len(course)
    return crossing, stop - crossing, float(peak)


def scatter(mean: np.ndarray, error: np.ndarray) -> float:
    """Variance of block means around the line through their neighbours, over what SEMs explain.

    Parameters
    ----------
    mean, error : (n_blocks,)
        Block means and standard errors, of one unit.

    Examples
    --------
    >>> float(scatter(np.array([0.0, 3.0, 0.0, 3.0]), np.ones(4)))
    6.0
    """
    bends = mean[:-2] - 2 * mean[1:-1] + mean[2:]
    expected = error[:-2] ** 2 + 4 * error[1:-1] ** 2 + error[2:] ** 2
    return np.square(bends).sum() / expected.sum() if expected.sum() else np.nan


def _bin_variability(averages: BlockAverages, trials: np.ndarray) -> tuple[list, list]:
    """Sums, by class of rate, of variance over trials and of what a Poisson process would have."""
    mean, error = (moment[1:-1, :, 6:194] for moment in averages.psth)
    variance = trials[1:-1, :, None] * np.square(error)
    known = np.isfinite(variance)
    at = np.digitize(mean, RATE_CLASSES)
    chosen = [known & (at == number) for number in range(1, len(RATE_CLASSES))]
    return (
        [variance[of].sum() for of in chosen],
        [BIN_VARIANCE * mean[of].sum() for of in chosen],
    )


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return np.median(known) if known.size else np.nan


def _thirds(values: np.ndarray) -> float:
    third = max(1, len(values) // 3)
    return np.nanmean(values[-third:]) / np.nanmean(values[:third])


def _log_gain(rates: np.ndarray, best: np.ndarray, first: list[int]) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(rates[best].mean() / rates[first].mean())


def _products(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Sums of products of deviations, of x with y and of x with itself."""
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return 0.0, 0.0
    x, y = x[known] - x[known].mean(), y[known] - y[known].mean()
    return float(x @ y), float(x @ x)


def _detrended(values: np.ndarray) -> np.ndarray:
    at = np.linspace(-1, 1, len(values))
    known = np.isfinite(values)
    if known.sum() < 6:
        return np.full(len(values), np.nan)
    return values - np.polynomial.Polynomial.fit(at[known], values[known], 3)(at)


def _r(x: np.ndarray, y: np.ndarray) -> float:
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if x.size < 4 or not np.ptp(x) or not np.ptp(y):
        return np.nan
    return float(np.corrcoef(x, y)[0, 1])

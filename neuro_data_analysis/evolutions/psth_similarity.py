"""How alike the two threads' best blocks respond in time (Figure 3G)."""

import numpy as np

from core.statistics.samples import varies
from core.statistics.windows import EVOKED, Window, window_rate

SMOOTHING = 25
"""Points of the box mean; only whole boxes inside the evoked window count."""

PEAK_COLUMNS = ("psth_corr", "psth_MAE", "psth_MSE")


def psth_differences(psth: np.ndarray, window: Window = EVOKED) -> dict[str, float]:
    """Difference of the best blocks' PSTHs, by the columns of Figure 3G's table.

    The best block of a thread has its largest mean rate in the window. Both PSTHs are divided by
    the larger of the two means, so that differences are shares of it.

    Parameters
    ----------
    psth : (n_blocks, 2, 200)
        Unpadded mean PSTHs of both threads, events/s.
    window
        Start and stop in ms, half-open, 0-based.

    Returns
    -------
    dict
        ``normalizer`` (events/s); Pearson correlation, mean absolute and mean squared difference of
        the PSTHs in the window, also after a 25-point box mean (``_smooth``); ``act_MAE``, the
        absolute difference of the mean rates. NaN where nothing responds or does not vary
        by more than rounding, and of the box mean in a window shorter than the box.

    Examples
    --------
    >>> psth = np.stack([np.full((3, 200), 40.0), np.full((3, 200), 30.0)], axis=1)
    >>> differences = psth_differences(psth)
    >>> differences["normalizer"], differences["act_MAE"]
    (40.0, 0.25)
    """
    evoked = psth[:, :, slice(*window)]
    rates = window_rate(psth, window, axis=2)
    normalizer = float(rates.max())
    if normalizer <= 0:
        names = (*PEAK_COLUMNS, *(f"{name}_smooth" for name in PEAK_COLUMNS), "act_MAE")
        return {"normalizer": normalizer, **dict.fromkeys(names, np.nan)}
    best = [evoked[rates[:, thread].argmax(), thread] / normalizer for thread in (0, 1)]
    box = np.full(SMOOTHING, 1 / SMOOTHING)
    smooth = [np.convolve(course, box, mode="valid") for course in best]
    smoothed = dict.fromkeys((f"{name}_smooth" for name in PEAK_COLUMNS), np.nan)
    if len(best[0]) >= SMOOTHING:
        smoothed = _differences(*smooth, "_smooth")
    return {
        "normalizer": normalizer,
        **_differences(*best, ""),
        **smoothed,
        "act_MAE": float(abs(best[0].mean() - best[1].mean())),
    }


def _differences(first: np.ndarray, second: np.ndarray, suffix: str) -> dict[str, float]:
    both_vary = varies(first) and varies(second)
    return {
        f"psth_corr{suffix}": float(np.corrcoef(first, second)[0, 1]) if both_vary else np.nan,
        f"psth_MAE{suffix}": float(np.abs(first - second).mean()),
        f"psth_MSE{suffix}": float(np.square(first - second).mean()),
    }

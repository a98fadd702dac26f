"""Response windows in ms from image onset, half-open, and the rate inside them."""

import numpy as np

from core.errors import RecordingError
from core.statistics.analysis import BASELINE, EVOKED, Window

__all__ = ["BASELINE", "EVOKED", "Window", "check_window", "window_rate"]


def check_window(window: Window, n_bins: int) -> Window:
    """A window that lies inside a recording.

    Parameters
    ----------
    window
        Start and stop in ms, half-open, 0-based.
    n_bins
        Length of the recording in 1-ms bins.

    Raises
    ------
    RecordingError
        If the window is empty or reaches past the recording.

    Examples
    --------
    >>> check_window((50, 200), 200)
    (50, 200)
    """
    start, stop = window
    if not 0 <= start < stop <= n_bins:
        raise RecordingError(expected=f"a window inside 0-{n_bins} ms", found=f"{start}-{stop}")
    return window


def window_rate(psth: np.ndarray, window: Window = EVOKED, axis: int = 0) -> np.ndarray:
    """Mean firing rate inside a window, of every trial or block.

    Parameters
    ----------
    psth : (..., n_bins, ...)
        Smoothed rates in 1-ms bins from image onset, events/s.
    window
        Start and stop in ms, half-open, 0-based.
    axis
        Axis of the bins.

    Returns
    -------
    (...)
        events/s, float64; the shape of `psth` without `axis`.

    Raises
    ------
    RecordingError
        If the window is empty or reaches past the recording.

    Examples
    --------
    >>> window_rate(np.full((200, 3), 12.0))
    array([12., 12., 12.])
    >>> window_rate(np.zeros((200, 3)), (150, 250))
    Traceback (most recent call last):
    core.errors.RecordingError: expected a window inside 0-200 ms, found 150-250.
    """
    start, stop = check_window(window, psth.shape[axis])
    inside = [slice(None)] * psth.ndim
    inside[axis] = slice(start, stop)
    return psth[tuple(inside)].mean(axis=axis, dtype=float)

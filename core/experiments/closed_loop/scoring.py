"""From an answer to one number for each presentation and channel."""

import numpy as np

from core.errors import RecordingError
from core.experiments.closed_loop.answers import Answer
from core.experiments.closed_loop.settings import Scores


def channel_scores(answer: Answer, scores: Scores) -> np.ndarray:
    """Rates of the chosen channels, events/s; not finite where a channel said nothing.

    Parameters
    ----------
    answer
        What the rig answered; rates are taken as they are, whatever the windows.
    scores
        Channels, window and baseline.

    Returns
    -------
    (n_presentations, n_channels)

    Raises
    ------
    RecordingError
        If a channel is not in the answer, or PSTHs end before the window does.

    Examples
    --------
    >>> spikes = np.empty((1, 1), dtype=object)
    >>> spikes[0, 0] = np.array([10.0, 60.0, 199.0, 200.0])
    >>> answer = Answer(["a"], ["5A"], "spikes", spikes)
    >>> channel_scores(answer, Scores(window=(50, 200)))
    array([[13.33333333]])
    >>> channel_scores(answer, Scores(channels=("6A",)))
    Traceback (most recent call last):
    core.errors.RecordingError: expected channel 6A, found 5A.
    """
    chosen = scores.channels or tuple(answer.channels)
    missing = [name for name in chosen if name not in answer.channels]
    if missing:
        raise RecordingError(
            expected=f"channel {', '.join(missing)}", found=", ".join(answer.channels)
        )
    values = answer.values[:, [answer.channels.index(name) for name in chosen]]
    if answer.kind == "rate":
        return values
    rates = _rate(answer.kind, values, scores.window)
    if scores.baseline is not None:
        rates = rates - _rate(answer.kind, values, scores.baseline)
    return rates


def _rate(kind: str, values: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    start, stop = window
    if kind == "psth":
        if start < 0 or stop > values.shape[2]:
            raise RecordingError(
                expected=f"PSTHs that hold {start} to {stop} ms", found=f"0 to {values.shape[2]} ms"
            )
        return values[:, :, start:stop].mean(axis=2)
    counts = [[((start <= t) & (t < stop)).sum() for t in row] for row in values]
    return np.array(counts, dtype=float).reshape(values.shape) * 1000 / (stop - start)

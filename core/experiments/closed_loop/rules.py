"""Rules for answers as real sessions give them; docs/closed_loop.md has them in one table.

An answer is refused, and waited for once more, only where nothing in it can be trusted: it is of
another block, or of other channels. All else is taken, by rule, and said on the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import RecordingError
from core.experiments.closed_loop.answers import Answer
from core.experiments.closed_loop.manifest import ManifestRow
from core.experiments.closed_loop.scoring import channel_scores
from core.experiments.closed_loop.settings import SessionSettings

LEAST_SHOWN = 0.5
"""Share of a thread's images from which it learns; below, it shows the same ones again."""

OUTLYING = 8.0
"""Robust standard deviations above the median from which a presentation is called an outlier."""

MANY_TIES = 0.5
"""Share of images with one and the same score from which it is said."""

FEW = 4
"""Presentations below which none is called an outlier."""


@dataclass(frozen=True)
class Judged:
    """An answer after the rules.

    Attributes
    ----------
    scores
        For each thread the mean score (n,) of each code; NaN for what was never shown.
    references
        For each thread the mean score of each reference, in order of name.
    learns
        For each thread whether it learns from them.
    notes
        What was wrong, a sentence each.
    is_whole
        Whether every image was shown as often as it should be.
    """

    scores: list[np.ndarray]
    references: list[np.ndarray]
    learns: list[bool]
    notes: list[str]
    is_whole: bool


def judge(
    answer: Answer,
    rows: Sequence[ManifestRow],
    settings: SessionSettings,
    channels_before: Sequence[str] | None = None,
) -> Judged:
    """Make scores of an answer.

    Parameters
    ----------
    answer
        What the rig said.
    rows
        Manifest of the block.
    settings
        Of the session.
    channels_before
        Names of the channels of the block before.

    Returns
    -------
    Judged

    Raises
    ------
    RecordingError
        If the answer is refused.
    """
    _check_channels(answer, settings, channels_before)
    index = {row.name: i for i, row in enumerate(rows)}
    at = np.array([index.get(name, -1) for name in answer.images], dtype=int)
    if not (at >= 0).any():
        found = f"others, as {answer.images[0]}" if answer.images else "no presentation at all"
        raise RecordingError(expected=f"images of the block, as {rows[0].name}", found=found)
    notes = []
    if unknown := [name for name, i in zip(answer.images, at, strict=True) if i < 0]:
        notes.append(
            f"{_n(len(unknown), 'row')} of images that are not in the block, as "
            f"{unknown[0]}: left out"
        )
    per_channel = channel_scores(answer, settings.scores)
    presented, words = _over_channels(per_channel, settings.scores.channels or answer.channels)
    notes += words
    counted = (at >= 0) & np.isfinite(presented)
    if n_bad := int(((at >= 0) & ~np.isfinite(presented)).sum()):
        notes.append(f"{_n(n_bad, 'presentation')} without a finite rate: as if not shown")
    if n_below := int((presented[counted] < 0).sum()):
        notes.append(f"{_n(n_below, 'negative rate')}: taken as they are")
    times = np.bincount(at[counted], minlength=len(rows))
    sums = np.bincount(at[counted], presented[counted], minlength=len(rows))
    with np.errstate(invalid="ignore"):
        means = np.where(times > 0, sums / times, np.nan)
    threads = sorted({row.thread for row in rows})
    scores, references, learns = [], [], []
    for thread in threads:
        evolved = [i for i, row in enumerate(rows) if row.thread == thread and row.code >= 0]
        evolved.sort(key=lambda i: rows[i].code)
        shown_beside = [i for i, row in enumerate(rows) if row.thread == thread and row.code < 0]
        scores.append(means[evolved])
        references.append(means[shown_beside])
        words, does_learn = _of_thread(scores[-1], thread)
        learns.append(does_learn)
        notes += words
        of_thread = counted & np.isin(at, evolved)
        notes += _outliers(presented[of_thread], np.array(answer.images)[of_thread])
    notes += _shown(times, rows, settings.repeats)
    return Judged(scores, references, learns, notes, bool((times >= settings.repeats).all()))


def _n(number: int, words: str) -> str:
    """A number of things in words."""
    return f"{number} {words}{'' if number == 1 else 's'}"


def _check_channels(
    answer: Answer, settings: SessionSettings, channels_before: Sequence[str] | None
) -> None:
    if settings.scores.channels or channels_before is None:
        return
    if list(answer.channels) != list(channels_before):
        raise RecordingError(
            expected=f"the {_n(len(channels_before), 'channel')} of the block before, "
            f"{', '.join(channels_before)}",
            found=f"{len(answer.channels)}: {', '.join(answer.channels)}",
        )


def _over_channels(rates: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Mean over the channels that live, (n_presentations,), and what is to be said of the others.

    A channel without a single rate other than 0 is left out while others live.
    """
    alive = (np.isfinite(rates) & (rates != 0)).any(axis=0)
    if not alive.any():
        alive[:] = True
    notes = [
        f"channel {name} is silent: left out of the mean"
        for name, lives in zip(names, alive, strict=True)
        if not lives
    ]
    # a channel without a number takes the presentation with it: other means would not compare
    return rates[:, alive].mean(axis=1), notes


def _of_thread(scores: np.ndarray, thread: int) -> tuple[list[str], bool]:
    """What is to be said of a thread's scores, and whether it learns from them."""
    known = scores[np.isfinite(scores)]
    if len(known) < max(1, LEAST_SHOWN * len(scores)):
        return [
            f"thread {thread}: {len(known)} of {len(scores)} images were shown: it learns nothing "
            "and shows the same again"
        ], False
    values, n_equal = np.unique(known, return_counts=True)
    largest = int(np.argmax(n_equal))
    if len(known) > 1 and len(n_equal) == 1:
        what = "0" if known[0] == 0 else f"{known[0]:.4g}"
        return [
            f"thread {thread}: all {len(known)} scores are {what}: there is no rank to follow"
        ], True
    if n_equal[largest] > MANY_TIES * len(known):
        return [
            f"thread {thread}: {n_equal[largest]} of {len(known)} images score "
            f"{values[largest]:.4g} alike: there is little rank to follow"
        ], True
    return [], True


def _outliers(rates: np.ndarray, names: np.ndarray) -> list[str]:
    if len(rates) < FEW:
        return []
    middle = np.median(rates)
    spread = 1.4826 * np.median(np.abs(rates - middle))
    if spread == 0:
        return []
    above = (rates - middle) / spread
    return [
        f"{names[i]}: {rates[i]:.4g} in one trial, where half are below {middle:.4g}: an "
        "outlier, which counts as the best rank and no more"
        for i in np.flatnonzero(above > OUTLYING)
    ]


def _shown(times: np.ndarray, rows: Sequence[ManifestRow], repeats: int) -> list[str]:
    notes = []
    if never := [row.name for row, n in zip(rows, times, strict=True) if n == 0]:
        which = f", as {never[0]}" if len(never) > 1 else f": {never[0]}"
        notes.append(f"{_n(len(never), 'image')} never shown{which}; what was not shown ranks last")
    other = int(((times > 0) & (times != repeats)).sum())
    if other:
        notes.append(
            f"{_n(other, 'image')} not shown {_n(repeats, 'time')}: the mean of what was "
            "shown counts"
        )
    return notes

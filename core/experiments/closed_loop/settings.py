"""What a session is made of, and when it stops. A session goes on only with the same settings."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from core.errors import SettingError, StateError
from core.settings import check_same, whole

N_BINS = 1000
"""Largest end of a window, ms."""


@dataclass(frozen=True)
class Scores:
    """How the answer to a presentation becomes a score.

    Attributes
    ----------
    channels
        Names of the channels whose mean it is; none means all that the rig answers for. A name may
        hold the unit, as in 5A.
    window
        Half-open, ms from image onset, where spikes are counted; rates that come as numbers have
        theirs already.
    baseline
        The same for what is subtracted, or None.
    """

    channels: tuple[str, ...] = ()
    window: tuple[int, int] = (50, 200)
    baseline: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for name in ("window", "baseline"):
            limits = getattr(self, name)
            if limits is not None and not -N_BINS <= limits[0] < limits[1] <= N_BINS:
                raise SettingError(
                    path=name,
                    expected=f"two times in ms, ascending, within -{N_BINS} to {N_BINS}",
                    found="{} to {}".format(*limits),
                )


@dataclass(frozen=True)
class SessionSettings:
    """What must be the same for a session to go on.

    Attributes
    ----------
    scores
        How answers become scores.
    repeats
        How often every image is to be shown in a block.
    pixels
        Rows and columns of the image files; None for what the generators make.
    size
        Height and width at which an image is shown, degrees of visual angle.
    position
        x and y of its centre, degrees.
    seed
        Seed of the first codes and of the samples.
    """

    scores: Scores = field(default_factory=Scores)
    repeats: int = 1
    pixels: int | None = None
    size: float = 3.0
    position: tuple[float, float] = (0.0, 0.0)
    seed: int = 0

    def __post_init__(self) -> None:
        whole(self.repeats, "repeats", at_least=1)
        if self.pixels is not None:
            whole(self.pixels, "pixels", at_least=1)

    def plain(self) -> dict[str, Any]:
        """The settings in types of JSON.

        Examples
        --------
        >>> SessionSettings(seed=3).plain()["scores"]
        {'channels': [], 'window': [50, 200], 'baseline': None}
        """
        return json.loads(json.dumps(asdict(self)))


@dataclass(frozen=True)
class Stop:
    """When a session ends; may be other at every start.

    Attributes
    ----------
    blocks
        After so many blocks.
    plateau
        When no thread has risen over its last so many blocks; None for never.
    minutes
        So long after this start; None for never.
    """

    blocks: int = 75
    plateau: int | None = None
    minutes: float | None = None


def check_description(expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Compare what a session is to be made of with what it was begun with.

    Parameters
    ----------
    expected
        Description of the session that is to go on: settings, threads, references.
    found
        Description in the folder.

    Raises
    ------
    StateError
        Names the first difference.

    Examples
    --------
    >>> check_description({"settings": {"seed": 1}}, {"settings": {"seed": 0}})
    Traceback (most recent call last):
    core.errors.StateError: expected the state of this session with seed 1, found seed 0; go on \
with the settings it was saved with, or start anew.
    """
    if not isinstance(found.get("settings"), dict):
        raise StateError(expected="the description of a session", found="something else")
    n_threads = len(expected.get("threads", [])), len(found.get("threads", []))
    if n_threads[0] != n_threads[1]:
        expected = "one thread" if n_threads[0] == 1 else f"{n_threads[0]} threads"
        raise StateError(expected=f"a session of {expected}", found=f"one of {n_threads[1]}")
    check_same(
        expected["settings"].get("scores", {}), found["settings"].get("scores", {}), "this session"
    )
    check_same(expected["settings"], found["settings"], "this session")
    for ours, theirs in zip(expected.get("threads", []), found.get("threads", []), strict=True):
        # what first codes follow from is named before them
        plain = [{k: v for k, v in each.items() if k != "first codes"} for each in (ours, theirs)]
        check_same(*plain, f"thread {ours['name']}")
        check_same(ours, theirs, f"thread {ours['name']}")
    check_same(expected.get("references", {}), found.get("references", {}), "the references")

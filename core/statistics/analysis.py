"""The settings of the analysis: windows, thresholds, areas and exclusions; defaults as published.

Standard library only. Whatever depends on one takes `AnalysisSettings`; what was exported with
others than the published ones says so in its provenance, under `DETAIL`, and is not compared with
the paper.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from core.errors import SettingError

Window = tuple[int, int]

EVOKED: Window = (50, 200)
BASELINE: Window = (0, 45)

PSTH_MS = 200
"""Length of a recorded PSTH from image onset, ms."""

AREAS = ("V1", "V4", "IT")
"""Visual areas in the order of every panel; the paper's text calls ``IT`` PIT."""

MIN_BLOCKS = 15
"""Fewest blocks of a valid experiment (the published rule reads ``blockN > 14``)."""

SUCCESS_LEVEL = 0.01
"""Level that p must stay below in Figures 4A and 6."""

RISE_SHARE = 0.8
"""Share of the largest rise that counts as arrived, in Figure 4D."""

DETAIL = "settings"
"""Detail of a file's provenance: those settings that are not the published ones."""


@dataclass(frozen=True)
class AnalysisSettings:
    """What an analysis may be given in place of the published values.

    Attributes
    ----------
    evoked, baseline
        Windows of the response and of the baseline: start and stop in ms from image onset,
        half-open, 0-based.
    areas
        Visual areas whose experiments are used, some of `AREAS`.
    exclude
        1-based numbers of experiments that are left out.
    min_blocks
        Fewest blocks of a valid experiment.
    success_level
        Level that p must stay below in Figures 4A (best against first blocks) and 6 (last against
        first). The published labels, ``FCsucc005`` and the like, keep the levels in their names.
    rise_share
        Share of the largest rise that counts as arrived, in Figure 4D.

    Raises
    ------
    SettingError
        If one of them cannot be used.

    Examples
    --------
    >>> AnalysisSettings(evoked=(60, 180)).words()
    'evoked window 60-180 ms (published: 50-200 ms)'
    >>> AnalysisSettings(evoked=(180, 60))
    Traceback (most recent call last):
    core.errors.SettingError: evoked: expected a window inside 0-200 ms, found 180-60.
    """

    evoked: Window = EVOKED
    baseline: Window = BASELINE
    areas: tuple[str, ...] = AREAS
    exclude: tuple[int, ...] = ()
    min_blocks: int = MIN_BLOCKS
    success_level: float = SUCCESS_LEVEL
    rise_share: float = RISE_SHARE

    def __post_init__(self):
        for name in ("evoked", "baseline"):
            object.__setattr__(self, name, _window(getattr(self, name), name))
        chosen = _several(self.areas, "areas", "some of V1, V4, IT", lambda area: area in AREAS)
        if not chosen:
            raise SettingError(path="areas", expected="some of V1, V4, IT", found="none")
        object.__setattr__(self, "areas", tuple(area for area in AREAS if area in chosen))
        numbers = _several(self.exclude, "exclude", "numbers of experiments, from 1", _is_number)
        object.__setattr__(self, "exclude", tuple(sorted(set(numbers))))
        if not _is_number(self.min_blocks):
            raise SettingError(
                path="min_blocks", expected="a whole number of at least 1", found=self.min_blocks
            )
        for name in ("success_level", "rise_share"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
                raise SettingError(path=name, expected="a number between 0 and 1", found=value)

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str = "settings") -> "AnalysisSettings":
        """Settings by name, as a TOML or JSON file holds them; the published ones where none is.

        Parameters
        ----------
        values
            Windows as ``[50, 200]``, areas and exclusions as lists, thresholds as numbers.
        where
            Where they stand, for messages.

        Raises
        ------
        SettingError
            If one is not known, or cannot be used.

        Examples
        --------
        >>> AnalysisSettings.of({"evoked": [60, 180], "areas": ["V4"]}).areas
        ('V4',)
        >>> AnalysisSettings.of({"window": [60, 180]}, "mine.toml")
        Traceback (most recent call last):
        core.errors.SettingError: mine.toml: expected evoked, baseline, areas, exclude, \
min_blocks, success_level, rise_share, found window.
        """
        unknown = [name for name in values if name not in NAMES]
        if unknown:
            raise SettingError(path=where, expected=", ".join(NAMES), found=", ".join(unknown))
        try:
            return cls(**values)
        except SettingError as error:
            raise (error.inside(where) if where else error) from None

    def changes(self) -> dict[str, Any]:
        """Those that are not the published ones, by name, as `of` and JSON take them.

        Examples
        --------
        >>> AnalysisSettings(evoked=(60, 180)).changes(), AnalysisSettings().changes()
        ({'evoked': [60, 180]}, {})
        """
        published = asdict(PUBLISHED)
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value != published[name]
        }

    def words(self) -> str:
        """How they differ from the published ones; empty where they do not.

        Examples
        --------
        >>> AnalysisSettings(areas=("V4",), exclude=(12, 40)).words()
        'areas V4 (published: V1, V4, IT); without Exp 12, 40'
        """
        return "; ".join(self._difference(name) for name in self.changes())

    @property
    def short(self) -> str:
        """The same without the published ones, for a line on a picture.

        Examples
        --------
        >>> AnalysisSettings(evoked=(60, 180), areas=("V4",)).short
        'evoked window 60-180 ms; areas V4'
        """
        return "; ".join(self._value(name) for name in self.changes())

    @property
    def line(self) -> str:
        """The same for a line of its own, without exclusions; empty where there is nothing to say.

        Examples
        --------
        >>> AnalysisSettings(evoked=(60, 180), exclude=(12,)).line
        'Settings: evoked window 60-180 ms (published: 50-200 ms)'
        """
        words = replace(self, exclude=()).words()
        return f"Settings: {words}" if words else ""

    def _difference(self, name: str) -> str:
        if name == "exclude":
            return self._value(name)
        return f"{self._value(name)} (published: {_shown(name, getattr(PUBLISHED, name))})"

    def _value(self, name: str) -> str:
        return f"{_CALLED[name]} {_shown(name, getattr(self, name))}"


_CALLED = {
    "evoked": "evoked window",
    "baseline": "baseline window",
    "areas": "areas",
    "exclude": "without Exp",
    "min_blocks": "fewest blocks",
    "success_level": "level of success",
    "rise_share": "share of the rise",
}


def _shown(name: str, value: Any) -> str:
    if name in ("evoked", "baseline"):
        return in_ms(value)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"


def in_ms(window: Window) -> str:
    """A window in words.

    Examples
    --------
    >>> in_ms((60, 180))
    '60-180 ms'
    """
    return f"{window[0]}-{window[1]} ms"


def window_from(text: str, name: str) -> Window:
    """A window as it is typed.

    Parameters
    ----------
    text
        Start and stop in ms, say ``60-180``.
    name
        What it was given for, for the message.

    Raises
    ------
    SettingError
        If it is none that lies inside a recording.

    Examples
    --------
    >>> window_from("60-180", "--evoked")
    (60, 180)
    """
    start, _, stop = text.partition("-")
    if not (start.isdecimal() and stop.isdecimal()):
        raise SettingError(path=name, expected="a window in ms, as in 60-180", found=repr(text))
    return _window((int(start), int(stop)), name)


def read_settings(path: Path) -> dict[str, Any]:
    """What a settings file holds, by name.

    Parameters
    ----------
    path
        A TOML file of attributes of `AnalysisSettings`.

    Raises
    ------
    SettingError
        If it cannot be read, or holds others, or any that cannot be used.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise SettingError(path=path, expected="settings as TOML", found=words) from None
    AnalysisSettings.of(values, str(path))
    return values


def _window(value: Any, name: str) -> Window:
    if not (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(end, int) and not isinstance(end, bool) for end in value)
    ):
        raise SettingError(
            path=name, expected="start and stop in ms, as in [60, 180]", found=repr(value)
        )
    start, stop = value
    if not 0 <= start < stop <= PSTH_MS:
        raise SettingError(
            path=name, expected=f"a window inside 0-{PSTH_MS} ms", found=f"{start}-{stop}"
        )
    return start, stop


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _several(value: Any, name: str, expected: str, holds: Callable[[Any], bool]) -> list:
    if not isinstance(value, list | tuple):
        raise SettingError(path=name, expected=f"a list of {expected}", found=repr(value))
    wrong = [item for item in value if not holds(item)]
    if wrong:
        raise SettingError(path=name, expected=expected, found=wrong[0])
    return list(value)


NAMES = tuple(field.name for field in fields(AnalysisSettings))

PUBLISHED = AnalysisSettings()
"""What the paper was analysed with."""

"""Settings: what a number must be, and whether a saved run had the same ones."""

import json
from typing import Any

import numpy as np

from core.errors import SettingError, StateError

LONGEST = 6
"""Values of a list that a message shows in full."""


def positive_number(value: float, name: str) -> float:
    """A finite number above zero.

    Parameters
    ----------
    value
        What was given.
    name
        Name of the setting, for the message.

    Raises
    ------
    SettingError
        If it is not.

    Examples
    --------
    >>> positive_number(2, "sigma")
    2.0
    >>> positive_number(0, "sigma")
    Traceback (most recent call last):
    core.errors.SettingError: sigma: expected a number above 0, found 0.
    """
    if not (isinstance(value, int | float | np.number) and 0 < value < np.inf):
        raise SettingError(path=name, expected="a number above 0", found=f"{value!r}")
    return float(value)


def whole(value: int, name: str, at_least: int) -> int:
    """A whole number of at least something.

    Parameters
    ----------
    value
        What was given.
    name
        Name of the setting, for the message.
    at_least
        Smallest number that is allowed.

    Raises
    ------
    SettingError
        If it is not.

    Examples
    --------
    >>> whole(np.int64(3), "population", at_least=2)
    3
    >>> whole(2.5, "population", at_least=2)
    Traceback (most recent call last):
    core.errors.SettingError: population: expected a whole number of at least 2, found 2.5.
    """
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or value < at_least:
        raise SettingError(
            path=name, expected=f"a whole number of at least {at_least}", found=f"{value!r}"
        )
    return int(value)


def as_plain(value: Any) -> Any:
    """A NumPy number or array as Python's own, for JSON.

    Examples
    --------
    >>> json.dumps({"n": np.int64(12), "maximize": np.bool_(True)}, default=as_plain)
    '{"n": 12, "maximize": true}'
    """
    return value.tolist()


def check_same(expected: dict[str, Any], found: dict[str, Any], what: str) -> None:
    """Compare settings by name.

    Parameters
    ----------
    expected
        Settings of what is to go on.
    found
        Settings that were saved.
    what
        Whose settings they are, for the message.

    Raises
    ------
    StateError
        Names the first setting that differs.

    Examples
    --------
    >>> check_same({"sigma": 3.0}, {"sigma": 2.0}, "CholeskyCMAES")
    Traceback (most recent call last):
    core.errors.StateError: expected the state of CholeskyCMAES with sigma 3.0, found sigma 2.0; \
go on with the settings it was saved with, or start anew.
    """
    expected = json.loads(json.dumps(expected, default=as_plain))
    for name in [*expected, *(name for name in found if name not in expected)]:
        if expected.get(name) != found.get(name):
            raise StateError(
                expected=f"the state of {what} with {name} {_in_short(expected.get(name))}",
                found=f"{name} {_in_short(found.get(name))}",
                advice="go on with the settings it was saved with, or start anew",
            )


def _in_short(value: Any) -> str:
    """A value for a message; long lists by their ends."""
    if isinstance(value, list) and len(value) > LONGEST:
        return f"[{value[0]}, ..., {value[-1]}] of {len(value)}"
    return str(value)

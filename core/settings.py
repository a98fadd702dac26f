"""Settings: what a number must be, and whether a saved run had the same ones."""

import json
from typing import Any

import numpy as np

from core.errors import SettingError, StateError


def positive(value: float, name: str) -> float:
    """A finite number above zero.

    Raises
    ------
    SettingError
        If it is not.
    """
    if not (isinstance(value, int | float | np.number) and 0 < value < np.inf):
        raise SettingError(path=name, expected="a number above 0", found=f"{value!r}")
    return float(value)


def whole(value: int, name: str, at_least: int) -> int:
    """A whole number of at least something.

    Raises
    ------
    SettingError
        If it is not.
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
                expected=f"the state of {what} with {name} {expected.get(name)}",
                found=f"{name} {found.get(name)}",
                advice="go on with the settings it was saved with, or start anew",
            )

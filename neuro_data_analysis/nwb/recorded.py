"""What of a recording does not follow from the tables of its NWB file, and is kept as it was."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from neuro_data_analysis.recordings.nwb_fields import DERIVED, STRUCTS, TRIALS, Columns, as_json
from neuro_data_analysis.recordings.published_form import published_value


def recorded_fields(raw: Mapping[str, Any], columns: Columns) -> dict[str, str]:
    """Fields of an element that do not follow from the tables, as JSON by path.

    Parameters
    ----------
    raw
        Nested mapping with the fields of ``BFEStats``.
    columns
        The tables that are to be written.
    """
    recorded = {}
    for path in _paths(raw):
        if path in TRIALS:
            continue
        value = _at(raw, path)
        if not _follows(path, value, columns):
            recorded[path] = as_json(value, path)
    return recorded


def _follows(path: str, value: Any, columns: Columns) -> bool:
    try:
        return path in DERIVED and _is_same(value, DERIVED[path](columns))
    except KeyError:  # a column that this recording has no numbers for
        return False


def _paths(raw: Mapping[str, Any]) -> list[str]:
    inner = {name for name in STRUCTS if name in raw and isinstance(raw[name], Mapping)}
    return [
        path
        for name in raw
        for path in ([f"{name}.{field}" for field in raw[name]] if name in inner else [name])
    ]


def _at(raw: Mapping[str, Any], path: str) -> Any:
    value: Any = raw
    for name in path.split("."):
        value = value[name]
    return value


def _is_same(first: Any, second: Any) -> bool:
    """Whether two values are one in the published form, which knows no orientation of vectors."""
    if _is_of_texts(first) and _is_of_texts(second) and first == second:
        return True  # thousands of names, mostly
    return _is_equal(published_value(first), published_value(second))


def _is_of_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(map(_is_of_texts, value)))


def _is_equal(first: Any, second: Any) -> bool:
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_is_equal, first, second))
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        is_alike = first.dtype == second.dtype and first.shape == second.shape
        return is_alike and first.tobytes() == second.tobytes()
    return type(first) is type(second) and not isinstance(first, dict) and first == second

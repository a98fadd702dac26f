"""One field of a recording, in whichever form a reader handed it over, as a plain array or text.

mat73 changed its output over the years: a block of PSTHs may be (200, n), (1, 200, n) or, for one
trial, (200,); a block without trials is None, an empty array, or an unsigned vector of its
dimensions; a cell of texts is flat or nested. Each function accepts them all, and raises a
`RecordingError` that starts with `where`, the experiment and field, for anything else.
"""

from typing import Any

import numpy as np

from core.errors import RecordingError

N_BINS = 200
"""1-ms bins of a PSTH, counted from image onset."""


def as_psth(value: Any, where: str) -> np.ndarray:
    """A block of PSTHs, (200, n_trials) float64, events/s."""
    if is_empty(value):
        return np.zeros((N_BINS, 0))
    array = as_numbers(value, where)
    if array.ndim == 1 or array.shape == (1, N_BINS):
        array = array.reshape(-1, 1)
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 2 or array.shape[0] != N_BINS:
        raise RecordingError(
            path=where, expected=f"blocks of {N_BINS} bins x n trials", found=array.shape
        )
    if not np.isfinite(array).all():
        raise RecordingError(path=where, expected="finite rates", found="NaN or infinity")
    return array


def as_integers(value: Any, where: str) -> np.ndarray:
    """Whole numbers, flat, (n,) int64."""
    if is_empty(value):
        return np.zeros(0, dtype=np.int64)
    numbers = as_numbers(value, where).ravel()
    if not (np.isfinite(numbers).all() and (numbers == np.round(numbers)).all()):
        raise RecordingError(path=where, expected="whole numbers", found="others")
    return numbers.astype(np.int64)


def as_integer(value: Any, where: str) -> int:
    """The first of some whole numbers."""
    numbers = as_integers(value, where)
    if numbers.size == 0:
        raise RecordingError(path=where, expected="a whole number", found=describe(value))
    return int(numbers[0])


def as_responses(value: Any, n_units: int, n_trials: int, where: str) -> np.ndarray:
    """A block of responses, (n_units, n_trials) float64, events/s."""
    array = np.zeros(0) if is_empty(value) else as_numbers(value, where)
    if array.size != n_units * n_trials:
        raise RecordingError(
            path=where, expected=f"{n_units} units x {n_trials} trials", found=array.shape
        )
    return array.reshape(n_units, n_trials)


def as_numbers(value: Any, where: str) -> np.ndarray:
    """Any array of numbers, float64."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise RecordingError(path=where, expected="numbers", found=describe(value))
    return array.astype(float, copy=False)


def as_text(value: Any, where: str) -> str:
    """A text; empty where the field is unset."""
    if not (value is None or isinstance(value, (str, list))):
        raise RecordingError(path=where, expected="a text", found=describe(value))
    return "".join(as_texts(value))


def as_texts(value: Any) -> list[str]:
    """Texts of a cell, flat, whichever way round it is stored; what is no text is left out."""
    if isinstance(value, str):
        # mat73 leaves characters outside the basic plane as surrogate pairs
        return [value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in as_texts(item)]
    return []


def is_empty(value: Any) -> bool:
    """None, an empty array, or the dimension vector that old mat73 returns for an empty array."""
    if value is None:
        return True
    array = np.asarray(value)
    return array.size == 0 or (
        array.ndim == 1 and array.dtype == np.uint64 and np.prod(array, dtype=np.uint64) == 0
    )


def describe(value: Any) -> str:
    """What a value is, in a few words for a message."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, list):
        return f"{len(value)} entries"
    return "nothing" if value is None else repr(value)[:60]

"""One field of a recording, in whichever form a reader handed it over, as a plain array or text.

mat73 changed its output over the years: a block of PSTHs may be (200, n), (1, 200, n) or, for one
trial, (200,); a block without trials is None, an empty array, or an unsigned vector of its
dimensions; a cell of texts is flat or nested. Each function accepts them all, and raises a
`RecordingError` that starts with `where`, the experiment and field, for anything else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.errors import RecordingError
from core.matlab.kinds import Unread
from core.matlab.text import repaired

N_BINS = 200
"""1-ms bins of a PSTH, counted from image onset."""


def as_psth(value: Any, where: str) -> np.ndarray:
    """A block of PSTHs, (200, n_trials) float64, events/s.

    Parameters
    ----------
    value
        Rates as a reader hands them over; None or an empty array is a block without trials.
    where
        Experiment and field, for messages.

    Returns
    -------
    (200, n_trials) float64

    Raises
    ------
    RecordingError
        If it has another shape, or holds numbers that are not finite.

    Examples
    --------
    >>> as_psth(np.full(200, 3.0), "Exp 1, evol.psth").shape
    (200, 1)
    >>> as_psth(np.zeros((100, 2)), "Exp 1, evol.psth")
    Traceback (most recent call last):
    core.errors.RecordingError: Exp 1, evol.psth: expected blocks of 200 bins x n trials, found \
(100, 2).
    """
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
    """Whole numbers, flat, (n,) int64.

    Parameters
    ----------
    value
        Numbers of any shape; nothing where it is empty.
    where
        Experiment and field, for messages.

    Returns
    -------
    (n,) int64

    Raises
    ------
    RecordingError
        If they are no whole numbers.

    Examples
    --------
    >>> as_integers([[1.0], [2.0]], "Exp 1")
    array([1, 2])
    """
    if is_empty(value):
        return np.zeros(0, dtype=np.int64)
    numbers = as_numbers(value, where).ravel()
    if not (np.isfinite(numbers).all() and (numbers == np.round(numbers)).all()):
        raise RecordingError(path=where, expected="whole numbers", found="others")
    return numbers.astype(np.int64)


def as_integer(value: Any, where: str) -> int:
    """The first of some whole numbers.

    Parameters
    ----------
    value
        Numbers of any shape, at least one.
    where
        Experiment and field, for messages.

    Raises
    ------
    RecordingError
        If there is none, or they are no whole numbers.
    """
    numbers = as_integers(value, where)
    if numbers.size == 0:
        raise RecordingError(path=where, expected="a whole number", found=describe(value))
    return int(numbers[0])


def as_responses(value: Any, n_units: int, n_trials: int, where: str) -> np.ndarray:
    """A block of responses, (n_units, n_trials) float64, events/s.

    Parameters
    ----------
    value
        Rates as a reader hands them over.
    n_units
        Rows.
    n_trials
        Columns.
    where
        Experiment and field, for messages.

    Returns
    -------
    (n_units, n_trials) float64

    Raises
    ------
    RecordingError
        If there are more or fewer numbers.
    """
    array = np.zeros(0) if is_empty(value) else as_numbers(value, where)
    if array.size != n_units * n_trials:
        raise RecordingError(
            path=where, expected=f"{n_units} units x {n_trials} trials", found=array.shape
        )
    return array.reshape(n_units, n_trials)


def as_numbers(value: Any, where: str) -> np.ndarray:
    """Any array of numbers, float64.

    Parameters
    ----------
    value
        Anything that holds numbers.
    where
        Experiment and field, for messages.

    Returns
    -------
    array of float64

    Raises
    ------
    RecordingError
        If it holds no numbers.
    """
    array = _array(value)
    if array.dtype.kind not in "biuf":
        raise RecordingError(path=where, expected="numbers", found=describe(value))
    return array.astype(float, copy=False)


def as_text(value: Any, where: str) -> str:
    """A text; empty where the field is unset.

    Parameters
    ----------
    value
        A text, or a cell of at most one; a column of single characters is put together.
    where
        Experiment and field, for messages.

    Raises
    ------
    RecordingError
        If it is no text, or several.

    Examples
    --------
    >>> as_text([["Beto-28072020-006"]], "Exp 1")
    'Beto-28072020-006'
    """
    if not (value is None or isinstance(value, (str, list))):
        raise RecordingError(path=where, expected="a text", found=describe(value))
    texts = [text for text in as_texts(value, where) if text]
    if len(texts) > 1 and max(map(len, texts)) > 1:
        raise RecordingError(path=where, expected="one text", found=len(texts))
    return "".join(texts)


def as_texts(value: Any, where: str = "a cell of texts") -> list[str]:
    """Texts of a cell, flat, whichever way round it is stored; what is no text is left out.

    Parameters
    ----------
    value
        A text, or texts in lists of any depth.
    where
        Experiment and field, for a warning about halves of characters.

    Examples
    --------
    >>> as_texts([["fc6"], [None], ["BigGAN"]])
    ['fc6', 'BigGAN']
    """
    # mat73 leaves characters outside the basic plane as surrogate pairs
    return [repaired(leaf, where) for leaf in _leaves(value) if isinstance(leaf, str)]


def as_names(value: Any, where: str) -> list[str]:
    """Names, flat, without the blanks that a char matrix puts behind the shorter ones.

    Parameters
    ----------
    value
        A cell of texts, or the rows of a char matrix.
    where
        Experiment and field, for messages.

    Raises
    ------
    RecordingError
        If a text is of a kind that cannot be read.

    Examples
    --------
    >>> as_names(["fc6   ", "BigGAN"], "Exp 1, field evol.space_names")
    ['fc6', 'BigGAN']
    """
    leaves = _leaves(value)
    for item in leaves:
        if isinstance(item, Unread):
            raise RecordingError(path=where, expected="names", found=describe(item))
    return [text.rstrip(" \0") for text in as_texts(leaves, where)]


def _leaves(value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        return [value]
    leaves = []
    for item in value:
        if isinstance(item, (list, tuple)):
            leaves += _leaves(item)
        else:
            leaves.append(item)
    return leaves


def is_empty(value: Any) -> bool:
    """None, an empty array, or the dimension vector that old mat73 returns for an empty array."""
    if value is None:
        return True
    array = _array(value)
    return array.size == 0 or (
        array.ndim == 1 and array.dtype == np.uint64 and np.prod(array, dtype=np.uint64) == 0
    )


def _array(value: Any) -> np.ndarray:
    try:
        return np.asarray(value)
    except ValueError:  # lists of different lengths
        return np.full(len(value), None)


def describe(value: Any) -> str:
    """What a value is, in a few words for a message; never where it lies in memory.

    Examples
    --------
    >>> describe(np.zeros((2, 3))), describe(None), describe(2.5), describe(object())
    ('an array of shape (2, 3)', 'nothing', '2.5', 'an object')
    """
    if isinstance(value, np.ndarray):
        kind = "complex numbers" if value.dtype.kind == "c" else "an array"
        return f"{kind} of shape {value.shape}"
    if isinstance(value, Unread):
        return value.kind
    if isinstance(value, Mapping):
        return f"a struct with the fields {', '.join(map(str, value))}"[:60]
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return f"{len(value)} entries"
    if value is None:
        return "nothing"
    if isinstance(value, (str, bytes, bool, int, float, complex, np.generic)):
        return repr(value)[:60]
    return f"an {type(value).__name__}" if type(value) is object else f"a {type(value).__name__}"

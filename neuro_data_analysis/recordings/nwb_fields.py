"""What the tables of an NWB file say, as the fields of a ``BFEStats`` element.

An NWB file keeps one row per image shown and one per unit, a MATLAB file one cell per block. Here
the cells, masks and trial numbers follow from the rows, in MATLAB's orientation and order in
memory, so that whatever is computed from either is the same to the last bit. What does not follow
stands in a table of its own, ``recorded_fields``, one field a row, as JSON.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.errors import RecordingError
from core.matlab.kinds import Unread
from core.matlab.reading import plain_value
from core.threads import N_THREADS

LAYOUT_VERSION = 1
"""Of the tables below; raised when a reader of the earlier ones would misread them."""

PRESENTATIONS, UNITS, BLOCKS = "presentations", "multi_units", "blocks"
EXPERIMENT, RECORDED = "experiment", "recorded_fields"
"""Tables in ``processing/ecephys``."""

Columns = Callable[[str, str], Any]
"""Gives a column, by the names of its table and of itself: an array, or a list of texts."""

STRUCTS = ("evol", "meta", "ref", "stim", "units")
"""Fields of an element that are structs; all others are values."""


def _rows(columns: Columns, part: str) -> list[list[np.ndarray]]:
    """0-based rows of `PRESENTATIONS` in each thread and block."""
    block = columns(PRESENTATIONS, "block")
    chosen = columns(PRESENTATIONS, "is_assigned") & (
        columns(PRESENTATIONS, "is_reference") == (part == "ref")
    )
    second = columns(PRESENTATIONS, "is_thread1")
    return [
        [
            np.flatnonzero(chosen & (second == bool(thread)) & (block == number))
            for number in range(1, _n_blocks(columns) + 1)
        ]
        for thread in range(N_THREADS)
    ]


def _n_blocks(columns: Columns) -> int:
    return int(columns(BLOCKS, "block").max())


def _cells(columns: Columns, part: str, arrange: Callable[[np.ndarray], np.ndarray]) -> list:
    return [[arrange(rows) for rows in thread] for thread in _rows(columns, part)]


def _trial_numbers(columns: Columns, part: str) -> list:
    return _cells(columns, part, lambda rows: rows[None].astype(float) + 1)


def _psth(columns: Columns, part: str) -> list:
    rates = columns(PRESENTATIONS, "psth")

    def arrange(rows: np.ndarray) -> np.ndarray:
        cell = rates[rows].astype(float).T[None]
        return cell[:, :, 0] if len(rows) == 1 else cell  # MATLAB drops a last axis of one

    return _cells(columns, part, arrange)


def _responses(columns: Columns, part: str) -> list:
    rates = columns(PRESENTATIONS, "unit_rates")
    return _cells(columns, part, lambda rows: rates[rows].astype(float).T)


def _column(table: str, name: str) -> Callable[[Columns], np.ndarray]:
    """A column of numbers as MATLAB has it, n x 1 double."""
    return lambda columns: np.asarray(columns(table, name)).astype(float)[:, None]


def _entry(name: str) -> Callable[[Columns], Any]:
    """The one entry of a column of `EXPERIMENT`."""
    return lambda columns: columns(EXPERIMENT, name)[0]


def _pair(name: str) -> Callable[[Columns], np.ndarray]:
    """A number, once for each thread."""
    return lambda columns: np.full((N_THREADS, 1), float(columns(EXPERIMENT, name)[0]))


def _names(name: str) -> Callable[[Columns], list]:
    return lambda columns: [[text] for text in columns(EXPERIMENT, name)[0]]


def _evolved(columns: Columns) -> np.ndarray:
    is_evolved = ~columns(PRESENTATIONS, "is_reference")
    return (columns(PRESENTATIONS, "is_assigned") & is_evolved)[:, None]


def _thread_masks(columns: Columns) -> list:
    assigned, second = (columns(PRESENTATIONS, name) for name in ("is_assigned", "is_thread1"))
    return [[(assigned & (second == bool(thread)))[:, None] for thread in range(N_THREADS)]]


def _preferred_row(columns: Columns) -> np.ndarray:
    row = float(np.argmax(columns(UNITS, "is_preferred")) + 1)
    return np.full((N_THREADS, 1), row)


TRIALS = {
    f"{part}.{name}": (lambda columns, part=part, derive=derive: derive(columns, part))
    for part in ("evol", "ref")
    for name, derive in (("idx_seq", _trial_numbers), ("psth", _psth), ("rspmat", _responses))
}
"""Fields with one cell per thread and block."""

DERIVED: dict[str, Callable[[Columns], Any]] = TRIALS | {
    "imageName": lambda columns: [[name] for name in columns(PRESENTATIONS, "image_name")],
    "evol.block_arr": _column(PRESENTATIONS, "block"),
    "evol.block_n": lambda columns: np.full((1, 1), float(_n_blocks(columns))),
    "evol.imgpos": _entry("image_position"),
    "evol.imgsize": lambda columns: columns(EXPERIMENT, "image_size")[0][:, None],
    "evol.optim_names": _names("optimizers"),
    "evol.pref_chan": _pair("preferred_channel"),
    "evol.space_names": _names("generators"),
    "evol.thread_num": lambda columns: np.full((1, 1), float(N_THREADS)),
    "evol.unit_in_pref_chan": _pair("preferred_unit"),
    "meta.comments": _entry("comments"),
    "meta.ephysFN": _entry("recording"),
    "meta.expControlFN": _entry("control_file"),
    "meta.spikeID": _column(UNITS, "channel"),
    "meta.stimuli": _entry("stimulus_folder"),
    "meta.unitID": _column(UNITS, "unit_on_channel"),
    "meta.wvfms": lambda columns: columns(UNITS, "waveform").astype(float),
    "stim.gen_msk": _evolved,
    "stim.nat_msk": lambda columns: columns(PRESENTATIONS, "is_reference")[:, None],
    "stim.thread_msks": _thread_masks,
    "units.activ_msk": lambda columns: (columns(UNITS, "unit_on_channel") > 0)[:, None],
    "units.pref_chan": _pair("preferred_channel"),
    "units.pref_chan_id": _preferred_row,
    "units.spikeID": _column(UNITS, "channel"),
    "units.unit_in_pref_chan": _pair("preferred_unit"),
    "units.unit_num_arr": _column(UNITS, "unit_on_channel"),
}
"""Every field that follows from the tables, by its path in the element."""


def as_json(value: Any, where: str = "") -> str:
    """A value of a recording as JSON: arrays with their type and shape, floats exact.

    Parameters
    ----------
    value
        Whatever the reader of MATLAB files, or a pickle, gives.
    where
        Its field, for a message.

    Raises
    ------
    RecordingError
        If it holds numbers of a kind that JSON lacks.

    Examples
    --------
    >>> as_json([["fc6", None]])
    '["cell", ["cell", "fc6", null]]'
    >>> as_json(np.array([[0.1, 200.0]]))
    '["array", "float64", [1, 2], [0.1, 200.0]]'
    """
    try:
        return json.dumps(_tagged(plain_value(value)))
    except TypeError as error:
        raise RecordingError(
            path=f"field {where}", expected="numbers and texts", found=error
        ) from None


def _tagged(value: Any) -> Any:
    """Lists that say first what they are; objects of JSON would displease checkers of tables."""
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        return ["array", array.dtype.name, list(array.shape), array.ravel().tolist()]
    if isinstance(value, Mapping):
        return ["struct", *([name, _tagged(content)] for name, content in value.items())]
    if isinstance(value, (list, tuple)):
        return ["cell", *map(_tagged, value)]
    return None if isinstance(value, Unread) else value


def from_json(text: str) -> Any:
    """What `as_json` was given.

    Examples
    --------
    >>> from_json(as_json({"size": np.zeros((1, 0)), "names": [["fc6"]]}))
    {'size': array([], shape=(1, 0), dtype=float64), 'names': [['fc6']]}
    """
    return _restored(json.loads(text))


def _restored(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    kind, *content = value
    if kind == "cell":
        return [_restored(item) for item in content]
    if kind == "struct":
        return {name: _restored(item) for name, item in content}
    dtype, shape, numbers = content
    return np.array(numbers, dtype=dtype).reshape(shape)

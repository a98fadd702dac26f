"""Recordings in the form of the published pickles, which is what mat73 0.59 makes of a MATLAB file.

Arrays are squeezed and keep their type: a block of one trial is (200,), a number an array without
axes. Numbers of an empty array are its dimensions, uint64, and a flag alone is a bool. A cell of
one row is a flat list, any other a list of rows; what is unset or an object of MATLAB is None.
"""

import pickle
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import RecordingError
from core.files import replacing
from core.matlab.kinds import Unread
from core.matlab.reading import StructArray
from neuro_data_analysis.recordings.dataset import (
    EVOLUTION_FILES,
    VARIABLE,
    Overrides,
    Recordings,
    open_recordings,
)
from neuro_data_analysis.recordings.experiment import Experiment, is_usable


class AttributeDict(dict):
    """A dict whose keys are attributes too.

    Examples
    --------
    >>> AttributeDict(prefchan=5).prefchan
    5
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"expected one of {', '.join(self)}, found {name!r}") from None


class Fields(Mapping):
    """The fields of a struct in the published form, each read when it is first asked for.

    Parameters
    ----------
    raw
        Values by field, as the reader or a pickle gives them.

    Examples
    --------
    >>> fields = Fields({"evol": {"pref_chan": np.array([[5.0], [5.0]])}})
    >>> fields["evol"]["pref_chan"], fields.evol.pref_chan.shape
    (array([5., 5.]), (2,))
    """

    def __init__(self, raw: Mapping[str, Any]):
        self._fields = raw
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            value = self._fields[name]
            is_struct = isinstance(value, Mapping)
            self._read[name] = Fields(value) if is_struct else published_value(value)
        return self._read[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._fields:
            raise AttributeError(name)
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


class PublishedExperiment(Experiment, Fields):
    """An experiment that is also looked into as in the published code, ``S["evol"]["psth"]``.

    Parameters
    ----------
    expi
        1-based number of the experiment.
    raw
        Nested mapping with the fields of ``BFEStats``.
    override
        As in `Experiment`.
    """

    def __init__(
        self, expi: int, raw: Mapping[str, Any], override: Mapping[str, Any] | None = None
    ):
        Experiment.__init__(self, expi, raw, override)
        Fields.__init__(self, filled_in(raw, override or {}))

    __hash__ = object.__hash__
    __eq__ = object.__eq__


class ByField(Mapping):
    """The entries of all experiments by field, as ``BFEStats`` of the merged file holds them.

    Parameters
    ----------
    elements
        The experiments; what has no field counts as unset.
    """

    def __init__(self, elements: Iterable[Mapping[str, Any]]):
        self._elements = list(elements)

    def __getitem__(self, name: str) -> list:
        if name not in set(self):
            raise KeyError(name)
        return [element.get(name) for element in self._elements]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for element in self._elements for name in element))

    def __len__(self) -> int:
        return len(list(iter(self)))


def published_elements(recordings: Recordings) -> list[PublishedExperiment | Fields]:
    """All elements of a data set; of an unset one ``["evol"]`` is None."""
    return [
        Fields(ChainMap({"evol": None}, raw or {}))
        if raw is None or not is_usable(raw)
        else PublishedExperiment(expi, raw, recordings.overrides.get(expi))
        for expi, raw in enumerate(recordings.elements, start=1)
    ]


def filled_in(raw: Mapping[str, Any], override: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of an experiment with what replaces or completes them.

    Parameters
    ----------
    raw
        Nested mapping with the fields of ``BFEStats``.
    override
        ``optim_names`` and ``stimuli``, each only where it is to be replaced.

    Examples
    --------
    >>> filled = filled_in({"evol": {"block_n": 3}}, {"optim_names": ["CMAES", "CMAES"]})
    >>> dict(filled["evol"])
    {'block_n': 3, 'optim_names': ['CMAES', 'CMAES']}
    """
    filled = {
        part: ChainMap({name: override[name]}, raw[part])
        for part, name in (("evol", "optim_names"), ("meta", "stimuli"))
        if name in override and isinstance(raw[part], Mapping)
    }
    return ChainMap(filled, raw)


def as_experiment(element: Any, expi: int = 0) -> Experiment | None:
    """An experiment in the project's form, whichever form it has; None for an unset one.

    Parameters
    ----------
    element
        An `Experiment`, a mapping with the fields of ``BFEStats``, or None.
    expi
        1-based number of the experiment, where the element does not say it.

    Raises
    ------
    RecordingError
        If it is something else.
    """
    if element is None or isinstance(element, Experiment):
        return element
    return Experiment(expi, element) if is_usable(element) else None


def recorded(element: Any) -> Experiment:
    """`as_experiment` of an element that holds a recording.

    Raises
    ------
    RecordingError
        If it holds none.
    """
    experiment = as_experiment(element)
    if experiment is None:
        raise RecordingError(expected="an experiment", found="an element without a recording")
    return experiment


def as_experiments(elements: Iterable[Any]) -> list[Experiment | None]:
    """`as_experiment` of every element; their numbers count from 1."""
    return [as_experiment(element, expi) for expi, element in enumerate(elements, start=1)]


def published_value(value: Any) -> Any:
    """A value as mat73 0.59 returns it, read whole.

    Parameters
    ----------
    value
        Whatever the reader gave: arrays in MATLAB's orientation, cells as lists of rows.

    Examples
    --------
    >>> published_value(np.zeros((1, 200, 1))).shape, published_value([["fc6"], ["BigGAN"]])
    ((200,), [['fc6'], ['BigGAN']])
    >>> published_value(np.zeros((1, 200, 0))), published_value([["fc6", "BigGAN"]])
    (array([  1, 200,   0], dtype=uint64), ['fc6', 'BigGAN'])
    """
    if isinstance(value, Mapping):
        return {name: published_value(content) for name, content in value.items()}
    if isinstance(value, StructArray):
        return [published_value(element) for element in value]
    if isinstance(value, list):
        return _published_cell(value)
    if isinstance(value, np.ndarray):
        return _published_array(value)
    return None if isinstance(value, Unread) else value


def _published_cell(cell: list) -> list:
    if not all(isinstance(row, list) for row in cell):
        return [published_value(item) for item in cell]
    rows = [[published_value(item) for item in row] for row in cell]
    return rows[0] if len(rows) == 1 and rows[0] else rows


def _published_array(array: np.ndarray) -> np.ndarray | bool:
    if array.size == 0:
        kind = bool if array.dtype == bool else np.uint64
        return np.array(array.shape, dtype=np.uint64).astype(kind)
    if array.dtype == bool and array.size == 1:
        return bool(array.item())
    return array.squeeze()


def write_published_pickles(folder: Path, overrides: Overrides | None = None) -> None:
    """Write both published pickles beside the MATLAB file; memory must hold the data set.

    ``..._expsep.pkl`` is a list of dicts, one an experiment; the merged one is what mat73 returns,
    ``{"BFEStats": {field: [one entry an experiment]}}``. Where the published ones hold attribute
    dicts of the package easydict, these hold plain ones.

    Parameters
    ----------
    folder
        Folder of the MATLAB file.
    overrides
        Optimizer names and folders of stimuli to fill in, by experiment number.
    """
    with open_recordings(folder / EVOLUTION_FILES[0]) as recordings:
        elements = [
            published_value(filled_in(element, (overrides or {}).get(expi, {})))
            for expi, element in enumerate(recordings.elements, start=1)
        ]
    fields = dict.fromkeys(name for element in elements for name in element)
    merged = {name: [element.get(name) for element in elements] for name in fields}
    for name, content in ((EVOLUTION_FILES[1], elements), (EVOLUTION_FILES[2], {VARIABLE: merged})):
        with replacing(folder / name) as temporary, temporary.open("wb") as file:
            pickle.dump(content, file, protocol=4)

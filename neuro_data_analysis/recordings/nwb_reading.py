"""Paired evolutions in NWB files, one file an experiment, read with h5py as the MATLAB file is.

An element opens its file when one of its fields is asked for, and closes it again, so that a data
set of any number of files holds none open. What its tables mean: `nwb_fields`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from core.errors import MissingFileError, RecordingError
from core.matlab.failures import failures_named
from neuro_data_analysis.recordings.nwb_fields import (
    DERIVED,
    EXPERIMENT,
    LAYOUT_VERSION,
    RECORDED,
    STRUCTS,
    from_json,
)

NWB_SUFFIX = ".nwb"

TABLES = "processing/ecephys"
"""Group of the tables."""

KIND = "the NWB file of a paired evolution"

MOST_EXPERIMENTS = 100_000
"""Largest number of an experiment; a damaged file names any."""


class NwbElement(Mapping):
    """One experiment as an element of ``BFEStats``; a field is read when it is looked up.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    MissingFileError, RecordingError
        If there is none, or it is no NWB file of a paired evolution in the layout that is known.
    """

    def __init__(self, path: Path):
        self.path = path
        with self.tables() as columns:
            self.expi = int(columns(EXPERIMENT, "expi")[0])
            self.data_set_size = int(columns(EXPERIMENT, "data_set_size")[0])
            self.is_simulated = bool(columns(EXPERIMENT, "is_simulated")[0])
        if not 1 <= self.expi <= self.data_set_size <= MOST_EXPERIMENTS:
            raise RecordingError(
                path=path,
                expected="the number of an experiment and that of all",
                found=f"{self.expi} of {self.data_set_size}",
            )

    def __repr__(self) -> str:
        return f"<a struct with the fields {', '.join(self)}>"

    def __getitem__(self, name: str) -> Any:
        if name in STRUCTS:
            return _Part(self, name)
        if name not in self._paths:
            raise KeyError(name)
        return self.value(name)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({path.split(".")[0] for path in self._paths}))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def names(self, part: str) -> list[str]:
        """Names of the fields of a struct."""
        inside = (path.split(".") for path in self._paths)
        return sorted(names[1] for names in inside if names[0] == part and len(names) > 1)

    def value(self, path: str) -> Any:
        """A field by its path, say ``evol.psth``; None where the recording has no value for it."""
        if path in self._recorded:
            return from_json(self._recorded[path])
        with self.tables() as columns:
            try:
                return DERIVED[path](columns)
            except KeyError:
                return None

    @contextmanager
    def tables(self) -> "Iterator[Tables]":
        """The columns of the open file."""
        if not self.path.is_file():
            raise MissingFileError(path=self.path, expected=KIND, found="no file")
        with failures_named(self.path, kind=KIND), h5py.File(self.path, "r") as file:
            yield Tables(file, self.path)

    @cached_property
    def _recorded(self) -> dict[str, str]:
        with self.tables() as columns:
            return dict(zip(columns(RECORDED, "field"), columns(RECORDED, "value"), strict=True))

    @cached_property
    def _paths(self) -> list[str]:
        return sorted(DERIVED.keys() | self._recorded.keys())


class _Part(Mapping):
    """A struct of an element."""

    def __init__(self, element: NwbElement, name: str):
        self._element = element
        self._name = name

    def __getitem__(self, name: str) -> Any:
        if name not in list(self):
            raise KeyError(name)
        return self._element.value(f"{self._name}.{name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._element.names(self._name))

    def __len__(self) -> int:
        return len(list(iter(self)))


class Tables:
    """The columns of an open file, by the names of their table and their own.

    Parameters
    ----------
    file
        Open NWB file.
    path
        Its path, for messages.

    Raises
    ------
    RecordingError
        If it is none, or of another layout.
    """

    def __init__(self, file: h5py.File, path: Path):
        self._path = path
        version = str(file.attrs.get("nwb_version", ""))
        if not version:
            self._refuse(f"an HDF5 file of another kind (its members: {_names(file)})")
        if version.split(".")[0] != "2":
            self._refuse(f"NWB {version}, where 2 is read")
        if EXPERIMENT not in file.get(TABLES, ()):
            self._refuse(f"one without {TABLES}/{EXPERIMENT}")
        self._tables = file[TABLES]
        layout = int(self(EXPERIMENT, "layout_version")[0])
        if layout != LAYOUT_VERSION:
            self._refuse(
                f"layout {layout}, where {LAYOUT_VERSION} is read",
                "`./reproduce nwb` of this version writes it anew",
            )

    def __call__(self, table: str, column: str) -> Any:
        """An array, or a list of texts (nested where the column has further axes)."""
        if table not in self._tables or column not in self._tables[table]:
            if column in OPTIONAL:
                raise KeyError(column)
            self._refuse(f"one without {TABLES}/{table}/{column}")
        dataset = self._tables[table][column]
        if h5py.check_string_dtype(dataset.dtype):
            return dataset.asstr()[()].tolist()
        return np.asarray(dataset[()])

    def _refuse(self, found: str, advice: str = "") -> None:
        raise RecordingError(path=self._path, expected=KIND, found=found, advice=advice)


OPTIONAL = ("waveform",)
"""Columns that a file goes without where there is nothing to put into them."""


def _names(group: h5py.Group) -> str:
    return ", ".join(list(group)[:5]) or "none"


def nwb_files(folder: Path) -> list[Path]:
    """NWB files in a folder and in its folders ``sub-*``, as the archive DANDI lays them out."""
    found = [*folder.glob(f"*{NWB_SUFFIX}"), *folder.glob(f"sub-*/*{NWB_SUFFIX}")]
    return sorted(path for path in found if not path.name.startswith("."))


def nwb_elements(files: Sequence[Path]) -> list[NwbElement | None]:
    """Experiments in the place of their numbers, None where there is no file.

    Parameters
    ----------
    files
        NWB files, each of one experiment.

    Raises
    ------
    MissingFileError, RecordingError
        If one cannot be read, or two are of the same experiment.
    """
    by_number: dict[int, NwbElement] = {}
    for path in files:
        element = NwbElement(path)
        other = by_number.setdefault(element.expi, element)
        if other is not element:
            raise RecordingError(
                path=path,
                expected="another experiment than the other files",
                found=f"Exp {element.expi}, as in {other.path.name}",
            )
    size = max((element.data_set_size for element in by_number.values()), default=0)
    return [by_number.get(expi) for expi in range(1, size + 1)]


def says_simulated(elements: Sequence[NwbElement | None]) -> bool:
    """Whether any file says that what it holds is simulated."""
    return any(element.is_simulated for element in elements if element is not None)

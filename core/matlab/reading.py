"""MATLAB v7.3 files (HDF5), read piece by piece; `matfile_writing` writes them.

Reading follows references only where it is asked to: a struct is a mapping whose values are read
when they are looked up, so that one field of one experiment costs one small read. Arrays come in
MATLAB's orientation (HDF5 stores them reversed).

"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5r, h5s

from core.errors import MissingFileError, RecordingError

SIGNATURE = b"MATLAB 7.3 MAT-file"

DAMAGE = (
    OSError,
    LookupError,
    RuntimeError,
    ValueError,
    TypeError,
    MemoryError,
    AttributeError,
)
"""What h5py raises on a damaged file."""


class Struct(Mapping):
    """A scalar struct, read lazily: ``struct[name]`` is a Struct, StructArray or a plain value."""

    def __init__(self, group: h5py.Group):
        self._group = group

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        with _damage_named(self._group.file):
            return _value(self._group[name])

    def __contains__(self, name: object) -> bool:
        with _damage_named(self._group.file):
            return name in self._group

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._group if not name.startswith("#"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class StructArray(Sequence):
    """A 1 x N struct array: element i is a mapping from field name to value."""

    def __init__(self, group: h5py.Group):
        self._references = {name: dataset[()].ravel() for name, dataset in group.items()}
        self._file = group.file

    def __getitem__(self, index: int) -> "StructElement":
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return StructElement(self._file, {n: r[index] for n, r in self._references.items()})

    def __len__(self) -> int:
        return min((len(r) for r in self._references.values()), default=0)


class StructElement(Mapping):
    """One element of a struct array."""

    def __init__(self, file: h5py.File, references: dict[str, h5py.Reference]):
        self._file = file
        self._references = references

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        with _damage_named(self._file):
            return _value(self._file[self._references[name]])

    def __contains__(self, name: object) -> bool:
        return name in self._references

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)


@contextmanager
def open_matfile(path: Path) -> Iterator[Struct]:
    """The variables of a v7.3 file, as a mapping that is valid inside the ``with`` block.

    Raises
    ------
    MissingFileError
        If there is no such file.
    RecordingError
        If it is not a v7.3 file, or is damaged.
    """
    path = Path(path)
    _check_signature(path)
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise RecordingError(
            path=path,
            expected="a whole MATLAB v7.3 file",
            found=f"one that HDF5 cannot open: it is cut off or damaged ({error})",
        ) from None
    with file:
        yield Struct(file)


def _check_signature(path: Path) -> None:
    if path.is_dir():
        raise RecordingError(path=path, expected="a MATLAB v7.3 file", found="a folder")
    try:
        with path.open("rb") as file:
            start = file.read(116)
    except FileNotFoundError:
        raise MissingFileError(path=path, expected="a MATLAB v7.3 file", found="no file") from None
    except OSError as error:
        raise RecordingError(
            path=path,
            expected="a MATLAB v7.3 file",
            found=f"one that cannot be read: {error.strerror}",
        ) from None
    if start.startswith((SIGNATURE, b"\x89HDF")):
        return
    if start.startswith(b"MATLAB 5.0 MAT-file"):
        raise RecordingError(
            path=path,
            expected="a MATLAB v7.3 file",
            found="a level-5 file",
            advice="in MATLAB, save(..., '-v7.3') writes the format that is read here",
        )
    raise RecordingError(
        path=path,
        expected="a MATLAB v7.3 file",
        found=f"something else (it starts with {start[:16]!r})",
    )


def _value(item: h5py.Group | h5py.Dataset) -> Any:
    """A field's content: Struct, StructArray, nested list (cell), str, ndarray, or None (unset)."""
    if isinstance(item, h5py.Group):
        return StructArray(item) if _is_struct_array(item) else Struct(item)
    return _read_dataset(item.id)


@contextmanager
def _damage_named(file: h5py.File) -> Iterator[None]:
    """Turn what HDF5 raises in a damaged file into one sentence."""
    try:
        yield
    except DAMAGE as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(
            path=file.filename,
            expected="a whole MATLAB v7.3 file",
            found=f"a damaged one ({error})",
        ) from None


def _is_struct_array(group: h5py.Group) -> bool:
    children = list(group.values())
    return bool(children) and all(
        isinstance(child, h5py.Dataset)
        and child.dtype == h5py.ref_dtype
        and "MATLAB_class" not in child.attrs
        for child in children
    )


def _read_dataset(dataset: h5d.DatasetID) -> Any:
    kind = _matlab_class(dataset)
    if h5a.exists(dataset, b"MATLAB_empty"):
        shape = tuple(int(n) for n in _read_array(dataset).ravel())
        if kind == b"canonical empty":
            return None
        if kind == b"char":
            return ""
        return [] if kind == b"cell" else np.zeros(shape)
    if kind == b"cell":
        return _read_cell(dataset)
    if kind == b"char":
        return _read_array(dataset).T.tobytes("F").decode("utf-16-le")
    if h5a.exists(dataset, b"MATLAB_object_decode"):
        return None
    array = _read_array(dataset).T
    return array.astype(bool) if kind == b"logical" else array


def _read_array(dataset: h5d.DatasetID) -> np.ndarray:
    array = np.empty(dataset.shape, dataset.dtype)
    if array.size:
        dataset.read(h5s.ALL, h5s.ALL, array)
    return array


def _read_cell(dataset: h5d.DatasetID) -> list[list]:
    """Rows of an M x N cell."""
    references = _read_array(dataset).T
    return [[_dereference(dataset, reference) for reference in row] for row in references]


def _dereference(dataset: h5d.DatasetID, reference: h5py.Reference) -> Any:
    target = h5r.dereference(reference, dataset)
    if isinstance(target, h5g.GroupID):
        return _value(h5py.Group(target))
    return _read_dataset(target)


def _matlab_class(dataset: h5d.DatasetID) -> bytes:
    if not h5a.exists(dataset, b"MATLAB_class"):
        return b""
    attribute = h5a.open(dataset, b"MATLAB_class")
    text = np.empty((), attribute.dtype)
    attribute.read(text)
    return bytes(text[()])


def plain_value(value: Any) -> Any:
    """A value with everything behind it read: structs as dicts, struct arrays as lists of dicts."""
    if isinstance(value, Mapping):
        return {name: plain_value(content) for name, content in value.items()}
    if isinstance(value, (StructArray, list)):
        return [plain_value(content) for content in value]
    return value

"""MATLAB v7.3 files (HDF5) read piece by piece, and written as MATLAB lays them out.

Reading follows references only where it is asked to: a struct is a mapping whose values are read
when they are looked up, so that one field of one experiment costs one small read. Arrays come in
MATLAB's orientation (HDF5 stores them reversed). Writing is `write_matfile`.

Format: raw_recordings.md section 10.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5p, h5r, h5s, h5t

from core.errors import MissingFileError, RecordingError, ReproductionError, RunError
from core.files import replacing

USER_BLOCK = 512
SIGNATURE = b"MATLAB 7.3 MAT-file"
COMPRESSION_LEVEL = 3
"""Deflate level of MATLAB's own files."""

COMPRESS_FROM = 512
"""Arrays of at least so many numbers are compressed."""


# Reading ------------------------------------------------------------------------------------------


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
            f"{path}: expected a whole MATLAB v7.3 file, found one that HDF5 cannot open: it is "
            f"cut off or damaged ({error})."
        ) from None
    with file:
        yield Struct(file)


def _check_signature(path: Path) -> None:
    if path.is_dir():
        raise RecordingError(f"{path}: expected a MATLAB v7.3 file, found a folder.")
    try:
        with path.open("rb") as file:
            start = file.read(116)
    except FileNotFoundError:
        raise MissingFileError(f"{path}: expected a MATLAB v7.3 file, found no file.") from None
    except OSError as error:
        raise RecordingError(
            f"{path}: expected a MATLAB v7.3 file, found one that cannot be read: {error.strerror}."
        ) from None
    if start.startswith((SIGNATURE, b"\x89HDF")):
        return
    if start.startswith(b"MATLAB 5.0 MAT-file"):
        raise RecordingError(
            f"{path}: expected a MATLAB v7.3 file, found a level-5 file; in MATLAB, "
            "save(..., '-v7.3') writes the format that is read here."
        )
    raise RecordingError(
        f"{path}: expected a MATLAB v7.3 file, found something else (it starts with "
        f"{start[:16]!r})."
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
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(
            f"{file.filename}: expected a whole MATLAB v7.3 file, found a damaged one ({error})."
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


# Writing ------------------------------------------------------------------------------------------


class Cell:
    """An M x N cell to be written: rows of values, each anything that can be written."""

    def __init__(self, rows: Sequence[Sequence[Any]]):
        self.rows = [list(row) for row in rows]
        if len({len(row) for row in self.rows}) > 1:
            raise ValueError("expected rows of one length in a cell")

    @property
    def shape(self) -> tuple[int, int]:
        """(M, N)."""
        return len(self.rows), len(self.rows[0]) if self.rows else 0

    @classmethod
    def column(cls, values: Sequence[Any]) -> "Cell":
        """An N x 1 cell."""
        return cls([[value] for value in values])

    @classmethod
    def row(cls, values: Sequence[Any]) -> "Cell":
        """A 1 x N cell."""
        return cls([list(values)])


def write_matfile(
    path: Path, name: str, elements: Iterator[Mapping[str, Any] | None], fields: Sequence[str]
) -> None:
    """Write one variable, a 1 x N struct array, as a MATLAB v7.3 file.

    Equal texts are stored once and referred to many times. The same elements give the same bytes:
    the header carries a fixed date.

    Parameters
    ----------
    path
        Replaced when the whole file is written.
    name
        Name of the variable.
    elements
        One mapping per element, consumed one at a time; None leaves every field unset. Values are
        mapping (struct), `Cell`, str, bool array (logical), number or numeric array in MATLAB
        orientation, None (unset). An array that is empty keeps its dimensions.
    fields
        Names of the elements' fields, in order.
    """
    with replacing(path) as temporary:
        try:
            with h5py.File(temporary, "w", userblock_size=USER_BLOCK) as file:
                _Writer(file).write_struct_array(name, elements, list(fields))
        except ReproductionError:
            raise
        except (OSError, RuntimeError) as error:
            raise RunError(f"{path}: expected to write the file, found: {error}.") from None
        with temporary.open("r+b") as stream:
            stream.write(_header())


def _header() -> bytes:
    date = datetime.datetime(2026, 1, 1).strftime("%a %b %d %H:%M:%S %Y")
    text = f"{SIGNATURE.decode()}, Platform: PCWIN64, Created on: {date} HDF5 schema 1.00 ."
    return text.encode().ljust(116) + bytes(8) + b"\x00\x02IM"


class _Writer:
    """Lays out values below ``/#refs#`` and hands out references to them."""

    def __init__(self, file: h5py.File):
        self._refs = file.create_group("#refs#")
        self._root = file
        self._n_targets = 0
        self._known_texts: dict[str, h5py.Reference] = {}
        self._unset: h5py.Reference | None = None
        self._plain = h5p.create(h5p.DATASET_CREATE)
        self._plain.set_obj_track_times(False)
        self._scalar = h5s.create(h5s.SCALAR)

    def write_struct_array(self, name: str, elements: Iterator, fields: list[str]) -> None:
        columns: dict[str, list[h5py.Reference]] = {field: [] for field in fields}
        for element in elements:
            for field in fields:
                value = None if element is None else element[field]
                columns[field].append(self._reference(value))
        group = self._root.create_group(name)
        self._describe_struct(group, fields)
        for field, references in columns.items():
            data = np.array(references, dtype=h5py.ref_dtype).reshape(-1, 1)
            group.create_dataset(field, data=data, track_times=False)

    def _reference(self, value: Any) -> h5py.Reference:
        if value is None:
            if self._unset is None:
                target = self._write(self._refs.id, self._new_name(), None)
                self._unset = h5r.create(target, b".", h5r.OBJECT)
            return self._unset
        if isinstance(value, str) and value in self._known_texts:
            return self._known_texts[value]
        target = self._write(self._refs.id, self._new_name(), value)
        reference = h5r.create(target, b".", h5r.OBJECT)
        if isinstance(value, str):
            self._known_texts[value] = reference
        return reference

    def _new_name(self) -> bytes:
        """a, b, ..., z, aa, ab, ... as MATLAB counts them."""
        number, letters = self._n_targets, ""
        while number >= 0:
            number, letter = divmod(number, 26)
            letters = chr(ord("a") + letter) + letters
            number -= 1
        self._n_targets += 1
        return letters.encode()

    def _write(self, parent: h5g.GroupID, name: bytes, value: Any) -> Any:
        if isinstance(value, Mapping):
            group = h5g.create(parent, name)
            self._describe_struct(h5py.Group(group), list(value))
            for field, content in value.items():
                self._write(group, field.encode(), content)
            return group
        if value is None:
            return self._write_empty(parent, name, (0, 0), b"canonical empty")
        if isinstance(value, str):
            return self._write_text(parent, name, value)
        if isinstance(value, Cell):
            return self._write_cell(parent, name, value)
        return self._write_numbers(parent, name, np.asarray(value))

    def _describe_struct(self, group: h5py.Group, fields: list[str]) -> None:
        self._set_class(group.id, b"struct")
        names = np.empty(len(fields), dtype=object)
        names[:] = [np.array([c.encode() for c in field], dtype="S1") for field in fields]
        kind = h5py.vlen_dtype(np.dtype("S1"))
        group.attrs.create("MATLAB_fields", names, dtype=kind)

    def _write_text(self, parent: h5g.GroupID, name: bytes, text: str) -> h5d.DatasetID:
        if not text:
            return self._write_empty(parent, name, (0, 0), b"char")
        units = np.frombuffer(text.encode("utf-16-le"), dtype="<u2").reshape(-1, 1)
        dataset = self._create(parent, name, units)
        self._set_class(dataset, b"char")
        self._set_attribute(dataset, b"MATLAB_int_decode", np.array(2, np.int32))
        return dataset

    def _write_cell(self, parent: h5g.GroupID, name: bytes, cell: Cell) -> h5d.DatasetID:
        if 0 in cell.shape:
            return self._write_empty(parent, name, cell.shape, b"cell")
        references = np.empty(cell.shape[::-1], dtype=h5py.ref_dtype)
        for row, values in enumerate(cell.rows):
            for column, value in enumerate(values):
                references[column, row] = self._reference(value)
        dataset = self._create(parent, name, references)
        self._set_class(dataset, b"cell")
        return dataset

    def _write_numbers(self, parent: h5g.GroupID, name: bytes, array: np.ndarray) -> h5d.DatasetID:
        if array.dtype.hasobject or array.dtype.kind not in "bfiu":
            raise TypeError(f"cannot write {array.dtype} to a MATLAB file")
        shape = (1,) * (2 - array.ndim) + array.shape
        while len(shape) > 2 and shape[-1] == 1:
            shape = shape[:-1]
        logical = array.dtype == bool
        kind = b"logical" if logical else _MATLAB_CLASSES[array.dtype.name].encode()
        if array.size == 0:
            return self._write_empty(parent, name, shape, kind)
        stored = array.astype(np.uint8) if logical else array
        dataset = self._create(parent, name, np.ascontiguousarray(stored.reshape(shape).T))
        self._set_class(dataset, kind)
        if logical:
            self._set_attribute(dataset, b"MATLAB_int_decode", np.array(1, np.int32))
        return dataset

    def _write_empty(
        self, parent: h5g.GroupID, name: bytes, shape: tuple[int, ...], kind: bytes
    ) -> h5d.DatasetID:
        dataset = self._create(parent, name, np.array(shape, dtype=np.uint64))
        self._set_class(dataset, kind)
        self._set_attribute(dataset, b"MATLAB_empty", np.array(1, np.uint8))
        return dataset

    def _create(self, parent: h5g.GroupID, name: bytes, data: np.ndarray) -> h5d.DatasetID:
        options = self._plain
        if data.size >= COMPRESS_FROM and not data.dtype.hasobject:
            options = self._plain.copy()
            options.set_chunk(data.shape)
            options.set_deflate(COMPRESSION_LEVEL)
        kind = h5t.py_create(data.dtype, logical=True)
        dataset = h5d.create(parent, name, kind, h5s.create_simple(data.shape), dcpl=options)
        dataset.write(h5s.ALL, h5s.ALL, data)
        return dataset

    def _set_class(self, target: Any, kind: bytes) -> None:
        text = h5t.C_S1.copy()
        text.set_size(len(kind))
        attribute = h5a.create(target, b"MATLAB_class", text, self._scalar)
        attribute.write(np.array(kind), mtype=text)

    def _set_attribute(self, target: Any, name: bytes, value: np.ndarray) -> None:
        kind = h5t.py_create(value.dtype)
        h5a.create(target, name, kind, self._scalar).write(value)


_MATLAB_CLASSES = {
    "float64": "double",
    "float32": "single",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}

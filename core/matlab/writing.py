"""Writing a struct array as a MATLAB v7.3 file, laid out as MATLAB does it.

The file is HDF5 behind a 512-byte header. Arrays are stored with their dimensions reversed, at
least two of them; texts as UTF-16 units; an empty array as the vector of its dimensions; cells and
elements of struct arrays as references to targets in ``/#refs#``. Every target names its class.
"""

import datetime
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5p, h5r, h5s, h5t

from core.errors import ReproductionError, RunError
from core.files import is_full, no_room, replacing

SIGNATURE = "MATLAB 7.3 MAT-file"
"""Start of the text in the header."""

USER_BLOCK = 512
COMPRESSION_LEVEL = 3
"""Deflate level of MATLAB's own files."""

N_SPACES = 1024
"""Shapes of arrays whose HDF5 spaces are kept."""

COMPRESS_FROM = 512
"""Arrays of at least so many numbers are compressed."""


MARGIN = 1_000_000
"""Bytes of room for what HDF5 keeps in memory and writes later."""

BYTES_PER_OBJECT, BYTES_PER_TEXT = 8192, 1024
"""Bytes that describe an array or a group, and a text, at most."""


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
    with _new_file(path) as writer:
        writer.write_struct_array(name, elements, list(fields))


def append_element(path: Path, name: str, element: Mapping[str, Any]) -> None:
    """Append an element to the struct array of a MATLAB v7.3 file.

    Parameters
    ----------
    path
        The file; replaced when the longer one is whole.
    name
        Name of the variable, a 1 x N struct array.
    element
        Values by field, as for `write_matfile`; fields that the array has and the element lacks are
        unset, others are left out.

    Raises
    ------
    RunError, FullDiskError
        If the file cannot be written.
    """
    with replacing(path) as temporary:
        shutil.copyfile(path, temporary)
        try:
            with h5py.File(temporary, "r+") as file:
                n_elements = len(next(iter(file[name].values())))
                _Writer(file, path, f"{name}{n_elements}_").append_element(name, element)
        except ReproductionError:
            raise
        except (OSError, RuntimeError) as error:
            if is_full(error):
                raise  # for `replacing`
            found = f"an error: {str(error).partition(' (')[0]}"
            raise RunError(path=path, expected="to append to the file", found=found) from None


def write_variables(path: Path, variables: Mapping[str, Any]) -> None:
    """Write variables, each anything that can be an element's field, as a MATLAB v7.3 file.

    Parameters
    ----------
    path
        The file; replaced when it is whole.
    variables
        Values by name.
    """
    with _new_file(path) as writer:
        writer.write_variables(variables)


@contextmanager
def _new_file(path: Path) -> Iterator["_Writer"]:
    with replacing(path) as temporary:
        try:
            with h5py.File(temporary, "w", userblock_size=USER_BLOCK) as file:
                writer = _Writer(file, path)
                writer.reserve()
                yield writer
                file.flush()
                size = file.id.get_filesize()
            os.truncate(temporary, size)
        except ReproductionError:
            raise
        except (OSError, RuntimeError) as error:
            if is_full(error):
                raise  # for `replacing`
            # HDF5 adds addresses and its own calls
            found = f"an error: {str(error).partition(' (')[0]}"
            raise RunError(path=path, expected="to write the file", found=found) from None
        with temporary.open("r+b") as stream:
            stream.write(_header())


def _room(value: Any) -> int:
    """Bytes that a value takes at most, with what describes it."""
    if isinstance(value, Mapping):
        return BYTES_PER_OBJECT + sum(map(_room, value.values()))
    if isinstance(value, Cell):
        return BYTES_PER_OBJECT + sum(_room(entry) for row in value.rows for entry in row)
    if isinstance(value, str):
        return BYTES_PER_TEXT + 2 * len(value)
    return BYTES_PER_OBJECT + np.asarray(value if value is not None else 0).nbytes


def _header() -> bytes:
    date = datetime.datetime(2026, 1, 1).strftime("%a %b %d %H:%M:%S %Y")
    text = f"{SIGNATURE}, Platform: PCWIN64, Created on: {date} HDF5 schema 1.00 ."
    return text.encode().ljust(116) + bytes(8) + b"\x00\x02IM"


class _Writer:
    """Lays out values below ``/#refs#`` and hands out references to them."""

    def __init__(self, file: h5py.File, path: Path, prefix: str = ""):
        self._path, self._prefix = path, prefix
        self._refs = file.require_group("#refs#")
        self._root = file
        self._n_targets = 0
        self._known_texts: dict[str, h5py.Reference] = {}
        self._unset: h5py.Reference | None = None
        self._plain = h5p.create(h5p.DATASET_CREATE)
        self._plain.set_obj_track_times(False)
        self._scalar = h5s.create(h5s.SCALAR)
        # HDF5's own objects are dear to make, and a file needs few different ones
        self._type_of = cache(lambda dtype, is_logical: h5t.py_create(dtype, logical=is_logical))
        self._space_of = lru_cache(N_SPACES)(h5s.create_simple)
        self._class_type = cache(_text_type)

    def reserve(self, n_bytes: int = 0) -> None:
        """Take room beyond what is written: HDF5 can crash where it finds none.

        Systems that cannot do it, as macOS, go without.
        """
        if not hasattr(os, "posix_fallocate"):
            return
        size = self._root.id.get_filesize() + n_bytes + MARGIN
        try:
            os.posix_fallocate(self._root.id.get_vfd_handle(), 0, size)
        except OSError as error:
            if is_full(error):
                raise no_room(self._path, error, size) from None
            raise

    def write_variables(self, variables: Mapping[str, Any]) -> None:
        for name, value in variables.items():
            self.reserve(_room(value))
            self._write(self._root.id, name.encode(), value)

    def write_struct_array(self, name: str, elements: Iterator, fields: list[str]) -> None:
        columns: dict[str, list[h5py.Reference]] = {field: [] for field in fields}
        for element in elements:
            self.reserve(_room(element))
            for field in fields:
                value = None if element is None else element[field]
                columns[field].append(self._reference(value))
        group = self._root.create_group(name)
        self._describe_struct(group, fields)
        for field, references in columns.items():
            data = np.array(references, dtype=h5py.ref_dtype).reshape(-1, 1)
            group.create_dataset(field, data=data, track_times=False)

    def append_element(self, name: str, element: Mapping[str, Any]) -> None:
        self.reserve(_room(element))
        group = self._root[name]
        for field in list(group):
            before, attributes = group[field][()], dict(group[field].attrs)
            data = np.empty((len(before) + 1, 1), dtype=h5py.ref_dtype)
            data[:-1], data[-1, 0] = before, self._reference(element.get(field))
            del group[field]
            made = group.create_dataset(field, data=data, track_times=False)
            made.attrs.update(attributes)

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
        return f"{self._prefix}{letters}".encode()

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
        kind = self._type_of(data.dtype, True)
        dataset = h5d.create(parent, name, kind, self._space_of(data.shape), dcpl=options)
        dataset.write(h5s.ALL, h5s.ALL, data)
        return dataset

    def _set_class(self, target: Any, kind: bytes) -> None:
        text = self._class_type(len(kind))
        attribute = h5a.create(target, b"MATLAB_class", text, self._scalar)
        attribute.write(np.array(kind), mtype=text)

    def _set_attribute(self, target: Any, name: bytes, value: np.ndarray) -> None:
        kind = self._type_of(value.dtype, False)
        h5a.create(target, name, kind, self._scalar).write(value)


def _text_type(n: int) -> h5t.TypeStringID:
    """The type of texts of n bytes."""
    text = h5t.C_S1.copy()
    text.set_size(n)
    return text


_MATLAB_CLASSES = {
    "float64": "double",
    "float32": "single",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}

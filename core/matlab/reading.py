"""MATLAB v7.3 files (HDF5), read piece by piece; `writing` writes them.

Reading follows references only where it is asked to: a struct is a mapping whose values are read
when they are looked up, so that one field of one experiment costs one small read. Arrays come in
MATLAB's orientation (HDF5 stores them reversed). `kinds` decides what a value is, `text` how its
characters are stored, `failures` why it cannot be read.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5r, h5s, h5z

from core.errors import RecordingError
from core.matlab.failures import failures_named
from core.matlab.header import check_header
from core.matlab.kinds import (
    NUMERIC,
    UNSET,
    Unread,
    attribute,
    class_of,
    dense,
    empty_numbers,
    number_array,
    unread_object,
)
from core.matlab.text import empty_text, texts_of

MOST_EMPTY = 1_000_000
"""Elements without content that an array may have; a damaged file claims any number."""

NO_VALUE = "a type of HDF5 in place of a value"


class Struct(Mapping):
    """A scalar struct, read lazily: ``struct[name]`` is a Struct, StructArray or a plain value.

    Parameters
    ----------
    group
        HDF5 group whose members are the fields.
    path
        File that holds it, for messages.
    """

    def __init__(self, group: h5py.Group, path: str):
        self._group = group
        self._path = path

    def __repr__(self) -> str:
        return f"<a struct with the fields {', '.join(self) or 'none'}>"

    def __getitem__(self, name: str) -> Any:
        if name not in self and name not in list(self):  # a damaged member is listed all the same
            raise KeyError(name)
        with failures_named(self._path, self._group):
            return _value(_member(self._group, name, self._path), self._path)

    def cell_sizes(self, name: str) -> list[list[int]] | None:
        """Numbers of elements that an M x N cell's arrays have, which are not read.

        Parameters
        ----------
        name
            Field that holds the cell.

        Returns
        -------
        list of M lists, or None where the field holds anything else, such as empty arrays
        """
        with failures_named(self._path, self._group):
            item = self._group.get(name)
            if not isinstance(item, h5py.Dataset) or class_of(item.id) != "cell":
                return None
            if item.dtype != h5py.ref_dtype or item.ndim != 2 or not item.size:
                return None
            targets = [
                [h5r.dereference(reference, item.id) if reference else None for reference in row]
                for row in _read_array(item.id, self._path).T
            ]
            if not all(map(_has_elements, (target for row in targets for target in row))):
                return None
            return [[math.prod(target.shape) for target in row] for row in targets]

    def __contains__(self, name: object) -> bool:
        with failures_named(self._path, self._group):
            return isinstance(name, str) and self._group.get(name, getlink=True) is not None

    def __iter__(self) -> Iterator[str]:
        with failures_named(self._path, self._group):
            return iter([name for name in self._group if not name.startswith("#")])

    def __len__(self) -> int:
        return len(list(iter(self)))


class StructArray(Sequence):
    """A struct array of any shape: element i, in MATLAB's order, maps field names to values.

    Parameters
    ----------
    references
        For each field, references to its values in MATLAB's orientation, of shape `shape`.
    shape
        M x N or more.
    file
        Open file that the references lead into.
    path
        Its path, for messages.
    """

    def __init__(
        self,
        references: Mapping[str, np.ndarray],
        shape: tuple[int, ...],
        file: h5py.File,
        path: str,
    ):
        if any(entries.shape != shape for entries in references.values()):
            raise ValueError("a struct array whose fields differ in shape")
        self.shape = shape
        self._references = {name: entries.ravel("F") for name, entries in references.items()}
        self._file = file
        self._path = path

    def __repr__(self) -> str:
        return f"<a struct array of {' x '.join(map(str, self.shape))}>"

    def __getitem__(self, index: int) -> "StructElement":
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        references = {name: entries[index] for name, entries in self._references.items()}
        return StructElement(self._file, references, self._path)

    def __len__(self) -> int:
        return math.prod(self.shape)


class StructElement(Mapping):
    """One element of a struct array.

    Parameters
    ----------
    file
        Open file that the references lead into.
    references
        Reference to the value of each field.
    path
        Path of the file, for messages.
    """

    def __init__(self, file: h5py.File, references: Mapping[str, h5py.Reference], path: str):
        self._file = file
        self._references = references
        self._path = path

    def __repr__(self) -> str:
        return f"<a struct with the fields {', '.join(self) or 'none'}>"

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        with failures_named(self._path, self._file):
            return _dereference(self._file.id, self._references[name], self._path)

    def __contains__(self, name: object) -> bool:
        return name in self._references

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)


@contextmanager
def open_matfile(path: Path | str) -> Iterator[Struct]:
    """The variables of a v7.3 file, as a mapping that is valid inside the ``with`` block.

    A value is a `Struct`, a `StructArray`, a nested list (a cell), a text, a list of texts (a char
    array of several rows), an array of numbers, None (unset), or an `Unread` that bears the name of
    what is not read, say a MATLAB object.

    Raises
    ------
    MissingFileError
        If there is no such file.
    RecordingError
        If it is not a v7.3 file, or cannot be read; the message tells the cause.

    Examples
    --------
    >>> import tempfile
    >>> from core.matlab import write_variables
    >>> path = Path(tempfile.mkdtemp()) / "a.mat"
    >>> write_variables(path, {"name": "fc6", "rate": np.array([[2.5, 3.0]])})
    >>> with open_matfile(path) as variables:
    ...     print(list(variables), variables["name"], variables["rate"])
    ['name', 'rate'] fc6 [[2.5 3. ]]
    """
    path = Path(path)
    declared = check_header(path)
    with failures_named(path):
        file = h5py.File(path, "r")
    with file:
        if not declared:
            _refuse_other_program(file, path)
        yield Struct(file, str(path))


def plain_value(value: Any) -> Any:
    """A value with everything behind it read, in Python's own containers.

    Parameters
    ----------
    value
        Whatever a `Struct` or `StructElement` gave.

    Returns
    -------
    Structs as dicts; struct arrays as lists of dicts (lists of rows if they are M x N); None for
    what is `Unread`, as mat73 has it.
    """
    if isinstance(value, Mapping):
        return {name: plain_value(content) for name, content in value.items()}
    if isinstance(value, StructArray):
        elements = [plain_value(element) for element in value]
        return elements if max(value.shape) == len(value) else _nested(elements, value.shape)
    if isinstance(value, list):
        return [plain_value(content) for content in value]
    return None if isinstance(value, Unread) else value


def _nested(elements: list, shape: tuple[int, ...]) -> list:
    """Rows of elements that are given in MATLAB's order."""
    places = np.arange(len(elements)).reshape(shape, order="F").tolist()

    def at(place: Any) -> Any:
        return [at(inner) for inner in place] if isinstance(place, list) else elements[place]

    return at(places)


def _refuse_other_program(file: h5py.File, path: Path) -> None:
    with failures_named(path, file):
        members = [file.get(name) for name in file]
        known = [member for member in members if isinstance(member, (h5py.Group, h5py.Dataset))]
        if any("MATLAB_class" in member.attrs for member in known):
            return
        octave = any("OCTAVE_NEW_FORMAT" in member.attrs for member in known)
        names = ", ".join(list(file)[:5]) or "none"
    program = "GNU Octave" if octave else "another program"
    raise RecordingError(
        path=path,
        expected="a MATLAB v7.3 file",
        found=f"an HDF5 file of {program} (its members: {names})",
        advice="in MATLAB, save(..., '-v7.3') writes the format that is read here",
    )


def _member(group: h5py.Group, name: str, path: str) -> h5py.Group | h5py.Dataset:
    try:
        return group[name]
    except KeyError:
        link = group.get(name, getlink=True)
    if link is None or isinstance(link, h5py.HardLink):
        raise KeyError(f"the member {name} cannot be opened")
    outside = isinstance(link, h5py.ExternalLink)
    target = f"the file {link.filename}" if outside else f"{link.path} in the same file"
    raise RecordingError(
        path=path,
        expected=f"the value of {name}",
        found=f"a link to {target} that leads nowhere",
        advice="put what it leads to in its place, or save the values into one file",
    )


def _value(item: h5py.Group | h5py.Dataset, path: str) -> Any:
    if isinstance(item, h5py.Group):
        return _read_group(item, path)
    if isinstance(item, h5py.Dataset):
        return _read_dataset(item.id, path)
    return Unread(NO_VALUE)


def _read_group(group: h5py.Group, path: str) -> Any:
    kind = class_of(group.id)
    unread = unread_object(group.id, kind)
    if unread:
        return unread
    if attribute(group.id, b"MATLAB_sparse") is not None and kind in NUMERIC:
        return dense(group, kind)
    if kind != "struct":
        return Unread(f"a group of the class {kind}")
    if not _is_struct_array(group):
        return Struct(group, path)
    references = {name: dataset[()].T for name, dataset in group.items()}
    shape = next(iter(references.values())).shape
    return StructArray(references, shape, group.file, path)


def _has_elements(target: Any) -> bool:
    """Whether what a reference leads to is an array that states its size, which is not 0."""
    return (
        isinstance(target, h5d.DatasetID)
        and target.shape is not None
        and not h5a.exists(target, b"MATLAB_empty")
    )


def _is_struct_array(group: h5py.Group) -> bool:
    children = list(group.values())
    return bool(children) and all(
        isinstance(child, h5py.Dataset)
        and child.dtype == h5py.ref_dtype
        and "MATLAB_class" not in child.attrs
        for child in children
    )


def _read_dataset(dataset: h5d.DatasetID, path: str) -> Any:
    kind = class_of(dataset)
    unread = unread_object(dataset, kind)
    if unread or kind == UNSET:
        return unread
    if attribute(dataset, b"MATLAB_empty"):
        return _empty(dataset, kind, path)
    if dataset.shape is None:
        return Unread(f"the class {kind} without a place for values")
    array = _read_array(dataset, path).T
    if kind == "cell" and h5py.check_ref_dtype(dataset.dtype) is h5py.Reference:
        return _read_cell(np.atleast_2d(array), dataset, path)
    if kind == "char":
        return texts_of(array, path)
    return (
        number_array(array, kind)
        if kind in NUMERIC
        else Unread(f"a {kind} stored as {array.dtype}")
    )


def _empty(dataset: h5d.DatasetID, kind: str, path: str) -> Any:
    """What an empty array of a class is; its data are its dimensions."""
    shape = tuple(int(n) for n in _read_array(dataset, path).ravel())
    if kind not in NUMERIC and math.prod(n for n in shape if n) > MOST_EMPTY:
        raise ValueError(f"an empty {kind} of the dimensions {shape}")
    if kind == "struct":
        file = h5py.Dataset(dataset).file
        if math.prod(shape) == 1:
            return StructElement(file, {}, path)
        return StructArray({}, shape, file, path)
    if math.prod(shape):
        raise ValueError(f"an empty {kind} of the dimensions {shape}")
    if kind == "char":
        return empty_text(shape)
    if kind == "cell":
        return np.zeros(shape, object).tolist()
    return empty_numbers(kind, shape)


def _read_array(dataset: h5d.DatasetID, path: str) -> np.ndarray:
    _refuse_data_elsewhere(dataset, path)
    array = np.empty(dataset.shape, dataset.dtype)
    if array.size:
        try:
            dataset.read(h5s.ALL, h5s.ALL, array)
        except OSError:
            _refuse_missing_filter(dataset, path)
            raise
    return array


def _refuse_data_elsewhere(dataset: h5d.DatasetID, path: str) -> None:
    """A missing source of a virtual dataset would read as zeros."""
    properties = dataset.get_create_plist()
    if properties.get_layout() == h5d.VIRTUAL or properties.get_external_count():
        raise RecordingError(
            path=path,
            expected="the values in the file",
            found=f"{h5py.Dataset(dataset).name} put together from other files (virtual or "
            "external data), which is not read",
            advice="save the values into one file, say by `h5repack -l CONTI`",
        )


def _refuse_missing_filter(dataset: h5d.DatasetID, path: str) -> None:
    properties = dataset.get_create_plist()
    for index in range(properties.get_nfilters()):
        number, _, _, name = properties.get_filter(index)
        if not h5z.filter_avail(number):
            label = name.decode("latin-1").strip("\0") or "of no name"
            raise RecordingError(
                path=path,
                expected="values that HDF5 can unpack",
                found=f"{h5py.Dataset(dataset).name} packed by filter {number} ({label}), which "
                "is not installed",
                advice="save it again with MATLAB's own compression, or `h5repack -f NONE`",
            )


def _read_cell(references: np.ndarray, dataset: h5d.DatasetID, path: str) -> list:
    """Rows of an M x N cell; lists one deeper for each further dimension."""
    if references.ndim == 1:
        return [_dereference(dataset, reference, path) for reference in references]
    return [_read_cell(part, dataset, path) for part in references]


def _dereference(place: Any, reference: h5py.Reference, path: str) -> Any:
    """What a reference leads to; None for one that leads nowhere on purpose."""
    if not reference:
        return None
    target = h5r.dereference(reference, place)
    if isinstance(target, h5g.GroupID):
        return _read_group(h5py.Group(target), path)
    if isinstance(target, h5d.DatasetID):
        return _read_dataset(target, path)
    return Unread(NO_VALUE)

"""What a value in a MATLAB file is, by the class that MATLAB wrote beside it.

Only what is recognised becomes numbers. Everything else is an `Unread`, which bears the name of
what was found, so that whoever needs the value can refuse it by that name.
"""

from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from h5py import h5a

NUMERIC = {
    "double": np.dtype(np.float64),
    "single": np.dtype(np.float32),
    "logical": np.dtype(np.bool_),
    **{f"{s}int{bits}": np.dtype(f"{s}int{bits}") for s in ("", "u") for bits in (8, 16, 32, 64)},
}
"""Data type of each numeric MATLAB class."""

UNSET = "canonical empty"
"""Class of a cell or field that was never assigned."""


@dataclass(frozen=True)
class Unread:
    """A value that is there and cannot be read, say a MATLAB object.

    Attributes
    ----------
    kind
        What it is, as a noun for a message.
    """

    kind: str

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def attribute(item: Any, name: bytes) -> Any:
    """An attribute of an HDF5 object; None where there is none.

    Parameters
    ----------
    item
        Low-level identifier of a group or dataset.
    name
        Name of the attribute.

    Returns
    -------
    Its first value: a number, or text as `str`.
    """
    if not h5a.exists(item, name):
        return None
    opened = h5a.open(item, name)
    value = np.empty(opened.shape, opened.dtype)
    opened.read(value)
    if value.size == 0:
        return None
    first = value.ravel()[0]
    return first.decode("latin-1") if isinstance(first, bytes) else first


def class_of(item: Any) -> str:
    """Name of an HDF5 object's MATLAB class; empty where it names none."""
    return str(attribute(item, b"MATLAB_class") or "")


def unread_object(item: Any, kind: str) -> Unread | None:
    """What a function handle, an object or data of no known class is; None for what can be read.

    Parameters
    ----------
    item
        Low-level identifier of a group or dataset.
    kind
        Its MATLAB class, empty where it names none.
    """
    if kind == UNSET:
        return None
    if kind == "function_handle":
        return Unread("a MATLAB function handle")
    if kind == "string":
        return Unread("a MATLAB string object (char(x) or cellstr(x) makes it readable)")
    if attribute(item, b"MATLAB_object_decode"):
        return Unread(f"a MATLAB object of class {kind or 'unknown'}")
    if not kind:
        return Unread("HDF5 data that name no MATLAB class")
    if kind in NUMERIC or kind in ("char", "cell", "struct"):
        return None
    return Unread(f"a value of the unknown MATLAB class {kind}")


def number_array(array: np.ndarray, kind: str) -> np.ndarray | Unread:
    """An array as numbers of this machine's byte order, complex ones put together.

    Parameters
    ----------
    array
        As HDF5 holds it.
    kind
        MATLAB class, a key of `NUMERIC`.

    Returns
    -------
    The same shape; bool for the class logical. `Unread` if the data are no numbers.

    Examples
    --------
    >>> number_array(np.array([1, 0], np.uint8), "logical")
    array([ True, False])
    >>> parts = np.array([(1.0, 2.0)], dtype=[("real", "f8"), ("imag", "f8")])
    >>> number_array(parts, "double")
    array([1.+2.j])
    """
    if array.dtype.names == ("real", "imag"):
        whole = np.empty(array.shape, np.result_type(array.dtype["real"], np.complex64))
        whole.real, whole.imag = array["real"], array["imag"]
        return whole
    if array.dtype.kind not in "biufc":
        return Unread(f"the class {kind} stored as {array.dtype}")
    if kind == "logical":
        return array.astype(bool)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def empty_numbers(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """An empty array of a numeric class.

    Parameters
    ----------
    kind
        MATLAB class, a key of `NUMERIC`.
    shape
        At least one 0 among it.
    """
    return np.zeros(shape, NUMERIC[kind])


def dense(group: h5py.Group, kind: str) -> np.ndarray | Unread:
    """A sparse matrix with its zeros filled in.

    Parameters
    ----------
    group
        Holds ``jc`` (where each column starts), and, unless all is zero, ``ir`` (0-based rows) and
        ``data``; its attribute ``MATLAB_sparse`` is the number of rows.
    kind
        MATLAB class of the elements.
    """
    starts = group["jc"][()].ravel().astype(np.int64)
    shape = int(attribute(group.id, b"MATLAB_sparse")), max(len(starts) - 1, 0)
    if "ir" not in group or "data" not in group:
        return np.zeros(shape, NUMERIC[kind])
    elements = number_array(group["data"][()].ravel(), kind)
    if isinstance(elements, Unread):
        return elements
    rows = group["ir"][()].ravel().astype(np.int64)
    columns = np.repeat(np.arange(shape[1]), np.diff(starts))
    filled = np.zeros(shape, elements.dtype)
    filled[rows[: len(columns)], columns] = elements[: len(columns)]
    return filled

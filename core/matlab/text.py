"""Text as MATLAB files hold it: arrays of characters, one row a text, in whichever width.

MATLAB itself stores UTF-16 units of two bytes. Other writers store code points of four bytes,
single bytes, or HDF5's own strings under the class ``char``, so that their width decides.
"""

import warnings
from typing import Any

import h5py
import numpy as np

from core.matlab.kinds import Unread


def texts_of(array: np.ndarray, where: str) -> str | list[str] | Unread:
    """Text of a char array: one row is a text, several are a list of texts.

    Parameters
    ----------
    array
        In MATLAB's orientation, (n_rows, n_characters): whole numbers, or HDF5's strings.
    where
        File that holds it, for the warning about characters that cannot be decoded.

    Returns
    -------
    A text for one row (or none), else one text a row with its trailing blanks; `Unread`, which
    says why, where the numbers do not say which characters they are.

    Examples
    --------
    >>> texts_of(np.array([[104, 105]], np.uint16), "a.mat")
    'hi'
    >>> texts_of(np.array([[97, 32], [98, 99]], np.uint16), "a.mat")
    ['a ', 'bc']
    >>> texts_of(np.array([[0x1F600]], np.uint32), "a.mat") == "\\U0001f600"
    True
    >>> texts_of(np.array([[233]], np.uint8), "a.mat")
    <text of single bytes beyond ASCII, whose encoding the file does not say>
    """
    if array.ndim > 2:
        return Unread(f"text of {array.ndim} dimensions")
    if array.dtype.kind == "S" or h5py.check_string_dtype(array.dtype):
        return _one_or_several([_decoded_string(entry) for entry in array.ravel()])
    if array.dtype.kind not in "iu":
        return Unread(f"text stored as {array.dtype}")
    if array.size and array.min() < 0:
        return Unread("text with negative numbers for characters")
    if array.dtype.itemsize == 1 and array.size and array.max() > 127:
        return Unread("text of single bytes beyond ASCII, whose encoding the file does not say")
    if array.size and array.max() > 0x10FFFF:
        return Unread(f"text with a character of the number {array.max()}")
    rows = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
    return _one_or_several([_decoded_units(row, where) for row in rows])


def empty_text(shape: tuple[int, ...]) -> str | list[str]:
    """Text of an empty char array: ``""``, or one for each of several rows.

    Examples
    --------
    >>> empty_text((0, 0)), empty_text((3, 0))
    ('', ['', '', ''])
    """
    return [""] * shape[0] if len(shape) == 2 and shape[0] > 1 else ""


def repaired(text: str, where: str) -> str:
    """A text whose halves of characters are put together.

    Parameters
    ----------
    text
        May hold surrogates: halves of characters outside the basic plane, as UTF-16 splits them.
    where
        File or field that holds it, for the warning.

    Returns
    -------
    The text. A half that has lost its other half becomes the replacement character, with a warning.

    Examples
    --------
    >>> repaired("\\ud83d\\ude00", "a.mat") == "\\U0001f600"
    True
    """
    units = text.encode("utf-16-le", "surrogatepass")
    try:
        return units.decode("utf-16-le")
    except UnicodeDecodeError:
        whole = units.decode("utf-16-le", "replace")
        warnings.warn(
            f"{where}: expected whole UTF-16 characters, found half of one in the text "
            f"{whole[:60]!r}; it is read as the replacement character.",
            stacklevel=2,
        )
        return whole


def _decoded_units(row: np.ndarray, where: str) -> str:
    if row.dtype.itemsize <= 2:
        units = row.astype("<u2").tobytes()
        return repaired(units.decode("utf-16-le", "surrogatepass"), where)
    return repaired(row.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass"), where)


def _decoded_string(entry: Any) -> str | Unread:
    try:
        return entry if isinstance(entry, str) else bytes(entry).decode()
    except UnicodeDecodeError:
        return Unread("text of bytes that are no UTF-8, whose encoding the file does not say")


def _one_or_several(texts: list) -> Any:
    unread = [text for text in texts if isinstance(text, Unread)]
    if unread:
        return unread[0]
    return texts[0] if len(texts) == 1 else texts

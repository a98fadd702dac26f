"""NumPy archives that may be anything: what is wanted of one, or one sentence."""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from core.errors import MissingFileError, StateError

T = TypeVar("T")


def from_archive(path: Path, take: Callable[[np.lib.npyio.NpzFile], T], expected: str) -> T:
    """What is taken from an npz file while it is open; for all files, damaged ones too.

    Parameters
    ----------
    path
        An npz file; pickles in it are not read.
    take
        Takes what is wanted; may raise what NumPy raises of arrays that are not as they should be.
    expected
        What the file should be, in words.

    Raises
    ------
    MissingFileError
        If there is no such file.
    StateError
        If it is another file, a damaged one, or lacks what is taken.

    Examples
    --------
    >>> from_archive(Path("no_such_file.npz"), dict, "an npz file with a metric")
    Traceback (most recent call last):
    core.errors.MissingFileError: no_such_file.npz: expected an npz file with a metric, found none.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(path=path, expected=expected, found="none")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return take(archive)
    except (
        ValueError, OSError, EOFError, KeyError, TypeError, AttributeError, NotImplementedError,
        RuntimeError, OverflowError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise StateError(path=path, expected=expected, found=f"another ({error})") from None

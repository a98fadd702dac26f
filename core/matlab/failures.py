"""Why HDF5 could not read a file: each cause by its name, with what to do.

HDF5 says all in one kind of exception. Many causes leave the file sound: another program holds it,
the disk failed, a filter is not installed. Only what fits none of them is called damage.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from core.errors import RecordingError

FAILURES = (
    OSError,
    LookupError,
    RuntimeError,
    ValueError,
    TypeError,
    MemoryError,
    AttributeError,
)
"""What h5py raises when it cannot read."""

DISK_ERRORS = frozenset({errno.EIO, errno.ESTALE, errno.ENXIO, errno.ENODEV, errno.ETIMEDOUT})
"""What the system says when a disk, or the network to it, fails."""

_NO_MEMORY = (
    "values that need more memory than there is",
    "close other programs, or read it on a larger machine",
)

_CAUSES = {
    r"unable to lock file, errno = (11|35|13)\b": (
        "one that another program holds open for writing",
        "close it there, or try again when that program is done",
    ),
    r"unable to lock file": (
        "one on a disk that knows no file locks",
        "set the environment variable HDF5_USE_FILE_LOCKING=FALSE",
    ),
    r"file is already open for": (
        "one that its writer has not closed",
        "close it there, or, if that program was killed, `h5clear -s` removes the mark",
    ),
    r"bad superblock version": (
        f"a format that is newer than HDF5 {h5py.version.hdf5_version}",
        "update h5py, or save it again with MATLAB's save(..., '-v7.3')",
    ),
    r"truncated file": ("one that is cut off", "copy it again"),
    r"memory allocation failed|[Uu]nable to allocate": _NO_MEMORY,
    r"No NumPy equivalent": (
        "a type of HDF5 that NumPy lacks",
        "save the values as numbers or text",
    ),
    r"maximum recursion depth": ("cells that lie in one another without end", "save them flat"),
}
"""What is found and what to do, by what HDF5 or Python says."""


@contextmanager
def failures_named(
    path: Path | str, opened: h5py.Group | None = None, kind: str = "a MATLAB v7.3 file"
) -> Iterator[None]:
    """Turn what h5py raises inside the block into one sentence.

    Parameters
    ----------
    path
        The file, for the message.
    opened
        The group or file that is to be read, if it is open already.
    kind
        What is to be read, for the message.

    Raises
    ------
    RecordingError
        Whatever the cause, and at once if `opened` is closed.

    Examples
    --------
    >>> with failures_named("a.mat"):
    ...     raise OSError("unable to lock file, errno = 11")
    Traceback (most recent call last):
    core.errors.RecordingError: a.mat: expected to read a MATLAB v7.3 file, found one that another \
program holds open for writing; close it there, or try again when that program is done.
    """
    if opened is not None and not opened:
        raise RecordingError(
            path=path,
            expected="to read from the open file",
            found="it closed",
            advice="values are read inside the `with` block that opened it",
        )
    try:
        yield
    except RecordingError:
        raise
    except FAILURES as error:
        found, advice = cause(error)
        raise RecordingError(
            path=path, expected=f"to read {kind}", found=found, advice=advice
        ) from None


def cause(error: BaseException) -> tuple[str, str]:
    """What was found, and what to do about it.

    Examples
    --------
    >>> cause(OSError("file read failed: errno = 5, error message = 'Input/output error'"))
    ('a disk that failed while reading (Input/output error)', 'copy the file to another disk')
    """
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    said = str(error)
    for pattern, words in _CAUSES.items():
        if re.search(pattern, said):
            return words
    stated = re.search(r"errno = (\d+)", said)
    number = int(stated[1]) if stated else getattr(error, "errno", None)
    if number in DISK_ERRORS:
        found = f"a disk that failed while reading ({os.strerror(number)})"
        return found, "copy the file to another disk"
    if number:
        return f"one that cannot be read ({os.strerror(number)})", ""
    return f"a damaged one ({_without_addresses(said)})", ""


def _without_addresses(said: str) -> str:
    return re.sub(r"0x[0-9a-f]+", "…", " ".join(said.split()))

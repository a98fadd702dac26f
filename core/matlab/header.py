"""What kind of file a path leads to, told by its first bytes.

A MATLAB file of version 5 or later starts with a text that anybody may write; what counts is the
version number at byte 124 and, for v7.3, the signature of HDF5 behind a user block.
"""

import os
import stat
from pathlib import Path

from core.errors import MissingFileError, RecordingError

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"

VERSION_AT = 124
"""Byte at which the version number and the order of its bytes stand."""

LEVEL_5 = (b"\x00\x01IM", b"\x01\x00MI")
VERSION_7_3 = (b"\x00\x02IM", b"\x02\x00MI")


def check_header(path: Path) -> bool:
    """Refuse what is no HDF5 file, by the name of what it is.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Whether its header says that it is of MATLAB v7.3; if not, any program may have written it.

    Raises
    ------
    MissingFileError
        If there is no such file.
    RecordingError
        If it cannot be read, or is no HDF5 file.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            found = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
            raise RecordingError(path=path, expected="a MATLAB v7.3 file", found=found)
        with path.open("rb") as file:
            version = _bytes_at(file, VERSION_AT, 4)
            is_hdf5 = _has_signature(file, status.st_size)
            start = _bytes_at(file, 0, 16)
    except FileNotFoundError:
        raise MissingFileError(path=path, expected="a MATLAB v7.3 file", found="no file") from None
    except (OSError, ValueError) as error:
        if isinstance(error, RecordingError):
            raise
        reason = os.strerror(error.errno) if getattr(error, "errno", None) else error
        raise RecordingError(
            path=str(path)[:200],
            expected="a MATLAB v7.3 file",
            found=f"one that cannot be read: {reason}",
        ) from None
    if not is_hdf5:
        found, advice = _kind(start, version)
        raise RecordingError(path=path, expected="a MATLAB v7.3 file", found=found, advice=advice)
    return version in VERSION_7_3


def _has_signature(file, size: int) -> bool:
    """Whether HDF5's signature stands at byte 0, 512, 1024, 2048, ..."""
    place = 0
    while place < size:
        if _bytes_at(file, place, len(HDF5_SIGNATURE)) == HDF5_SIGNATURE:
            return True
        place = max(512, 2 * place)
    return False


def _bytes_at(file, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _kind(start: bytes, version: bytes) -> tuple[str, str]:
    """What a file is that is no HDF5 file, and what to do."""
    if not start:
        return "an empty file", ""
    if version in VERSION_7_3:
        return "the header of one without its content: it is cut off", "copy it again"
    if version in LEVEL_5:
        return (
            "a level-5 file",
            "in MATLAB, save(..., '-v7.3') writes the format that is read here",
        )
    return f"something else (it starts with {start!r})", ""

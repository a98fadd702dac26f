"""The stamp beside computed files: how they were computed, and the SHA-256 of each of them.

What lies in the folder and does not match its stamp was put there by something else. A stamp is no
signature: whoever writes both by hand is believed.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.files import sha256, write_json


def write_stamp(path: Path, files: Iterable[Path], details: Mapping) -> None:
    """Write what is known of computed files beside them.

    Parameters
    ----------
    path
        The stamp.
    files
        Computed files, all in the stamp's folder or below it.
    details
        How they were computed, as JSON can hold it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "a.csv").touch()
    >>> write_stamp(folder / "STAMP.json", [folder / "a.csv"], {"version": 1})
    >>> list(json.loads((folder / "STAMP.json").read_text()))
    ['version', 'files']
    """
    digests = {file.relative_to(path.parent).as_posix(): sha256(file) for file in files}
    write_json(path, {**details, "files": digests})


def matches_stamp(path: Path, files: Iterable[Path], details: Mapping) -> bool:
    """Whether a stamp is there, says what is expected, and all files have the bytes it names.

    Parameters
    ----------
    path
        The stamp.
    files
        Files that must be among those it names.
    details
        What it must say, by name.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> stamp, table = folder / "STAMP.json", folder / "a.csv"
    >>> table.touch()
    >>> write_stamp(stamp, [table], {"version": 1})
    >>> matches_stamp(stamp, [table], {"version": 1}), matches_stamp(stamp, [table], {"version": 2})
    (True, False)
    >>> n_bytes = table.write_text("by hand")
    >>> matches_stamp(stamp, [table], {"version": 1})
    False
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        digests = {file: said["files"][file.relative_to(path.parent).as_posix()] for file in files}
        as_expected = all(said[name] == value for name, value in details.items())
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False
    return as_expected and all(
        file.is_file() and sha256(file) == digest for file, digest in digests.items()
    )

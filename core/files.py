"""Writing files whole and alone, and telling them apart by their hash."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core import interrupt
from core.errors import SettingError

TEMPORARY_PREFIX = ".writing-"

STAGING_PREFIX = ".staging-"

LOCK_NAME = ".lock"
"""File by which a run is alone in a folder."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Temporary path beside `path` that takes its place when the block ends without an error.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> with replacing(target) as temporary:
    ...     _ = temporary.write_text("1 2 3")
    >>> target.read_text()
    '1 2 3'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{os.getpid()}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_abandoned(path: Path) -> None:
    """Remove temporary files that killed processes left beside `path`."""
    for temporary in path.parent.glob(f"{TEMPORARY_PREFIX}*-{path.name}"):
        number = temporary.name.split("-")[1]
        if number.isdigit() and not _is_alive(int(number)):
            temporary.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, with LF line ends on every system.

    Parameters
    ----------
    path
        File to write or replace; its folder is made if need be.
    text
        Its content.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> write_text(path, "1,2")
    >>> path.read_text()
    '1,2'
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: object) -> None:
    """Write `value` as indented JSON, atomically.

    Parameters
    ----------
    path
        File to write or replace.
    value
        What JSON can hold.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.json"
    >>> write_json(path, {"seed": 1})
    >>> print(path.read_text(), end="")
    {
      "seed": 1
    }
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "empty"
    >>> path.touch()
    >>> sha256(path)[:8], md5(path)[:8]
    ('e3b0c442', 'd41d8cd9')
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def md5(path: Path) -> str:
    """Hexadecimal MD5 of a file's bytes; tells files apart, and proves nothing."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def writable_folder(path: Path) -> Path:
    """`path` as an existing folder in which files can be made.

    Raises
    ------
    SettingError
        If it cannot be created or written.

    Examples
    --------
    >>> import tempfile
    >>> folder = writable_folder(Path(tempfile.mkdtemp()) / "new")
    >>> folder.is_dir(), list(folder.iterdir())
    (True, [])
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise SettingError(path=path, expected="a folder that can be written", found="a file")
    probe = path / f"{TEMPORARY_PREFIX}{os.getpid()}-probe"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise SettingError(
            path=path, expected="a folder that can be written", found=f"an error: {reason}"
        ) from None
    return path


@contextmanager
def alone_in(root: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Wait until no other run writes into `root`, and keep others out meanwhile.

    Parameters
    ----------
    root
        Folder, made if need be.
    say
        Is told, once, that another run is waited for.

    Raises
    ------
    SettingError
        If `root` cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with alone_in(folder, print):
    ...     (folder / "a.csv").touch()
    """
    from filelock import FileLock, Timeout

    lock = FileLock(writable_folder(root) / LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"waiting for another run that writes {root}")
        while not lock.is_locked:
            interrupt.check()
            try:
                lock.acquire(timeout=0.2)
            except Timeout:
                continue
    try:
        yield
    finally:
        lock.release()


@contextmanager
def staging_in(root: Path) -> Iterator[Path]:
    """An empty folder in `root` that is gone afterwards, for a run that is `alone_in` it.

    Whoever is alone there finds staging folders of killed runs only, and removes them.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> with staging_in(root) as staging:
    ...     (staging / "a.csv").touch()
    >>> staging.exists()
    False
    """
    for abandoned in root.glob(f"{STAGING_PREFIX}*"):
        shutil.rmtree(abandoned)
    with tempfile.TemporaryDirectory(prefix=STAGING_PREFIX, dir=root) as folder:
        yield Path(folder)

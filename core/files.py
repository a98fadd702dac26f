"""Writing files whole and alone, and telling them apart by their hash."""

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from core import interrupt
from core.errors import FullDiskError, ReproductionError, SettingError

TEMPORARY_PREFIX = ".writing-"

STAGING_PREFIX = ".staging-"

SCRATCH_PREFIX = "reproduce-"
"""Begin of the names of temporary folders."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where there is no room: on the disk, in a quota, within a limit."""

LOCK_NAME = ".lock"
"""File by which a run is alone in a folder."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Temporary path beside `path` that takes its place when the block ends without an error.

    Its name is random and begins with that of an empty file that is locked meanwhile: by this lock
    others tell it from what killed processes left, also in other containers and on other machines
    that share the folder.

    Raises
    ------
    FullDiskError
        If there is no room.

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
    _remove_abandoned(path.parent)
    temporary, n_bytes = None, 0
    try:
        with _locked_file(path.parent, TEMPORARY_PREFIX) as name:
            temporary = name.with_name(f"{name.name}-{path.name}")
            try:
                yield temporary
                temporary.replace(path)
            finally:
                n_bytes = temporary.stat().st_size if temporary.is_file() else 0
                temporary.unlink(missing_ok=True)
    except ReproductionError as error:
        if error.path == str(temporary):
            raise error.about(path) from None
        raise
    except Exception as error:
        if is_full(error):
            raise no_room(path, error, n_bytes) from None
        raise


@contextmanager
def _locked_file(folder: Path, prefix: str, suffix: str = "") -> Iterator[Path]:
    """An empty file of a random name, locked, and removed at the end."""
    while True:
        path = folder / f"{prefix}{secrets.token_hex(6)}{suffix}"
        with path.open("xb") as file:
            try:
                if _is_locked(file) is False or not _is_in_place(file, path):
                    continue  # somebody took it for abandoned before it was locked
                yield path
                return
            finally:
                path.unlink(missing_ok=True)


def _is_locked(file: BinaryIO) -> bool | None:
    """Lock a file for this process; False if another has it, None where files have no locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None
    return True


def _is_in_place(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _remove_abandoned(folder: Path) -> None:
    """Remove temporary files that killed processes left in `folder`."""
    for temporary in folder.glob(f"{TEMPORARY_PREFIX}*"):
        name = temporary.with_name("-".join(temporary.name.split("-")[:2]))
        with suppress(OSError):
            try:
                with name.open("r+b") as file:
                    if not _is_locked(file):
                        continue
                    for left in folder.glob(f"{name.name}-*"):
                        left.unlink(missing_ok=True)
                    name.unlink(missing_ok=True)
            except FileNotFoundError:
                temporary.unlink(missing_ok=True)  # its process removes the name last


def is_full(error: BaseException) -> bool:
    """Whether something could not be written for want of room, whatever library says so.

    Examples
    --------
    >>> is_full(OSError(errno.ENOSPC, "No space left on device"))
    True
    >>> is_full(RuntimeError("write failed: errno = 28, 'No space left on device'"))
    True
    >>> is_full(FileNotFoundError())
    False
    """
    if isinstance(error, ReproductionError):
        return False
    words = str(error)
    return getattr(error, "errno", None) in FULL or any(os.strerror(n) in words for n in FULL)


def no_room(path: Path, error: BaseException, n_bytes: int = 0) -> FullDiskError:
    """The error for a file that could not be written for want of room.

    Parameters
    ----------
    path
        File to write, by its final name.
    error
        What was raised; see `is_full`.
    n_bytes
        Bytes that it needs at least, as far as that is known.

    Examples
    --------
    >>> error = no_room(Path("/a.csv"), OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), 1_200_000)
    >>> print(error)  # doctest: +ELLIPSIS
    /a.csv: expected room for more than 1.2 MB, found ... MB of free disk (Disk quota exceeded); ...
    """
    words = [os.strerror(n) for n in FULL if n == getattr(error, "errno", None)]
    words += [os.strerror(n) for n in FULL if os.strerror(n) in str(error)]
    free = shutil.disk_usage(path.parent).free
    return FullDiskError(
        path=path,
        expected=f"room for more than {n_bytes / 1e6:.1f} MB" if n_bytes else "room to write it",
        found=f"{free / 1e6:.1f} MB of free disk ({words[0]})",
        advice="nothing was left half-written; make room and run the same again",
    )


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
    """`path` as an existing folder in which files can be made, free of what killed runs left.

    Raises
    ------
    SettingError
        If it cannot be created or written.
    FullDiskError
        If there is no room.

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
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
        _remove_abandoned(path)
    except OSError as error:
        if is_full(error):
            raise no_room(path, error) from None
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


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder for temporary files; those that killed processes left are removed.

    Examples
    --------
    >>> with scratch() as folder:
    ...     (folder / "a.txt").touch()
    >>> folder.exists()
    False
    """
    root = Path(tempfile.gettempdir())
    for lock in root.glob(f"{SCRATCH_PREFIX}*.lock"):
        with suppress(OSError), lock.open("r+b") as file:
            if _is_locked(file):
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink(missing_ok=True)
    with _locked_file(root, SCRATCH_PREFIX, ".lock") as lock:
        folder = lock.with_suffix("")
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

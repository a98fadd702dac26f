"""Fetching a file so that it is whole, is the right one, and an interrupted transfer goes on.

What has arrived lies in ``.<name>.partial`` beside the target and takes its place only when size
and checksum are right. A second process that wants the same file waits for the first.
"""

import hashlib
import logging
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core import interrupt
from core.errors import DownloadError, WrongFileError
from core.files import md5 as md5_of
from core.files import sha256 as sha256_of

if TYPE_CHECKING:
    import requests

    Get = Callable[..., requests.Response]

CHUNK = 1 << 16
"""Bytes written at a time, and so the most that a broken connection costs."""

ATTEMPTS = 5
"""Attempts in a row that may bring nothing before a download is given up."""

TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as stalled."""

LONGEST_WAIT = 60.0
"""Seconds to wait at most between two attempts, whatever the server asks for."""

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP states that may be over in a moment."""

OFFLINE = "no network (the host cannot be found)"

_UNKNOWN_HOST = ("Failed to resolve", "getaddrinfo failed", "Name or service not known")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RemoteFile:
    """A public file and what is known about its bytes.

    Attributes
    ----------
    url
        http or https address.
    size
        Bytes.
    sha256
        Hexadecimal digest, or its first digits where no more is published.
    git_blob
        Git's name of the content: SHA-1 of ``"blob " + size + NUL + content``.
    md5
        Hexadecimal digest, where the host gives no better one.
    """

    url: str
    size: int | None = None
    sha256: str | None = None
    git_blob: str | None = None
    md5: str | None = None


class _TransientError(Exception):
    """This attempt failed; another may not."""

    def __init__(self, message: str, wait: float | None = None):
        super().__init__(message)
        self.wait = wait


def download(
    remote: RemoteFile,
    path: Path,
    *,
    attempts: int = ATTEMPTS,
    timeout: float = TIMEOUT,
    pause: float = 1.0,
    get: "Get | None" = None,
) -> Path:
    """Fetch a file unless it is there already; goes on where an earlier call was interrupted.

    Parameters
    ----------
    remote
        What to fetch.
    path
        Where to put it.
    attempts
        How many attempts in a row may bring no new byte.
    timeout
        Seconds without a byte after which an attempt ends.
    pause
        Seconds before the second attempt; doubles with each further one. A server's
        ``Retry-After`` counts where it is longer.
    get
        Sends a request, as ``requests.get`` does, which is the default; say that of a session.

    Returns
    -------
    `path`

    Raises
    ------
    DownloadError
        If the file cannot be fetched, or is not the one that `remote` describes. A partial file
        that may still become the right one is kept; a wrong one is removed.
    """
    path = Path(path)
    try:
        return _download(remote, path, attempts, timeout, pause, get)
    except OSError as error:
        if isinstance(error, DownloadError):
            raise
        raise DownloadError(
            path=path,
            expected=f"to write {remote.url} there",
            found=f"an error: {error.strerror or error}",
        ) from error


def _download(
    remote: RemoteFile,
    path: Path,
    attempts: int,
    timeout: float,
    pause: float,
    get: "Get | None",
) -> Path:
    import requests
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        if path.exists():
            return path
        partial = path.with_name(f".{path.name}.partial")
        announced = _fetch(remote, partial, attempts, timeout, pause, get or requests.get)
        expected = remote if remote.sha256 else _with_digest(remote, announced)
        problem = mismatch(partial, expected)
        if not problem and _size(partial) == 0 and remote.size != 0:
            problem = Mismatch("the file", "no bytes")
        if problem:
            _forget(partial)
            raise WrongFileError(path=remote.url, **problem._asdict(), advice="nothing was kept")
        partial.replace(path)
        _forget(partial)
    return path


class Mismatch(NamedTuple):
    """What a file's bytes should be, and what they are."""

    expected: str
    found: str


def mismatch(path: Path, expected: RemoteFile) -> Mismatch | None:
    r"""What is wrong with a file's bytes; None if nothing is.

    Parameters
    ----------
    path
        The file.
    expected
        Its size in bytes and its digests, as far as they are known.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> n_bytes = path.write_text("1,2\n")
    >>> mismatch(path, RemoteFile("https://a.b/a.csv", size=5))
    Mismatch(expected='5 bytes', found='4')
    """
    found = path.stat().st_size
    if expected.size is not None and found != expected.size:
        return Mismatch(f"{expected.size} bytes", str(found))
    if expected.git_blob and (blob := git_blob(path)) != expected.git_blob:
        return Mismatch(f"git blob {expected.git_blob}", blob)
    if expected.sha256 and not (digest := sha256_of(path)).startswith(expected.sha256):
        return Mismatch(f"SHA-256 {expected.sha256}", digest)
    if expected.md5 and not expected.sha256 and (digest := md5_of(path)) != expected.md5:
        return Mismatch(f"MD5 {expected.md5}", digest)
    return None


def git_blob(path: Path) -> str:
    """Git's name (SHA-1) of a file's content.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "empty"
    >>> path.touch()
    >>> git_blob(path)
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _fetch(
    remote: RemoteFile,
    partial: Path,
    attempts: int,
    timeout: float,
    pause: float,
    get: "Get",
) -> str | None:
    """Bring `partial` to its full length; returns the digest that the server announced."""
    fruitless = 0
    while True:
        before = _size(partial)
        try:
            return _attempt(remote, partial, timeout, get)
        except _TransientError as problem:
            fruitless = 0 if _size(partial) > before else fruitless + 1
            if fruitless >= attempts:
                raise DownloadError(
                    path=remote.url,
                    expected="the file",
                    found=f"after {attempts} attempts: {problem}",
                ) from None
            seconds = max(pause * 2**fruitless / 2, problem.wait or 0.0)
            _log.info("%s: %s; trying again", remote.url, problem)
            wait(min(seconds, LONGEST_WAIT))


def _attempt(
    remote: RemoteFile,
    partial: Path,
    timeout: float,
    get: "Get",
) -> str | None:
    import requests

    have, headers = _resume(remote, partial)
    try:
        with get(
            remote.url, headers=headers, stream=True, timeout=(min(timeout, 10.0), timeout)
        ) as response:
            if response.status_code == 416 or _other_part(response, have):
                _forget(partial)
                raise _TransientError("a server that does not know the part asked for")
            _refuse(response, remote)
            _receive(response, remote, partial, have if response.status_code == 206 else 0)
            return _announced_digest(response)
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
        raise DownloadError(
            path=remote.url, expected="an http address", found=f"another ({error})"
        ) from None
    except requests.exceptions.TooManyRedirects:
        raise DownloadError(
            path=remote.url, expected="the file", found="redirects without end"
        ) from None
    except requests.exceptions.RequestException as error:
        if in_short(error) == OFFLINE:
            raise DownloadError(path=remote.url, expected="the file", found=OFFLINE) from None
        raise _TransientError(in_short(error)) from None


def _resume(remote: RemoteFile, partial: Path) -> tuple[int, dict[str, str]]:
    """How much of the file can be kept, and the headers that ask for the rest."""
    headers = {"Accept-Encoding": "identity"}
    have = _size(partial)
    validator = _validator(partial)
    known = remote.sha256 or remote.git_blob or remote.md5
    if not have or not (known or validator.is_file()):
        return 0, headers
    headers["Range"] = f"bytes={have}-"
    if validator.is_file():
        headers["If-Range"] = validator.read_text(encoding="ascii")
    return have, headers


def _refuse(response: "requests.Response", remote: RemoteFile) -> None:
    """Raise for a response that is not (a part of) the file."""
    status = response.status_code
    if status in TRANSIENT:
        raise _TransientError(
            f"HTTP {status} {response.reason}",
            retry_after(response.headers.get("Retry-After", "")),
        )
    if status not in (200, 206):
        raise DownloadError(path=remote.url, expected="the file", found=f"HTTP {status}")
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise DownloadError(
            path=remote.url,
            expected="the file",
            found="a web page",
            advice="a login page or a proxy may answer in its place",
        )


def retry_after(header: str, now: datetime | None = None) -> float | None:
    """Seconds that a server asks to wait, from its header ``Retry-After`` (RFC 9110, 10.2.3).

    Parameters
    ----------
    header
        A number of seconds, or the date from which on it may be asked again.
    now
        Time that a date is compared with, with its time zone; the present by default.

    Returns
    -------
    Seconds, at least 0; None where the header says neither.

    Examples
    --------
    >>> now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> retry_after("Thu, 01 Jan 2026 12:00:30 GMT", now), retry_after("7", now)
    (30.0, 7.0)
    >>> retry_after("Thu, 01 Jan 2026 11:00:00 GMT", now), retry_after("soon", now)
    (0.0, None)
    """
    if re.fullmatch(r"\d+(\.\d+)?", header.strip(), re.ASCII):
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _receive(response: "requests.Response", remote: RemoteFile, partial: Path, have: int) -> None:
    """Append the body to the first `have` bytes of `partial`."""
    from tqdm import tqdm

    length = response.headers.get("Content-Length")
    total = have + int(length) if length and length.isdigit() else None
    if total is None and "chunked" not in response.headers.get("Transfer-Encoding", ""):
        total = remote.size
    if remote.size is not None and total not in (None, remote.size):
        raise DownloadError(path=remote.url, expected=f"{remote.size} bytes", found=total)
    _need_space(partial.parent, (total or 0) - have, remote)
    _remember_validator(response, partial)
    with (
        partial.open("r+b" if have else "wb") as file,
        tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=partial.name[1:-8],
             leave=False, disable=None) as bar,
    ):  # fmt: skip
        file.truncate(have)
        file.seek(have)
        for chunk in response.iter_content(CHUNK):
            interrupt.check()
            file.write(chunk)
            bar.update(len(chunk))
            if remote.size is not None and file.tell() > remote.size:
                break  # whatever more there is, it is not the file
    if total is not None and _size(partial) < total:
        raise _TransientError(f"the connection ended at {_size(partial)} of {total} bytes")


def _need_space(folder: Path, n_bytes: int, remote: RemoteFile) -> None:
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise DownloadError(
            path=folder, expected=f"{n_bytes} bytes of free space for {remote.url}", found=free
        )


def _remember_validator(response: "requests.Response", partial: Path) -> None:
    """Keep what tells whether the file behind the address is still the same when we go on."""
    etag = response.headers.get("ETag", "")
    value = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
    if value:
        _validator(partial).write_text(value, encoding="ascii", errors="ignore")
    else:
        _validator(partial).unlink(missing_ok=True)


def _announced_digest(response: "requests.Response") -> str | None:
    """SHA-256 that HuggingFace states in the headers of large files, if it does."""
    for answer in (*response.history, response):
        etag = answer.headers.get("X-Linked-ETag", "").strip('"').lower()
        if re.fullmatch(r"[0-9a-f]{64}", etag):
            return etag
    return None


def _other_part(response: "requests.Response", have: int) -> bool:
    """Whether a partial answer starts elsewhere than at byte `have`."""
    start = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return response.status_code == 206 and (start is None or int(start[1]) != have)


def _with_digest(remote: RemoteFile, digest: str | None) -> RemoteFile:
    return replace(remote, sha256=digest)


def _validator(partial: Path) -> Path:
    return partial.with_suffix(".validator")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _forget(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _validator(partial).unlink(missing_ok=True)


def wait(seconds: float) -> None:
    """Sleep, and end at once when interrupted."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        interrupt.check()
        time.sleep(min(left, 0.2))


def in_short(error: Exception) -> str:
    """One short clause for the nested messages of the HTTP library."""
    import requests

    if any(words in str(error) for words in _UNKNOWN_HOST):
        return OFFLINE
    if isinstance(error, requests.exceptions.Timeout) or "Read timed out" in str(error):
        return "a stalled connection"
    if isinstance(error, requests.exceptions.ProxyError):
        return "a proxy that refuses the connection"
    if isinstance(error, requests.exceptions.SSLError):
        return "a certificate that cannot be verified"
    if "Connection refused" in str(error):
        return "a refused connection"
    return "a broken connection"

"""Talking to the Open Science Framework: a patient session, and a listing.

OSF allows an anonymous client 100 requests an hour, so requests are the scarce thing: pages are
asked for as long as OSF makes them, a request is repeated only after a failure that may pass, and
every request is counted, redirects too.
"""

import heapq
import itertools
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests

from core.download import OFFLINE, TIMEOUT, TRANSIENT, RemoteFile, in_short, retry_after, wait
from core.errors import DownloadError, SettingError

PROJECT = "pre96"
"""The paper's source data, https://osf.io/pre96."""

API = "https://api.osf.io/v2/"

HOURLY_LIMIT = {"anonymous": 100, "token": 10_000 / 24}
"""Requests an hour that OSF answers."""

ATTEMPTS = 5
"""How often one request is sent at most, by default."""

PAGE_SIZE = 100
"""Entries of a page, as many as OSF gives."""

MAX_LISTING_REQUESTS = 60
"""Pages that are listed at most; folders named like figures come first."""

LONGEST_WAIT = 3600.0
"""Seconds that OSF may ask to wait, at most, before the download is given up for now."""

FILES = ("relationships", "files", "links", "related", "href")
"""Where an entry holds the address of the listing of what is in it."""

UPLOAD = ("links", "upload")
"""Where an entry holds the address that serves its bytes, a folder's as a zip."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OsfSettings:
    """Which project to read, and how.

    Attributes
    ----------
    project
        OSF's five letters.
    token
        Personal access token, for a private project or a higher limit; never printed or stored.
    api
        Address of the API.
    patience
        Longest time in seconds that is waited when OSF asks to.
    pause
        Seconds before the second attempt of a request; doubles with each further one.
    timeout
        Seconds without a byte after which a connection counts as stalled.
    attempts
        How often one request is sent at most.
    """

    project: str = PROJECT
    token: str | None = field(default=None, repr=False)
    api: str = API
    patience: float = LONGEST_WAIT
    pause: float = 1.0
    timeout: float = TIMEOUT
    attempts: int = ATTEMPTS

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-zA-Z0-9]{2,20}", self.project):
            raise SettingError(
                path="--project",
                expected=f"an OSF project such as {PROJECT}",
                found=f"{self.project!r}",
            )
        if self.token is not None and not re.fullmatch(r"[!-~]+", self.token):
            raise SettingError(
                path="OSF_TOKEN",
                expected="a token of printable characters without spaces",
                found="others",
            )
        if not re.match(r"https?://[^/\[\]]+", self.api):
            raise SettingError(path="OSF_API", expected="an http address", found=f"{self.api!r}")

    @classmethod
    def from_environment(
        cls, project: str | None = None, token: str | None = None, **others: float
    ) -> "OsfSettings":
        """Settings given, else ``OSF_PROJECT`` and ``OSF_TOKEN``; ``OSF_API`` names another API.

        Parameters
        ----------
        project
            OSF's five letters; None for the environment's, or else the published ones.
        token
            Personal access token; None for the environment's, if any.
        others
            Further fields of the settings.

        Examples
        --------
        >>> OsfSettings.from_environment("abcde", attempts=2).attempts
        2
        """
        return cls(
            project=project or os.environ.get("OSF_PROJECT") or PROJECT,
            token=token or os.environ.get("OSF_TOKEN") or None,
            api=os.environ.get("OSF_API") or API,
            **others,
        )


@dataclass(frozen=True)
class OsfFile:
    """One file of a project: its name, its path there, its bytes as OSF describes them."""

    name: str
    path: str
    id: str
    url: str
    size: int | None
    sha256: str | None
    md5: str | None
    version: int | None
    modified: str | None

    @property
    def remote(self) -> RemoteFile:
        """The file for `core.download`."""
        return RemoteFile(self.url, self.size, self.sha256, md5=self.md5)

    @property
    def checksum(self) -> str | None:
        """The better of the checksums that OSF reports."""
        return self.sha256 or self.md5

    @property
    def content(self) -> tuple:
        """What tells this file's bytes from others'."""
        return (self.size, self.checksum or self.id)

    @property
    def key(self) -> str:
        """What tells this file's bytes from others', as text."""
        return f"{self.size} {self.checksum or self.id}"

    @property
    def details(self) -> dict:
        """What provenance keeps of it."""
        kept = ("id", "version", "modified", "sha256", "md5")
        return {name: getattr(self, name) for name in kept if getattr(self, name) is not None}


@dataclass
class OsfFolder:
    """One folder with everything in it; `url` serves it as a zip.

    Examples
    --------
    >>> below = OsfFolder("/a/b", "https://files.osf.io/b")
    >>> list(OsfFolder("/a", "https://files.osf.io/a", folders=[below]).all_files())
    []
    """

    path: str
    url: str
    is_storage: bool = False
    files: list[OsfFile] = field(default_factory=list)
    folders: list["OsfFolder"] = field(default_factory=list)

    def all_files(self) -> Iterator[OsfFile]:
        """Files here and in all folders below."""
        yield from self.files
        for folder in self.folders:
            yield from folder.all_files()


class OsfSession(requests.Session):
    """A session with patience, a count of requests, and an eye on the token.

    Parameters
    ----------
    settings
        Project and manner.
    say
        Is told, in a few words, why something takes long.
    """

    def __init__(self, settings: OsfSettings, say: Callable[[str], None] = _log.info):
        super().__init__()
        self.settings = settings
        self.base_url = settings.api.rstrip("/")
        self.max_redirects = 10
        self.n_requests = 0
        self.last_request: float | None = None
        self.say = say
        self.headers["Accept"] = "application/vnd.api+json"
        self.headers["Accept-Encoding"] = "identity"
        if settings.token:
            self.headers["Authorization"] = f"Bearer {settings.token}"

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send one request and count it; redirects pass here one by one.

        Parameters
        ----------
        request
            What to send.
        options
            Those of `requests.Session.send`.
        """
        self.n_requests += 1
        return super().send(request, **options)

    def get(self, url: str, **options: Any) -> requests.Response:
        """Get `url`, again after failures that may pass, waiting as long as the server asks.

        Parameters
        ----------
        url
            Address; the token goes to OSF's own hosts only.
        options
            Those of `requests.Session.get`.

        Raises
        ------
        DownloadError
            After as many failures as the settings allow, for one that will not pass, or where the
            server asks for more patience than there is.
        """
        options.setdefault("timeout", (10.0, self.settings.timeout))
        if not is_same_site(url, self.base_url):
            options["headers"] = {**options.get("headers", {}), "Authorization": None}
        for attempt in itertools.count(1):
            self._pace()
            problem, seconds = "", None
            try:
                response = super().get(url, **options)
                if response.status_code not in TRANSIENT:
                    return self._accepted(url, response)
                problem = f"HTTP {response.status_code}"
                seconds = retry_after(response.headers.get("Retry-After", ""))
                response.close()
            except requests.exceptions.TooManyRedirects:
                raise DownloadError(
                    path=url, expected="an answer", found="redirects without end"
                ) from None
            except ValueError as error:
                # requests' own errors about addresses are ValueErrors
                raise DownloadError(
                    path=url, expected="an http address", found=f"another ({error})"
                ) from None
            except requests.exceptions.RequestException as error:
                problem = in_short(error)
            if attempt >= self.settings.attempts or problem == OFFLINE:
                found = problem if attempt == 1 else f"after {attempt} attempts: {problem}"
                raise DownloadError(path=url, expected="an answer", found=found)
            self._wait(self._back_off(attempt) if seconds is None else seconds, url, problem)

    @property
    def has_listed_enough(self) -> bool:
        """Whether no more requests are to be spent on listing."""
        return self.n_requests >= MAX_LISTING_REQUESTS

    def json(self, url: str) -> dict:
        """The JSON object behind `url`.

        Raises
        ------
        DownloadError
            If something else comes, also when asked again, once.
        """
        for attempt in itertools.count(1):
            response = self.get(url)
            try:
                content = response.json()
                if isinstance(content, dict):
                    return content
                found = f"JSON that is a {type(content).__name__}"
            except (ValueError, RecursionError):
                found = (
                    "a web page" if b"<html" in response.content[:1000].lower() else "other text"
                )
            except requests.exceptions.RequestException as error:
                found = in_short(error)
            if attempt == 2:
                raise DownloadError(
                    path=url,
                    expected="a JSON object",
                    found=found,
                    advice="a login page or a proxy may answer in OSF's place",
                )
            self._wait(self._back_off(attempt), url, found)

    def _accepted(self, url: str, response: requests.Response) -> requests.Response:
        status = response.status_code
        if status in (200, 206, 416):
            return response
        response.close()
        if status in (401, 403):
            found = "its token refused" if self.settings.token else "it private"
            raise DownloadError(
                path=url,
                expected="a readable project",
                found=f"{found} (HTTP {status})",
                advice="give OSF_TOKEN a token of an account that may read it",
            )
        raise DownloadError(path=url, expected="an answer", found=f"HTTP {status}")

    def _pace(self) -> None:
        """Leave a second between requests where half the limit is used."""
        limit = HOURLY_LIMIT["token" if self.settings.token else "anonymous"]
        if self.n_requests >= limit / 2 and self.last_request is not None:
            wait(self.last_request + 1.0 - time.monotonic())
        self.last_request = time.monotonic()

    def _back_off(self, attempt: int) -> float:
        return self.settings.pause * 2 ** (attempt - 1)

    def _wait(self, seconds: float, url: str, problem: str) -> None:
        if seconds > self.settings.patience:
            raise DownloadError(
                path=url,
                expected="an answer",
                found=f"{problem} and a request to wait {_minutes(seconds)}",
                advice="try again then, what has arrived is kept",
            )
        if seconds >= 2:
            self.say(f"{problem} from {urlsplit(url).hostname}: waiting {_minutes(seconds)}")
        wait(seconds)


def storages(
    session: OsfSession, relevant: Callable[[str], bool], ancestry: tuple[str, ...] = ()
) -> Iterator[OsfFolder]:
    """Storages of a project and of its components, each listed when it is asked for.

    OSF's own storage comes first, so that who has found enough stops there and spares requests.

    Parameters
    ----------
    session
        Open session; its settings name the project.
    relevant
        Whether a folder of this name is listed before the others, for the case that
        `MAX_LISTING_REQUESTS` end the listing early.
    ancestry
        A component of the project behind those it belongs to; the project itself by default.

    Raises
    ------
    DownloadError
        If a listing cannot be had, is cut short, or is not one.
    """
    ancestry = ancestry or (session.settings.project,)
    node = ancestry[-1]
    address = f"{session.base_url}/nodes/{node}"
    entries = _entries(session, f"{address}/files/")
    for entry in sorted(entries, key=lambda entry: _provider(entry) != "osfstorage"):
        yield _list_storage(session, entry, relevant)
    for child in _entries(session, f"{address}/children/"):
        below = _attribute(child, "id")
        if isinstance(below, str) and below not in ancestry and not session.has_listed_enough:
            yield from storages(session, relevant, (*ancestry, below))


def _provider(storage: Any) -> str:
    return _text(storage, "storage", "attributes", "provider")


def _list_storage(session: OsfSession, storage: Any, relevant: Callable[[str], bool]) -> OsfFolder:
    """A storage with all its folders, those of figures first."""
    url = _text(storage, "storage", *UPLOAD)
    root = OsfFolder(f"/ ({_provider(storage)})", url, is_storage=True)
    order = itertools.count()
    waiting = [(False, next(order), root, _text(storage, "storage", *FILES))]
    while waiting:
        later, _, folder, url = heapq.heappop(waiting)
        if session.has_listed_enough:
            session.say(
                f"listing ended after {session.n_requests} requests, {folder.path} is unseen"
            )
            break
        for entry in _entries(session, url):
            if _attribute(entry, "attributes", "kind") == "file":
                folder.files.append(_osf_file(entry))
            else:
                path = _text(entry, "folder", "attributes", "materialized_path")
                below = OsfFolder(path, _text(entry, "folder", *UPLOAD))
                folder.folders.append(below)
                unlike = later if folder is not root else True
                unlike = unlike and not relevant(_text(entry, "folder", "attributes", "name"))
                files = _text(entry, "folder", *FILES)
                heapq.heappush(waiting, (unlike, next(order), below, files))
    return root


def _entries(session: OsfSession, url: str) -> list[dict]:
    """All entries of a paged listing; asked for again where OSF says that there are more."""
    for _ in range(2):
        entries, total = _pages(session, url)
        if total is None or len(entries) >= total or session.has_listed_enough:
            return entries
    raise DownloadError(
        path=url, expected=f"{total} entries", found=f"{len(entries)}: it is cut short"
    )


def _pages(session: OsfSession, url: str) -> tuple[list[dict], int | None]:
    entries, total, seen = [], None, set()
    following = _with_page_size(url)
    while following and following not in seen and not session.has_listed_enough:
        seen.add(following)
        page = session.json(following)
        data, links = page.get("data"), page.get("links") or {}
        if not isinstance(data, list) or not isinstance(links, dict):
            raise DownloadError(path=url, expected="an OSF listing", found="other JSON")
        entries += data
        for meta in (links.get("meta"), page.get("meta")):
            if isinstance(meta, dict) and isinstance(meta.get("total"), int):
                total = meta["total"]
        following = links.get("next")
        if not isinstance(following, str | None):
            raise DownloadError(
                path=url, expected="the address of the next page", found="other JSON"
            )
    return entries, total


def _with_page_size(url: str) -> str:
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), "page[size]": str(PAGE_SIZE)}
    return urlunsplit(parts._replace(query=urlencode(query, safe="[]")))


def _text(entry: Any, kind: str, *keys: str) -> str:
    """The text that an entry of a listing holds under these keys, one inside the other."""
    found = _attribute(entry, *keys)
    if isinstance(found, str):
        return found
    raise DownloadError(
        path=f"entry of a {kind}",
        expected=f"OSF's description with a text for {'.'.join(keys)}",
        found=type(found).__name__ if found is not None else "none",
    )


def _osf_file(entry: dict) -> OsfFile:
    attributes = _attribute(entry, "attributes")
    size, version = attributes.get("size"), attributes.get("current_version")
    modified = attributes.get("date_modified")
    return OsfFile(
        name=_text(entry, "file", "attributes", "name"),
        path=_text(entry, "file", "attributes", "materialized_path"),
        id=_text(entry, "file", "id"),
        url=_text(entry, "file", *UPLOAD),
        size=size if isinstance(size, int) else None,
        sha256=_hex(_attribute(attributes, "extra", "hashes", "sha256"), 64),
        md5=_hex(_attribute(attributes, "extra", "hashes", "md5"), 32),
        version=version if isinstance(version, int) else None,
        modified=modified if isinstance(modified, str) else None,
    )


def _hex(text: Any, length: int) -> str | None:
    lower = text.lower() if isinstance(text, str) else ""
    return lower if re.fullmatch(f"[0-9a-f]{{{length}}}", lower) else None


def _attribute(entry: Any, *keys: str) -> Any:
    for key in keys:
        entry = entry.get(key) if isinstance(entry, dict) else None
    return entry


def is_same_site(url: str, other: str) -> bool:
    """Whether two addresses belong together, as api.osf.io and files.osf.io do.

    Parameters
    ----------
    url, other
        Addresses.

    Examples
    --------
    >>> is_same_site("https://files.osf.io/v1/x", "https://api.osf.io/v2/")
    True
    >>> is_same_site("https://osf.io.evil.org/", "https://api.osf.io/v2/")
    False
    """
    one, two = urlsplit(url), urlsplit(other)
    if one.netloc == two.netloc or one.scheme != two.scheme:
        return one[:2] == two[:2]
    names = [(address.hostname or "").split(".") for address in (one, two)]
    return names[0][-2:] == names[1][-2:] and not names[0][-1].isdigit()


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"

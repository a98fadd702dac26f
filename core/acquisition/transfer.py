"""Files of OSF on their way into a source-data folder: whole folders as zips, the rest one by one.

OSF makes a folder's zip while it sends it: of unknown length, and sometimes cut short. So every
member is held against the size and checksum of the listing, and whole members of a cut zip count.
What is under way lies in ``.osf`` below the folder; an interrupted transfer goes on from there.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

import requests

from core import interrupt
from core.acquisition import archives
from core.acquisition.osf import OsfFile, OsfFolder, OsfSession
from core.acquisition.placement import Candidate, Placement, in_order
from core.contract.manifest import MANIFEST
from core.download import CHUNK, download, in_short, mismatch
from core.errors import ArchiveError, DownloadError, WrongFileError

WORK_NAME = ".osf"

FEW = 8
"""Up to so many missing files of a folder come one by one, if they are less than `SMALL` of it."""

SMALL = 0.25

ZIP_ROUNDS = 3
"""How often a folder's zip is fetched at most."""

SERIES = 3
"""Files in a row that cannot be fetched, after which the rest is not tried."""

MAX_ARCHIVE_BYTES = 500_000_000
"""Largest zip on OSF that is looked into; larger ones hold recordings."""


def clear(root: Path) -> None:
    """Forget what was on its way into a folder, unless a later run can go on with it.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> (root / WORK_NAME).mkdir()
    >>> clear(root)
    >>> list(root.iterdir())
    []
    """
    work = root / WORK_NAME
    if work.is_dir() and not any(work.glob("*.partial")):
        shutil.rmtree(work)


class Transfer:
    """One download under way.

    Parameters
    ----------
    session
        Open session.
    placement
        The folder that is filled.
    bar
        Progress.
    """

    def __init__(self, session: OsfSession, placement: Placement, bar: "Bar"):
        self.session = session
        self.placement = placement
        self.bar = bar
        self.work = placement.root / WORK_NAME
        self.work.mkdir(exist_ok=True)

    def wanted(self, files: Iterable[OsfFile]) -> dict[str, OsfFile]:
        """Those of `files` that are still missing, by name."""
        missing = self.placement.missing
        return {file.name: file for file in files if file.name in missing}

    def fetch_folder(self, folder: OsfFolder, files: dict[str, OsfFile]) -> None:
        """Fetch as zips the uppermost folders that are mostly source data and miss much of it.

        Parameters
        ----------
        folder
            Where to look; not a whole storage, which may hold recordings.
        files
            The files to fetch, by name.
        """
        self._fetch_zip(folder, list(folder.all_files()), files)
        for below in folder.folders:
            self.fetch_folder(below, files)

    def fetch_loose(self, storage: OsfFolder, files: dict[str, OsfFile]) -> None:
        """Fetch a whole storage as a zip if it is mostly source data and they lie in no folder.

        Parameters
        ----------
        storage
            A storage of the project.
        files
            The files to fetch, by name.
        """
        self._fetch_zip(storage, storage.files, files)

    def _fetch_zip(
        self, folder: OsfFolder, sought: list[OsfFile], files: dict[str, OsfFile]
    ) -> None:
        """Fetch a folder's zip for the sake of the files `sought`, if that is worth a request."""
        sought = [file for file in sought if files.get(file.name) == file]
        total = _bytes(folder.all_files())
        if _bytes(file for file in folder.all_files() if files.get(file.name) == file) < total / 2:
            return
        partial = self.work / f"{_key(folder.url)}.partial"
        self._take(partial, sought)
        for _ in range(1 if folder.folders else ZIP_ROUNDS):
            wanted = self.wanted(sought)
            if len(wanted) < 2 or (len(wanted) <= FEW and _bytes(wanted.values()) < SMALL * total):
                break
            try:
                problem = self._stream(folder, partial, total)
            except DownloadError as error:
                self.session.say(f"{folder.path}: no zip of the folder: {error}")
                break
            self._take(partial, sought)
            if problem:
                n_missing = len(self.wanted(sought))
                self.session.say(f"{folder.path}: {problem}; {n_missing} files are still missing")
        partial.unlink(missing_ok=True)

    def _stream(self, folder: OsfFolder, partial: Path, total: int) -> str | None:
        """Fetch a folder's zip into `partial`; returns what cut it short."""
        limit = int(1.1 * total) + 1_000_000
        url = f"{folder.url}{'&' if '?' in folder.url else '?'}zip="
        with (
            self.session.get(url, stream=True, headers={"Accept": "*/*"}) as response,
            partial.open("wb") as file,
        ):
            try:
                for chunk in response.iter_content(CHUNK):
                    interrupt.check()
                    file.write(chunk)
                    self.bar.receiving(folder.path, file.tell())
                    if file.tell() > limit:
                        return "the zip is longer than its files"
            except requests.exceptions.RequestException as error:
                return f"the zip is cut short by {in_short(error)}"
        return None if zipfile.is_zipfile(partial) else "the zip is cut short"

    def _take(self, partial: Path, files: Iterable[OsfFile]) -> None:
        """Put in place the members of a zip, whole or cut short, that are what OSF described."""
        wanted = self.wanted(files)
        if not wanted or not partial.is_file():
            return
        unpacked = self.work / "member"
        try:
            found = [member for member in archives.members(partial) if member.name in wanted]
        except ArchiveError:
            known = {n: f.size for n, f in wanted.items() if f.checksum and f.size is not None}
            for name, content in archives.salvage(partial, known):
                unpacked.write_bytes(content)
                self._accept(wanted[name], unpacked)
            return
        with zipfile.ZipFile(partial) as archive:
            for member in found:
                try:
                    archives.extract(archive, {member.path: unpacked})
                except ArchiveError:
                    continue  # a damaged member comes by itself later
                self._accept(wanted[member.name], unpacked)

    def _accept(self, osf: OsfFile, unpacked: Path) -> None:
        """Put a member in place if it is what OSF described; forget it otherwise."""
        if self.placement.is_missing(osf.name) and not mismatch(unpacked, osf.remote):
            file = self.placement.files[osf.name]
            self.placement.put(file, Candidate(osf.path, unpacked, osf.details))
        unpacked.unlink(missing_ok=True)

    def fetch_single(self, files: Iterable[OsfFile]) -> None:
        """Fetch one by one what is still missing; what cannot be had is kept in `failed`.

        Raises
        ------
        DownloadError
            After `SERIES` files in a row that could not be fetched.
        """
        series = 0
        for name, osf in sorted(self.wanted(files).items()):
            file = self.placement.files[name]
            try:
                path = self.fetch(osf)
            except DownloadError as error:
                self.placement.failed[file.path] = error.clause
                series = 0 if isinstance(error, WrongFileError) else series + 1
                if series == SERIES:
                    raise error.advising(
                        "The rest is not tried; what has arrived is kept, and the same command "
                        "goes on"
                    ) from None
                continue
            series = 0
            self.placement.put(file, Candidate(osf.path, path, osf.details))

    def fetch(self, osf: OsfFile) -> Path:
        """One file, verified, in the work folder; a wrong one is fetched again once.

        Raises
        ------
        DownloadError
            If it cannot be had.
        """
        try:
            return self._fetch(osf)
        except WrongFileError as error:
            self.session.say(f"{osf.path}: {error} Fetched again.")
            return self._fetch(osf)

    def _fetch(self, osf: OsfFile) -> Path:
        settings, target = self.session.settings, self.work / _key(osf.url)
        if target.is_file() and (osf.checksum is None or mismatch(target, osf.remote)):
            target.unlink()  # left by an earlier run, when OSF had another version
        return download(
            osf.remote,
            target,
            timeout=settings.timeout,
            pause=settings.pause,
            get=self.session.get,
        )

    def settle(self, ambiguous: dict[str, list[OsfFile]]) -> None:
        """Fetch files that OSF holds several of under one name, and take the one that fits."""
        for name in in_order(ambiguous.keys() & self.placement.missing.keys()):
            distinct = {osf.content: osf for osf in ambiguous[name]}.values()
            try:
                candidates = [Candidate(o.path, self.fetch(o), o.details) for o in distinct]
            except DownloadError as error:
                self.placement.failed[self.placement.files[name].path] = error.clause
                continue
            self.placement.put_fitting(name, candidates)

    def look_into_archives(self, zips: Iterable[OsfFile]) -> dict[str, list[str]]:
        """Fetch zips that OSF holds and take from them by name what is still missing.

        Larger ones than `MAX_ARCHIVE_BYTES`, and those whose size is not known, are left alone.

        Returns
        -------
        Names of source data in each zip that could be read, by the zip's `OsfFile.key`.
        """
        candidates: dict[str, list[Candidate]] = {}
        contents: dict[str, list[str]] = {}
        for osf in zips:
            if osf.size is None or osf.size > MAX_ARCHIVE_BYTES:
                continue
            folder = self.work / f"{_key(osf.url)}-members"
            try:
                unpacked = archives.unpack(self.fetch(osf), MANIFEST, folder)
            except (ArchiveError, DownloadError) as error:
                self.session.say(f"{osf.path}: not looked into: {error}")
                continue
            contents[osf.key] = sorted({member.name for member, _ in unpacked})
            for member, path in unpacked:
                found = Candidate(f"{osf.path}: {member.path}", path, osf.details)
                candidates.setdefault(member.name, []).append(found)
        for name in in_order(candidates.keys() & self.placement.missing.keys()):
            self.placement.put_fitting(name, candidates[name])
        return contents


class Bar:
    """Progress in bytes and files, on a terminal only.

    Parameters
    ----------
    n_bytes
        Bytes of all files that are to come.
    n_files
        Their number.

    Examples
    --------
    >>> with Bar(n_bytes=10, n_files=1) as bar:
    ...     bar.receiving("/Fig4", 5)
    ...     bar.arrived(10)
    """

    def __init__(self, n_bytes: int, n_files: int):
        from tqdm import tqdm

        self._arrived, self._n_files = 0, n_files
        self._bar = tqdm(
            total=n_bytes or None, unit="B", unit_scale=True, leave=False, disable=None
        )

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def receiving(self, path: str, n_bytes: int) -> None:
        """A zip is under way; its members count when they are verified.

        Parameters
        ----------
        path
            The folder on OSF whose zip it is.
        n_bytes
            Bytes of it up to now.
        """
        self._bar.set_postfix_str(f"{self._files} {path}: {n_bytes / 1e6:.1f} MB of its zip")

    def arrived(self, n_bytes: int) -> None:
        """A file is in its place."""
        self._arrived += 1
        self._bar.update(n_bytes)
        self._bar.set_postfix_str(self._files)

    @property
    def _files(self) -> str:
        return f"{self._arrived}/{self._n_files} files"


def _bytes(files: Iterable[OsfFile]) -> int:
    return sum(file.size or 0 for file in files)


def _key(url: str) -> str:
    """Name of a temporary file for an address, the same in every run."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]

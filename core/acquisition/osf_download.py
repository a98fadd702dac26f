"""Source data from OSF: listed, compared with what is there, and what is missing fetched.

What OSF held is kept in ``osf_listing.json`` beside the data. Where it tells that nothing more is
to be had, a later call sends no request.
"""

import datetime
import json
import logging
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.acquisition.osf import OsfFile, OsfFolder, OsfSession, OsfSettings, storages
from core.acquisition.placement import (
    Candidate,
    Placement,
    Standing,
    files_of,
    refuse_mark,
    refuse_simulated_folder,
)
from core.acquisition.transfer import Bar, Transfer, clear
from core.contract.descriptions import File
from core.contract.manifest import EXPERIMENT_ORDER, FIGURE_FILES
from core.contract.provenance import EXPORT, SIMULATION_FILE_NAME
from core.contract.source_data import SourceData
from core.download import mismatch
from core.files import alone_in, write_json
from core.moving import finish_moving

LISTING_NAME = "osf_listing.json"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DownloadOutcome:
    """What a download did.

    Attributes
    ----------
    placed, adopted
        Paths of files that came, and of those that stood there already with OSF's bytes.
    absent
        Required files that OSF does not hold.
    failed
        Why other files are not to be had, by path.
    n_sound
        Files, out of those asked for, that are in place with OSF's bytes.
    n_requests, n_bytes, seconds
        Requests sent (redirects count), bytes of the files that came, time.
    """

    placed: list[str]
    adopted: list[str]
    absent: list[str]
    failed: dict[str, str]
    n_sound: int
    n_requests: int
    n_bytes: int
    seconds: float


def fetch_source_data(
    root: Path,
    settings: OsfSettings,
    figures: Iterable[str] | None = None,
    force: bool = False,
    say: Callable[[str], None] = _log.info,
    *,
    only_whole: bool = False,
    listing_age: float = 0.0,
) -> DownloadOutcome:
    """Bring the files of some figures, or of all, from OSF into a folder like ``source_data/``.

    Files that are there and sound are not fetched again, and where none is missing no request is
    sent. An interrupted call keeps what it has, and the next one goes on.

    Parameters
    ----------
    root
        The folder.
    settings
        Project, token, patience.
    figures
        Words that ``--figure`` takes; all by default.
    force
        Replace files of another origin.
    say
        Is told why something takes long.
    only_whole
        Leave figures alone that hold files of another origin, instead of refusing all.
    listing_age
        Seconds for which the last listing is believed in what it does not hold.

    Raises
    ------
    DownloadError
        If OSF cannot be reached or listed, or gives up in between.
    SettingError
        If `root` cannot be written or holds files of another origin.
    """
    start, root = time.monotonic(), Path(root)
    session = OsfSession(settings, say)
    with alone_in(root, say):
        finish_moving(root)
        refuse_simulated_folder(root)
        placement = Placement(root, files_of(figures), f"OSF {settings.project}")
        exported = [f for f in placement.files.values() if placement.source_of(f) == EXPORT]
        if not force:
            refuse_or_skip(placement, exported, only_whole)
        listing = read_listing(root, settings.project)
        # also where nothing is missing: a killed run may have left records and a working folder
        with placement.recording():
            if not is_complete(placement, listing, listing_age):
                fetch_missing(session, placement, force, only_whole, listing)
        clear(root)
    requires = SourceData(root).requires
    return DownloadOutcome(
        placed=placement.placed,
        adopted=placement.adopted,
        absent=[file.path for file in placement.missing.values() if requires(file)],
        failed=placement.failed,
        n_sound=placement.n_sound,
        n_requests=session.n_requests,
        n_bytes=placement.n_bytes,
        seconds=time.monotonic() - start,
    )


def is_complete(placement: Placement, listing: "Listing | None", age: float) -> bool:
    """Whether nothing is left to fetch, as far as that can be known without asking.

    An optional file that OSF did not hold when it was last listed is not missed; a required one is
    not, either, for `age` seconds after.

    Parameters
    ----------
    placement
        The folder.
    listing
        What OSF held when it was last listed; None if that is not known.
    age
        Seconds for which the listing is believed in what it does not hold.

    Examples
    --------
    >>> import tempfile
    >>> placement = Placement(Path(tempfile.mkdtemp()), files_of(["3"]), "OSF pre96")
    >>> is_complete(placement, None, math.inf)
    False
    >>> now = datetime.datetime.now().isoformat()
    >>> is_complete(placement, Listing("pre96", {}, date=now), age=60.0)
    True
    """
    is_new = listing is not None and listing.seconds_old() <= age
    return all(
        listing is not None
        and name not in listing.files
        and placement.standing[name] is Standing.MISSING
        and (is_new or not file.required)
        for name, file in placement.missing.items()
    )


def fetch_missing(
    session: OsfSession,
    placement: Placement,
    force: bool,
    only_whole: bool,
    before: "Listing | None",
) -> None:
    """List the project and fetch what is missing in as few requests as possible.

    Parameters
    ----------
    session
        Open session.
    placement
        The folder that is filled.
    force
        Replace files of another origin.
    only_whole
        Leave figures alone that hold files of another origin, instead of refusing all.
    before
        What OSF held when it was last listed; tells which zips need not be looked into again.
    """
    folders, found = find_on_osf(session, placement)
    foreign = compare_with_listing(placement, found, session.say)
    if not force:
        refuse_or_skip(placement, foreign, only_whole)
    archives = dict(before.archives) if before else {}
    Listing(session.settings.project, found, archives).write(placement.root)
    same = {name: files[0] for name, files in found.items() if len({f.content for f in files}) == 1}
    to_come = [file for name, file in same.items() if name in placement.missing]
    with Bar(sum(file.size or 0 for file in to_come), len(to_come)) as bar:
        placement.on_arrival = bar.arrived
        transfer = Transfer(session, placement, bar)
        # it tells whether the data are simulated, and the sizes of the others
        transfer.fetch_single(file for file in to_come if file.name == EXPERIMENT_ORDER.name)
        for storage in folders:
            for folder in storage.folders:
                transfer.fetch_folder(folder, same)
            transfer.fetch_loose(storage, same)
        transfer.fetch_single(to_come)
        transfer.settle({name: files for name, files in found.items() if name not in same})
        requires = SourceData(placement.root).requires
        if any(requires(file) for file in placement.missing.values()):
            zips = [f for folder in folders for f in folder.all_files() if f.name.endswith(".zip")]
            missing = placement.missing.keys()
            useful = [o for o in zips if o.key not in archives or missing & set(archives[o.key])]
            useful.sort(key=lambda osf: not is_relevant(osf.path))
            archives |= transfer.look_into_archives(useful)
            Listing(session.settings.project, found, archives).write(placement.root)
    for file in foreign if force else ():
        if file.name not in found and placement.standing[file.name] is not Standing.SOUND:
            # what OSF does not hold would be read together with what it does
            placement.set_aside(file)


def refuse_or_skip(placement: Placement, foreign: list[File], only_whole: bool) -> None:
    """Refuse to replace files of another origin, or leave their figures alone.

    Parameters
    ----------
    placement
        The folder that is filled.
    foreign
        Files in it that came from elsewhere.
    only_whole
        Whether the figures that hold such files are left alone, instead of refusing all.

    Raises
    ------
    SettingError
        Where they are not to be skipped, or are in no figure's folder and so concern all.
    """
    if not only_whole or any(not file.folder for file in foreign):
        placement.refuse(foreign)
    folders = {file.folder: placement.root / file.path for file in foreign}
    for file in placement.files.values():
        if file.folder in folders:
            placement.failed[file.path] = (
                f"{folders[file.folder]} is of another origin; `./reproduce download --force` "
                "replaces it"
            )


def find_on_osf(
    session: OsfSession, placement: Placement
) -> tuple[list[OsfFolder], dict[str, list[OsfFile]]]:
    """Storages of the project, as far as they have to be listed, and the sought files in them.

    Parameters
    ----------
    session
        Open session; its settings name the project.
    placement
        The folder that is filled; its files are sought by name.

    Returns
    -------
    folders
        Storages that were listed.
    found
        Sought files by name; OSF may hold several of one name.
    """
    folders: list[OsfFolder] = []
    found: dict[str, list[OsfFile]] = {}
    requires = SourceData(placement.root).requires
    for storage in storages(session, is_relevant):
        folders.append(storage)
        for file in storage.all_files():
            if file.name == SIMULATION_FILE_NAME:
                refuse_mark(placement.root, file.path)
            if file.name in placement.files:
                found.setdefault(file.name, []).append(file)
        if all(name in found for name, file in placement.files.items() if requires(file)):
            break
    return folders, found


def compare_with_listing(
    placement: Placement, found: dict[str, list[OsfFile]], say: Callable[[str], None]
) -> list[File]:
    """Hold what stands in place against the listing; returns the files of another origin.

    Files with OSF's bytes are adopted, whoever put them there. Recorded ones that changed here or
    on OSF since become missing.

    Parameters
    ----------
    placement
        The folder that is filled.
    found
        Files that OSF holds, by name.
    say
        Is told which files changed.
    """
    foreign = []
    for name, standing in placement.standing.items():
        file, offered = placement.files[name], found.get(name, [])
        path = placement.root / file.path
        if standing is Standing.MISSING:
            continue
        same = [osf for osf in offered if osf.checksum and not mismatch(path, osf.remote)]
        if same and len({osf.content for osf in offered}) == 1:
            placement.adopt(file, Candidate(same[0].path, path, same[0].details))
        elif standing in (Standing.UNKNOWN, Standing.FOREIGN):
            foreign.append(file)
        elif any(osf.checksum for osf in offered) and not same:
            where = "here" if standing is Standing.CHANGED else "on OSF"
            say(f"{path}: changed {where} since it came; fetched again, the old one is kept")
            placement.standing[name] = Standing.CHANGED
    return foreign


def is_relevant(path: str) -> bool:
    """Whether a path on OSF sounds like source data.

    Examples
    --------
    >>> is_relevant("SourceData/Fig4_Source_data"), is_relevant("raw/Alfa")
    (True, False)
    """
    words = path.lower().replace("_", "").replace(" ", "")
    return "sourcedata" in words or any(folder.lower() in words for folder in FIGURE_FILES)


@dataclass(frozen=True)
class Listing:
    """What OSF held when it was last listed: sought files, and names in the zips that were read.

    `files` are by name; `archives` by `OsfFile.key`.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> Listing("pre96", {}).write(folder)
    >>> read_listing(folder, "pre96").seconds_old() < 60
    True
    """

    project: str
    files: Mapping[str, Any]
    archives: Mapping[str, Collection[str]] = field(default_factory=dict)
    date: str = ""

    def seconds_old(self) -> float:
        """Time since then; infinite where it is not known."""
        try:
            return time.time() - datetime.datetime.fromisoformat(self.date).timestamp()
        except ValueError:
            return math.inf

    def write(self, root: Path) -> None:
        """Keep it beside the data, as of now."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        files = {
            name: [{"path": osf.path, "size": osf.size, **osf.details} for osf in offered]
            for name, offered in sorted(self.files.items())
        }
        content = {
            "project": self.project,
            "date": now,
            "files": files,
            "archives": dict(self.archives),
        }
        write_json(root / LISTING_NAME, content)


def read_listing(root: Path, project: str) -> Listing | None:
    """The last listing of a project for this folder, None where there is none that can be read.

    Parameters
    ----------
    root
        Folder of source data.
    project
        OSF's five letters; the listing of another project counts as none.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> Listing("pre96", {}).write(folder)
    >>> read_listing(folder, "pre96").project, read_listing(folder, "abcde")
    ('pre96', None)
    """
    try:
        content = json.loads((root / LISTING_NAME).read_text(encoding="utf-8"))
        found = Listing(
            content["project"], dict(content["files"]), dict(content["archives"]), content["date"]
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return found if found.project == project else None

"""Source data from OSF: listed, compared with what is there, and what is missing fetched.

What OSF held is kept in ``osf_listing.json`` beside the data. Where it tells that nothing more is
to be had, a later call sends no request.
"""

import datetime
import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from core.contract.manifest import EXPERIMENT_ORDER, FIGURE_FILES
from core.contract.osf import OsfFile, OsfFolder, Session, Settings, storages
from core.contract.placement import (
    Candidate,
    Placement,
    Standing,
    alone_in,
    files_of,
    refuse_simulated_folder,
)
from core.contract.transfer import Bar, Transfer
from core.download import mismatch
from core.files import write_json

LISTING_NAME = "osf_listing.json"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
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
    settings: Settings,
    figures: Iterable[str] | None = None,
    force: bool = False,
    say: Callable[[str], None] = _log.info,
) -> Outcome:
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

    Raises
    ------
    DownloadError
        If OSF cannot be reached or listed, or gives up in between.
    SettingError
        If `root` cannot be written or holds files of another origin.
    """
    start, root = time.monotonic(), Path(root)
    session = Session(settings, say)
    with alone_in(root, say):
        refuse_simulated_folder(root)
        placement = Placement(root, files_of(figures), f"OSF {settings.project}")
        if not force:
            placement.refuse(placement.files_standing(Standing.FOREIGN))
        with placement.recording():
            if not is_complete(placement, read_listing(root, settings.project)):
                fetch_missing(session, placement, force)
    missing = placement.missing.values()
    return Outcome(
        placed=placement.placed,
        adopted=placement.adopted,
        absent=[file.path for file in missing if file.required],
        failed=placement.failed,
        n_sound=placement.n_sound,
        n_requests=session.n_requests,
        n_bytes=placement.n_bytes,
        seconds=time.monotonic() - start,
    )


def is_complete(placement: Placement, listed: set[str] | None) -> bool:
    """Whether every file is sound, but for optional ones that OSF did not hold when `listed`."""
    return all(
        standing is Standing.SOUND
        or (
            standing is Standing.MISSING
            and not placement.files[name].required
            and listed is not None
            and name not in listed
        )
        for name, standing in placement.standing.items()
    )


def fetch_missing(session: Session, placement: Placement, force: bool) -> None:
    """List the project and fetch what is missing in as few requests as possible."""
    folders, found = find(session, placement)
    write_listing(placement.root, session.settings.project, found)
    compare(placement, found, force, session.say)
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
        if any(file.required for file in placement.missing.values()):
            zips = (f for folder in folders for f in folder.all_files() if f.name.endswith(".zip"))
            transfer.look_into_archives(sorted(zips, key=lambda osf: not is_relevant(osf.path)))
        transfer.clear()


def find(
    session: Session, placement: Placement
) -> tuple[list[OsfFolder], dict[str, list[OsfFile]]]:
    """Storages of the project, as far as they have to be listed, and the sought files in them."""
    folders: list[OsfFolder] = []
    found: dict[str, list[OsfFile]] = {}
    for storage in storages(session, is_relevant):
        folders.append(storage)
        for file in storage.all_files():
            if file.name in placement.files:
                found.setdefault(file.name, []).append(file)
        if all(name in found for name, file in placement.files.items() if file.required):
            break
    return folders, found


def compare(
    placement: Placement,
    found: dict[str, list[OsfFile]],
    force: bool,
    say: Callable[[str], None],
) -> None:
    """Hold what stands in place against the listing.

    Files with OSF's bytes are adopted, whoever put them there. Recorded ones that changed here or
    on OSF since are fetched again.

    Raises
    ------
    SettingError
        If other files would be replaced and `force` is not given.
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
    if not force:
        placement.refuse(foreign)
    for file in foreign:
        placement.set_aside(file)


def is_relevant(path: str) -> bool:
    """Whether a path on OSF sounds like source data.

    Examples
    --------
    >>> is_relevant("SourceData/Fig4_Source_data"), is_relevant("raw/Alfa")
    (True, False)
    """
    words = path.lower().replace("_", "").replace(" ", "")
    return "sourcedata" in words or any(folder.lower() in words for folder in FIGURE_FILES)


def read_listing(root: Path, project: str) -> set[str] | None:
    """Names that OSF held when it was last listed for this folder; None if that is not known."""
    try:
        content = json.loads((root / LISTING_NAME).read_text(encoding="utf-8"))
        return set(content["files"]) if content["project"] == project else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_listing(root: Path, project: str, found: dict[str, list[OsfFile]]) -> None:
    """Keep what OSF holds, and when that was seen."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    files = {
        name: [{"path": osf.path, "size": osf.size, **osf.details} for osf in offered]
        for name, offered in sorted(found.items())
    }
    write_json(root / LISTING_NAME, {"project": project, "date": now, "files": files})

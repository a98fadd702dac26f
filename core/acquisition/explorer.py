"""The authors' Neural Evolution Explorer: fetched as an archive, or taken from a copy, verified.

Its repository has no licence file, so nothing of it comes with this project; it is fetched for the
reader, at one commit. A whole copy must be that commit's folder, byte for byte; one without images
must hold its JSON files, whose ids (git's name of every experiment's folder without images) are in
``explorer_ids.csv``.
"""

import csv
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from core.acquisition import archives
from core.download import RemoteFile, download
from core.errors import MissingFileError, WrongFileError
from core.explorer.averages import COMMIT, REPOSITORY
from core.explorer.files import EXPERIMENTS, Files, files_in_folder
from core.explorer.git_objects import blob_id, tree_id
from core.explorer.images import IMAGES_FOLDER
from core.explorer.reading import read_explorer
from core.explorer.store import FILE_NAME, RECORD_NAME, save_averages
from core.files import alone_in, sha256, staging_in, writable_folder, write_json
from core.moving import finish_moving, move_all, settle
from core.progress import progress, say
from core.project import EXPLORER_DATA

TREE = "9afc46bebebc6c5e53ad58f728119f11b57d945a"
"""Git's name of the folder ``public/data`` at `COMMIT`, images included."""

IDS = Path(__file__).with_name("explorer_ids.csv")

ADDRESS = "EXPLORER_ARCHIVE"
"""Environment variable with another address of the archive, a mirror say."""

WHOLE, NUMBERS, OTHER = (
    f"all files are those of commit {COMMIT[:8]}",
    f"all numbers are those of commit {COMMIT[:8]}",
    f"NOT those of commit {COMMIT[:8]}, which was checked",
)


@dataclass(frozen=True)
class Taken:
    """What an import or a download did: experiments and images taken, and how they were verified.

    `differing` names the folders that are not those of the commit.
    """

    n_experiments: int
    n_images: int
    verified: str
    differing: tuple[str, ...] = ()


class Verified(NamedTuple):
    """`WHOLE`, `NUMBERS` or `OTHER`, and the folders (or ``experiments.json``) that differ."""

    words: str
    differing: tuple[str, ...]


def archive_address() -> str:
    """Where the archive of the commit is fetched from."""
    return os.environ.get(ADDRESS) or f"https://github.com/{REPOSITORY}/archive/{COMMIT}.zip"


def fetch_explorer(
    root: Path = EXPLORER_DATA, images: bool = False, attempts: int = 5, force: bool = False
) -> Taken | None:
    """Fetch the archive of the commit, and keep its numbers; None where they are there already.

    Parameters
    ----------
    root
        Folder to fill.
    images
        Whether to keep the evolved images, too.
    attempts
        How many attempts in a row may bring nothing.
    force
        Whether to fetch although the numbers are there.

    Raises
    ------
    DownloadError
        If it cannot be fetched. What has arrived is kept where the server can go on.
    WrongFileError
        If it is not that of the commit; nothing is kept.
    """
    settle(root)
    there = (root / FILE_NAME).is_file() and (not images or (root / IMAGES_FOLDER).is_dir())
    if there and not force:
        return None
    archive = writable_folder(root) / f"{COMMIT}.zip"
    say(f"fetching {archive_address()} (about 230 MB, of which 10 MB are kept)")
    download(RemoteFile(archive_address()), archive, attempts=attempts)
    try:
        with open_copy(archive) as files:
            return _keep(files, root, images, archive_address(), must_be=WHOLE)
    finally:
        archive.unlink(missing_ok=True)


def import_explorer(path: Path, root: Path = EXPLORER_DATA, images: bool = False) -> Taken:
    """Take the numbers out of a clone, an archive, or the folder ``public/data``.

    Parameters
    ----------
    path
        Folder or zip.
    root
        Folder to fill.
    images
        Whether to take the evolved images, too; a copy that holds nothing else adds them.

    Raises
    ------
    MissingFileError, ArchiveError
        If there is no copy at `path`.
    RecordingError
        If a file of it is missing or broken; what was there before stays.
    """
    with open_copy(path) as files:
        return _keep(files, root, images, str(path))


def holds_explorer(path: Path) -> bool:
    """Whether a folder or zip holds the explorer's data, or its images alone."""
    try:
        with open_copy(path):
            return True
    except (MissingFileError, archives.ArchiveError):
        return False


@contextmanager
def open_copy(path: Path) -> Iterator[Files]:
    """The explorer's files in a folder or a zip, for as long as the block lasts.

    Raises
    ------
    MissingFileError
        If there are none.
    ArchiveError
        If a file is no sound zip.
    """
    if not path.is_file():
        yield files_in_folder(path)
        return
    found = {member.path: member for member in archives.members(path)}
    prefix = _prefix(found)
    if prefix is None:
        raise MissingFileError(
            path=path, expected=f"the explorer's {EXPERIMENTS} and folders Exp*", found="neither"
        )
    with zipfile.ZipFile(path) as archive:
        named = archive.comment.decode("ascii", "replace")
        yield Files(
            where=str(path),
            names=frozenset(name[len(prefix) :] for name in found if name.startswith(prefix)),
            read=_reader(archive, prefix),
            commit=named if re.fullmatch("[0-9a-f]{40}", named) else None,
        )


def verify(files: Files, known: Mapping[str, str] = MappingProxyType({})) -> Verified:
    """Whether a copy is that of the commit.

    Parameters
    ----------
    files
        The copy.
    known
        Ids of files that were read already, by name.
    """
    unread = files.names - known.keys()
    ids = {**known, **{name: blob_id(files.read(name)) for name in unread}}
    if tree_id(ids.items()) == TREE:
        return Verified(WHOLE, ())
    by_folder: dict[str, list[tuple[str, str]]] = {}
    for name, blob in ids.items():
        if name.endswith(".json"):
            folder, _, rest = name.partition("/")
            by_folder.setdefault(folder, []).append((rest, blob))
    found = {
        folder: inside[0][1] if inside[0][0] == "" else tree_id(inside)
        for folder, inside in by_folder.items()
    }
    with IDS.open(encoding="utf-8", newline="") as file:
        expected = {row["folder"]: row["git_id"] for row in csv.DictReader(file)}
    names = {*found, *expected}
    differing = tuple(sorted(name for name in names if found.get(name) != expected.get(name)))
    return Verified(OTHER if differing else NUMBERS, differing)


def _keep(files: Files, root: Path, images: bool, origin: str, must_be: str | None = None) -> Taken:
    """Read everything once, and only then replace what was there."""
    ids: dict[str, str] = {}

    def read(name: str) -> bytes:
        content = files.read(name)
        ids[name] = blob_id(content)
        return content

    noted = replace(files, read=read)
    with alone_in(root, say), staging_in(root) as staging:
        finish_moving(root)
        new = _copy_images(noted, staging) if images else []
        n_images = len(new)
        if EXPERIMENTS not in files.names:  # images alone
            if not new:
                raise MissingFileError(
                    path=files.where,
                    expected=f"the explorer's {EXPERIMENTS}",
                    found="images only",
                    advice="--images takes them",
                )
            move_all(staging, root, new)
            return Taken(0, n_images, OTHER)
        experiments = read_explorer(noted, lambda names, n: progress(names, n, "experiments"))
        verified, differing = verify(files, ids)
        if must_be not in (None, verified):
            raise WrongFileError(
                path=origin,
                expected=f"the folder {TREE[:12]} of commit {COMMIT[:8]}",
                found="another",
                advice="nothing was kept",
            )
        save_averages(staging / FILE_NAME, experiments)
        record = {
            "repository": REPOSITORY,
            "commit": files.commit or (COMMIT if verified != OTHER else None),
            "pinned": verified != OTHER,
            "verified": verified,
            "differing": differing,
            "from": Path(origin).name if Path(origin).exists() else origin,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "n_experiments": len(experiments),
            "sha256": sha256(staging / FILE_NAME),
        }
        write_json(staging / RECORD_NAME, record)
        move_all(staging, root, [*new, FILE_NAME, RECORD_NAME])
    return Taken(len(experiments), n_images, verified, differing)


def _copy_images(files: Files, folder: Path) -> list[str]:
    """Copy images below a folder; returns their paths there."""
    pattern = r"Exp\d+-[A-Z]/gen_\d+/\w+\.webp"
    names = sorted(name for name in files.names if re.fullmatch(pattern, name))
    for name in progress(names, len(names), "images"):
        path = folder / IMAGES_FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files.read(name))
    return [f"{IMAGES_FOLDER}/{name}" for name in names]


def _prefix(names: dict[str, archives.Member]) -> str | None:
    """Path of the data in an archive, empty or ending in a slash; None if there are none."""
    for pattern in (r"(.*?)Exp\d+-[A-Z]/meta\.json", r"(.*?)Exp\d+-[A-Z]/gen_\d+/\w+_img\.webp"):
        for name in sorted(names):
            if (matched := re.fullmatch(pattern, name)) and (matched[1] or "/")[-1] == "/":
                return matched[1]
    return None


def _reader(archive: zipfile.ZipFile, prefix: str) -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        return archives.read(archive, prefix + name)

    return read

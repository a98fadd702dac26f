"""Source data from a zip or a folder that the reader downloaded in a browser."""

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.acquisition import archives
from core.acquisition.placement import (
    Candidate,
    Placement,
    Standing,
    choose_candidate,
    files_of,
    in_order,
    refuse_mark,
    refuse_simulated,
    refuse_simulated_folder,
    sizes_in,
)
from core.acquisition.problems import Problem, as_row
from core.acquisition.transfer import Bar
from core.contract import tables
from core.contract.descriptions import Sizes
from core.contract.manifest import EXPERIMENT_ORDER, MANIFEST
from core.contract.provenance import SIMULATION_FILE_NAME
from core.contract.source_data import is_simulated_file
from core.errors import ArchiveError, MissingFileError, ReproductionError, SettingError
from core.files import alone_in, sha256, staging_in, write_json
from core.moving import finish_moving
from core.progress import progress

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    placed
        Paths of files put in place.
    n_known
        Files that stood there already with the same bytes.
    refused
        A row for every file that was found and not taken.
    n_bytes
        Bytes put in place.
    """

    placed: list[str]
    n_known: int
    refused: list[Problem]
    n_bytes: int


def import_source_data(
    path: Path, root: Path, force: bool = False, say: Callable[[str], None] = _log.info
) -> Imported:
    """Take source data by name out of a folder or zip, whatever its layout, into `root`.

    Every file is checked against its description before it is put in place; one that fails is left
    out and named. Zips inside are looked into.

    Parameters
    ----------
    path
        Folder or zip.
    root
        Folder like ``source_data/``.
    force
        Replace files of another origin.
    say
        Is told why something takes long.

    Raises
    ------
    MissingFileError
        If there is nothing at `path`, or no file of source data in it.
    ArchiveError
        If it is no sound zip.
    SettingError
        If `root` cannot be written or holds files of another origin, or simulated data would enter
        the project's ``source_data/``.
    """
    if not (path.is_dir() or path.is_file()):
        raise MissingFileError(path=path, expected="a folder or a zip", found="nothing such")
    with alone_in(root, say):
        finish_moving(root)
        refuse_simulated_folder(root)
        placement = Placement(root, files_of(None), "import")
        with staging_in(root) as staging, placement.recording():
            return _import(path, staging, placement, force)


def _import(path: Path, staging: Path, placement: Placement, force: bool) -> Imported:
    candidates, refused = find_files(path, staging)
    simulated = is_simulated(path, candidates.pop(SIMULATION_FILE_NAME, []))
    if simulated:
        refuse_mark(placement.root, SIMULATION_FILE_NAME)
        refuse_beside_others(placement)
    if not candidates and not refused:
        raise MissingFileError(
            path=path, expected="files of source data under their published names", found="none"
        )
    chosen: dict[str, Candidate] = {}
    for name in progress(in_order(candidates), len(candidates), "files looked at"):
        file = MANIFEST[name]
        target = staging / "layout" / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            candidate = choose_candidate(file, candidates[name], _sizes(staging, placement.root))
            refuse_simulated(placement.root, file, candidate.path)
            if is_simulated_file(file, candidate.path) and not simulated:
                simulated = True
                refuse_beside_others(placement)
            shutil.copyfile(candidate.path, target)
        except SettingError:
            raise
        except ReproductionError as error:
            refused.append(as_row(placement.root, error))
            continue
        chosen[name] = Candidate(candidate.origin, target)
    sizes = _sizes(staging, placement.root)
    for name in list(chosen):
        file = MANIFEST[name]
        try:
            tables.read(chosen[name].path, file, sizes)
        except ReproductionError as error:
            refused.append(as_row(staging / "layout", error))
            del chosen[name]
    if simulated and chosen:
        write_json(placement.root / SIMULATION_FILE_NAME, {"simulated": True, "from": str(path)})
    return _place(chosen, refused, placement, force)


def refuse_beside_others(placement: Placement) -> None:
    """Raise a SettingError where simulated data would come into a folder that holds source data."""
    if any(standing is not Standing.MISSING for standing in placement.standing.values()):
        raise SettingError(
            path=placement.root, expected="an empty folder for simulated data", found="source data"
        )


def is_simulated(path: Path, witnesses: list[Candidate]) -> bool:
    """Whether a mark lies among the files, beside them or above them.

    Parameters
    ----------
    path
        What is imported, a folder or a file.
    witnesses
        Candidates for ``SIMULATED.json`` among the files in it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> is_simulated(folder / "Fig4", [])
    False
    >>> (folder / SIMULATION_FILE_NAME).touch()
    >>> is_simulated(folder / "Fig4", [])
    True
    """
    return bool(witnesses) or any(
        (f / SIMULATION_FILE_NAME).is_file() for f in path.resolve().parents
    )


def _place(
    chosen: dict[str, Candidate], refused: list[Problem], placement: Placement, force: bool
) -> Imported:
    """Put in place what is new, after a look at what would be replaced."""
    new, foreign = [], []
    for name, candidate in chosen.items():
        path = placement.root / MANIFEST[name].path
        if path.is_file() and sha256(path) == sha256(candidate.path):
            if placement.standing[name] is Standing.UNKNOWN:
                placement.adopt(MANIFEST[name], candidate)
            continue
        new.append(name)
        if placement.standing[name] in (Standing.UNKNOWN, Standing.FOREIGN):
            foreign.append(MANIFEST[name])
    if not force:
        placement.refuse(foreign)
    with Bar(sum(chosen[name].path.stat().st_size for name in new), len(new)) as bar:
        placement.on_arrival = bar.arrived
        for name in new:
            placement.put(MANIFEST[name], chosen[name])
    return Imported(placement.placed, len(chosen) - len(new), refused, placement.n_bytes)


def find_files(path: Path, staging: Path) -> tuple[dict[str, list[Candidate]], list[Problem]]:
    """Files of source data in a folder or zip, by name, and archives that cannot be read.

    Parameters
    ----------
    path
        A folder, looked into at any depth, or a zip.
    staging
        Empty folder in which archives are unpacked.

    Raises
    ------
    ArchiveError
        If `path` itself is a file and no sound zip.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "exp_order.csv").touch()
    >>> candidates, refused = find_files(folder, folder / "staging")
    >>> list(candidates), refused
    (['exp_order.csv'], [])
    """
    candidates: dict[str, list[Candidate]] = {}
    refused: list[Problem] = []
    sought = {*MANIFEST, SIMULATION_FILE_NAME}
    if path.is_file():
        found, archives_inside = [], [path]
    else:
        files = [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
        files = [file for file in files if file.is_file()]
        found = [file for file in files if file.name in sought]
        archives_inside = [file for file in files if file.suffix.lower() == ".zip"]
    for file in sorted(found):
        candidates.setdefault(file.name, []).append(Candidate(str(file), file))
    archives_inside.sort()
    for number, archive in enumerate(progress(archives_inside, len(archives_inside), "archives")):
        try:
            unpacked = archives.unpack(archive, sought, staging / f"archive{number}")
        except ArchiveError as error:
            if archive == path:
                raise
            refused.append(as_row(path, error))
            continue
        for member, place in unpacked:
            found_in = Candidate(f"{archive}: {member.path}", place)
            candidates.setdefault(member.name, []).append(found_in)
    return candidates, refused


def _sizes(staging: Path, root: Path) -> Sizes:
    """Sizes of the data that are imported, or of those in place where the import does not tell."""
    layout = staging / "layout"
    return sizes_in(layout if (layout / EXPERIMENT_ORDER.path).is_file() else root)

"""Putting files of unknown origin into ``source_data/``: alone, checked, and written down.

A file is replaced only by one that was verified, and what stood there with other bytes is kept
beside it as ``<name>.replaced``. Its record is written before it moves, so that a run which is
killed in between finds a record without its file, and goes on.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from core import interrupt
from core.contract import tables
from core.contract.descriptions import File, Sizes
from core.contract.manifest import EXPERIMENT_ORDER, FIGURE_FILES
from core.contract.provenance import (
    JOURNAL_NAME,
    append_record,
    read_provenance,
    record,
    simulation_record,
    write_provenance,
)
from core.contract.source_data import SourceData, is_simulated_file
from core.errors import ContractError, ReproductionError, SettingError
from core.figures import FIGURES, RECORDED
from core.files import sha256
from core.project import SOURCE_DATA

REPLACED_SUFFIX = ".replaced"


class Standing(Enum):
    """What is known of a file in its place: of whose origin it is, and whether it is unchanged."""

    MISSING = "missing"
    SOUND = "sound"
    CHANGED = "changed since it came"
    UNKNOWN = "of unknown origin"
    FOREIGN = "of another origin"


@dataclass(frozen=True)
class Candidate:
    """A file that may be the one described: where it was found, and where its bytes lie now."""

    origin: str
    path: Path
    details: dict = field(default_factory=dict)


def files_of(figures: Iterable[str] | None) -> list[File]:
    """Files of some figures, or of all, and the order of experiments that all of them need.

    Parameters
    ----------
    figures
        Words that ``--figure`` takes; None for all that are made from recordings.

    Examples
    --------
    >>> [file.name for file in files_of(["ext4"])][:2]
    ['exp_order.csv', 'FigureExt4_meta_df.csv']
    """
    folders = [FIGURES[figure].folder for figure in (RECORDED if figures is None else figures)]
    return [EXPERIMENT_ORDER, *(file for folder in folders for file in FIGURE_FILES[folder])]


def in_order(names: Iterable[str]) -> list[str]:
    """Names of files, with the one first that tells the sizes of the others.

    Examples
    --------
    >>> in_order(["b.csv", "exp_order.csv", "a.csv"])
    ['exp_order.csv', 'a.csv', 'b.csv']
    """
    return sorted(names, key=lambda name: (name != EXPERIMENT_ORDER.name, name))


class Placement:
    r"""Files of a source-data folder, which of them are sound, and the way into it for the others.

    Parameters
    ----------
    root
        The folder.
    files
        Files that may be placed.
    source
        Word for their origin in the provenance, say ``OSF pre96``.

    Attributes
    ----------
    standing
        How each file stands, by name.
    placed, adopted
        Paths of files that were put in place, and of those that were found there with the right
        bytes.
    failed
        Why a file is not to be had, by path; a sentence without its full stop.
    n_bytes
        Bytes put in place.
    on_arrival
        Called with the bytes of every file that is put in place.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> placement = Placement(root, files_of(["3"]), "OSF pre96")
    >>> placement.is_missing("exp_order.csv"), placement.n_sound
    (True, 0)
    >>> came = root / "came.csv"
    >>> n_bytes = came.write_text("Expi,ephysFN,n_blocks\n")
    >>> placement.put(EXPERIMENT_ORDER, Candidate("/exp_order.csv", came))
    >>> placement.is_missing("exp_order.csv"), placement.source_of(EXPERIMENT_ORDER)
    (False, 'OSF pre96')
    """

    def __init__(self, root: Path, files: Iterable[File], source: str):
        self.root = root
        self.files = {file.name: file for file in files}
        self.source = source
        self.placed: list[str] = []
        self.adopted: list[str] = []
        self.failed: dict[str, str] = {}
        self.n_bytes = 0
        self.on_arrival: Callable[[int], None] = lambda n_bytes: None
        self._records = read_provenance(root)
        self.standing = {name: self._standing(file) for name, file in self.files.items()}

    @property
    def missing(self) -> dict[str, File]:
        """Files that are not sound and may still come, by name."""
        return {name: file for name, file in self.files.items() if self.is_missing(name)}

    def is_missing(self, name: str) -> bool:
        """Whether a file is not sound and may still come."""
        return (
            self.standing[name] is not Standing.SOUND and self.files[name].path not in self.failed
        )

    @property
    def n_sound(self) -> int:
        """Number of files in place whose bytes are known to be right."""
        return sum(standing is Standing.SOUND for standing in self.standing.values())

    @contextmanager
    def recording(self) -> Iterator["Placement"]:
        """Gather the records in ``provenance.json`` at the end, also of an interrupted run."""
        try:
            yield self
        finally:
            if (self.root / JOURNAL_NAME).is_file():
                with interrupt.held_back():
                    write_provenance(self.root, self._records)

    def source_of(self, file: File) -> str | None:
        """Recorded source of a file, None if there is no record."""
        known = self._records.get(file.path)
        return known.source if known else None

    def refuse(self, files: list[File]) -> None:
        """Raise a SettingError if there are files that are not to be replaced unasked."""
        if files:
            path = self.root / files[0].path
            others = f", as {len(files) - 1} more are" if len(files) > 1 else ""
            raise SettingError(
                path=path,
                expected=f"no file or one of {self.source}",
                found=f"one {self.standing[files[0].name].value}{others}",
                advice=f"--force replaces such files and keeps them as *{REPLACED_SUFFIX}",
            )

    def put(self, file: File, candidate: Candidate) -> None:
        """Move a candidate's bytes, which are verified, into place, and note where they came from.

        Parameters
        ----------
        file
            What it is.
        candidate
            Where its bytes lie; they are moved from there.

        Raises
        ------
        SettingError
            If simulated data would enter the project's ``source_data/``, or a folder is in the way.
        """
        refuse_simulated(self.root, file, candidate.path)
        n_bytes = candidate.path.stat().st_size
        target = self.root / file.path
        if target.is_dir():
            raise SettingError(path=target, expected="a file or none", found="a folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        with interrupt.held_back():
            if target.is_file() and sha256(target) != sha256(candidate.path):
                self.set_aside(file)
            self._note(file, candidate)
            shutil.move(candidate.path, target)
            self.placed.append(file.path)
        self.n_bytes += n_bytes
        self.on_arrival(n_bytes)
        interrupt.check()

    def put_fitting(self, name: str, candidates: list[Candidate]) -> None:
        """Put in place the one candidate that is as described, or keep in `failed` why none is.

        Parameters
        ----------
        name
            Name of the file.
        candidates
            Files that may be it.
        """
        file, sizes = self.files[name], sizes_in(self.root)
        try:
            chosen = choose_candidate(file, candidates, sizes)
            tables.read(chosen.path, file, sizes)
        except ReproductionError as error:
            self.failed[file.path] = error.clause
            return
        self.put(file, chosen)

    def adopt(self, file: File, candidate: Candidate) -> None:
        """Note the origin of a file that stands in place with the candidate's bytes.

        Parameters
        ----------
        file
            What stands in place.
        candidate
            Where the same bytes were found.
        """
        if self.standing[file.name] is not Standing.SOUND:
            self.adopted.append(file.path)
            self._note(file, candidate)

    def set_aside(self, file: File) -> None:
        """Keep a file under another name, so that it is not read and not lost."""
        path = self.root / file.path
        suffixes = (f"{REPLACED_SUFFIX}{number}" for number in ("", *range(2, 1000)))
        free = (path.with_name(path.name + suffix) for suffix in suffixes)
        path.replace(next(other for other in free if not other.exists()))
        self._records.pop(file.path, None)
        self.standing[file.name] = Standing.MISSING

    def _note(self, file: File, candidate: Candidate) -> None:
        details = {"path": candidate.origin, **candidate.details}
        self._records[file.path] = record(candidate.path, self.source, details)
        append_record(self.root, file.path, self._records[file.path])
        self.standing[file.name] = Standing.SOUND

    def _standing(self, file: File) -> Standing:
        path, known = self.root / file.path, self._records.get(file.path)
        if not path.is_file():
            return Standing.MISSING
        if known is None:
            return Standing.UNKNOWN
        if known.source != self.source:
            return Standing.FOREIGN
        return Standing.SOUND if sha256(path) == known.sha256 else Standing.CHANGED


def choose_candidate(file: File, candidates: list[Candidate], sizes: Sizes) -> Candidate:
    r"""The one candidate, whatever their number, that can be the file described.

    Parameters
    ----------
    file
        What it should be.
    candidates
        Files that may be it, at least one.
    sizes
        Sizes of the data set.

    Raises
    ------
    ContractError
        If more than one differing candidate is as described, or none of several is; two are named.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "exp_order.csv"
    >>> n_bytes = path.write_text("Expi,ephysFN,n_blocks\n1,Beto-28072020-006,23\n")
    >>> candidates = [Candidate("/a", path), Candidate("/b", path)]
    >>> choose_candidate(EXPERIMENT_ORDER, candidates, Sizes()).origin
    '/a'
    """
    distinct = list({sha256(c.path): c for c in reversed(candidates)}.values())[::-1]
    if len(distinct) == 1:
        return distinct[0]
    fitting = [candidate for candidate in distinct if _fits(file, candidate, sizes)]
    if len(fitting) == 1:
        return fitting[0]
    one, two = (fitting or distinct)[:2]
    words = "more than one is" if fitting else "none of them is"
    raise ContractError(
        path=file.path,
        expected="one file of this name",
        found=f"different ones at {one.origin} and {two.origin}, and {words} as described",
    )


def refuse_simulated(root: Path, file: File, path: Path) -> None:
    r"""Raise a SettingError where simulated data would enter the project's ``source_data/``.

    Parameters
    ----------
    root
        Folder that is filled.
    file
        What the file is.
    path
        Where its bytes lie: its numbers, or the names of recordings in it, tell whether they are
        simulated.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "exp_order.csv"
    >>> n_bytes = path.write_text("Expi,ephysFN,n_blocks\n1,Beto-28072020-006,23\n")
    >>> refuse_simulated(SOURCE_DATA, EXPERIMENT_ORDER, path)
    """
    if is_simulated_file(file, path):
        refuse_mark(root, file.name)


def refuse_mark(root: Path, where: str) -> None:
    """Raise a SettingError if `root` is the project's own: `where` says that data are simulated.

    Parameters
    ----------
    root
        Folder that is filled.
    where
        What says that the data are simulated, for the message.

    Examples
    --------
    >>> refuse_mark(Path("another_folder"), "SIMULATED.json")
    """
    if root.resolve() == SOURCE_DATA.resolve():
        raise SettingError(
            path=root,
            expected="real source data",
            found=f"simulated recordings ({where})",
            advice="--out names another folder",
        )


def refuse_simulated_folder(root: Path) -> None:
    """Raise a SettingError for a folder that is marked as simulated: nothing else enters it.

    Examples
    --------
    >>> import tempfile
    >>> refuse_simulated_folder(Path(tempfile.mkdtemp()))
    """
    if simulation_record(root) is not None:
        raise SettingError(path=root, expected="a folder of source data", found="a simulated one")


def sizes_in(root: Path) -> Sizes:
    """Sizes of the data in `root`, the published ones where they cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> sizes_in(Path(tempfile.mkdtemp()))
    Sizes(experiments=170, blocks=56, example_blocks=23)
    """
    try:
        return SourceData(root).sizes
    except ReproductionError:
        return Sizes()


def _fits(file: File, candidate: Candidate, sizes: Sizes) -> bool:
    try:
        tables.read(candidate.path, file, sizes)
    except ReproductionError:
        return False
    return True

"""Where each file of a source-data folder came from, and whether it is simulated.

``provenance.json`` lies in the root of the folder, one record per file. A folder is simulated if a
``SIMULATED.json`` lies in it or in its parent, or if any experiment carries a ``-SIM`` name: each
is enough on its own. What carries neither is told by its numbers (`core.contract.signs`).
"""

import datetime
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path

from core.errors import ContractError, ReproductionError
from core.files import sha256, write_json

PROVENANCE_FILE_NAME = "provenance.json"
JOURNAL_NAME = ".provenance.jsonl"
"""Records of a run that is under way or was killed, one a line, newer than ``provenance.json``."""

SIMULATION_FILE_NAME = "SIMULATED.json"
EXPORT = "export"
"""Source of files that an export wrote."""

OSF_SOURCE = "OSF "
"""Beginning of the source of files that were fetched from OSF and verified; its project follows."""

PINNED = "pinned"
"""Detail of such a file: whether the averages are those of the commit that was checked."""

EXPLORER = "explorer"
"""Source of files made from the block averages of the authors' Neural Evolution Explorer."""

SIMULATED_SUFFIX = "-SIM"
"""End of every simulated recording's name."""

TWINS_KIND = "digital twins"
"""Kind of simulated recordings whose neurons are digital twins; plain ones name no kind."""

KIND_FIELDS = ("kind", "notice")
"""Fields of ``SIMULATED.json`` that say what simulated neurons are, and what figures say of it."""


class Origin(Enum):
    """What the source data of a figure were made from."""

    RECORDED = "recordings"
    EXPLORER = "block averages of the authors' explorer"
    SIMULATED = "simulated recordings"
    TWINS = "digital twins of neurons"
    COMPUTED = "computed, no recordings"
    SUBSTITUTES = "computed with substitutes for the paper's models and images"
    UNKNOWN = "unknown"


NOT_RECORDED = (Origin.SIMULATED, Origin.TWINS)
"""Origins of what looks like recordings and is none; it is marked, and compared with nothing."""


@dataclass(frozen=True)
class Check:
    """One comparison: what should hold, whether it does, and what was found.

    `error` is the one that says so, where a file could not be read. `compares` is whether numbers
    of the cohort are compared, so that no verdict on them stands where it fails.
    """

    name: str
    passed: bool
    found: str
    error: ReproductionError | None = None
    compares: bool = True


@dataclass(frozen=True)
class Record:
    """Origin of one file: ``export``, ``simulation`` (or a download), when, and its bytes."""

    source: str
    date: str
    bytes: int
    sha256: str
    details: dict = field(default_factory=dict)


def origin_of(records: Collection["Record"]) -> Origin:
    """What files with a sound record were made from; unknown where the records do not tell.

    Files that the reader imported are unknown: their records say when they came, not from whom. So
    are averages that are not those of the commit that was checked, since anybody can write some.

    Examples
    --------
    >>> ours, theirs = (Record(word, "2026-01-01", 4, "0" * 64) for word in (EXPORT, "import"))
    >>> origin_of([ours]), origin_of([ours, theirs])
    (<Origin.RECORDED: 'recordings'>, <Origin.UNKNOWN: 'unknown'>)
    """
    if records and all(r.source == EXPORT or r.source.startswith(OSF_SOURCE) for r in records):
        return Origin.RECORDED
    averaged = all(r.source == EXPLORER and r.details.get(PINNED) is True for r in records)
    return Origin.EXPLORER if records and averaged else Origin.UNKNOWN


def record(path: Path, source: str, details: dict | None = None) -> Record:
    r"""Record of a file as it is now.

    Parameters
    ----------
    path
        The file.
    source
        Word for where it came from, say ``export``.
    details
        What else is known of its origin.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> n_bytes = path.write_text("1,2\n")
    >>> known = record(path, EXPORT)
    >>> known.source, known.bytes
    ('export', 4)
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Record(source, now, path.stat().st_size, sha256(path), details or {})


def read_provenance(root: Path) -> dict[str, Record]:
    """Records by path below `root`; empty where there are none.

    Examples
    --------
    >>> import tempfile
    >>> read_provenance(Path(tempfile.mkdtemp()))
    {}
    """
    path, journal = root / PROVENANCE_FILE_NAME, root / JOURNAL_NAME
    try:
        known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        records = {name: Record(**value) for name, value in known.items()}
        if journal.is_file():
            # what follows the last line end was cut off when the run was killed
            lines = journal.read_text(encoding="utf-8").split("\n")[:-1]
            records |= {name: Record(**value) for name, value in map(json.loads, lines)}
        return records
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        found = f"text ({error})" if isinstance(error, ValueError) else "something else"
        raise ContractError(path=path, expected="one record per file", found=found) from None


def append_record(root: Path, name: str, value: Record) -> None:
    """Note one record in the journal, at once and whatever becomes of this run.

    Parameters
    ----------
    root
        Folder of source data.
    name
        The file's path below it.
    value
        Its record.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> append_record(root, "Fig4/a.csv", Record("export", "2026-01-01", 4, "0" * 64))
    >>> list(read_provenance(root))
    ['Fig4/a.csv']
    """
    with (root / JOURNAL_NAME).open("a", encoding="utf-8") as journal:
        journal.write(json.dumps([name, asdict(value)]) + "\n")


def write_provenance(root: Path, records: dict[str, Record]) -> None:
    """Replace the records of `root`, those of the journal included.

    Parameters
    ----------
    root
        Folder of source data.
    records
        Records by path below it.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> write_provenance(root, {"Fig4/a.csv": Record("export", "2026-01-01", 4, "0" * 64)})
    >>> read_provenance(root)["Fig4/a.csv"].source
    'export'
    """
    write_json(
        root / PROVENANCE_FILE_NAME,
        {name: asdict(value) for name, value in sorted(records.items())},
    )
    (root / JOURNAL_NAME).unlink(missing_ok=True)


def simulation_record(root: Path) -> dict | None:
    """Content of the ``SIMULATED.json`` in `root` or its parent, None if there is none.

    The file marks the folder whatever it holds; where that is not an object the result is empty.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> print(simulation_record(root / "source_data"))
    None
    >>> write_json(root / SIMULATION_FILE_NAME, {"simulated": True})
    >>> simulation_record(root / "source_data")
    {'simulated': True}
    """
    for folder in (root, root.parent):
        path = folder / SIMULATION_FILE_NAME
        if path.is_file():
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
            except (ValueError, RecursionError):
                content = None
            return content if isinstance(content, dict) else {}
    return None


def simulated_kind(root: Path) -> dict[str, str]:
    """What the ``SIMULATED.json`` in `root` or its parent says of the neurons: `KIND_FIELDS`.

    Returns
    -------
    dict
        Empty where nothing is said: there is no such file, or it is of a plain simulation.

    Examples
    --------
    >>> simulated_kind(Path("nowhere"))
    {}
    """
    found = simulation_record(root) or {}
    return {name: str(found[name]) for name in KIND_FIELDS if name in found}

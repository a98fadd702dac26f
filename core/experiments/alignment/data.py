"""Tables of the alignment experiment in the layout of ``source_data/``, computed once and kept."""

import time
from pathlib import Path

import pandas as pd

from core.contract import ext5
from core.contract.descriptions import Sizes
from core.contract.source_data import SourceData
from core.experiments.stamps import matches_stamp, write_stamp
from core.files import replacing, writable_folder
from core.optional import import_package
from core.project import COMPUTED_DATA

VERSION = 1
"""Raised by a change that changes the numbers."""

STAMP = "ALIGNMENT.json"
BEST_SCORED = "alignment_best_scored.csv"
KEY = ["dimension", "stack_size", "seed"]


def alignment_data(root: Path = COMPUTED_DATA) -> SourceData:
    """Folder with both tables of Extended Data Figure 5C, computed unless they are there.

    The best point that each run scored, which the published tables do not hold, is written beside
    them as ``alignment_best_scored.csv``.

    Raises
    ------
    SettingError
        If the folder cannot be written.
    MissingPackageError
        If they must be computed and torch is not installed.
    """
    source = SourceData(root, Sizes())
    if not is_computed(root):
        _compute(source)
    return source


def is_computed(root: Path = COMPUTED_DATA) -> bool:
    """Whether the folder holds the tables of this version, as they were computed."""
    return matches_stamp(root / STAMP, _files(SourceData(root, Sizes())), {"version": VERSION})


def paths(source: SourceData) -> list[Path]:
    """Paths of both tables."""
    return [source.path(file) for file in ext5.ALIGNMENT.values()]


def _files(source: SourceData) -> list[Path]:
    return [*paths(source), source.root / BEST_SCORED]


def _compute(source: SourceData) -> None:
    import_package("torch", "the alignment experiment")
    from core.experiments.alignment.runs import DEPTHS, DIMENSIONS, SEEDS, alignment_tables

    root = writable_folder(source.root)
    (root / STAMP).unlink(missing_ok=True)
    start = time.perf_counter()
    tables = alignment_tables()
    for optimizer, file in ext5.ALIGNMENT.items():
        columns = [column.name for column in file.columns]
        source.write(file, tables[optimizer][columns])
    best = {name: table.set_index(KEY).best_scored for name, table in tables.items()}
    with replacing(root / BEST_SCORED) as temporary:
        pd.DataFrame(best).to_csv(temporary)
    record = {
        "version": VERSION,
        "dimensions": DIMENSIONS,
        "depths": DEPTHS,
        "seeds": SEEDS,
        "seconds": round(time.perf_counter() - start, 1),
    }
    write_stamp(root / STAMP, _files(source), record)

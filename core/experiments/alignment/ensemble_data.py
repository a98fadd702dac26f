"""The ensembles of the alignment experiment, computed once and kept beside its tables."""

import time
from pathlib import Path

import pandas as pd

from core.experiments.stamps import matches_stamp, write_stamp
from core.files import replacing, writable_folder
from core.optional import import_package
from core.project import COMPUTED_DATA

ENSEMBLE_VERSION = 1
"""Raised by a change that changes the numbers."""

ENSEMBLE = "alignment_ensemble.csv"
ENSEMBLE_STAMP = "ALIGNMENT_ENSEMBLE.json"


def alignment_ensemble(root: Path = COMPUTED_DATA) -> pd.DataFrame:
    """Runs of both ensembles (see `core.experiments.alignment.ensemble`), computed unless kept.

    Raises
    ------
    SettingError
        If the folder cannot be written.
    MissingPackageError
        If they must be computed and torch is not installed.
    """
    stamp, path = root / ENSEMBLE_STAMP, ensemble_path(root)
    if not matches_stamp(stamp, [path], {"version": ENSEMBLE_VERSION}):
        _compute(stamp, path)
    return pd.read_csv(path)


def ensemble_path(root: Path = COMPUTED_DATA) -> Path:
    """Where they are kept."""
    return root / ENSEMBLE


def _compute(stamp: Path, path: Path) -> None:
    import_package("torch", "the ensemble of the alignment experiment")
    from core.experiments.alignment.ensemble import HARDEST, ensemble_table

    writable_folder(path.parent)
    stamp.unlink(missing_ok=True)
    start = time.perf_counter()
    table = ensemble_table()
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False)
    record = {
        "version": ENSEMBLE_VERSION,
        "largest_dimension_times_depth": HARDEST,
        "seconds": round(time.perf_counter() - start, 1),
    }
    write_stamp(stamp, [path], record)

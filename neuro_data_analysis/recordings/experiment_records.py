"""The lab's record tables: which tuning recording follows which evolution."""

from pathlib import Path

import pandas as pd

from core.errors import MissingFileError, RecordingError
from neuro_data_analysis.recordings.lab_tables import read_lab_table
from neuro_data_analysis.recordings.naming import UNIT_LETTERS

TUNING_TABLE = "ExpRecord_BigGAN_Hessian_tuning_ABCD"
EVOLUTION_TABLE = "ExpRecord_BigGAN_Hessian_Evol_ABCD"
SUFFIXES = ("", "_w_meta")

COLUMNS = ("Animal", "Expi", "ephysFN", "pref_chan", "pref_unit")
"""Columns that are needed; others are kept."""

RANGES = {"Expi": (0, 99_999), "pref_chan": (1, 99_999), "pref_unit": (0, len(UNIT_LETTERS) - 1)}
"""Columns of whole numbers, with their smallest and largest value."""


def tuning_recordings(folder: Path) -> pd.DataFrame:
    """Tuning recordings with the evolution that each one follows.

    The two are linked by animal and that animal's own number of experiments, which is not the
    number in the data set of paired evolutions; several tuning recordings may follow one evolution.

    Parameters
    ----------
    folder
        Holds ``ExpRecord_BigGAN_Hessian_tuning_ABCD.csv`` and
        ``ExpRecord_BigGAN_Hessian_Evol_ABCD.csv``, or the same ending in ``_w_meta.csv``.

    Returns
    -------
    DataFrame
        Columns of the tuning table, ``Exp_id`` (animal and number), and of the evolution
        ``evol_ephysFN``, ``evol_pref_chan`` and ``evol_pref_unit``: units are sorted anew in every
        recording.

    Raises
    ------
    MissingFileError
        If a table is not there.
    RecordingError
        If a table lacks a column or a value, names an evolution or recording twice, or a tuning
        recording follows none.
    """
    tuning_path = record_file(folder, TUNING_TABLE)
    evolution_path = record_file(folder, EVOLUTION_TABLE)
    tuning, evolutions = read_records(tuning_path), read_records(evolution_path)
    _refuse_repeated(tuning, "ephysFN", tuning_path)
    _refuse_repeated(evolutions, "Exp_id", evolution_path)
    unlinked = tuning.loc[~tuning["Exp_id"].isin(evolutions["Exp_id"]), "ephysFN"]
    if len(unlinked):
        raise RecordingError(
            path=evolution_path,
            expected=f"the evolution before {unlinked.iloc[0]}",
            found="none of its animal and Expi",
        )
    of_evolution = evolutions[["Exp_id", "ephysFN", "pref_chan", "pref_unit"]].set_index("Exp_id")
    return tuning.join(of_evolution.add_prefix("evol_"), on="Exp_id")


def record_file(folder: Path, stem: str) -> Path:
    """A record table in a folder, under either of its names.

    Parameters
    ----------
    folder
        Folder of the record tables.
    stem
        Name of the table without ending.

    Raises
    ------
    MissingFileError
        If it is not there.
    """
    for suffix in SUFFIXES:
        path = Path(folder) / f"{stem}{suffix}.csv"
        if path.is_file():
            return path
    raise MissingFileError(path=folder, expected=f"{stem}.csv (or _w_meta.csv)", found="neither")


def read_records(path: Path) -> pd.DataFrame:
    """Read one record table and add ``Exp_id``.

    Raises
    ------
    RecordingError
        If a needed column or value is missing.
    """
    table = read_lab_table(path)
    absent = [column for column in COLUMNS if column not in table]
    if absent:
        raise RecordingError(
            path=path, expected=f"the columns {', '.join(COLUMNS)}", found=f"no {', '.join(absent)}"
        )
    for column in RANGES:
        numbers = pd.to_numeric(table[column], errors="coerce")
        right = (numbers % 1 == 0) & numbers.between(*RANGES[column])
        if not right.all():
            row = int((~right).idxmax())
            low, high = RANGES[column]
            raise RecordingError(
                path=path,
                expected=f"a whole number of {column} from {low} to {high} in every row",
                found=f"{table[column].iloc[row]} in row {row + 1}",
            )
        table[column] = numbers.astype(int)
    if table[["Animal", "ephysFN"]].isna().any(axis=None):
        raise RecordingError(path=path, expected="Animal and ephysFN in every row", found="a gap")
    return table.assign(Exp_id=table["Animal"].astype(str) + "_" + table["Expi"].astype(str))


def _refuse_repeated(table: pd.DataFrame, column: str, path: Path) -> None:
    repeated = table[column][table[column].duplicated()]
    if len(repeated):
        raise RecordingError(
            path=path, expected=f"every {column} once", found=f"{repeated.iloc[0]} twice"
        )

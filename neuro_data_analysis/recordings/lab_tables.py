"""CSV tables that people and other programs wrote, read strictly."""

import csv
import io
from pathlib import Path

import pandas as pd

from core.errors import MissingFileError, RecordingError, SettingError
from core.files import writable_folder


def read_lab_table(path: Path) -> pd.DataFrame:
    """A CSV table whose every row has as many fields as its header.

    Raises
    ------
    RecordingError
        If it is no UTF-8 text, ends inside a line, holds no row, or has longer or shorter rows.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except (OSError, ValueError, csv.Error) as error:
        raise RecordingError(
            path=path, expected="a CSV table", found=f"another file ({error})"
        ) from None
    if len(rows) < 2:
        raise RecordingError(path=path, expected="a CSV table with at least one row", found="none")
    if "\0" in text or not text.endswith("\n"):
        raise RecordingError(
            path=path, expected="whole lines of text", found="a damaged or cut file"
        )
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(rows[0]):
            raise RecordingError(
                path=path,
                expected=f"{len(rows[0])} fields in every row",
                found=f"{len(row)} in row {number}",
            )
    return pd.read_csv(io.StringIO(text))


def optimizer_names(path: Path) -> dict[int, list[str]]:
    """Optimizer of both threads by Expi, from the authors' table.

    Parameters
    ----------
    path
        CSV with the columns ``Expi``, ``optim_names1`` and ``optim_names2``.

    Raises
    ------
    MissingFileError
        If there is no such file.
    RecordingError
        If it is no such table.
    """
    if not Path(path).is_file():
        raise MissingFileError(path=path, expected="a table of optimizers", found="no file")
    table, columns = read_lab_table(path), ["Expi", "optim_names1", "optim_names2"]
    if absent := [name for name in columns if name not in table]:
        raise RecordingError(path=path, expected=f"the column {absent[0]}", found=", ".join(table))
    return {int(expi): [first, second] for expi, first, second in table[columns].to_numpy()}


def writable_table(path: Path) -> Path:
    """A path if a table by experiment can be written there.

    Raises
    ------
    SettingError
        If it is a folder or a file of another kind, or its folder cannot be written.
    """
    if path.is_dir():
        raise SettingError(path=path, expected="a file that can be written", found="a folder")
    if path.is_file() and not path.read_bytes().startswith(b"Expi"):
        raise SettingError(
            path=path,
            expected="no file or a table by Expi to replace",
            found="a file of another kind",
        )
    writable_folder(path.parent)
    return path

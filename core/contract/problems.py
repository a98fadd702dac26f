"""What is wrong with a source-data folder, as one table: file, expected, found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.contract.checks import check
from core.contract.manifest import FIGURES
from core.contract.source_data import SourceData
from core.errors import ReproductionError


@dataclass(frozen=True)
class Problem:
    """One row."""

    file: str
    expected: str
    found: str


def problems(root: Path, figures: Iterable[str] | None = None) -> list[Problem]:
    """What is missing in `root`, not as described, or contradicts another file.

    Parameters
    ----------
    root
        Folder in the layout of ``source_data/``.
    figures
        Words that ``--figure`` takes; all by default.
    """
    source, rows = SourceData(root), []
    for figure in FIGURES if figures is None else figures:
        folder = FIGURES[figure]
        try:
            failed = [result for result in check(source, folder) if not result.passed]
        except ReproductionError as error:
            rows.append(as_row(root, str(error)))
            continue
        for result in failed:
            row = as_row(root, result.found)
            rows.append(row if row.file else Problem(folder, result.name, result.found))
    return list(dict.fromkeys(rows))


def as_row(root: Path, sentence: str) -> Problem:
    """A sentence of the form ``file: expected …, found …`` as a row; others only as what was found.

    Examples
    --------
    >>> as_row(Path("source_data"), "source_data/Fig4/a.csv: expected 3 rows, found 2.")
    Problem(file='Fig4/a.csv', expected='3 rows', found='2')
    """
    match = re.fullmatch(r"(?s)(.*?): expected (.*?)[,;] found (.*?)\.?", sentence)
    if match is None:
        return Problem("", "", sentence)
    return Problem(match[1].removeprefix(f"{root}/"), match[2], match[3])


def table(rows: Iterable[Problem]) -> str:
    """Rows as text in three columns."""
    cells = [("file", "expected", "found"), *((row.file, row.expected, row.found) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in (0, 1)]
    return "\n".join(
        f"  {file:<{widths[0]}}  {expected:<{widths[1]}}  {found}"
        for file, expected, found in cells
    )

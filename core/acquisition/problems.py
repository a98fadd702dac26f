"""What is wrong with a source-data folder, as one table: file, expected, found."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.contract.checks import check_folder
from core.contract.source_data import SourceData
from core.errors import ReproductionError
from core.figures import FIGURES, RECORDED


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
        Words that ``--figure`` takes; by default all that are made from recordings.

    Examples
    --------
    >>> rows = problems(Path("no_such_folder"), ["ext5"])
    >>> rows[0].file.startswith("ExtendedFig5/"), rows[0].found
    (True, 'no file')
    """
    source, rows = SourceData(root), []
    for figure in RECORDED if figures is None else figures:
        folder = FIGURES[figure].folder
        try:
            failed = [result for result in check_folder(source, folder) if not result.passed]
        except ReproductionError as error:
            rows.append(as_row(root, error))
            continue
        rows += [
            as_row(root, result.error)
            if result.error
            else Problem(folder, result.name, result.found)
            for result in failed
        ]
    return list(dict.fromkeys(rows))


def as_row(root: Path, error: ReproductionError) -> Problem:
    """An error about a file as a row; a plain sentence only as what was found.

    Parameters
    ----------
    root
        Folder from which the file is named, where it lies there.
    error
        What was raised.

    Examples
    --------
    >>> error = ReproductionError(path="source_data/Fig4/a.csv", expected="3 rows", found=2)
    >>> as_row(Path("source_data"), error)
    Problem(file='Fig4/a.csv', expected='3 rows', found='2')
    """
    if error.message:
        return Problem("", "", str(error))
    path = Path(error.path)
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else error.path
    return Problem(file, error.expected, error.found)


def table(rows: Iterable[Problem]) -> str:
    """Rows as text in three columns.

    Examples
    --------
    >>> print(table([Problem("Fig4/a.csv", "3 rows", "2")]))
      file        expected  found
      Fig4/a.csv  3 rows    2
    """
    cells = [("file", "expected", "found"), *((row.file, row.expected, row.found) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in (0, 1)]
    return "\n".join(
        f"  {file:<{widths[0]}}  {expected:<{widths[1]}}  {found}"
        for file, expected, found in cells
    )

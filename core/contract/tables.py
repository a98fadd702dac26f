"""Reading and writing one file of the contract: its text, its shape, its numbers.

A reader either returns what the description promises or raises a `ContractError` that names the
file, what was expected and what was found.
"""

import csv
import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.contract.descriptions import Column, File, Json, Matrix, Pickle, Sizes, Table
from core.contract.unpickling import load_pickle
from core.errors import ContractError, MissingFileError
from core.files import replacing, write_json

LARGEST_WHOLE = 2**53
"""Whole numbers from here on are not exact in floating point."""

LARGEST = 1e12
"""No rate is larger; a number of a damaged array may be, and cannot be drawn."""


def read(path: Path, file: File, sizes: Sizes) -> Any:
    r"""Content of `path`, checked against its description.

    Parameters
    ----------
    path
        The file.
    file
        What it should be.
    sizes
        Sizes of the data set, for numbers of rows and columns that the format leaves open.

    Returns
    -------
    DataFrame for a Table (columns in the order of the file, without the running index), float64 or
    int64 (rows, columns) array for a Matrix, dict for a Json, dict or DataFrame for a Pickle.

    Raises
    ------
    MissingFileError, ContractError, UnsafePickleError

    Examples
    --------
    >>> import tempfile
    >>> from core.contract.manifest import EXPERIMENT_ORDER
    >>> path = Path(tempfile.mkdtemp()) / "exp_order.csv"
    >>> n_bytes = path.write_text("Expi,ephysFN,n_blocks\n1,Beto-28072020-006,23\n")
    >>> read(path, EXPERIMENT_ORDER, Sizes()).to_dict("list")
    {'Expi': [1], 'ephysFN': ['Beto-28072020-006'], 'n_blocks': [23]}
    """
    if not path.is_file():
        raise MissingFileError(path=path, expected=file.content, found="no file")
    match file:
        case Table():
            return _read_table(path, file, sizes)
        case Matrix():
            return _read_matrix(path, file, sizes)
        case Json():
            return _read_json(path, file)
        case Pickle():
            return _read_pickle(path, file, sizes)
    raise TypeError(f"no reader for {type(file).__name__}")


def write(path: Path, file: File, value: Any, sizes: Sizes) -> None:
    """Write `value` as `file` describes it, after the checks that a reader makes.

    Parameters
    ----------
    path
        The file.
    file
        What it is.
    value
        Its content, as `read` returns it.
    sizes
        Sizes of the data set.

    Examples
    --------
    >>> import tempfile
    >>> from core.contract.manifest import EXPERIMENT_ORDER
    >>> path = Path(tempfile.mkdtemp()) / "exp_order.csv"
    >>> row = {"Expi": [1], "ephysFN": ["Beto-28072020-006"], "n_blocks": [23]}
    >>> write(path, EXPERIMENT_ORDER, pd.DataFrame(row), Sizes())
    >>> path.read_text().splitlines()
    ['Expi,ephysFN,n_blocks', '1,Beto-28072020-006,23']
    """
    match file:
        case Table():
            _check_table(path, file, value, sizes)
            _write_csv(path, value.reset_index(drop=True), header=True, index=file.index)
        case Matrix():
            value = np.asarray(value)
            _check_matrix(path, file, value, sizes)
            frame = pd.DataFrame(value.astype(int) if file.flag else value)
            _write_csv(path, frame, header=file.header, index=file.index)
        case Json():
            _check_json(path, file, value)
            write_json(path, value)
        case Pickle():
            _check_pickle(path, file, value, sizes)
            with replacing(path) as temporary, temporary.open("wb") as stream:
                pickle.dump(value, stream, protocol=4)
        case _:
            raise TypeError(f"no writer for {type(file).__name__}")


def _write_csv(path: Path, frame: pd.DataFrame, header: bool, index: bool) -> None:
    with replacing(path) as temporary:
        frame.to_csv(temporary, header=header, index=index, lineterminator="\n")


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContractError(
            path=path, expected="UTF-8 text", found=f"a byte that is not (at {error.start})"
        ) from None
    if not text.endswith("\n"):
        found = "an empty file" if not text else "a last line without its end"
        raise ContractError(
            path=path, expected="whole lines", found=f"{found}: the file is cut off"
        )
    return text.replace("\r\n", "\n")


def _read_matrix(path: Path, file: Matrix, sizes: Sizes) -> np.ndarray:
    lines = _text(path).removesuffix("\n").split("\n")
    n_index = int(file.index)
    if file.header:
        header = lines.pop(0).split(",")[n_index:]
        if header != [str(column) for column in range(len(header))]:
            raise ContractError(
                path=path, expected="the header 0, 1, 2, ...", found=_shorten(",".join(header))
            )
    n_fields = [line.count(",") + 1 for line in lines]
    rows, columns = sizes.resolve(file.rows), sizes.resolve(file.columns)
    if len(lines) != rows or (lines and n_fields[0] != columns + n_index):
        found = f"{len(lines)} x {n_fields[0] - n_index if n_fields else 0}"
        raise ContractError(
            path=path, expected=f"{rows} rows x {columns} columns of numbers", found=found
        )
    for number, fields in enumerate(n_fields, start=1):
        if fields != columns + n_index:
            raise ContractError(
                path=path,
                expected=f"{columns} numbers in every row",
                found=f"{fields - n_index} in data row {number}",
            )
    array = _numbers(path, "\n".join(lines))[:, n_index:]
    _check_matrix(path, file, array, sizes)
    return array.astype(np.int64) if file.flag else array


_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_OF_NUMBERS = b"+-.,0123456789eE\n"


def _numbers(path: Path, text: str) -> np.ndarray:
    options = {
        "header": None,
        "na_values": [""],
        "keep_default_na": False,
        "quoting": csv.QUOTE_NONE,
    }
    try:
        # pandas would take True for 1
        if text.encode().translate(None, _OF_NUMBERS):
            raise ValueError
        # as one long column, since each column costs pandas as much as a hundred numbers
        cells = io.StringIO(text.replace(",", "\n") + "\n")
        whole = {"names": ["number"], "skip_blank_lines": False, "low_memory": False}
        column = pd.read_csv(cells, dtype=float, **whole, **options)
        return column.to_numpy().reshape(text.count("\n") + 1, -1)
    except ValueError:
        cells = pd.read_csv(io.StringIO(text), dtype=str, **options)
        numeric = cells.apply(lambda column: column.str.fullmatch(_NUMBER).fillna(True))
        bad = ~numeric.astype(bool)
        row, column = (int(index[0]) for index in np.nonzero(bad.to_numpy()))
        raise ContractError(
            path=path,
            expected="numbers",
            found=f"{cells.iat[row, column]!r} in data row {row + 1}, column {column + 1}",
        ) from None


def _check_matrix(path: Path, file: Matrix, array: np.ndarray, sizes: Sizes) -> None:
    expected = (sizes.resolve(file.rows), sizes.resolve(file.columns))
    if array.shape != expected:
        raise ContractError(
            path=path,
            expected=f"{expected[0]} rows x {expected[1]} columns of numbers",
            found=" x ".join(map(str, array.shape)),
        )
    if np.isinf(array).any():
        raise ContractError(path=path, expected="finite numbers", found="an infinite one")
    empty = np.isnan(array)
    if file.missing == "row":
        empty = empty & ~empty.all(axis=1, keepdims=True)
    if file.missing != "cell" and empty.any():
        row, column = np.argwhere(empty)[0]
        raise ContractError(
            path=path,
            expected="a number in every cell",
            found=f"none in data row {row + 1}, column {column + 1}",
        )
    if file.flag and not np.isin(array, (0, 1)).all():
        raise ContractError(path=path, expected="only 0 and 1", found="other numbers")


def _read_table(path: Path, file: Table, sizes: Sizes) -> pd.DataFrame:
    text = _text(path)
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise ContractError(path=path, expected="comma-separated rows", found=error) from None
    names = rows[0] if rows else []
    missing = [c.name for c in file.columns if c.name not in names and not c.optional]
    if missing:
        raise ContractError(
            path=path,
            expected=f"the columns {_shorten(', '.join(missing))}",
            found=(
                f"a header without {'them' if len(missing) > 1 else 'it'}: "
                f"{_shorten(', '.join(names))}"
            ),
        )
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise ContractError(
                path=path,
                expected=f"{len(names)} fields in every row",
                found=f"{len(row)} in data row {number}",
            )
    frame = pd.read_csv(
        io.StringIO(text),
        dtype=str,
        na_values=[""],
        keep_default_na=False,
    ).astype(object)
    if file.index:
        frame = frame.iloc[:, 1:] if names[0] in ("", "Unnamed: 0") else frame
    for column in file.columns:
        if column.name in frame:
            frame[column.name] = _parse(path, column, frame[column.name])
    _check_table(path, file, frame, sizes)
    return frame.reset_index(drop=True)


def _parse(path: Path, column: Column, cells: pd.Series) -> pd.Series:
    if column.kind == "str":
        return cells.astype(object)
    if column.kind == "bool":
        values = cells.map({"True": True, "False": False, "1": True, "0": False})
        _refuse(path, column, cells, values.isna(), "True or False")
        return values.astype(bool)
    values = pd.to_numeric(cells, errors="coerce")
    wrong = values.isna() & (cells.notna() & ~cells.isin(["nan", "NaN"]) | (not column.missing))
    _refuse(path, column, cells, wrong, "a number")
    if not column.infinite:
        _refuse(path, column, cells, np.isinf(values), "a finite number")
    outside = (values < column.low) | (values > column.high)
    _refuse(path, column, cells, outside, f"a number from {column.low:g} to {column.high:g}")
    if column.kind == "float" or (column.missing and values.isna().any()):
        return values.astype(float)
    whole = (values == values.round()) & (values.abs() < LARGEST_WHOLE)
    _refuse(path, column, cells, ~whole, "a whole number")
    if column.kind == "flag":
        _refuse(path, column, cells, ~values.isin((0, 1)), "0 or 1")
    return values.astype(int)


def _refuse(path: Path, column: Column, cells: pd.Series, wrong: pd.Series, expected: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong.to_numpy()))
        cell = cells.iloc[row]
        found = "an empty cell" if pd.isna(cell) else repr(cell)
        raise ContractError(
            path=path,
            expected=f"{expected} in column {column.name}",
            found=f"{found} in data row {row + 1}",
        )


def _check_table(path: Path, file: Table, frame: pd.DataFrame, sizes: Sizes) -> None:
    missing = [c.name for c in file.columns if c.name not in frame and not c.optional]
    if missing:
        raise ContractError(
            path=path, expected=f"the columns {', '.join(missing)}", found="none such"
        )
    rows = sizes.resolve(file.rows)
    if len(frame) == 0:
        raise ContractError(path=path, expected="at least one row", found="none")
    if rows is not None and len(frame) != rows:
        raise ContractError(
            path=path,
            expected=f"{rows} rows x {len(file.columns)} columns",
            found=f"{len(frame)} rows",
        )
    for column in file.columns:
        if column.name not in frame or column.missing:
            continue
        empty = frame[column.name].isna()
        if empty.any():
            raise ContractError(
                path=path,
                expected=f"a value in every row of column {column.name}",
                found=f"none in data row {int(np.argmax(empty.to_numpy())) + 1}",
            )


def _read_json(path: Path, file: Json) -> dict:
    try:
        value = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ContractError(
            path=path, expected="JSON (whatever the extension)", found=f"text that is not: {error}"
        ) from None
    _check_json(path, file, value)
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name}, which is no JSON number")


def _check_json(path: Path, file: Json, value: Any) -> None:
    names = ", ".join(name for name, _ in file.fields)
    if not isinstance(value, dict):
        raise ContractError(
            path=path, expected=f"a JSON object with {names}", found=type(value).__name__
        )
    for name, kind in file.fields:
        accepted = (int, float) if kind is float else kind
        if name not in value or not isinstance(value[name], accepted):
            found = repr(value[name]) if name in value else "no such key"
            raise ContractError(path=path, expected=f"{name} to be {kind.__name__}", found=found)


def _read_pickle(path: Path, file: Pickle, sizes: Sizes) -> Any:
    value = load_pickle(path, file.max_bytes)
    _check_pickle(path, file, value, sizes)
    return value


def _check_pickle(path: Path, file: Pickle, value: Any, sizes: Sizes) -> None:
    if not isinstance(value, (dict, pd.DataFrame)) or any(key not in value for key in file.keys):
        found = sorted(map(str, value)) if isinstance(value, dict) else type(value).__name__
        raise ContractError(path=path, expected=", ".join(file.keys), found=found)
    for key, shape in file.arrays:
        expected = tuple(sizes.resolve(size) for size in shape)
        found = value[key]
        if not (
            isinstance(found, np.ndarray) and found.dtype.kind == "f" and found.shape == expected
        ):
            raise ContractError(
                path=path,
                expected=f"{key} to be an array of floats, {_times(expected)}",
                found=f"{_times(np.shape(found))} of {type(found).__name__}",
            )
        _refuse_huge(path, key, found)
    for key, columns in file.frames:
        frame = value[key]
        found = list(frame) if isinstance(frame, pd.DataFrame) else type(frame).__name__
        numeric = (
            isinstance(frame, pd.DataFrame)
            and len(frame) > 0
            and all(frame[column].dtype.kind in "fiu" for column in columns if column in frame)
        )
        if not numeric or any(column not in found for column in columns):
            raise ContractError(
                path=path,
                expected=f"{key} to be a table of numbers with {', '.join(columns)}",
                found=found,
            )
        _refuse_huge(path, key, frame[list(columns)].to_numpy(dtype=float))


def _refuse_huge(path: Path, key: str, values: np.ndarray) -> None:
    largest = np.nanmax(np.abs(values), initial=0)
    if largest > LARGEST:
        raise ContractError(
            path=path, expected=f"{key} to hold numbers up to {LARGEST:g}", found=f"{largest:g}"
        )


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one value"


def _shorten(text: str, width: int = 120) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."

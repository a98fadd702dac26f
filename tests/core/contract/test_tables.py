"""Reading and writing single files: what is refused, and in which words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.contract import fig4, tables
from core.contract.descriptions import Column, Json, Matrix, Sizes, Table
from core.errors import ContractError, MissingFileError

SIZES = Sizes(experiments=3, blocks=4)
MATRIX = Matrix("numbers.csv", "Fig", "numbers", (), rows="experiments", columns="blocks")
INDEXED = Matrix("i.csv", "Fig", "n", (), rows="experiments", columns=2, index=True, missing="row")
FLAGS = Matrix("f.csv", "Fig", "flags", (), rows=2, columns=2, header=False, flag=True)
TABLE = Table(
    "table.csv",
    "Fig",
    "a table",
    (),
    columns=(
        Column("name", "str"),
        Column("n", "int"),
        Column("x", missing=True),
        Column("ok", "bool"),
        Column("flag", "flag"),
        Column("extra", optional=True),
    ),
    rows=2,
)
FRAME = pd.DataFrame(
    {"name": ["a,b", "c"], "n": [1, 2], "x": [0.1, np.nan], "ok": [True, False], "flag": [0, 1]}
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ä folder" / "file.csv"


def written(path, file=MATRIX, value=None, sizes=SIZES):
    tables.write(path, file, np.arange(12.0).reshape(3, 4) if value is None else value, sizes)
    return path.read_text()


def refused(path, text, file=MATRIX, sizes=SIZES):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    with pytest.raises(ContractError) as error:
        tables.read(path, file, sizes)
    message = str(error.value)
    assert message.startswith(f"{path}: expected ")
    assert "found" in message
    assert "\n" not in message
    return message


@settings(max_examples=50, deadline=None)
@given(
    arrays.arrays(
        float, (3, 4), elements=st.floats(allow_nan=False, allow_infinity=False, width=64)
    )
)
def test_numbers_survive_exactly(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("m") / "m.csv"
    tables.write(path, MATRIX, array, SIZES)
    np.testing.assert_array_equal(tables.read(path, MATRIX, SIZES), array)


def test_matrix_dialect(path):
    assert written(path).splitlines()[0] == "0,1,2,3"
    assert "\r" not in path.read_bytes().decode()
    indexed = np.array([[1.0, 2.0], [np.nan, np.nan], [3.0, 4.0]])
    assert written(path, INDEXED, indexed).splitlines()[:3] == [",0,1", "0,1.0,2.0", "1,,"]
    np.testing.assert_array_equal(tables.read(path, INDEXED, SIZES), indexed)
    assert written(path, FLAGS, np.array([[True, False], [False, True]])) == "1,0\n0,1\n"
    assert tables.read(path, FLAGS, SIZES).dtype == np.int64


def test_a_row_too_few(path):
    lines = written(path).splitlines()
    message = refused(path, "\n".join(lines[:-1]) + "\n")
    assert "expected 3 rows x 4 columns of numbers, found 2 x 4" in message


def test_a_column_too_many(path):
    text = "\n".join(line + ",9" for line in written(path).splitlines()) + "\n"
    text = text.replace("0,1,2,3,9", "0,1,2,3,4", 1)
    assert "found 3 x 5" in refused(path, text)


def test_a_renamed_column(path):
    assert "header 0, 1, 2" in refused(path, written(path).replace("0,1,2,3", "0,1,two,3", 1))


def test_a_letter_in_a_number(path):
    message = refused(path, written(path).replace("6.0", "6.O"))
    assert "found '6.O' in data row 2, column 3" in message


def test_a_quoted_number(path):
    assert """found '"6.0"'""" in refused(path, written(path).replace("6.0", '"6.0"'))


def test_a_missing_number(path):
    assert "found none in data row 2, column 3" in refused(path, written(path).replace("6.0", ""))
    assert "found 3 in data row 2" in refused(path, written(path).replace("6.0,", ""))


def test_a_file_cut_in_a_number(path):
    assert "cut off" in refused(path, written(path)[:-3])


def test_an_empty_file_and_a_binary_one(path):
    assert "an empty file" in refused(path, "")
    path.write_bytes(b"\xff\xfe\x00\x01\n")
    with pytest.raises(ContractError, match="expected UTF-8 text"):
        tables.read(path, MATRIX, SIZES)


def test_an_infinite_number(path):
    assert "found 'inf'" in refused(path, written(path).replace("6.0", "inf"))
    assert "infinite" in refused(path, written(path).replace("6.0", "1e999"))


def test_only_whole_rows_may_be_empty(path):
    assert "data row 1, column 2" in refused(path, ",0,1\n0,1.0,\n1,,\n2,1.0,1.0\n", INDEXED)


def test_text_where_flags_are_expected(path):
    assert "'True'" in refused(path, "True,False\nFalse,True\n", FLAGS)
    assert "only 0 and 1" in refused(path, "1,2\n0,1\n", FLAGS)


def test_a_missing_file(path):
    with pytest.raises(MissingFileError, match="found no file"):
        tables.read(path, MATRIX, SIZES)


def test_windows_line_ends_are_read(path):
    text = written(path)
    path.write_bytes(text.replace("\n", "\r\n").encode())
    assert tables.read(path, MATRIX, SIZES).shape == (3, 4)


def test_a_table_survives(path):
    tables.write(path, TABLE, FRAME, SIZES)
    read = tables.read(path, TABLE, SIZES)
    pd.testing.assert_frame_equal(read, FRAME, check_dtype=False)
    assert read["n"].dtype == int
    assert read["ok"].dtype == bool


def test_tables_are_refused_in_words(path):
    tables.write(path, TABLE, FRAME, SIZES)
    text = path.read_text()
    assert "expected the columns flag" in refused(path, text.replace("flag", "flog"), TABLE)
    assert "True or False in column ok, found 'yes'" in refused(
        path, text.replace("True", "yes"), TABLE
    )
    assert "a number in column n, found 'one' in data row 1" in refused(
        path, text.replace('"a,b",1', '"a,b",one'), TABLE
    )
    assert "a finite number in column n, found 'inf' in data row 1" in refused(
        path, text.replace('"a,b",1', '"a,b",inf'), TABLE
    )
    assert "a whole number in column n, found '1e30' in data row 1" in refused(
        path, text.replace('"a,b",1', '"a,b",1e30'), TABLE
    )
    assert "a whole number in column n" in refused(
        path, text.replace('"a,b",1', '"a,b",1.5'), TABLE
    )
    assert "expected 2 rows" in refused(path, text.replace("c,2,,False,1\n", ""), TABLE)
    assert "5 fields in every row, found 4 in data row 2" in refused(
        path, text.replace("c,2,,False,1", "c,2,,False"), TABLE
    )
    assert "0 or 1 in column flag" in refused(path, text.replace("False,1", "False,2"), TABLE)


def test_nothing_wrong_is_written_and_the_old_file_stays(path):
    before = written(path)
    with pytest.raises(ContractError, match="3 rows x 4 columns"):
        tables.write(path, MATRIX, np.zeros((2, 4)), SIZES)
    with pytest.raises(ContractError, match="a number in every cell"):
        tables.write(path, MATRIX, np.full((3, 4), np.nan), SIZES)
    assert path.read_text() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_json_is_strict(path):
    file = Json("j.txt", "Fig", "j", (), fields=(("n", int), ("x", float)))
    tables.write(path, file, {"n": 1, "x": 2}, SIZES)
    assert tables.read(path, file, SIZES) == {"n": 1, "x": 2}
    assert "expected JSON" in refused(path, "n = 1", file)
    assert "x to be float, found no such key" in refused(path, '{"n": 1}', file)
    assert "JSON object" in refused(path, "[1]", file)
    assert "NaN, which is no JSON number" in refused(path, '{"n": 1, "x": NaN}', file)
    refused(path, "[" * 100_000, file)


def test_lines_that_are_no_rows_are_refused(path):
    assert "comma-separated rows" in refused(path, "name,n\n" + "a" * 200_000 + "\n", TABLE)
    assert "at least one row" in refused(path, "name,n,x,ok,flag\n", TABLE)


def test_published_success_table_is_accepted(path):
    frame = pd.DataFrame(
        {
            "label": ["V1", "V4", "IT"],
            **{name: [10, 38, 106] for name in ("FC_suc", "BG_suc", "total")},
            **{name: [1.0, 0.5, 0.25] for name in ("FC_rate", "BG_rate")},
            **{f"{t}_CI_{i}": [0.1, 0.2, 0.3] for t in ("FC", "BG") for i in (1, 2)},
        }
    )
    tables.write(path, fig4.SUCCESS_RATE, frame, Sizes())
    assert tables.read(path, fig4.SUCCESS_RATE, Sizes())["label"].tolist() == ["V1", "V4", "IT"]

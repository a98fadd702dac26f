"""Pickles may hold arrays, tables and plain containers, and run nothing."""

import base64
import collections
import datetime
import json
import os
import pickle
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.contract.unpickling import load_pickle
from core.errors import MissingFileError, UnsafePickleError
from tests.hostile import PICKLES, Attack


def dump(path, value, protocol=4):
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_arrays_and_tables_are_read(tmp_path, protocol):
    frame = pd.DataFrame({"x": [1.0, 2.0], "n": [1, 2]})
    frame.columns = pd.Index(["x", "n"], dtype=object)
    value = {"a": np.arange(6.0).reshape(2, 3), "s": np.float64(2), "t": "é", "f": frame}
    read = load_pickle(dump(tmp_path / "p.pkl", value, protocol), 10_000)
    np.testing.assert_array_equal(read["a"], value["a"])
    pd.testing.assert_frame_equal(read["f"], frame)


def test_names_of_numpy_1_are_read(tmp_path):
    content = pickle.dumps(np.arange(3.0), protocol=3).replace(b"numpy._core", b"numpy.core")
    assert b"numpy.core" in content
    (tmp_path / "p.pkl").write_bytes(content)
    assert load_pickle(tmp_path / "p.pkl", 10_000).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("attack", "name"),
    [
        (Attack(os.system, "touch MARK"), r"\.system"),
        (Attack(eval, "open('MARK', 'w')"), "builtins.eval"),
        (Attack(getattr, os, "getcwd"), "builtins.getattr"),
        (Attack(np.load, "x"), "numpy"),
        (Attack(pd.read_pickle, "x"), "pandas"),
    ],
)
def test_a_pickle_that_would_run_something_is_refused(tmp_path, monkeypatch, attack, name):
    monkeypatch.chdir(tmp_path)
    path = dump(tmp_path / "p.pkl", {"psth_arr": attack}) if attack.call[0] is not getattr else None
    if path is None:
        path = tmp_path / "p.pkl"
        path.write_bytes(b"cbuiltins\ngetattr\n.")
    with pytest.raises(UnsafePickleError, match=name):
        load_pickle(path, 10_000)
    assert not (tmp_path / "MARK").exists()


@pytest.mark.parametrize("kind", PICKLES)
def test_a_hostile_pickle_runs_nothing_and_the_refusal_is_one_sentence(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.pkl").write_bytes(PICKLES[kind])
    with pytest.raises(UnsafePickleError, match=r"p\.pkl: expected a pickle of arrays") as refusal:
        load_pickle(tmp_path / "p.pkl", 10_000)
    assert str(refusal.value).count("\n") == 0
    assert [p.name for p in tmp_path.iterdir()] == ["p.pkl"]


def test_nested_names_do_not_lead_out_of_the_list(tmp_path):
    path = tmp_path / "p.pkl"
    path.write_bytes(b"\x80\x04\x8c\x05numpy\x8c\x0endarray.ctypes\x93.")
    with pytest.raises(UnsafePickleError, match=r"numpy\.ndarray\.ctypes"):
        load_pickle(path, 10_000)


def test_large_damaged_and_missing_files_are_refused(tmp_path):
    path = dump(tmp_path / "p.pkl", np.zeros(1000))
    with pytest.raises(UnsafePickleError, match="at most 0 MB"):
        load_pickle(path, 100)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UnsafePickleError, match="cannot be read"):
        load_pickle(path, 10_000)
    path.write_text("not a pickle")
    with pytest.raises(UnsafePickleError, match="cannot be read"):
        load_pickle(path, 10_000)
    with pytest.raises(MissingFileError):
        load_pickle(tmp_path / "none.pkl", 10_000)


TABLES = json.loads((Path(__file__).parents[2] / "data" / "pickled_tables.json").read_text())
"""One table as the named versions of pandas and numpy pickle it (zlib, base64)."""


@pytest.mark.parametrize("versions", TABLES)
def test_tables_of_old_and_new_pandas_are_read(tmp_path, versions):
    path = tmp_path / "p.pkl"
    path.write_bytes(zlib.decompress(base64.b64decode(TABLES[versions])))
    read = load_pickle(path, 100_000)
    assert read["psth"].tolist() == [[0, 1, 2], [3, 4, 5]]
    table = read["table"]
    assert table.index.tolist() == [3, 5]
    assert table.index.name == "Expi"
    assert table["rate"].tolist() == [1.5, 2.5]
    assert table["text"].tolist() == ["a", "猿"]
    assert table["area"].tolist() == ["V4", "IT"]
    assert table["area"].cat.categories.tolist() == ["V1", "V4", "IT"]
    assert table["day"].tolist() == [pd.Timestamp("2020-07-28"), pd.Timestamp("2020-11-25")]
    assert table["any"].tolist() == [datetime.date(2020, 7, 28), 3]
    assert table["kept"].tolist() == [True, False]
    assert table["n"].sum() == 1
    assert table["note"].isna().tolist() == [False, True]
    assert table.loc[5, "rate"] == 2.5


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", None, "猿"]),
        pd.Series(["a", "b"], dtype=object),
        pd.Series(["IT", None], dtype=pd.CategoricalDtype(["V1", "IT"], ordered=True)),
        pd.Series(pd.to_datetime(["2020-07-28", None])),
        pd.Series(pd.to_datetime(["2020-07-28", None]).tz_localize("UTC")),
        pd.Series(pd.to_timedelta([1, 2], unit="s")),
        pd.Series([1, None], dtype="UInt8"),
        pd.Series([0.5, None], dtype="Float64"),
        pd.Series([True, None], dtype="boolean"),
        pd.Series([1.0, 2.0], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
        pd.Series([1.0, 2.0], index=pd.CategoricalIndex(["a", "b"])),
        pd.Series([1.0, 2.0], index=pd.to_datetime(["2020-07-28", "2020-11-25"])),
        pd.Series([], dtype=str),
    ],
    ids=str,
)
def test_columns_and_indexes_of_todays_pandas_come_back(tmp_path, column, protocol):
    table = pd.DataFrame({"named": column, "x": 1.5})
    read = load_pickle(dump(tmp_path / "p.pkl", table, protocol), 100_000)
    pd.testing.assert_frame_equal(read, table)
    series = load_pickle(dump(tmp_path / "p.pkl", column, protocol), 100_000)
    pd.testing.assert_series_equal(series, column)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [
        b"\x00\xff",
        bytearray(b"\xfe"),
        1 + 2j,
        {1, 2},
        frozenset({3}),
        collections.OrderedDict(b=1, a=2),
        range(3),
        slice(1, 2),
        datetime.datetime(2020, 7, 28, 9, 30),
        datetime.timedelta(seconds=3),
        pd.Timestamp("2020-07-28"),
        10**30,
    ],
    ids=repr,
)
def test_plain_values_come_back(tmp_path, value, protocol):
    read = load_pickle(dump(tmp_path / "p.pkl", [value, value], protocol), 10_000)
    assert read == [value, value]
    assert type(read[0]) is type(value)


RECORD = [("a", "<i4"), ("b", ">f8")]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "array",
    [
        np.array([(1, 2.5)], RECORD),
        np.array([(1, 2.5)], RECORD).view(np.recarray),
        np.array([(1, 2.5)], np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        np.array([1 + 2j]),
        np.array([1.5], ">f8"),
        np.array(["2020-07-28"], "M8[D]"),
        np.array([5], "m8[25us]"),
        np.array(["a", "猿"]),
        np.array([b"ab"]),
        np.zeros((0, 3)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ],
    ids=lambda array: str(array.dtype),
)
def test_arrays_of_every_type_come_back(tmp_path, array, protocol):
    path = dump(tmp_path / "p.pkl", array, protocol)
    read = load_pickle(path, 10_000)
    # NumPy itself turns the order of bytes into this machine's below protocol 5
    assert read.dtype == pickle.loads(path.read_bytes()).dtype
    assert type(read) is type(array)
    np.testing.assert_array_equal(read, array)


def test_text_of_pyarrow_needs_no_pyarrow(tmp_path):
    table = pd.DataFrame({"s": pd.array(["a", None, "猿"], dtype="string[pyarrow]")}).iloc[1:]
    path = dump(tmp_path / "p.pkl", table)
    assert b"pyarrow" in path.read_bytes()
    assert load_pickle(path, 10_000)["s"].tolist() == [pd.NA, "猿"]


def restored(*state):
    """What pickles of pyarrow's text call, with a state of one's own."""
    return Call("pyarrow.lib", "_restore_array", (("large_string", *state),))


class Call:
    """Calls a function by its name when it is unpickled."""

    def __init__(self, module, name, arguments):
        self.module, self.name, self.arguments = module, name, arguments

    def written(self):
        opened = f"c{self.module}\n{self.name}\n".encode()
        return opened + pickle.dumps(self.arguments, 2)[2:-1] + b"R."


def places(*numbers):
    return np.array(numbers, np.int64).tobytes()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (Call("_codecs", "encode", ("a", "zlib")), "bytes in the encoding 'zlib'"),
        (Call("_codecs", "encode", ("a", "unknown.module")), "bytes in the encoding"),
        (Call("builtins", "bytearray", (10**15,)), "TypeError"),
        (Call("pyarrow.lib", "py_buffer", (10**15,)), "TypeError"),
        (restored(1, 0, 0, [None, places(0, 10**9), b"ab"], [], None), "reach past their end"),
        (restored(1, 0, 0, [None, places(-5, 1), b"ab"], [], None), "do not follow one another"),
        (restored(2, 0, 0, [None, places(0, 2, 1), b"ab"], [], None), "do not follow one another"),
        (restored(9, 0, 0, [None, places(0, 1), b"ab"], [], None), "do not follow one another"),
        (restored(1, 0, 0, [None, places(0, 1), b"ab"], [1], None), "a nested array of pyarrow"),
        (Call("pandas", "eval", ("1",)), "a reference to pandas.eval, which is not loaded"),
        (Call("pandas.arrays", "PeriodArray", ()), "pandas.arrays.PeriodArray, which is not"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_parts_that_would_not_hold_are_refused(tmp_path, call, said):
    path = tmp_path / "p.pkl"
    path.write_bytes(call.written())
    with pytest.raises(UnsafePickleError, match=said) as refusal:
        load_pickle(path, 10_000)
    assert str(refusal.value).startswith(f"{path}: expected a pickle of arrays and tables, found ")


def test_codes_past_the_last_category_are_refused(tmp_path):
    column = pd.Series(pd.Categorical(["V1", "IT"], ["V1", "IT"]))
    content = pickle.dumps(column, 4)
    codes = column.cat.codes.to_numpy().tobytes()
    assert content.count(b"C\x02" + codes) == 1
    (tmp_path / "p.pkl").write_bytes(content.replace(b"C\x02" + codes, b"C\x02\x00\x50"))
    with pytest.raises(UnsafePickleError, match=r"codes need to be between -1 and"):
        load_pickle(tmp_path / "p.pkl", 100_000)


def test_a_record_that_hides_an_object_is_refused(tmp_path):
    array = np.array([(1, "x")], [("a", "i4"), ("b", object)])
    with pytest.raises(UnsafePickleError, match="a record that holds objects"):
        load_pickle(dump(tmp_path / "p.pkl", array), 10_000)

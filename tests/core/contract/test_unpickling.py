"""Pickles may hold arrays, tables and plain containers, and run nothing."""

import os
import pickle

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

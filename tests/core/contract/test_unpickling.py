"""Pickles may hold arrays, tables and plain containers, and run nothing."""

import functools
import importlib
import operator
import os
import pathlib
import pickle
import shutil
import subprocess
import webbrowser

import numpy as np
import pandas as pd
import pytest

from core.contract.unpickling import load_pickle
from core.errors import MissingFileError, UnsafePickleError


class Attack:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


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


MARK = "open('MARK', 'w')"

HOSTILE = {
    "system": Attack(os.system, "touch MARK"),
    "eval": Attack(eval, MARK),
    "exec": Attack(exec, MARK),
    "open": Attack(open, "MARK", "w"),
    "process": Attack(subprocess.Popen, ["touch", "MARK"]),
    "run": Attack(subprocess.run, ["touch", "MARK"]),
    "nested pickle": Attack(pickle.loads, pickle.dumps(Attack(os.system, "touch MARK"))),
    "pandas evaluates": Attack(pd.eval, "__import__('os').system('touch MARK')"),
    "pandas unpickles": Attack(pd.read_pickle, "MARK"),
    "numpy loads": Attack(np.load, "MARK"),
    "module by name": Attack(importlib.import_module, "antigravity"),
    "partial": Attack(functools.partial, os.system, "touch MARK"),
    "method": Attack(operator.methodcaller("touch"), pathlib.Path("MARK")),
    "file's method": Attack(pathlib.Path.touch, pathlib.Path("MARK")),
    "web page": Attack(webbrowser.open, "file:///MARK"),
    "removal": Attack(shutil.rmtree, "."),
    "attribute by opcode": b"\x80\x02cposix\nsystem\nX\x0a\x00\x00\x00touch MARK\x85R.",
    "builtins by opcode": b"c__builtin__\neval\n(S\"open('MARK', 'w')\"\ntR.",
    "instance opcode": b"(S'touch MARK'\nios\nsystem\n.",
    "object opcode": b"(cos\nsystem\nS'touch MARK'\no.",
    "new object": b"\x80\x02csubprocess\nPopen\n(X\x05\x00\x00\x00touchX\x04\x00\x00\x00MARK"
    b"l\x85\x81.",
    "extension": b"\x80\x02\x82\x01.",
    "persistent": b"\x80\x02X\x01\x00\x00\x00xQ.",
    "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x12f2py.os.system\x93\x8c\x0atouch MARK\x85R.",
    "class as state": b"\x80\x02cnumpy\nndarray\n)\x81}X\x09\x00\x00\x00__class__cos\nsystem\nsb.",
}
"""Pickles that run, load or change something when they are read without care."""


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_pickle_runs_nothing_and_the_refusal_is_one_sentence(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    attack, path = HOSTILE[kind], tmp_path / "p.pkl"
    content = attack if isinstance(attack, bytes) else pickle.dumps({"psth_arr": attack})
    path.write_bytes(content)
    with pytest.raises(UnsafePickleError, match=r"p\.pkl: expected a pickle of arrays") as refusal:
        load_pickle(path, 10_000)
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

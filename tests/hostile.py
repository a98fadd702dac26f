"""Pickles and archives as an attacker makes them."""

import functools
import importlib
import operator
import os
import pathlib
import pickle
import shutil
import stat
import struct
import subprocess
import webbrowser
import zipfile

import numpy as np
import pandas as pd

from core.acquisition.archives import MAX_MEMBER_BYTES

NAME = "Fig4A_sucs_labels.txt"
CONTENT = b'{"sucs_criterion_label": "max > init, P<0.01", "sucs_label": "maxinit"}\n'


class Attack:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class ForgedDtype:
    """A structure with an object in it that claims to hold none."""

    def __reduce__(self):
        state = (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 0)
        return np.dtype, ("V8", False, True), state


class ForgedObject:
    """An object dtype that claims to hold plain bytes."""

    def __reduce__(self):
        return np.dtype, ("O", False, True), (3, "|", None, None, None, -1, -1, 0)


class ForgedArray:
    """Bytes that become addresses under a forged dtype."""

    def __init__(self, dtype):
        self.dtype = dtype

    def __reduce__(self):
        reconstruct = np._core.multiarray._reconstruct
        address = struct.pack("<q", 0x4141414141)
        return reconstruct, (np.ndarray, (0,), b"b"), (1, (1,), self.dtype, False, address)


MARK = "open('MARK', 'w')"

_PICKLED = {
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
    "forged dtype": Attack(pd.DataFrame, ForgedArray(ForgedDtype())),
    "forged object dtype": Attack(pd.DataFrame, ForgedArray(ForgedObject())),
    "changed class": b"\x80\x02cpandas\nDataFrame\nN}X\x04\x00\x00\x00_typK\x01s\x86b.",
    "memo of 4 GB": b"\x80\x04Nr\xff\xff\xff\x0f0.",
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
PICKLES = {
    kind: attack if isinstance(attack, bytes) else pickle.dumps({"psth_arr": attack})
    for kind, attack in _PICKLED.items()
}
"""Pickles that run, load or change something when they are read without care; most leave MARK."""


def archive(path, *entries, **options):
    """A zip of (name or ZipInfo, content)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def link(name, target):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry, target


def device(name):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFIFO | 0o666) << 16
    return entry, b""


def patched(path, offset, value):
    """Overwrite bytes behind the (only) central header's start."""
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02") + offset
    content[at : at + len(value)] = value
    path.write_bytes(content)
    return path


def overlapping(path):
    """Two names for the same bytes, as in a bomb of overlapping members."""
    archive(path, ("x.txt", CONTENT), (NAME, CONTENT))
    return patched(path, 42, struct.pack("<L", 0))


ARCHIVES = {
    "absolute": lambda p: archive(p, (f"/{NAME}", CONTENT)),
    "absolute elsewhere": lambda p: archive(p, ("/etc/cron.d/job", b"x"), (NAME, CONTENT)),
    "upwards": lambda p: archive(p, (f"../../{NAME}", CONTENT)),
    "upwards in between": lambda p: archive(p, (f"a/../../{NAME}", CONTENT)),
    "backslashes": lambda p: archive(p, (f"..\\..\\{NAME}", CONTENT)),
    "drive": lambda p: archive(p, (f"C:\\{NAME}", CONTENT)),
    "link": lambda p: archive(p, link(NAME, "/etc/passwd")),
    "link to a folder": lambda p: archive(p, link("Fig4", "/tmp"), (f"Fig4/{NAME}", CONTENT)),
    "device": lambda p: archive(p, device(NAME)),
    "one path twice": lambda p: archive(p, (NAME, CONTENT), (NAME, CONTENT + b" ")),
    "claims to be huge": lambda p: patched(
        archive(p, (NAME, CONTENT)), 24, struct.pack("<L", MAX_MEMBER_BYTES + 1)
    ),
    "longer than it says": lambda p: patched(
        archive(p, (NAME, b"0" * 10_000)), 24, struct.pack("<L", 10)
    ),
    "wrong checksum": lambda p: patched(archive(p, (NAME, CONTENT)), 16, b"\0\0\0\1"),
    "encrypted": lambda p: patched(archive(p, (NAME, CONTENT)), 8, b"\1\0"),
    "unknown packing": lambda p: patched(archive(p, (NAME, CONTENT)), 10, b"\x63\0"),
    "overlapping": overlapping,
    "no zip": lambda p: p.write_bytes(b"PK\x03\x04 and so on"),
    "cut": lambda p: p.write_bytes(archive(p, (NAME, CONTENT * 9)).read_bytes()[:-30]),
}
"""Functions that write such an archive at a path, by kind."""

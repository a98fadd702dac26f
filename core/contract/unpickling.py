"""Reading pickles without letting them run anything.

A pickle may name any function to call. Only the constructors of arrays, tables and plain containers
are allowed here; every other name is refused by its name. Nor may it forge what it builds: a dtype
that says less of itself than is true would take any bytes for addresses.
"""

import collections
import datetime
import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy._core import multiarray, numeric

from core.errors import MissingFileError, UnsafePickleError

EXPECTED = "a pickle of arrays and tables"


class Piece:
    """Part of a table, of which the pickle has not said all yet."""

    arguments: tuple

    def __new__(cls, *arguments: Any) -> "Piece":
        piece = object.__new__(cls)
        piece.arguments = arguments
        return piece

    def finished(self, state: Any) -> Any:
        """What it is with this state."""
        return self


def _refusal(found: str) -> UnsafePickleError:
    return UnsafePickleError(expected=EXPECTED, found=found)


def _latin1(text: str, encoding: str) -> bytes:
    """Bytes as protocols 0 to 2 write them."""
    if encoding not in ("latin1", "latin-1"):
        raise _refusal(f"bytes in the encoding {encoding[:40]!r}")
    return text.encode("latin-1")


def _bytearray(content: bytes | str = b"", encoding: str = "") -> bytearray:
    return bytearray(
        _latin1(content, encoding) if isinstance(content, str) else memoryview(content)
    )


def _no_bytes() -> bytes:
    return b""


def _bare(cls: type, base: type, state: Any) -> Any:
    """An object before its state, as protocols 0 and 1 write it."""
    if base is not object or state is not None:
        raise _refusal(f"a {cls.__name__} made from another")
    return cls.__new__(cls)


PLAIN: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): np.dtype,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "record"): np.record,
    ("numpy", "recarray"): np.recarray,
    ("numpy.rec", "recarray"): np.recarray,
    **{
        (f"{core}.{module.__name__.rpartition('.')[2]}", name): getattr(module, name)
        for core in ("numpy.core", "numpy._core")
        for module, name in (
            (multiarray, "_reconstruct"),
            (multiarray, "scalar"),
            (numeric, "_frombuffer"),
        )
    },
    ("builtins", "slice"): slice,
    ("builtins", "complex"): complex,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "range"): range,
    ("builtins", "xrange"): range,
    ("builtins", "bytes"): _no_bytes,
    ("builtins", "bytearray"): _bytearray,
    ("builtins", "object"): object,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("datetime", "date"): datetime.date,
    ("datetime", "datetime"): datetime.datetime,
    ("datetime", "time"): datetime.time,
    ("datetime", "timedelta"): datetime.timedelta,
    ("datetime", "timezone"): datetime.timezone,
    ("_codecs", "encode"): _latin1,
    ("copyreg", "_reconstructor"): _bare,
}
"""What stands for each name outside pandas that a pickle may refer to, by (module, name)."""

_PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}
"""Modules under the names that protocols 0 to 2 give them."""


def load_pickle(
    path: Path, max_bytes: int, stand_ins: dict[tuple[str, str], type] | None = None
) -> Any:
    """Content of a pickle made of arrays, tables and plain containers.

    Parameters
    ----------
    path
        The file.
    max_bytes
        Largest file that is opened.
    stand_ins
        Classes to build in place of others, by (module, name), say a plain dict for an
        attribute-dict of a package that is not installed.

    Raises
    ------
    MissingFileError
        If there is no such file.
    UnsafePickleError
        If the file is larger than allowed, names anything else, or is not a whole pickle.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.pkl"
    >>> n_bytes = path.write_bytes(pickle.dumps({"offset": 20.0}))
    >>> load_pickle(path, max_bytes=1000)
    {'offset': 20.0}
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(path=path, expected="a pickle", found="no file")
    size = path.stat().st_size
    if size > max_bytes:
        raise UnsafePickleError(
            path=path,
            expected=f"a pickle of at most {max_bytes / 1e6:.0f} MB",
            found=f"{size / 1e6:.0f} MB",
        )
    with path.open("rb") as file:
        try:
            return _AllowListUnpickler(file, stand_ins or {}).load()
        except UnsafePickleError as error:
            raise error.about(path) from None
        except Exception as error:
            words = " ".join(str(error).split())
            raise UnsafePickleError(
                path=path,
                expected=EXPECTED,
                found=f"one that cannot be read ({type(error).__name__}: {words})",
            ) from None


class _AllowListUnpickler(pickle._Unpickler):
    """Python's own unpickler in Python: the one in C lets no step be looked at before it is done.

    It also keeps no table as long as a pickle claims to need.
    """

    dispatch: ClassVar = dict(pickle._Unpickler.dispatch)

    def __init__(self, file, stand_ins: dict[tuple[str, str], type]):
        super().__init__(file)
        self._stand_ins = stand_ins

    def find_class(self, module: str, name: str) -> Any:
        key = (_PYTHON_2.get(module, module), name)
        for known in (self._stand_ins, PLAIN):
            if key in known:
                return known[key]
        if module.partition(".")[0] in ("pandas", "pyarrow", "pytz"):
            from core.contract.pickled_tables import PIECES

            if key in PIECES:
                return PIECES[key]
        raise _refusal(
            f"a reference to {module}.{name}, which is not loaded because it could run code"
        )

    def load_build(self) -> None:
        """Give an object its state, unless that would forge a dtype or change a class."""
        state, built = self.stack[-1], self.stack[-2]
        if isinstance(built, type) or callable(built):
            raise _refusal(f"one that changes {getattr(built, '__name__', built)}")
        if isinstance(built, np.dtype):
            self._replace(_true_dtype(built, state))
        elif isinstance(built, Piece):
            self._replace(built.finished(state))
        else:
            super().load_build()

    dispatch[pickle.BUILD[0]] = load_build

    def _replace(self, real: Any) -> None:
        """Put what was built in place of what the pickle began, wherever it is remembered."""
        self.stack.pop()
        begun = self.stack[-1]
        self.stack[-1] = real
        for number in reversed(self.memo):
            if self.memo[number] is begun:
                self.memo[number] = real
                return


def _true_dtype(dtype: np.dtype, state: Any) -> np.dtype:
    """The dtype that a pickled state describes, built anew and equal to what the state says."""
    order, parts = state[1], state[3:5]
    if order not in ("<", ">", "|", "="):
        raise _refusal("a dtype of an unknown order of bytes")
    real = dtype
    if dtype.kind in "mM" and len(state) == 9:
        unit, number, divisor, _ = state[8][1]
        unit = unit.decode("ascii") if isinstance(unit, bytes) else unit
        if divisor == 1 and unit != "generic":
            real = np.dtype(f"{dtype.kind}8[{int(number)}{unit}]")
    elif dtype.kind == "V" and parts[0] is not None:
        names, fields = parts
        real = np.dtype(
            {
                "names": list(names),
                "formats": [fields[name][0] for name in names],
                "offsets": [fields[name][1] for name in names],
                "itemsize": state[5],
            },
            align=bool(state[7] & 0x80),
        )
        if real.hasobject:
            raise _refusal("a record that holds objects")
        real = np.dtype((np.record, real)) if dtype.type is np.record else real
    own = real.__reduce__()[2]
    if not (len(state) == len(own) and state[0] == own[0] and state[2:8] == own[2:8]):
        raise _refusal("a dtype that is not what it says")
    return real.newbyteorder(order) if order in "<>" and own[1] in "<>=" else real

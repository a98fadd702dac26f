"""Reading pickles without letting them run anything.

A pickle may name any function to call. Only the constructors of arrays, tables and plain containers
are allowed here; every other name is refused by its name. Nor may it forge what it builds: a dtype
that says less of itself than is true would take any bytes for addresses.
"""

import importlib
import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from core.errors import MissingFileError, UnsafePickleError

_NUMPY_CORE = ("numpy.core", "numpy._core")

ALLOWED = frozenset(
    {
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        *(
            (f"{core}.multiarray", name)
            for core in _NUMPY_CORE
            for name in ("_reconstruct", "scalar")
        ),
        *((f"{core}.numeric", "_frombuffer") for core in _NUMPY_CORE),
        ("builtins", "slice"),
        ("pandas.core.frame", "DataFrame"),
        ("pandas.core.internals.managers", "BlockManager"),
        ("pandas._libs.internals", "_unpickle_block"),
        ("pandas.core.indexes.base", "Index"),
        ("pandas.core.indexes.base", "_new_Index"),
        ("pandas.core.indexes.range", "RangeIndex"),
        ("pandas", "DataFrame"),
        ("pandas", "Index"),
        ("pandas", "RangeIndex"),
        ("datetime", "date"),
    }
)
"""(module, name) of everything that a pickle may refer to."""


def load_pickle(
    path: Path, max_bytes: int, replacements: dict[tuple[str, str], type] | None = None
) -> Any:
    """Content of a pickle made of arrays, tables and plain containers.

    Parameters
    ----------
    path
        The file.
    max_bytes
        Largest file that is opened.
    replacements
        Classes to build in place of others, by (module, name), say a plain dict for an
        attribute-dict of a package that is not installed.

    Raises
    ------
    MissingFileError
        If there is no such file.
    UnsafePickleError
        If the file is larger than allowed, names anything else, or is not a whole pickle.
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
            return _AllowListUnpickler(file, path, replacements or {}).load()
        except UnsafePickleError:
            raise
        except Exception as error:
            words = " ".join(str(error).split())
            raise UnsafePickleError(
                path=path,
                expected="a pickle of arrays and tables",
                found=f"one that cannot be read ({type(error).__name__}: {words})",
            ) from None


class _AllowListUnpickler(pickle._Unpickler):
    """Python's own unpickler in Python: the one in C lets no step be looked at before it is done.

    It also keeps no table as long as a pickle claims to need.
    """

    dispatch: ClassVar = dict(pickle._Unpickler.dispatch)

    def __init__(self, file, path: Path, replacements: dict[tuple[str, str], type]):
        super().__init__(file)
        self._path = path
        self._replacements = replacements

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in self._replacements:
            return self._replacements[module, name]
        if (module, name) not in ALLOWED:
            raise UnsafePickleError(
                path=self._path,
                expected="a pickle of arrays and tables",
                found=(
                    f"a reference to {module}.{name}, which is not loaded because it could run code"
                ),
            )
        return getattr(importlib.import_module(module.replace("numpy.core", "numpy._core")), name)

    def load_build(self) -> None:
        """Give an object its state, unless that would forge a dtype or change a class."""
        state, built = self.stack[-1], self.stack[-2]
        if isinstance(built, type) or callable(built):
            raise UnsafePickleError(
                path=self._path,
                expected="a pickle of arrays and tables",
                found=f"one that changes {getattr(built, '__name__', built)}",
            )
        if isinstance(built, np.dtype) and not _is_true_state(built, state):
            raise UnsafePickleError(
                path=self._path,
                expected="a pickle of arrays and tables",
                found="a dtype that is not what it says",
            )
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build


def _is_true_state(dtype: np.dtype, state: Any) -> bool:
    """Whether a pickled state of a dtype is its own, but for the order of bytes."""
    own = dtype.__reduce__()[2]
    return (
        isinstance(state, tuple)
        and len(state) == len(own)
        and state[0] == own[0]
        and state[1] in ("<", ">", "|", "=")
        and state[2:] == own[2:]
    )

"""What a pickled table of pandas 1.1 to 3 refers to, and what is built in its place.

pandas puts its columns together from parts that it trusts: codes of categories that may point past
their end, offsets into a buffer of text. Here each part is a `Piece` until its state is known, and
is then built by pandas' public constructors, which check it. Text of pyarrow is decoded here, so
that no pyarrow is needed.
"""

import datetime
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from pandas._libs.internals import _unpickle_block
from pandas._libs.tslibs.timedeltas import _timedelta_unpickle
from pandas._libs.tslibs.timestamps import _unpickle_timestamp
from pandas.core.internals.managers import BlockManager, SingleBlockManager

from core.contract.unpickling import Piece


class _LevelsIndex(Piece):
    pass


class _TextDtype(Piece):
    @property
    def real(self) -> pd.StringDtype:
        return pd.StringDtype(na_value=self.arguments[1] if len(self.arguments) > 1 else pd.NA)


class _CategoryDtype(Piece):
    def finished(self, state: Any) -> pd.CategoricalDtype:
        return pd.CategoricalDtype(state["categories"], ordered=state["ordered"])


class _TimeZoneDtype(Piece):
    def finished(self, state: Any) -> pd.DatetimeTZDtype:
        if not isinstance(state["tz"], datetime.timezone):
            raise TypeError("a time zone by name")
        return pd.DatetimeTZDtype(state["unit"], state["tz"])


class _Categories(Piece):
    def finished(self, state: Any) -> pd.Categorical:
        codes, dtype = _parts(state)
        return pd.Categorical.from_codes(codes, dtype=dtype)


class _Times(Piece):
    def finished(self, state: Any) -> pd.api.extensions.ExtensionArray:
        values, dtype = _parts(state)
        if values.dtype.kind not in "mM":
            raise TypeError(f"times stored as {values.dtype}")
        array = pd.array(values.ravel(), dtype=values.dtype)
        if isinstance(dtype, pd.DatetimeTZDtype):
            array = array.tz_localize("UTC").tz_convert(dtype.tz)
        return array.reshape(values.shape)


class _Text(Piece):
    def finished(self, state: Any) -> pd.api.extensions.ExtensionArray:
        if isinstance(state, Mapping) and isinstance(state.get("_pa_array"), list):
            values, dtype = state["_pa_array"], state["_dtype"]
        else:
            values, dtype = _parts(state)
        return pd.array(list(values), dtype=dtype.real)


class _Nullable(Piece):
    def finished(self, state: Any) -> pd.api.extensions.ExtensionArray:
        build = {"i": pd.arrays.IntegerArray, "u": pd.arrays.IntegerArray,
                 "f": pd.arrays.FloatingArray, "b": pd.arrays.BooleanArray}  # fmt: skip
        return build[state["_data"].dtype.kind](state["_data"], state["_mask"])


def _parts(state: Any) -> tuple[np.ndarray, Any]:
    """Values and dtype of a column, which pandas has pickled in several forms."""
    if isinstance(state, Mapping):
        values = next(state[key] for key in ("_ndarray", "_codes", "_data") if key in state)
        return values, state["_dtype"]
    values = next(part for part in state if isinstance(part, np.ndarray))
    dtype = next(part for part in state if not isinstance(part, (np.ndarray, Mapping)))
    return values, dtype


def _backed(column: type[Piece], _checksum: int, state: Any) -> Any:
    return column() if state is None else column().finished(state)


def _new_index(index: type, state: Mapping[str, Any]) -> pd.Index:
    """An index of any class from what pandas pickles of it."""
    name = state.get("name")
    if index is pd.RangeIndex:
        return pd.RangeIndex(state["start"], state["stop"], state["step"], name=name)
    if index is _LevelsIndex:
        return pd.MultiIndex(levels=state["levels"], codes=state["codes"], names=state["names"])
    data = state["data"]
    return pd.Index(data, dtype=getattr(data, "dtype", None), name=name)


def _arrow_text(state: tuple) -> list[str | None]:
    """Texts of a pyarrow array, from its buffers: which are set, where each starts, all bytes."""
    kind, length, _, offset, buffers, children, dictionary = state
    if children or dictionary is not None:
        raise TypeError("a nested array of pyarrow")
    width = {"string": np.int32, "large_string": np.int64}[kind]
    if length == 0:
        return []
    valid, starts, content = buffers
    places = np.frombuffer(starts, width)[offset : offset + length + 1].tolist()
    if len(places) != length + 1 or places[0] < 0 or places != sorted(places):
        raise ValueError("texts of pyarrow that do not follow one another")
    if places[-1] > len(content or b""):
        raise ValueError("texts of pyarrow that reach past their end")
    texts = [bytes(content[a:b]).decode() if b > a else "" for a, b in pairwise(places)]
    if valid is None:
        return texts
    bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")
    return [text if bits[offset + i] else None for i, text in enumerate(texts)]


def _arrow_chunks(chunks: list, _kind: str) -> list[str | None]:
    return [text for chunk in chunks for text in chunk]


def _arrow_kind(name: str) -> str:
    return name


def _arrow_buffer(content: bytes) -> bytes:
    return bytes(memoryview(content))


def _utc() -> datetime.timezone:
    return datetime.UTC


def _not_a_time(*_: Any) -> Any:
    return pd.NaT


_DTYPES = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")

_BY_MODULE: dict[str, dict[str, Any]] = {
    "pandas": {
        "DataFrame": pd.DataFrame,
        "Series": pd.Series,
        "Index": pd.Index,
        "RangeIndex": pd.RangeIndex,
        "MultiIndex": _LevelsIndex,
        "CategoricalIndex": pd.Index,
        "DatetimeIndex": pd.Index,
        "NA": pd.NA,
        "StringDtype": _TextDtype,
        "CategoricalDtype": _CategoryDtype,
        "DatetimeTZDtype": _TimeZoneDtype,
        "Categorical": _Categories,
        "BooleanDtype": Piece,
        "Float32Dtype": Piece,
        "Float64Dtype": Piece,
        **{f"{name}Dtype": Piece for name in _DTYPES},
    },
    "pandas.arrays": {
        "Categorical": _Categories,
        "DatetimeArray": _Times,
        "TimedeltaArray": _Times,
        "StringArray": _Text,
        "ArrowStringArray": _Text,
        "IntegerArray": _Nullable,
        "FloatingArray": _Nullable,
        "BooleanArray": _Nullable,
    },
    "pandas.core.frame": {"DataFrame": pd.DataFrame},
    "pandas.core.series": {"Series": pd.Series},
    "pandas.core.internals.managers": {
        "BlockManager": BlockManager,
        "SingleBlockManager": SingleBlockManager,
    },
    "pandas._libs.internals": {"_unpickle_block": _unpickle_block},
    "pandas.core.indexes.base": {"Index": pd.Index, "_new_Index": _new_index},
    "pandas.core.indexes.range": {"RangeIndex": pd.RangeIndex},
    "pandas.core.indexes.multi": {"MultiIndex": _LevelsIndex},
    "pandas.core.indexes.category": {"CategoricalIndex": pd.Index},
    "pandas.core.indexes.datetimes": {
        "DatetimeIndex": pd.Index,
        "_new_DatetimeIndex": _new_index,
    },
    "pandas.core.indexes.numeric": dict.fromkeys(
        ("Int64Index", "UInt64Index", "Float64Index"), pd.Index
    ),
    "pandas.core.arrays.categorical": {"Categorical": _Categories},
    "pandas.core.arrays.datetimes": {"DatetimeArray": _Times},
    "pandas.core.arrays.timedeltas": {"TimedeltaArray": _Times},
    "pandas.core.arrays.string_": {"StringArray": _Text, "StringDtype": _TextDtype},
    "pandas.core.arrays.string_arrow": {"ArrowStringArray": _Text},
    "pandas.core.arrays.integer": {
        "IntegerArray": _Nullable,
        **{f"{name}Dtype": Piece for name in _DTYPES},
    },
    "pandas.core.arrays.floating": {
        "FloatingArray": _Nullable,
        "Float32Dtype": Piece,
        "Float64Dtype": Piece,
    },
    "pandas.core.arrays.boolean": {"BooleanArray": _Nullable, "BooleanDtype": Piece},
    "pandas.core.dtypes.dtypes": {
        "CategoricalDtype": _CategoryDtype,
        "DatetimeTZDtype": _TimeZoneDtype,
    },
    "pandas._libs.arrays": {"__pyx_unpickle_NDArrayBacked": _backed},
    "pandas._libs.missing": {"NA": pd.NA},
    "pandas._libs.tslibs.nattype": {"__nat_unpickle": _not_a_time, "_nat_unpickle": _not_a_time},
    "pandas._libs.tslibs.offsets": {"Day": Piece},
    "pandas._libs.tslibs.timestamps": {
        "Timestamp": pd.Timestamp,
        "_unpickle_timestamp": _unpickle_timestamp,
    },
    "pandas._libs.tslibs.timedeltas": {
        "Timedelta": pd.Timedelta,
        "_timedelta_unpickle": _timedelta_unpickle,
    },
    "pytz": {"_UTC": _utc},
    "pyarrow.lib": {
        "_restore_array": _arrow_text,
        "chunked_array": _arrow_chunks,
        "type_for_alias": _arrow_kind,
        "py_buffer": _arrow_buffer,
    },
}

PIECES = {
    (module, name): what for module, names in _BY_MODULE.items() for name, what in names.items()
}
"""What stands for each name that pandas and pyarrow put into a table, by (module, name)."""

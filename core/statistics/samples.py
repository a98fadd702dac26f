"""Samples of numbers, from sequences and from the columns of a table."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import pandas as pd

from core.errors import SampleError

Numbers = np.ndarray | pd.Series | Sequence[float]
"""A sample as users have it at hand, (n,)."""

ROUNDING = 1e-6
"""Range of rates, as a share of the largest magnitude, up to which they differ by rounding only.

Spikes make rates that differ by far more; float32 rounds at 6e-8.
"""

LARGEST_T = 1e6
"""Largest t of rates that vary; beyond it they differ by rounding only, or not at all.

One spike more in one of 100 trials keeps t below 1e5.
"""


def numbers(seq: Numbers) -> np.ndarray:
    """A sample as float64 (n,); what a Series or a masked array marks as missing is NaN.

    Raises
    ------
    SampleError
        If it is not a row of numbers.

    Examples
    --------
    >>> numbers(pd.Series([1, None, 3]))
    array([ 1., nan,  3.])
    >>> numbers([[1.0, 2.0]])
    Traceback (most recent call last):
    core.errors.SampleError: expected a sample of shape (n,), found shape (1, 2).
    """
    if isinstance(seq, pd.Series):
        if pd.api.types.is_numeric_dtype(seq) or pd.api.types.is_object_dtype(seq):
            with suppress(ValueError, TypeError):
                return seq.to_numpy(dtype=float, na_value=np.nan)
        raise SampleError(expected="a column of numbers", found=f"{seq.name!r} of {seq.dtype}")
    try:
        values = np.ma.filled(np.ma.asarray(seq, dtype=float), np.nan)
    except (ValueError, TypeError):
        raise SampleError(expected="a sample of numbers", found=f"{seq!r:.80}") from None
    if values.ndim != 1:
        raise SampleError(expected="a sample of shape (n,)", found=f"shape {values.shape}")
    return values


def varies(rates: np.ndarray) -> bool:
    """Whether rates, (n,), differ by more than rounding; no rates and NaN do not.

    Examples
    --------
    >>> varies(np.array([0.3, 0.1 + 0.2])), varies(np.array([10.0, 20.0]))
    (False, True)
    """
    largest = np.abs(rates).max(initial=0)
    return bool(largest > 0 and np.ptp(rates / largest) > ROUNDING)


def selected_columns(df: pd.DataFrame, msk: np.ndarray | None, *names: str) -> list[pd.Series]:
    """The named columns of a table, in the rows where `msk` is true.

    Parameters
    ----------
    df : (n_rows, n_columns)
        Table.
    msk : (n_rows,)
        Boolean; None selects all rows. The values of a Series belong to the rows of the same
        label, whatever their order; those of an array to the rows in their order.
    names
        Columns.

    Returns
    -------
    list of Series
        One for each name.

    Raises
    ------
    SampleError
        If the mask is not one truth value per row, is a Series with other labels than the table,
        or a column is not in the table.

    Examples
    --------
    >>> table = pd.DataFrame({"rate": [3.0, 5.0, 4.0]})
    >>> [rate] = selected_columns(table, table["rate"] > 3, "rate")
    >>> rate.tolist()
    [5.0, 4.0]
    >>> [rate] = selected_columns(table, pd.Series([True, False, False], index=[2, 1, 0]), "rate")
    >>> rate.tolist()
    [4.0]
    """
    for name in names:
        if name not in df.columns:
            known = ", ".join(map(str, df.columns))
            raise SampleError(expected=f"a table with the column {name!r}", found=known)
    if msk is None:
        return [df[name] for name in names]
    if not isinstance(msk, pd.Series):
        msk = np.asarray(msk)
    if not pd.api.types.is_bool_dtype(msk) or msk.shape != (len(df),):
        raise SampleError(
            expected=f"a mask with one truth value for each of the {len(df)} rows",
            found=f"{msk.dtype} values of shape {msk.shape}",
        )
    rows = row_mask(msk, df.index)
    return [df[name][rows] for name in names]


def row_mask(msk: np.ndarray | pd.Series, index: pd.Index) -> np.ndarray:
    """A mask in the order of a table's rows, (n_rows,) bool.

    Parameters
    ----------
    msk : (n_rows,)
        Truth values; those of a Series belong to the rows of the same label.
    index : (n_rows,)
        Labels of the rows.

    Raises
    ------
    SampleError
        If a Series has other labels, or another order of labels that occur twice.

    Examples
    --------
    >>> row_mask(pd.Series([True, False], index=["b", "a"]), pd.Index(["a", "b"]))
    array([False,  True])
    """
    if isinstance(msk, pd.Series) and not msk.index.equals(index):
        if not (msk.index.is_unique and index.is_unique and index.isin(msk.index).all()):
            raise SampleError(
                expected="a mask with the labels of the table's rows",
                found="a Series with others",
                advice="an array is taken in the order of the rows",
            )
        msk = msk.reindex(index)
    return np.asarray(msk, dtype=bool)

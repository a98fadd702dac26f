"""Correlation and ranks as ``scipy.stats`` has them, bit for bit, without its import."""

import numpy as np
from scipy import special


def pearson(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Pearson's correlation of two samples, and its two-sided p.

    Parameters
    ----------
    x, y : (n,)
        At least three pairs of finite numbers; both samples vary.

    Returns
    -------
    r, p
        Under the null hypothesis (r + 1) / 2 has a beta distribution, whose parameters are both
        n / 2 - 1.

    Examples
    --------
    >>> r, p = pearson(np.array([1, 2, 3, 4]), np.array([10.0, 12.0, 19.0, 17.0]))
    >>> round(r, 3), round(p, 3)
    (0.86, 0.14)
    """
    units = []
    for sample in (x, y):
        centred = np.asarray(sample, dtype=float) - np.mean(sample, dtype=float)
        largest = np.abs(centred).max()
        units.append(centred / (largest * np.linalg.norm(centred / largest, axis=-1)))
    r = float(np.clip(np.vecdot(*units), -1.0, 1.0))
    half = len(x) / 2 - 1
    return r, float(2 * special.betaincc(half, half, (abs(r) + 1) / 2))


def row_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 within each row, ties averaged; NaN in rows that hold one.

    Examples
    --------
    >>> row_ranks(np.array([[0.3, 0.1, 0.3], [2.0, 5.0, 4.0]]))
    array([[2.5, 1. , 2.5],
           [1. , 3. , 2. ]])
    """
    values = np.asarray(values)
    ranks = np.empty(values.shape)
    for row, of_row in zip(values, ranks, strict=True):
        ordered = np.sort(row)
        below, up_to = (np.searchsorted(ordered, row, side) for side in ("left", "right"))
        of_row[:] = (below + up_to + 1) / 2
    ranks[np.isnan(values).any(axis=1)] = np.nan
    return ranks

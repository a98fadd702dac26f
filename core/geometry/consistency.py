"""Homogeneity: how well the eigenvectors of the metric at one code fit the metric at another.

Along the k-th eigenvector of code i, the metric of code j amplifies by ``L_ij[k] = u_k^T H_j u_k``.
Its correlation over k with the eigenvalues of j, linear or of logarithms, says how alike the two
frames are (Wang & Ponce 2021). All j are done at once: ``u^T H u`` is the inner product of H and
``u u^T``, so that one matrix product over the entries of the upper triangle does for all pairs of
one i.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.errors import SampleError
from core.geometry.averages import matrix_of
from core.geometry.metric import Metric

ENTRIES_AT_ONCE = 2**24
"""Numbers of outer products ``u u^T`` that are formed at a time (128 MiB)."""


class Consistency(NamedTuple):
    """Correlations between codes, ``(n_codes, n_codes)`` each; rows give the frame.

    Attributes
    ----------
    log
        Of logarithms of amplification and eigenvalue; ranks where one is not positive are left out.
    linear
        Of amplification and eigenvalue.
    entries
        Of the entries of the two metrics; symmetric.
    """

    log: np.ndarray
    linear: np.ndarray
    entries: np.ndarray


class OffDiagonal(NamedTuple):
    """Off-diagonal correlations in three numbers."""

    mean: float
    sd: float
    median: float


def consistency_of(metrics: Sequence[Metric]) -> Consistency:
    """Consistency of the metrics of several codes with each other.

    Parameters
    ----------
    metrics
        With all their eigenvectors, of codes of one length.

    Returns
    -------
    Consistency

    Raises
    ------
    SampleError
        If lengths differ, or eigenvectors are missing.

    Examples
    --------
    >>> frame, values = np.eye(3), np.array([1.0, 2.0, 5.0])
    >>> metrics = [Metric(k * values, frame, k * np.diag(values)) for k in (1, 2)]
    >>> consistency_of(metrics).linear.round(6)
    array([[1., 1.],
           [1., 1.]])
    """
    shapes = {metric.eigenvectors.shape for metric in metrics}
    if len(shapes) != 1 or len(set(*shapes)) != 1:
        raise SampleError(
            path="metrics",
            expected="all eigenvectors of codes of one length",
            found=f"shapes {sorted(shapes)}",
        )
    eigenvalues = np.stack([metric.eigenvalues.astype(float) for metric in metrics])
    matrices = np.stack([matrix_of(metric) for metric in metrics])
    n_codes, n = eigenvalues.shape
    upper = _upper_parts(matrices)
    linear, log = np.empty((2, n_codes, n_codes))
    frames_at_once = max(1, ENTRIES_AT_ONCE // (n * upper.shape[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        log_values = np.log10(eigenvalues)
        for start in range(0, n_codes, frames_at_once):
            some = slice(start, start + frames_at_once)
            frames = np.concatenate([m.eigenvectors for m in metrics[some]], axis=1, dtype=float)
            amplified = _amplifications(frames, upper).reshape(n_codes, -1, n).swapaxes(0, 1)
            linear[some] = _correlations(amplified, eigenvalues)
            log[some] = _correlations(np.log10(amplified), log_values)
        entries = np.corrcoef(matrices.reshape(n_codes, -1))
    return Consistency(log, linear, np.atleast_2d(entries))


def amplification(eigenvectors: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """How much a metric amplifies each vector of a frame: ``u_k^T H u_k``.

    Parameters
    ----------
    eigenvectors : (n, k)
        In columns.
    matrix : (n, n)

    Returns
    -------
    (k,)

    Examples
    --------
    >>> amplification(np.eye(2), np.array([[3.0, 1.0], [1.0, 2.0]]))
    array([3., 2.])
    """
    return np.einsum("ik,ij,jk->k", eigenvectors, matrix, eigenvectors, optimize=True)


def off_diagonal(correlations: np.ndarray) -> OffDiagonal:
    """Mean, SD (population) and median of the entries off the diagonal; NaN are left out.

    Examples
    --------
    >>> off_diagonal(np.array([[1, 0.5], [0.7, 1]]))
    OffDiagonal(mean=0.6, sd=0.1, median=0.6)
    """
    values = correlations[~np.eye(len(correlations), dtype=bool)]
    return OffDiagonal(
        *(float(round(f(values), 15)) for f in (np.nanmean, np.nanstd, np.nanmedian))
    )


def _upper_parts(stack: np.ndarray) -> np.ndarray:
    """Upper triangles, (n_codes, n (n + 1) / 2), entries off the diagonal twice."""
    rows, columns = np.triu_indices(stack.shape[1])
    return stack[:, rows, columns] * np.where(rows == columns, 1, 2)


def _amplifications(vectors: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Of all metrics along vectors (n, k) in columns, (n_codes, k)."""
    n, n_vectors = vectors.shape
    at_once = max(1, ENTRIES_AT_ONCE // upper.shape[1])
    found = np.empty((len(upper), n_vectors))
    outer = np.empty((upper.shape[1], min(at_once, n_vectors)))
    for start in range(0, n_vectors, at_once):
        some = np.ascontiguousarray(vectors[:, start : start + at_once])
        of_some, end = outer[:, : some.shape[1]], 0
        for row in range(n):
            first, end = end, end + n - row
            np.multiply(some[row], some[row:], out=of_some[first:end])
        np.matmul(upper, of_some, out=found[:, start : start + at_once])
    return found


def _correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pearson's r along the last axis, where both are finite."""
    valid = np.isfinite(first) & np.isfinite(second)
    count = valid.sum(-1, keepdims=True)
    centred = []
    for values in (first, second):
        values = np.where(valid, values, 0)
        centred.append(np.where(valid, values - values.sum(-1, keepdims=True) / count, 0))
    between, of_first, of_second = (
        np.einsum("...k,...k->...", centred[a], centred[b]) for a, b in ((0, 1), (0, 0), (1, 1))
    )
    return between / np.sqrt(of_first * of_second)

"""Cosine similarity and correlation of vectors: exactly 1 for equal ones, NaN where undefined."""

import numpy as np


def cosine_similarity(first: np.ndarray, second: np.ndarray, axis: int = -1) -> np.ndarray:
    """Cosine of the angle between vectors, as 1 - |u - v|^2 / 2 of the unit vectors u and v.

    Parameters
    ----------
    first, second : (..., n, ...)
        Vectors along `axis`; the other axes are broadcast.
    axis
        Axis of the vectors.

    Returns
    -------
    (...)
        float64 in [-1, 1]; NaN where a vector is zero or not finite.

    Examples
    --------
    >>> cosine_similarity(np.array([[1.0, 2.0], [0.0, 0.0], [1.0, 0.0]]), np.array([1.0, 2.0]))
    array([1.       ,       nan, 0.4472136])
    """
    difference = _unit(first, axis) - _unit(second, axis)
    return np.clip(1 - np.square(difference).sum(axis=axis) / 2, -1, 1)


def correlation(first: np.ndarray, second: np.ndarray, axis: int = -1) -> np.ndarray:
    """Pearson correlation of vectors: the cosine similarity of their deviations from the mean.

    Parameters
    ----------
    first, second : (..., n, ...)
        Vectors along `axis`; the other axes are broadcast.
    axis
        Axis of the vectors.

    Returns
    -------
    (...)
        float64 in [-1, 1]; NaN where a vector is constant or not finite.

    Examples
    --------
    >>> correlation(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]), np.array([2.0, 4.0, 6.0]))
    array([ 1., nan])
    """
    return cosine_similarity(_deviation(first, axis), _deviation(second, axis), axis)


def _unit(vectors: np.ndarray, axis: int) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        # squares of very large and very small numbers leave the range of floating point
        scaled = vectors / np.abs(vectors).max(axis=axis, keepdims=True)
        return scaled / np.linalg.norm(scaled, axis=axis, keepdims=True)


def _deviation(vectors: np.ndarray, axis: int) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=float)
    with np.errstate(invalid="ignore"):
        deviation = vectors - vectors.mean(axis=axis, keepdims=True)
        varies = np.ptp(vectors, axis=axis, keepdims=True) > 0
    return np.where(varies, deviation, np.nan)

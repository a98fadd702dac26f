"""Spectra of metrics: their mean over codes, and how few dimensions hold how much of it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.errors import SampleError

SHARES = (0.99, 0.999, 0.9999)
"""Shares of the sum of eigenvalues for which dimensions are counted (Wang & Ponce 2021)."""


class MeanSpectrum(NamedTuple):
    """Spectra of several codes, rank by rank, descending.

    Attributes
    ----------
    mean, low, high : (n,)
        Mean, 5th and 95th percentile of the absolute eigenvalues of each rank.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Dimensions(NamedTuple):
    """Dimensions that hold shares of a spectrum.

    Attributes
    ----------
    below : (n_shares,) int
        Leading dimensions whose sum stays below the share; the numbers of the published tables.
    needed : (n_shares,) int
        Leading dimensions whose sum reaches it: one more.
    """

    below: np.ndarray
    needed: np.ndarray


def mean_spectrum(spectra: np.ndarray) -> MeanSpectrum:
    """Mean and spread of spectra, rank by rank.

    Parameters
    ----------
    spectra : (n_codes, n)
        Eigenvalues, each row in either order.

    Returns
    -------
    MeanSpectrum

    Examples
    --------
    >>> mean_spectrum([[1, 3], [4, 2]]).mean
    array([3.5, 1.5])
    """
    ranked = -np.sort(-np.abs(np.asarray(spectra, float)), axis=1)
    low, high = np.percentile(ranked, [5, 95], axis=0)
    return MeanSpectrum(ranked.mean(0), low, high)


def dimensions(eigenvalues: np.ndarray, shares: Sequence[float] = SHARES) -> Dimensions:
    """How many leading dimensions hold shares of the sum of absolute eigenvalues.

    Few of many: images change along few directions, the manifold is anisotropic.

    Parameters
    ----------
    eigenvalues : (n,)
        In any order; NaN are left out. Published tables use the mean spectrum.
    shares
        Between 0 and 1.

    Returns
    -------
    Dimensions

    Raises
    ------
    SampleError
        If there is no eigenvalue but zeros.

    Examples
    --------
    >>> dimensions([90, 9, 0.9, 0.1], [0.9, 0.95, 0.99])
    Dimensions(below=array([0, 1, 1]), needed=array([1, 2, 2]))
    """
    values = np.abs(np.asarray(eigenvalues, float))
    values = -np.sort(-values[np.isfinite(values)])
    if not values.any():
        raise SampleError(expected="eigenvalues other than 0", found=f"{len(values)} zeros")
    reached = np.cumsum(values) / values.sum()
    below = np.array([(reached < share).sum() for share in shares])
    return Dimensions(below, np.minimum(below + 1, len(values)))


def noise_floor(eigenvalues: np.ndarray, dtype: str = "float32") -> float:
    """Size under which an eigenvalue of a metric that was formed is rounding: ``n eps max``.

    Parameters
    ----------
    eigenvalues : (n,)
        In any order.
    dtype
        Precision of the metric.

    Examples
    --------
    >>> noise_floor([1.0, 0.0]) < 1e-6
    True
    """
    values = np.abs(np.asarray(eigenvalues, float))
    return float(len(values) * np.finfo(dtype).eps * values.max())


def null_counts(eigenvalues: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """How many eigenvalues lie below each threshold; see `noise_floor` for what they can mean.

    Parameters
    ----------
    eigenvalues : (n,)
        In any order.
    thresholds
        Absolute; published ones are 0, 1e-8 and 1e-7.

    Returns
    -------
    (n_thresholds,) int

    Examples
    --------
    >>> null_counts([1, 1e-9, 0], [0, 1e-8])
    array([0, 2])
    """
    return (np.asarray(eigenvalues, float) < np.asarray(thresholds)[:, None]).sum(1)


def power_along_axes(directions: np.ndarray, eigenvectors: np.ndarray) -> np.ndarray:
    """Share of each direction's squared length along each eigenvector, from the top.

    Such as of the steps of an evolution; random directions have 1 / n everywhere.

    Parameters
    ----------
    directions : (k, n)
        Of any length but zero.
    eigenvectors : (n, n)
        In columns, by rising eigenvalue.

    Returns
    -------
    (k, n)
        Rows add up to 1.

    Raises
    ------
    SampleError
        If a direction has no length.

    Examples
    --------
    >>> power_along_axes(np.array([[0.0, 3.0, 4.0]]), np.eye(3))
    array([[0.64, 0.36, 0.  ]])
    """
    squares = (np.asarray(directions, float) @ eigenvectors)[:, ::-1] ** 2
    total = squares.sum(1, keepdims=True)
    if not (total > 0).all():
        raise SampleError(path="directions", expected="lengths above 0", found="0")
    return squares / total

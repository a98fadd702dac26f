"""Averages, blocks and projections of metrics, each with its own eigenvalues and eigenvectors."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import SampleError
from core.geometry.metric import Metric
from core.geometry.saved import has_part, load_metric
from core.spaces import CODE_LENGTHS, HESSIAN_FILES, N_NOISE

PARTS = {"noise": slice(0, N_NOISE), "class": slice(N_NOISE, 2 * N_NOISE)}
"""Values of a BigGAN code that are noise, and class."""


def average_metric(metrics: Iterable[Metric]) -> Metric:
    """Mean of metrics at several codes; they are taken one at a time, so that any number will do.

    The average of leading parts has the rank of all of them together.

    Parameters
    ----------
    metrics
        Of one generator and distance.

    Returns
    -------
    Metric
        Without a code.

    Raises
    ------
    SampleError
        If there is none, or they are of different generators, distances or lengths.

    Examples
    --------
    >>> flat, steep = (Metric(np.ones(2) * k, np.eye(2), k * np.eye(2)) for k in (1, 3))
    >>> average_metric([flat, steep]).eigenvalues
    array([2., 2.])
    """
    total, first, count = None, None, 0
    for metric in metrics:
        count += 1
        if first is None:
            first, total = metric, np.zeros((metric.n, metric.n))
        if _kind(metric) != _kind(first):
            raise SampleError(
                path="metrics", expected=f"all of {_kind(first)}", found=_kind(metric)
            )
        total += matrix_of(metric)
    if first is None:
        raise SampleError(path="metrics", expected="at least one", found="none")
    return _decomposed(total / count, replace(first, code=None, seed=None, method="average"))


def load_average(folder: Path, generator: str, *, part: str | None = None) -> Metric:
    """The average metric of BigGAN or fc6, for all who use it: the published file, or one's own.

    Parameters
    ----------
    folder
        Holds the file under its published name, `core.spaces.HESSIAN_FILES`; an ``average.npz`` of
        ``python -m core.geometry spectrum`` may stand in its place.
    generator
        ``"BigGAN"`` or ``"fc6"``.
    part
        ``"noise"`` or ``"class"``: that block of BigGAN's.

    Returns
    -------
    Metric

    Raises
    ------
    MissingFileError
        If there is no such file.
    StateError
        If it holds no metric, or one of another generator.
    """
    path = Path(folder) / HESSIAN_FILES[generator]
    if part is not None and has_part(path, part):
        return load_metric(path, part=part, generator=generator, n=N_NOISE)
    whole = load_metric(path, generator=generator, n=CODE_LENGTHS[generator])
    return whole if part is None else block_metric(whole, PARTS[part])


def block_metric(metric: Metric, part: slice) -> Metric:
    """The metric of a part of the code, the rest held: a diagonal block.

    Parameters
    ----------
    metric
        With its matrix.
    part
        Which values of the code, such as ``slice(0, 128)`` for BigGAN's noise and
        ``slice(128, 256)`` for its class.

    Returns
    -------
    Metric
        The whole code stays with it.

    Examples
    --------
    >>> whole = Metric(np.array([1.0, 2.0]), np.eye(2), np.diag([1.0, 2.0]))
    >>> block_metric(whole, slice(1, 2)).eigenvalues
    array([2.])
    """
    return _decomposed(matrix_of(metric)[part, part], metric)


def project_metric(metric: Metric, basis: np.ndarray) -> Metric:
    """The metric in the coordinates of a subspace: ``V^T H V``.

    Parameters
    ----------
    metric
        With its matrix.
    basis : (n, k)
        Orthonormal columns.

    Returns
    -------
    Metric

    Examples
    --------
    >>> whole = Metric(np.array([1.0, 2.0]), np.eye(2), np.diag([1.0, 2.0]))
    >>> project_metric(whole, whole.top(1)).matrix
    array([[2.]])
    """
    return _decomposed(basis.T @ matrix_of(metric) @ basis, metric)


def matrix_of(metric: Metric) -> np.ndarray:
    """The matrix ``(n, n)``; put together from eigenpairs where it was not kept, float64."""
    if metric.matrix is not None:
        return metric.matrix.astype(float)
    vectors = metric.eigenvectors.astype(float)
    return (vectors * metric.eigenvalues) @ vectors.T


def _decomposed(matrix: np.ndarray, like: Metric) -> Metric:
    matrix = (matrix + matrix.T) / 2
    values, vectors = np.linalg.eigh(matrix)
    return replace(
        like, eigenvalues=values, eigenvectors=vectors, matrix=matrix, residuals=None, asymmetry=0.0
    )


def _kind(metric: Metric) -> tuple[str, str, int]:
    return metric.generator, metric.distance, metric.n

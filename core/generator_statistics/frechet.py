"""Fréchet distance of two sets of features, in memory that does not grow with the sets.

``|m1 - m2|^2 + Tr S1 + Tr S2 - 2 Tr (S1 S2)^(1/2)`` of means and covariances (ddof 1). The last
trace is the sum of the roots of the eigenvalues of ``L' S2 L`` with ``S1 = L L'``, a symmetric
matrix: no root of a matrix is taken, nothing is complex, and nothing is added to a diagonal.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.linalg import blas

from core.computing.archives import from_archive
from core.errors import SampleError
from core.files import replacing
from core.settings import whole

BLOCK = 1024
"""Rows that are in double precision at the same time."""

N_RESAMPLES = 20
"""Resamples of a bootstrap error, which is then known to a sixth of itself."""

DEFECT = 1e-6
"""Negative distance, as a share of the two traces, that rounding does not explain."""


class FeatureStatistics:
    """Mean and covariance of features that come batch by batch, in float64 (Chan et al. 1979).

    Rows wait until a block of them is full, so that small batches cost no more than large ones.

    Parameters
    ----------
    dim
        Numbers of an image.

    Examples
    --------
    >>> features = np.random.default_rng(0).standard_normal((100, 3))
    >>> whole_set, streamed = FeatureStatistics(3), FeatureStatistics(3)
    >>> whole_set.add(features)
    >>> for part in np.split(features, [7, 64]):
    ...     streamed.add(part)
    >>> bool(np.allclose(streamed.covariance, whole_set.covariance, rtol=1e-12))
    True
    """

    def __init__(self, dim: int):
        self._n, self._mean = 0, np.zeros(whole(dim, "dim", 1))
        # sum of the outer products of deviations from the mean, upper triangle
        self._scatter = np.zeros((dim, dim), order="F")
        self._waiting, self._n_waiting = np.empty((BLOCK, dim)), 0

    @classmethod
    def of_moments(cls, n: int, mean: np.ndarray, covariance: np.ndarray) -> "FeatureStatistics":
        """Statistics that are known already.

        Parameters
        ----------
        n
            Images.
        mean, covariance : (dim,), (dim, dim)
            Of their features, ddof 1.
        """
        found = cls(len(mean))
        found._n, found._mean = whole(n, "n", 2), np.array(mean, dtype=float)
        found._scatter[:] = np.asarray(covariance, dtype=float) * (n - 1)
        return found

    @property
    def dim(self) -> int:
        """Numbers of an image."""
        return len(self._mean)

    @property
    def n(self) -> int:
        """Images so far."""
        return self._n + self._n_waiting

    @property
    def mean(self) -> np.ndarray:
        """Mean of every feature, (dim,)."""
        self._settle()
        return self._mean

    @property
    def covariance(self) -> np.ndarray:
        """Covariance (dim, dim), ddof 1.

        Raises
        ------
        SampleError
            Of fewer than two images.
        """
        if self.n < 2:
            raise SampleError(path="features", expected="at least two images", found=self.n)
        self._settle()
        upper = np.triu(self._scatter)
        upper /= self._n - 1
        return upper + np.triu(upper, 1).T

    @property
    def trace(self) -> float:
        """Variances of all features together."""
        self._settle()
        return float(np.trace(self._scatter) / max(self._n - 1, 1))

    def add(self, features: np.ndarray, counts: np.ndarray | None = None) -> None:
        """Take in more features; neither array is changed.

        Parameters
        ----------
        features : (m, dim)
            May lie on disk (`numpy.memmap`): few rows are read at a time.
        counts : (m,), optional
            How often each row counts, as a bootstrap draws it; once by default.

        Raises
        ------
        SampleError
            If features have another number of columns, or are not finite.
        """
        features = np.atleast_1d(features)
        if features.ndim != 2 or features.shape[1] != self.dim:
            raise SampleError(
                path="features", expected=f"rows of {self.dim} numbers", found=features.shape
            )
        for start in range(0, len(features), BLOCK):
            some = slice(start, start + BLOCK)
            rows = np.asarray(features[some])
            bad = ~np.isfinite(rows).all(axis=1)
            if bad.any():
                raise SampleError(
                    path="features",
                    expected="finite numbers",
                    found=f"NaN or infinity in row {start + int(np.argmax(bad))}",
                )
            if counts is None:
                self._let_wait(rows)
            else:
                self._take(rows, counts[some])

    def _let_wait(self, rows: np.ndarray) -> None:
        while len(rows):
            some = rows[: BLOCK - self._n_waiting]
            self._waiting[self._n_waiting : self._n_waiting + len(some)] = some
            self._n_waiting += len(some)
            rows = rows[len(some) :]
            if self._n_waiting == BLOCK:
                self._settle()

    def _settle(self) -> None:
        """Take in what waits."""
        rows, self._n_waiting = self._waiting[: self._n_waiting], 0
        if len(rows):
            self._take(rows, None)

    def _take(self, rows: np.ndarray, counts: np.ndarray | None) -> None:
        n = len(rows) if counts is None else int(counts.sum())
        if n == 0:
            return
        mean = rows.mean(axis=0, dtype=float) if counts is None else counts @ rows / n
        shift, share = mean - self._mean, n / (self._n + n)
        # the last row moves what was there before to the new mean
        deviations = np.empty((len(rows) + 1, self.dim))
        np.subtract(rows, mean, out=deviations[:-1])
        deviations[-1] = shift * np.sqrt(self._n * share)
        if counts is not None:
            deviations[:-1] *= np.sqrt(counts)[:, None]
        blas.dsyrk(1.0, deviations.T, beta=1.0, c=self._scatter, overwrite_c=True)
        self._mean = self._mean + shift * share
        self._n += n


class Frechet(NamedTuple):
    """A Fréchet distance and what it is made of.

    Attributes
    ----------
    distance
        Not below 0.
    of_means
        Squared distance of the means, the part that the sizes of the sets bias least.
    unclipped
        The distance before it was clipped.
    note
        What a reader must know of it, in a sentence; empty for nothing.
    """

    distance: float
    of_means: float
    unclipped: float
    note: str


def frechet_distance(first: FeatureStatistics, second: FeatureStatistics) -> Frechet:
    """Fréchet distance of two sets (Dowson & Landau 1982; Heusel et al. 2017).

    Parameters
    ----------
    first, second
        Statistics of the same features.

    Returns
    -------
    Frechet

    Raises
    ------
    SampleError
        If the features differ in number, or a set has fewer than two images.

    Examples
    --------
    >>> first, second = FeatureStatistics(2), FeatureStatistics(2)
    >>> square = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    >>> first.add(square)
    >>> second.add(square + [3, 4])
    >>> round(frechet_distance(first, second).distance, 9)
    25.0
    """
    if first.dim != second.dim:
        raise SampleError(
            path="features", expected=f"sets of {first.dim} numbers an image", found=second.dim
        )
    root = root_trace(first.covariance, second.covariance)
    return _assembled(first.mean, second.mean, first.trace, second.trace, root, (first, second))


def _assembled(
    first_mean: np.ndarray,
    second_mean: np.ndarray,
    first_trace: float,
    second_trace: float,
    root: float,
    sets: Iterable[FeatureStatistics] = (),
) -> Frechet:
    of_means = float(np.square(first_mean - second_mean).sum())
    distance = float(of_means + first_trace + second_trace - 2 * root)
    notes = list(filter(None, (shortage(some.n, some.dim) for some in sets)))[:1]
    if distance < -DEFECT * (first_trace + second_trace):
        notes.append(f"the distance came out as {distance:.3g}, which rounding does not explain")
    return Frechet(max(distance, 0.0), of_means, distance, "; ".join(notes))


def shortage(n: int, dim: int) -> str:
    """What it means that there are no more images than features; empty where there are more.

    Parameters
    ----------
    n
        Images.
    dim
        Features.

    Examples
    --------
    >>> shortage(256, 1280)
    '256 images of 1280 features: the covariance is singular and the distance is too large by an \
amount that depends on the number of images, so only distances of equally many compare'
    >>> shortage(50_000, 2048)
    ''
    """
    if n > dim:
        return ""
    return (
        f"{n} images of {dim} features: the covariance is singular and the distance is too large "
        "by an amount that depends on the number of images, so only distances of equally many "
        "compare"
    )


def root_trace(first: np.ndarray, second: np.ndarray) -> float:
    """``Tr (first second)^(1/2)`` of two covariances, from symmetric eigenvalues alone.

    Eigenvalues below ``dim * eps`` of the largest are rounding and count as 0; without this a
    singular covariance is 1e-7 of its trace away from itself.

    Parameters
    ----------
    first, second : (dim, dim)
        Symmetric and positive semi-definite.

    Examples
    --------
    >>> round(root_trace(np.diag([1.0, 4, 9]), np.diag([4.0, 1, 0.25])), 9)
    5.5
    """
    factor = _factor(first)
    product = factor.T @ second @ factor
    eigenvalues = np.linalg.eigvalsh(product)
    floor = len(first) * np.finfo(float).eps * max(eigenvalues[-1], 0.0)
    return float(np.sqrt(eigenvalues[eigenvalues > floor]).sum())


def _factor(covariance: np.ndarray) -> np.ndarray:
    """L with ``L L'`` the covariance: by Cholesky where it has full rank, else by eigenvectors."""
    try:
        factor = np.linalg.cholesky(covariance)
        pivots = np.diagonal(factor)
        if pivots.min() ** 2 > len(pivots) * np.finfo(float).eps * pivots.max() ** 2:
            return factor
    except np.linalg.LinAlgError:
        pass
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0))


def frechet_of_features(first: np.ndarray, second: np.ndarray) -> Frechet:
    """Fréchet distance of features that are at hand, in memory or on disk.

    Where both sets have fewer images than features, the trace is the nuclear norm of the cross
    products of the centred features, which is exact and needs no covariance.

    Parameters
    ----------
    first, second : (n1, dim), (n2, dim)
        Features of each image; may be `numpy.memmap`.

    Returns
    -------
    Frechet

    Examples
    --------
    >>> features = np.random.default_rng(0).standard_normal((10, 64))
    >>> round(frechet_of_features(features, features + 0.5).distance, 9)
    16.0
    """
    sets = [_statistics(first), _statistics(second)]
    if max(some.n for some in sets) >= sets[0].dim or sets[0].dim != sets[1].dim:
        return frechet_distance(*sets)
    x, y = (np.asarray(f, dtype=float) - s.mean for f, s in zip((first, second), sets, strict=True))
    root = _nuclear_norm(x @ y.T) / np.sqrt((len(x) - 1) * (len(y) - 1))
    return _assembled(sets[0].mean, sets[1].mean, sets[0].trace, sets[1].trace, root, sets)


def bootstrap_error(
    first: np.ndarray,
    second: np.ndarray,
    rng: int | np.random.Generator = 0,
    n_resamples: int = N_RESAMPLES,
) -> float:
    """Standard error of a Fréchet distance: its SD over resamples of the images of both sets.

    Memory stays that of two covariances. Resamples repeat images, so their mean is too large and
    no interval can be read from them.

    Parameters
    ----------
    first, second : (n1, dim), (n2, dim)
        Features of each image; may be `numpy.memmap`.
    rng
        Seed or generator.
    n_resamples
        At least 2.

    Examples
    --------
    >>> first, second = np.random.default_rng(0).standard_normal((2, 200, 4))
    >>> bool(0 < bootstrap_error(first, second) < 0.2)
    True
    """
    rng = np.random.default_rng(rng)
    whole(n_resamples, "n_resamples", at_least=2)
    dim = first.shape[1]
    small = max(len(first), len(second)) < dim
    cross = np.asarray(first, dtype=float) @ np.asarray(second, dtype=float).T if small else None
    found = []
    for _ in range(n_resamples):
        counts = [
            rng.multinomial(len(some), np.full(len(some), 1 / len(some)))
            for some in (first, second)
        ]
        if small:
            found.append(_resampled(first, second, counts, cross))
        else:
            sets = [_statistics(f, c) for f, c in zip((first, second), counts, strict=True)]
            found.append(frechet_distance(*sets).unclipped)
    return float(np.std(found, ddof=1))


def _resampled(
    first: np.ndarray, second: np.ndarray, counts: list[np.ndarray], cross: np.ndarray
) -> float:
    """Distance of two resamples of fewer images than features, from products of all pairs."""
    c1, c2 = counts
    n1, n2 = len(first), len(second)
    means = c1 @ first / n1, c2 @ second / n2
    traces = [
        (c @ np.square(f, dtype=float).sum(axis=1) - n * mean @ mean) / (n - 1)
        for c, f, n, mean in zip(counts, (first, second), (n1, n2), means, strict=True)
    ]
    centred = cross - c1 @ cross / n1
    centred = centred - (centred @ c2 / n2)[:, None]
    used1, used2 = c1 > 0, c2 > 0
    scaled = np.sqrt(c1[used1])[:, None] * centred[np.ix_(used1, used2)] * np.sqrt(c2[used2])
    root = _nuclear_norm(scaled) / np.sqrt((n1 - 1) * (n2 - 1))
    return _assembled(*means, *traces, root).unclipped


def _nuclear_norm(matrix: np.ndarray) -> float:
    return float(np.linalg.svd(matrix, compute_uv=False).sum())


def _statistics(features: np.ndarray, counts: np.ndarray | None = None) -> FeatureStatistics:
    if np.ndim(features) != 2:
        raise SampleError(
            path="features", expected="rows of numbers, one an image", found=np.shape(features)
        )
    found = FeatureStatistics(features.shape[1])
    found.add(features, counts)
    return found


class SavedStatistics(NamedTuple):
    """Statistics of a set and what they are of.

    Attributes
    ----------
    statistics
    extractor
        Name of the features.
    preprocessing
        What was done to the images, in words.
    images
        SHA-256 of the list of images.
    """

    statistics: FeatureStatistics
    extractor: str
    preprocessing: str
    images: str


def images_hash(names: Iterable[str]) -> str:
    """SHA-256 of a list of images, by which two statistics of the same images are known.

    Examples
    --------
    >>> images_hash(["a.png", "b.png"]) == images_hash(["b.png", "a.png"])
    False
    """
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def save_statistics(path: Path, content: SavedStatistics) -> None:
    """Write the statistics of a set as npz: ``mu``, ``sigma``, ``n`` and what they are of.

    Parameters
    ----------
    path
        File to write or replace.
    content
        What is written.
    """
    statistics = content.statistics
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            mu=statistics.mean,
            sigma=statistics.covariance,
            n=statistics.n,
            extractor=content.extractor,
            preprocessing=content.preprocessing,
            images=content.images,
        )


def load_statistics(path: Path) -> SavedStatistics:
    """Statistics that `save_statistics` wrote.

    Raises
    ------
    MissingFileError, StateError
        If the file is not there, or holds something else.
    """
    return from_archive(path, _saved, "statistics of features")


def _saved(content: Mapping[str, np.ndarray]) -> SavedStatistics:
    mean, covariance = (np.asarray(content[name], dtype=float) for name in ("mu", "sigma"))
    if covariance.shape != (mean.size, mean.size) or mean.ndim != 1:
        raise ValueError(f"mu {mean.shape}, sigma {covariance.shape}")
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError("NaN or infinity")
    words = [str(content[name]) for name in ("extractor", "preprocessing", "images")]
    found = FeatureStatistics.of_moments(int(content["n"]), mean, covariance)
    return SavedStatistics(found, *words)

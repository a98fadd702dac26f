"""Trajectories of codes in the geometry of a generator: along which axes they go, and how far.

The numbers of Wang & Ponce (2022): how steps and journeys are shared out over the axes of a
metric, and how far their images move, beside steps of the same lengths in random directions and
steps whose entries are shuffled.
"""

from dataclasses import dataclass

import numpy as np
import torch

from core.computing.random_source import Randomness
from core.errors import SampleError, SettingError
from core.generators.protocol import Generator
from core.geometry.distances import FeatureDistance
from core.geometry.metric import Metric
from core.geometry.spectra import power_along_axes
from core.optional import import_package

PUBLISHED_TOP = 800 / 4096
"""Share of the axes of fc6 that are called the top ones."""


@dataclass(frozen=True)
class AxisAlignment:
    """How journeys are shared out over axes.

    Attributes
    ----------
    top_share
        Share of the squared length along the top axes, mean over journeys.
    pearson
        Correlation over the top axes of the mean size of the coefficient with log10 eigenvalue.
    spearman
        Rank correlation over all axes of the mean size with the rank from the top; negative where
        the top is preferred.
    ks, p
        Kolmogorov-Smirnov test of the sizes of coefficients: top axes and the others.
    """

    top_share: float
    pearson: float
    spearman: float
    ks: float
    p: float


def n_top_axes(n: int) -> int:
    """Number of top axes in codes of length n: the published share, at least one, and not all.

    Examples
    --------
    >>> n_top_axes(4096), n_top_axes(256), n_top_axes(2)
    (800, 50, 1)
    """
    return int(np.clip(n * PUBLISHED_TOP, 1, n - 1))


def axis_amplitudes(journeys: np.ndarray, metric: Metric) -> np.ndarray:
    """Mean size of coefficients of journeys along axes, from the top, ``(n,)``.

    Parameters
    ----------
    journeys : (k, n)
    metric
        With all its eigenvectors.

    Examples
    --------
    >>> axis_amplitudes(np.array([[1.0, -2.0]]), Metric(np.array([1.0, 2.0]), np.eye(2)))
    array([2., 1.])
    """
    return np.abs(_whole(journeys, metric) @ metric.eigenvectors)[:, ::-1].mean(0)


def axis_alignment(journeys: np.ndarray, metric: Metric, n_top: int | None = None) -> AxisAlignment:
    """How journeys, such as from the first to the last mean code, go along axes.

    Parameters
    ----------
    journeys : (k, n)
        Of any length but zero.
    metric
        With all its eigenvectors.
    n_top
        Number of top axes; by default that of `n_top_axes`.

    Returns
    -------
    AxisAlignment

    Raises
    ------
    SettingError
        If the metric is of codes of another length or lacks eigenvectors, or `n_top` is not below
        their number.
    SampleError
        If a displacement has no length.

    Examples
    --------
    >>> metric = Metric(np.logspace(-3, 0, 8), np.eye(8))
    >>> found = axis_alignment(np.sqrt(metric.eigenvalues)[None], metric, 3)
    >>> round(found.top_share, 2), round(found.spearman, 2)
    (0.95, -1.0)
    """
    stats = import_package("scipy.stats", "the statistics of axes")
    journeys = _whole(journeys, metric)
    n = metric.n
    n_top = n_top_axes(n) if n_top is None else n_top
    if not 1 <= n_top < n:
        raise SettingError(path="n_top", expected=f"1 to {n - 1} axes", found=n_top)
    sizes = np.abs(journeys @ metric.eigenvectors)[:, ::-1]
    values, amplitudes = metric.eigenvalues[::-1][:n_top], sizes.mean(0)
    above = values > 0
    pearson = np.nan
    if above.sum() > 2 and np.ptp(values[above]) > 0:
        pearson = np.corrcoef(np.log10(values[above]), amplitudes[:n_top][above])[0, 1]
    test = stats.ks_2samp(sizes[:, :n_top].ravel(), sizes[:, n_top:].ravel())
    return AxisAlignment(
        top_share=float(power_along_axes(journeys, metric.eigenvectors)[:, :n_top].sum(1).mean()),
        pearson=float(pearson),
        spearman=float(stats.spearmanr(np.arange(n), amplitudes).statistic),
        ks=float(test.statistic),
        p=float(test.pvalue),
    )


def random_like(steps: np.ndarray, rng: Randomness) -> np.ndarray:
    """Steps of the same lengths in random directions: those of a random walk.

    Parameters
    ----------
    steps : (..., n)
    rng
        Source of the directions.

    Examples
    --------
    >>> np.linalg.norm(random_like(np.diag([1.0, 2.0, 3.0]), 0), axis=1).round(12)
    array([1., 2., 3.])
    """
    drawn = np.random.default_rng(rng).standard_normal(np.shape(steps))
    lengths = np.linalg.norm(steps, axis=-1, keepdims=True)
    return drawn * (lengths / np.linalg.norm(drawn, axis=-1, keepdims=True))


def shuffled_like(steps: np.ndarray, rng: Randomness) -> np.ndarray:
    """Steps with the entries of each in a random order of its own.

    Parameters
    ----------
    steps : (..., n)
    rng
        Source of the orders.

    Examples
    --------
    >>> np.sort(shuffled_like(np.arange(6).reshape(2, 3), 0))
    array([[0, 1, 2],
           [3, 4, 5]])
    """
    return np.random.default_rng(rng).permuted(steps, axis=-1)


def distances_between(
    generator: Generator, codes: np.ndarray, distance: FeatureDistance
) -> np.ndarray:
    """Distances of the images of all pairs of codes, ``(T, T)``; all features are in memory.

    Parameters
    ----------
    generator
        Makes the images.
    codes : (T, n)
        Such as the mean codes of generations.
    distance
        On the generator's device.

    Examples
    --------
    >>> from core.generators.small import SmallGenerator
    >>> from core.geometry.distances import PixelDistance
    >>> found = distances_between(SmallGenerator(4, 8), np.eye(4)[:3], PixelDistance())
    >>> found.shape, bool((found == found.T).all()), float(np.trace(found))
    ((3, 3), True, 0.0)
    """
    features = _features(generator, codes, distance)
    rows = [(features - feature).square().sum(1) for feature in features]
    return torch.stack(rows).double().cpu().numpy()


def distances_of_steps(
    generator: Generator, codes: np.ndarray, steps: np.ndarray, distance: FeatureDistance
) -> np.ndarray:
    """Distances of images before and after each of some steps, ``(k,)``.

    Parameters
    ----------
    generator
        Makes the images.
    codes, steps : (k, n)
        Where each step begins, and the step.
    distance
        On the generator's device.

    Examples
    --------
    >>> from core.generators.small import SmallGenerator
    >>> from core.geometry.distances import PixelDistance
    >>> distances_of_steps(SmallGenerator(4, 8), np.eye(4), np.zeros((4, 4)), PixelDistance())
    array([0., 0., 0., 0.])
    """
    found = []
    for start in range(0, len(codes), generator.batch_size):
        some = slice(start, start + generator.batch_size)
        before, after = (
            _features(generator, part, distance)
            for part in (codes[some], codes[some] + steps[some])
        )
        found.append((before - after).square().sum(1).double().cpu().numpy())
    return np.concatenate(found) if found else np.zeros(0)


def _features(generator: Generator, codes: np.ndarray, distance: FeatureDistance) -> torch.Tensor:
    codes = generator.as_codes(np.asarray(codes, float))
    with torch.no_grad():
        parts = [
            distance.features(generator.visualize(some))
            for some in codes.split(generator.batch_size)
        ]
    return torch.cat(parts)


def _whole(journeys: np.ndarray, metric: Metric) -> np.ndarray:
    journeys = np.asarray(journeys, float)
    if journeys.ndim != 2 or not np.isfinite(journeys).all():
        raise SampleError(path="journeys", expected="finite rows (k, n)", found=journeys.shape)
    n = journeys.shape[1]
    if metric.eigenvectors.shape != (n, n):
        raise SettingError(
            path="metric",
            expected=f"{n} eigenvectors of codes of length {n}",
            found=f"shape {metric.eigenvectors.shape}",
        )
    return journeys

"""Gaussian processes of 1241 tuning axes, by distances, against scikit-learn by trials.

Both start from the same default and draw ten restarts. One axis in fifty is fitted by both, one
after the other in one thread. Their log likelihoods are compared: where an axis has two optima,
either may miss the better one.
"""

import os
import time
import warnings

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from core.arguments import CommandParser
from core.parallel import ordered_map
from core.statistics.gaussian_process import LENGTH_BOUNDS, N_RESTARTS, fit_gpr
from core.statistics.tuning_curves import level_means

N_AXES, EVERY = 1241, 50
"""Axes of the published table, and the step of those that scikit-learn fits."""

DISTANCES = np.array([-0.4, -0.32, -0.24, -0.16, 0, 0.16, 0.24, 0.32, 0.4])
"""Distances of the images from the origin of an axis, in the unit of the code."""

Fit = tuple[float, float]
"""Seconds, and the log likelihood that was reached."""


def axis(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances and rates of 4 to 7 trials at nine distances, events/s."""
    rng = np.random.default_rng(number)
    x = np.repeat(DISTANCES, rng.integers(4, 8, len(DISTANCES)))
    center, sigma = rng.uniform(-0.4, 0.4), rng.uniform(0.1, 0.5)
    bump = rng.uniform(0, 150) * np.exp(-((x - center) ** 2) / (2 * sigma**2))
    return x, np.maximum(50 + bump + rng.normal(0, 30, len(x)), 0)


def by_distances(number: int) -> Fit:
    """Fit one axis with this project."""
    x, y = axis(number)
    start = time.perf_counter()
    process = fit_gpr(x, y, number)
    return time.perf_counter() - start, process.log_likelihood


def by_trials(number: int) -> Fit:
    """Fit one axis with scikit-learn."""
    x, y = axis(number)
    v, w = np.var(y), np.mean(level_means(x, y).sd ** 2)
    kernel = ConstantKernel(v, (0.01 * v, 100 * v)) * RBF(np.ptp(x) / 10, LENGTH_BOUNDS)
    kernel += WhiteKernel(0.1 * w, (0.01 * w, 10 * w))
    regressor = GaussianProcessRegressor(
        kernel, alpha=0, n_restarts_optimizer=N_RESTARTS, random_state=number
    )
    start = time.perf_counter()
    with warnings.catch_warnings():
        # that a parameter ends close to its bound
        warnings.simplefilter("ignore")
        regressor.fit(x[:, None], y)
    return time.perf_counter() - start, regressor.log_marginal_likelihood_value_


def by_both(number: int) -> tuple[Fit, Fit]:
    """Fit one axis with this project, then with scikit-learn."""
    return by_distances(number), by_trials(number)


def report() -> list[str]:
    """One line on all axes, one on the ratio."""
    n_jobs = os.cpu_count() or 1
    start = time.perf_counter()
    for _ in ordered_map(by_distances, range(N_AXES), n_jobs):
        pass
    total = time.perf_counter() - start
    fits = np.array(list(ordered_map(by_both, range(0, N_AXES, EVERY), 1)))
    (ours, reached), (theirs, reached_there) = fits.transpose(1, 2, 0)
    gains = reached - reached_there
    return [
        f"gaussian process: {N_AXES} axes in {total:.1f} s with {n_jobs} processes",
        f"gaussian process: {1000 * ours.mean():.0f} ms an axis, scikit-learn "
        f"{1000 * theirs.mean():.0f} ms, {theirs.mean() / ours.mean():.1f} times slower; log "
        f"likelihoods above its by {gains.min():.1e} to {gains.max():.1e}",
    ]


if __name__ == "__main__":
    CommandParser(prog="python -m benchmarks.gaussian_process", description=__doc__).parse_args()
    for line in report():
        print(line)

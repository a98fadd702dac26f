"""Gaussian-process regression of single trials along one axis, at the cost of its distances.

The kernel is a squared exponential plus white noise, c exp(-d**2 / 2 l**2) + s. Trials share a few
distances, so the n trials enter only through the mean of each of the m levels, the numbers of
trials n_i and the sum of squares within levels W:

    log p(y) = log N(mean; 0, K + s D^-1)
               - (W / s + (n - m) log s + sum(log n_i) + (n - m) log 2 pi) / 2

with D = diag(n_i), exactly, and predictions depend on the means alone in the same way. Matrices are
(m, m), 9 x 9 in Figure 6, whatever the number of trials.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import minimize

from core.statistics.samples import ROUNDING, Numbers, varies
from core.statistics.tuning_curves import Levels, level_means, paired_trials

N_RESTARTS = 10
N_GRID = 100
"""Points of the curve on which shapes are judged."""

LENGTH_BOUNDS = (0.01, 100.0)
"""Smallest and largest length scale, in the unit of x."""

RATE_LIMITS = (1e-100, 1e100)
"""Magnitude that the largest rate may have; beyond, variances are no longer numbers."""

LOG_2PI = np.log(2 * np.pi)


@dataclass(frozen=True, eq=False)
class GaussianProcess:
    """A fitted process: c = `signal_variance`, l = `length_scale`, s = `noise_variance`.

    `r2` is 1 - var(residual) / var(y) of the predicted mean, which leaves a mean offset of the
    residual uncounted, as published. All five numbers are NaN where nothing could be fitted.
    """

    signal_variance: float
    length_scale: float
    noise_variance: float
    r2: float
    log_likelihood: float
    levels: Levels = field(repr=False)

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of a single trial at `x`, which includes the noise.

        Parameters
        ----------
        x : (n_points,)
            Distances; a single number is one point.

        Returns
        -------
        mean, std : (n_points,)
            Events/s; NaN where nothing could be fitted.
        """
        x = np.atleast_1d(np.asarray(x, dtype=float))
        if np.isnan(self.log_likelihood):
            return np.full(x.shape, np.nan), np.full(x.shape, np.nan)
        parameters = self.signal_variance, self.length_scale, self.noise_variance
        inverse, _ = _inverse(_covariance(self.levels, *parameters)[1])
        cross = _kernel(x, self.levels.x, self.signal_variance, self.length_scale)
        explained = np.sum((cross @ inverse) * cross, axis=1)
        variance = self.signal_variance + self.noise_variance - explained
        return cross @ (inverse @ self.levels.mean), np.sqrt(np.maximum(variance, 0))

    def curve(self, n_points: int = N_GRID) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The prediction at `n_points` distances from the smallest to the largest.

        Returns
        -------
        x, mean, std : (n_points,)
        """
        ends = self.levels.x[[0, -1]] if len(self.levels.x) else np.full(2, np.nan)
        x = np.linspace(*ends, n_points)
        return x, *self.predict(x)


def fit_gpr(
    x: Numbers, y: Numbers, rng: np.random.Generator | int, n_restarts: int = N_RESTARTS
) -> GaussianProcess:
    """Fit the published process (Figure 6C): largest likelihood of a default start and restarts.

    With v the variance of the rates (ddof 0) and w the mean over levels of the variance within
    them (ddof 1; v where no level has two trials): c in [0.01, 100] v from v; l in [0.01, 100]
    from a tenth of the range of x; s in [0.01, 10] w from 0.1 w. Restarts are uniform in the
    logarithms. The rates are not centred.

    Parameters
    ----------
    x : (n_trials,)
        Distances.
    y : (n_trials,)
        Rates, events/s.
    rng
        Generator, or seed of one, of the restarts.
    n_restarts
        Starts beside the default one.

    Returns
    -------
    GaussianProcess
        NaN with fewer than two distances, a rate that is constant up to rounding, rates that differ
        between distances only (w = 0 up to rounding, for which the bounds of s are empty), a
        largest rate beyond `RATE_LIMITS`, or no start with a finite likelihood.

    Raises
    ------
    SampleError
        If `x` and `y` differ in length, or a value is NaN or infinite.

    Examples
    --------
    >>> x = np.repeat(np.linspace(-0.4, 0.4, 9), 5)
    >>> noise = np.random.default_rng(0).normal(0, 1, x.size)
    >>> process = fit_gpr(x, 20 * np.cos(4 * x) + noise, rng=0)
    >>> bool(process.r2 > 0.9), process.predict(0.0)[0].round()
    (True, array([20.]))
    """
    x, y = paired_trials(x, y)
    levels = level_means(x, y)
    undetermined = GaussianProcess(*[np.nan] * 5, levels)
    lowest, highest = RATE_LIMITS
    largest = np.abs(y).max(initial=0)
    if len(levels.x) < 2 or not varies(y) or not lowest <= largest <= highest:
        return undetermined
    replicated = levels.n > 1
    within = np.mean(levels.sd[replicated] ** 2) if replicated.any() else np.var(y)
    if np.sqrt(within) <= ROUNDING * largest:
        return undetermined
    signal = np.var(y) * np.array([0.01, 100])
    bounds = np.log([signal, LENGTH_BOUNDS, within * np.array([0.01, 10])])
    start = np.log([np.var(y), np.ptp(x) / 10, 0.1 * within])
    rng = np.random.default_rng(rng)
    restarts = rng.uniform(bounds[:, 0], bounds[:, 1], (n_restarts, 3))
    best = min(
        (
            minimize(_cost, theta, levels, method="L-BFGS-B", jac=True, bounds=bounds)
            for theta in (start, *restarts)
        ),
        key=lambda found: found.fun,
    )
    if not np.isfinite(best.fun):
        return undetermined
    process = GaussianProcess(*map(float, np.exp(best.x)), np.nan, float(-best.fun), levels)
    residual = y - process.predict(x)[0]
    return replace(process, r2=float(1 - np.var(residual) / np.var(y)))


def log_likelihood(levels: Levels, log_parameters: np.ndarray) -> tuple[float, np.ndarray]:
    """Log marginal likelihood of all trials and its gradient.

    Parameters
    ----------
    levels
        Level means of the trials, see `level_means`.
    log_parameters : (3,)
        Natural logarithms of c, l and s.

    Returns
    -------
    value, gradient : (3,)
        The gradient is taken in the logarithms. Minus infinity and zero where the covariance is
        singular to working precision.
    """
    c, length, s = np.exp(log_parameters)
    kernel, covariance = _covariance(levels, c, length, s)
    try:
        inverse, log_determinant = _inverse(covariance)
    except np.linalg.LinAlgError:
        return -np.inf, np.zeros(3)
    weights, squares = inverse @ levels.mean, levels.squares_within
    n_trials, n_more = levels.n.sum(), levels.n.sum() - len(levels.n)
    value = -0.5 * (
        levels.mean @ weights
        + log_determinant
        + squares / s
        + n_more * np.log(s)
        + np.log(levels.n).sum()
        + n_trials * LOG_2PI
    )
    # 2 dL/dA = w w' - A^-1 with A the covariance of the means
    slope = np.outer(weights, weights) - inverse
    by_kernel = slope * kernel
    distance = (levels.x[:, None] - levels.x) / length
    gradient = 0.5 * np.array(
        [
            by_kernel.sum(),
            (by_kernel * distance**2).sum(),
            (slope.diagonal() * s / levels.n).sum() + squares / s - n_more,
        ]
    )
    return float(value), gradient


def _cost(log_parameters: np.ndarray, levels: Levels) -> tuple[float, np.ndarray]:
    value, gradient = log_likelihood(levels, log_parameters)
    return -value, -gradient


def _kernel(first: np.ndarray, second: np.ndarray, c: float, length: float) -> np.ndarray:
    return c * np.exp(-0.5 * ((first[:, None] - second) / length) ** 2)


def _covariance(levels: Levels, c: float, length: float, s: float) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of the level means (n_levels, n_levels), without and with the noise."""
    kernel = _kernel(levels.x, levels.x, c, length)
    return kernel, kernel + np.diag(s / levels.n)


def _inverse(covariance: np.ndarray) -> tuple[np.ndarray, float]:
    """Inverse and log determinant of a positive definite matrix."""
    factor = np.linalg.cholesky(covariance)
    inverse_factor = np.linalg.inv(factor)
    return inverse_factor.T @ inverse_factor, 2 * np.log(factor.diagonal()).sum()

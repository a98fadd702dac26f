"""Interval estimates that the panels draw."""

import numpy as np
from scipy import special


def beta_interval(
    successes: np.ndarray, total: np.ndarray, low: float = 0.05, high: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of a success rate's posterior under a uniform prior, Beta(k + 1, n - k + 1).

    The published Figure 4A draws the 0.05 and 0.95 quantiles, a central 90 % interval (it is not a
    Wilson interval).

    Parameters
    ----------
    successes, total
        Counts of successes and of trials; numbers or arrays of one shape.
    low, high
        Probabilities of the two quantiles.

    Returns
    -------
    low, high
        Rates, in the common shape of `successes` and `total`.

    Examples
    --------
    >>> low, high = beta_interval(10, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.7616, 0.9953)
    """
    alpha = np.asarray(successes) + 1
    beta = np.asarray(total) - np.asarray(successes) + 1
    return special.betaincinv(alpha, beta, low), special.betaincinv(alpha, beta, high)


def wilson_interval(
    successes: np.ndarray, total: np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Score interval of a proportion (Wilson 1927), as drawn in Figure 6E.

    Parameters
    ----------
    successes, total
        Counts of successes and of trials; numbers or arrays of one shape.
    level
        Coverage of the interval.

    Returns
    -------
    low, high
        In the common shape of `successes` and `total`; NaN where `total` is 0.

    Examples
    --------
    >>> low, high = wilson_interval(86, 342)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2084, 0.3)
    """
    successes, total = np.asarray(successes, dtype=float), np.asarray(total, dtype=float)
    z = special.ndtri((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / total
        center = (rate + z**2 / (2 * total)) / (1 + z**2 / total)
        spread = rate * (1 - rate) / total + (z / (2 * total)) ** 2
        half = z * np.sqrt(spread) / (1 + z**2 / total)
    return np.clip(center - half, 0, 1), np.clip(center + half, 0, 1)


def bootstrap_mean_interval(
    values: np.ndarray, rng: np.random.Generator, n_resamples: int = 1000
) -> tuple[float, float]:
    """95 % percentile bootstrap interval of a mean (Figure 4D), or of a proportion (Figure 6E).

    Parameters
    ----------
    values : (n,)
        At least one number, or truth value; a single one is its own interval.
    rng
        Generator of the resamples.
    n_resamples
        Number of resamples.

    Returns
    -------
    low, high

    Examples
    --------
    >>> bootstrap_mean_interval(np.array([3.0]), np.random.default_rng(0))
    (3.0, 3.0)
    """
    values = np.asarray(values, dtype=float)
    if len(values) == 1:
        return float(values[0]), float(values[0])
    means = values[rng.integers(0, len(values), (n_resamples, len(values)))].mean(axis=1)
    means.sort()
    tail = (1 - 0.95) / 2
    return _quantile(means, tail), _quantile(means, 1 - tail)


def _quantile(ascending: np.ndarray, p: float) -> float:
    """Linear interpolation between the two nearest values, rounded as ``scipy.stats`` rounds."""
    place = p * len(ascending) + (1 - p)
    below, part = int(place) - 1, place % 1
    return float((1 - part) * ascending[below] + part * ascending[below + 1])


def population_sem(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """Standard error across experiments as the published scripts draw it: std(ddof=0) / sqrt(n).

    It is smaller than the usual estimate by sqrt(n / (n - 1)), a factor of 1.41 where n = 2
    (docs/panel_map.md).

    Parameters
    ----------
    values : (..., n, ...)
        Experiments along `axis`.
    axis
        Axis of the experiments.

    Examples
    --------
    >>> population_sem(np.array([1.0, 3.0])).round(4)
    np.float64(0.7071)
    """
    values = np.asarray(values, dtype=float)
    return values.std(axis=axis) / np.sqrt(values.shape[axis])

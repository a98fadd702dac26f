"""Tuning of single trials along one axis: analysis of variance, line and Gaussian fits, shape.

Every function takes the trials of one axis, `x` (distances) and `y` (rates), both (n_trials,), and
refuses NaN. What the trials cannot determine is NaN and never a number that happens to come out:
a response that is constant up to rounding or a single distance leaves all fields of a fit NaN.
Fits are made on rates of order 1 and scaled back, so that they do not depend on the unit of rate.
"""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special
from scipy.optimize import OptimizeWarning, curve_fit

from core.errors import SampleError
from core.statistics.samples import Numbers, numbers, varies

STEP_TOLERANCE = 0.01
"""Events/s by which a rising curve may fall from one point to the next, and the other way round."""

SAME_DISTANCE = 1e-9
"""Gap between distances, as a share of the largest magnitude, up to which they are the same."""

MIN_SIGMA = 0.01
"""Smallest width of a fitted Gaussian, in the unit of x."""


@dataclass(frozen=True, eq=False)
class Levels:
    """Trials by distinct distance, ascending; all (n_levels,).

    Distances that differ by rounding only are one, the smallest of them.
    `sd` has ddof 1 and is NaN where a level has a single trial; `n` counts the trials.
    """

    x: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    n: np.ndarray

    @cached_property
    def squares_within(self) -> float:
        """Sum of squares of the trials around the mean of their level."""
        return float(np.nansum((self.n - 1) * self.sd**2))


@dataclass(frozen=True)
class Anova:
    """One-way analysis of variance; `r2` is the factor's share of the sum of squares."""

    F: float
    p: float
    r2: float


@dataclass(frozen=True)
class Line:
    """Least-squares line; `r2` is the coefficient of determination."""

    slope: float
    intercept: float
    r2: float

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Value of the line at `x`, any shape.

        Examples
        --------
        >>> Line(2.0, 1.0, 1.0).predict(np.array([0.0, 0.5]))
        array([1., 2.])
        """
        return self.slope * np.asarray(x, dtype=float) + self.intercept


@dataclass(frozen=True)
class Gaussian:
    """``amplitude * exp(-(x - center)**2 / (2 * sigma**2)) + offset``.

    `r2` is 1 - var(residual) / var(y), which leaves a mean offset of the residual uncounted, as
    published.
    """

    amplitude: float
    center: float
    sigma: float
    offset: float
    r2: float

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Value of the Gaussian at `x`, any shape.

        Examples
        --------
        >>> Gaussian(80.0, 0.1, 0.2, 20.0, 1.0).predict(0.1)
        np.float64(100.0)
        """
        x = np.asarray(x, dtype=float)
        return _gaussian(x, self.amplitude, self.center, self.sigma, self.offset)


@dataclass(frozen=True)
class Shape:
    """What a curve looks like; the flags do not exclude one another."""

    unimodal: bool
    monotonic: bool
    bellshaped: bool


def paired_trials(x: Numbers, y: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Distances and rates of one axis as float64, (n_trials,) each.

    Parameters
    ----------
    x : (n_trials,)
        Distance of every trial.
    y : (n_trials,)
        Rate of every trial, events/s.

    Raises
    ------
    SampleError
        If they differ in length, or a value is NaN or infinite.

    Examples
    --------
    >>> paired_trials([0, 1], [3.0])
    Traceback (most recent call last):
    core.errors.SampleError: expected one rate per distance, found 1 for 2.
    """
    x, y = numbers(x), numbers(y)
    if len(x) != len(y):
        raise SampleError(expected="one rate per distance", found=f"{len(y)} for {len(x)}")
    for name, values in (("distances", x), ("rates", y)):
        if not np.isfinite(values).all():
            found = values[~np.isfinite(values)][0]
            raise SampleError(expected=f"{name} that are finite numbers", found=found)
    return x, y


def level_means(x: Numbers, y: Numbers) -> Levels:
    """Mean, spread and number of the trials at every distinct distance.

    Parameters
    ----------
    x : (n_trials,)
        Distance of every trial.
    y : (n_trials,)
        Rate of every trial, events/s.

    Raises
    ------
    SampleError
        If `x` and `y` differ in length, or a value is NaN or infinite.

    Examples
    --------
    >>> level_means([0.4, 0.0, 0.4], [10.0, 3.0, 14.0]).mean
    array([ 3., 12.])
    """
    x, y = paired_trials(x, y)
    distances, place = np.unique(x, return_inverse=True)
    begins = np.diff(distances, prepend=-np.inf) > SAME_DISTANCE * np.abs(x).max(initial=0)
    level = np.cumsum(begins)[place] - 1
    _, first, n = np.unique(level, return_index=True, return_counts=True)
    levels, (y, unit) = distances[begins], _scaled(y)
    # counted from a level's first trial, so that equal trials have exactly their mean and SD 0
    start = y[first]
    mean = start + np.bincount(level, y - start[level], len(levels)) / n
    squares = np.bincount(level, (y - mean[level]) ** 2, len(levels))
    with np.errstate(invalid="ignore", over="ignore"):
        return Levels(levels, unit * mean, unit * np.sqrt(squares / (n - 1)), n)


def anova(x: Numbers, y: Numbers) -> Anova:
    """One-way analysis of variance of the rate over the distinct distances.

    Parameters
    ----------
    x : (n_trials,)
        Distance of every trial.
    y : (n_trials,)
        Rate of every trial, events/s.

    Returns
    -------
    Anova
        All NaN with fewer than two distances, no distance with two trials, or a constant rate.
        F is infinite where only the distances differ.

    Raises
    ------
    SampleError
        If `x` and `y` differ in length, or a value is NaN or infinite.

    Examples
    --------
    >>> result = anova([0, 0, 1, 1], [1.0, 3.0, 5.0, 7.0])
    >>> round(result.F, 4), round(result.p, 4), round(result.r2, 4)
    (8.0, 0.1056, 0.8)
    """
    x, y = paired_trials(x, y)
    y, _ = _scaled(y)
    levels = level_means(x, y)
    df_between, df_within = len(levels.x) - 1, len(x) - len(levels.x)
    if df_between < 1 or df_within < 1 or not varies(y):
        return Anova(np.nan, np.nan, np.nan)
    within = levels.squares_within
    between = float(np.sum(levels.n * (levels.mean - y.mean()) ** 2))
    ratio = np.inf if within == 0 else (between / df_between) / (within / df_within)
    p = float(special.fdtrc(df_between, df_within, ratio))
    return Anova(ratio, p, between / (between + within))


def fit_line(x: Numbers, y: Numbers) -> Line:
    """Line through the trials, by ordinary least squares.

    Parameters
    ----------
    x : (n_trials,)
        Distance of every trial.
    y : (n_trials,)
        Rate of every trial, events/s.

    Returns
    -------
    Line
        Slope in events/s per unit of distance. All NaN with fewer than two distances, or a
        constant rate.

    Raises
    ------
    SampleError
        If `x` and `y` differ in length, or a value is NaN or infinite.

    Examples
    --------
    >>> fit_line([0, 1, 2], [1.0, 3.0, 5.0])
    Line(slope=2.0, intercept=1.0, r2=1.0)
    """
    x, y = paired_trials(x, y)
    if len(level_means(x, y).x) < 2 or not varies(y):
        return Line(np.nan, np.nan, np.nan)
    y, unit = _scaled(y)
    dx, dy = x - x.mean(), y - y.mean()
    slope = (dx @ dy) / (dx @ dx)
    residual = dy - slope * dx
    r2 = 1 - (residual @ residual) / (dy @ dy)
    intercept = y.mean() - slope * x.mean()
    return Line(float(slope) * unit, float(intercept) * unit, float(r2))


def fit_gaussian(x: Numbers, y: Numbers) -> Gaussian:
    """Gaussian on an offset, by least squares within the published bounds (Figure 6C).

    With m the level means: amplitude in [0, 1.25 max m], from max m - min m; center in the range
    of x, from the distance of max m; sigma in [0.01, 2 range], from a quarter of the range; offset
    in [0, max m], from min m. A start outside its bounds is moved to the nearest one.

    Parameters
    ----------
    x : (n_trials,)
        Distance of every trial.
    y : (n_trials,)
        Rate of every trial, events/s.

    Returns
    -------
    Gaussian
        All NaN with fewer distances than parameters (4), a constant rate, no positive level mean,
        distances less than 0.005 apart, or where the fit does not converge.

    Raises
    ------
    SampleError
        If `x` and `y` differ in length, or a value is NaN or infinite.

    Examples
    --------
    >>> x = np.linspace(-0.4, 0.4, 9)
    >>> fit = fit_gaussian(x, 50 * np.exp(-((x - 0.1) ** 2) / 0.08) + 5)
    >>> round(fit.center, 4), round(fit.sigma, 4)
    (0.1, 0.2)
    """
    x, y = paired_trials(x, y)
    undetermined = Gaussian(*[np.nan] * 5)
    if not varies(y):
        return undetermined
    # curve_fit stops at a gradient given in the unit of y
    unit = float(np.abs(y).max())
    y = y / unit
    levels = level_means(x, y)
    mean, width = levels.mean, np.ptp(x)
    if len(mean) < 4 or mean.max() <= 0 or 2 * width <= MIN_SIGMA:
        return undetermined
    low = np.array([0, x.min(), MIN_SIGMA, 0])
    high = np.array([1.25 * mean.max(), x.max(), 2 * width, mean.max()])
    start = [np.ptp(mean), levels.x[np.argmax(mean)], width / 4, mean.min()]
    try:
        with warnings.catch_warnings():
            # about the covariance of the parameters, which nobody asks for
            warnings.simplefilter("ignore", OptimizeWarning)
            found, _ = curve_fit(
                _gaussian, x, y, np.clip(start, low, high), bounds=(low, high), method="trf"
            )
    except RuntimeError:
        return undetermined
    r2 = 1 - np.var(y - _gaussian(x, *found)) / np.var(y)
    amplitude, center, sigma, offset = map(float, found)
    return Gaussian(amplitude * unit, center, sigma, offset * unit, float(r2))


def shape_flags(mean: np.ndarray, tolerance: float = STEP_TOLERANCE) -> Shape:
    """Shape of a tuning curve.

    Monotonic: no step against the direction. Unimodal: no step down before the first maximum and
    none up after it. Bell-shaped: unimodal with the maximum inside. Steps up to `tolerance` count
    as none.

    Parameters
    ----------
    mean : (n_points,)
        Rates along the axis, events/s; Figure 6E uses the 100 points of
        `gaussian_process.GaussianProcess.curve`.
    tolerance
        Events/s per step.

    Returns
    -------
    Shape
        All False where the curve is NaN.

    Raises
    ------
    SampleError
        If there is no point.

    Examples
    --------
    >>> shape_flags(np.array([1.0, 4.0, 2.0]))
    Shape(unimodal=True, monotonic=False, bellshaped=True)
    """
    mean = numbers(mean)
    if len(mean) == 0:
        raise SampleError(expected="a curve of at least one point", found="none")
    if np.isnan(mean).any():
        return Shape(False, False, False)
    steps, peak = np.diff(mean), int(np.argmax(mean))
    rising, falling = steps >= -tolerance, steps <= tolerance
    unimodal = bool(rising[:peak].all() and falling[peak:].all())
    monotonic = bool(rising.all() or falling.all())
    return Shape(unimodal, monotonic, unimodal and 0 < peak < len(mean) - 1)


def _scaled(y: np.ndarray) -> tuple[np.ndarray, float]:
    """Rates up to 2 and their unit, a power of two, by which dividing does not round."""
    unit = np.ldexp(1.0, np.frexp(np.abs(y).max(initial=0))[1] - 1)
    return y / unit, float(unit)


def _gaussian(
    x: np.ndarray, amplitude: float, center: float, sigma: float, offset: float
) -> np.ndarray:
    return amplitude * np.exp(-((x - center) ** 2) / (2 * sigma**2)) + offset

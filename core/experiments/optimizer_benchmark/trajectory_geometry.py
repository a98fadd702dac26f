"""Geometry of a trajectory of codes: growth, principal components, cosines, size of its steps.

The mean codes of successive generations are (T, D), the first in row 0. What is known of an
isotropic random walk in many dimensions (Antognini & Sohl-Dickstein 2018) stands beside what is
measured, since evolutions of images look like one (Wang & Ponce 2022).
"""

from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd
from scipy import optimize

from core.errors import SampleError

MAX_EVALUATIONS = 10_000
"""Evaluations of a cosine that its fit may make."""


@dataclass(frozen=True)
class Components:
    """Principal components of mean codes.

    Attributes
    ----------
    projections : (T, T - 1)
        Of the mean codes on each component; that of the first mean code is not negative.
    explained : (T - 1,)
        Share of the variance.
    """

    projections: np.ndarray
    explained: np.ndarray


def principal_components(mean_codes: np.ndarray) -> Components:
    """Components of column-centred mean codes (T, D), T at least 3.

    They come from the T x T matrix of inner products, which is small where codes are long and few.
    `ExperimentEvolution.analyze_traj` takes 50 components of thousands of codes instead, for
    which an iterative solver is the faster way.
    """
    mean_codes = _trajectory(mean_codes)
    centred = mean_codes - mean_codes.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    values, vectors = values[:0:-1].clip(min=0), vectors[:, :0:-1]
    signs = np.where(vectors[0] < 0, -1, 1)
    return Components(vectors * signs * np.sqrt(values), values / values.sum())


def random_walk_variance(n_points: int) -> np.ndarray:
    """Share of the variance of each component of an isotropic random walk, (n_points - 1,).

    ``3 / ((T^2 - 1) (1 - cos(pi k / T)))``, k = 1 ... T - 1; ``6 / (pi k)^2`` for a long walk.

    Examples
    --------
    >>> random_walk_variance(75)[:3].round(4)
    array([0.6081, 0.1521, 0.0676])
    >>> float(random_walk_variance(75).sum().round(12))
    1.0
    """
    k = np.arange(1, n_points)
    return 3 / ((n_points**2 - 1) * (1 - np.cos(np.pi * k / n_points)))


def cosine_fits(components: Components, which: list[int]) -> pd.DataFrame:
    """Fit ``A cos(2 pi omega (x + phi)) + c`` to projections, x from 0 to 1 over the trajectory.

    Component k of a random walk is a cosine of k / 2 cycles with phase 0, where the fit begins.

    Parameters
    ----------
    components
        See `principal_components`.
    which
        Components, 1-based.

    Returns
    -------
    DataFrame
        ``PCi``; ``A``, ``omega``, ``phi``, ``bsl`` of the fit; ``Rcorr_init`` and ``Rcorr``, the
        squared correlation of the projection with the curve where the fit begins and where it
        ends (0 if it fails); ``expvar``, the share of the variance.
    """
    rows = []
    for k in which:
        fit = _fit_cosine(components.projections[:, k - 1], k)
        rows.append({"PCi": k, **fit, "expvar": components.explained[k - 1]})
    return pd.DataFrame(rows)


def norm_growth(mean_codes: np.ndarray) -> tuple[float, float]:
    """Slope of the squared norm of the mean code per generation, and R^2 of its straight line.

    A random walk's grows in proportion to the number of steps.

    Examples
    --------
    >>> steps = np.eye(5).cumsum(axis=0)
    >>> slope, r2 = norm_growth(steps)
    >>> round(slope, 6), round(r2, 6)
    (1.0, 1.0)
    """
    squared = np.square(_trajectory(mean_codes)).sum(axis=1)
    generations = np.arange(len(squared))
    slope = np.polyfit(generations, squared, 1)[0]
    return float(slope), _r2(generations, squared)


def mean_angle(codes: np.ndarray) -> float:
    """Degrees between two codes of a population (B, D): arccos of the mean over all pairs.

    NaN if there are no two codes.
    """
    if len(codes) < 2:
        return float("nan")
    unit = codes / np.linalg.norm(codes, axis=1, keepdims=True)
    n = len(unit)
    cosine = (np.square(unit.sum(axis=0)).sum() - n) / (n * (n - 1))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def mean_coordinate_std(codes: np.ndarray) -> float:
    """Standard deviation (ddof 1) over a population (B, D), mean of its coordinates.

    NaN if there are no two codes.
    """
    if len(codes) < 2:
        return float("nan")
    return float(codes.std(axis=0, ddof=1).mean())


def mean_norm(codes: np.ndarray) -> float:
    """Length of the codes of a population (B, D), on average."""
    return float(np.linalg.norm(codes, axis=1).mean())


def covariance_summary(eigenvalues: np.ndarray) -> dict[str, float]:
    """How far a covariance is from the identity.

    Returns
    -------
    dict
        ``max_eigenvalue``, ``min_eigenvalue``, their ratio ``condition``, and ``deviation``,
        ``|C - I|^2 / |C|^2`` in Frobenius norms.

    Examples
    --------
    >>> covariance_summary(np.array([1.0, 2.0]))
    {'condition': 2.0, 'max_eigenvalue': 2.0, 'min_eigenvalue': 1.0, 'deviation': 0.2}
    """
    largest, smallest = float(eigenvalues.max()), float(eigenvalues.min())
    deviation = np.square(eigenvalues - 1).sum() / np.square(eigenvalues).sum()
    return {
        "condition": largest / smallest,
        "max_eigenvalue": largest,
        "min_eigenvalue": smallest,
        "deviation": float(deviation),
    }


def _fit_cosine(projection: np.ndarray, k: int) -> dict[str, float]:
    x = np.arange(len(projection)) / len(projection)
    start = [projection.max(), k / 2, 0.0, 0.0]
    low, high = projection.min(), projection.max()
    bounds = ([0, 0, -1, low], [np.inf, np.inf, 1, high])
    r2_start = _r2(_cosine(x, *start), projection)
    try:
        with catch_warnings():
            simplefilter("ignore", optimize.OptimizeWarning)
            (amplitude, omega, phase, baseline), _ = optimize.curve_fit(
                _cosine, x, projection, start, bounds=bounds, max_nfev=MAX_EVALUATIONS
            )
    except RuntimeError:
        amplitude, omega, phase, baseline = (np.nan,) * 4
        r2 = 0.0
    else:
        r2 = _r2(_cosine(x, amplitude, omega, phase, baseline), projection)
    return {
        "A": float(amplitude),
        "omega": float(omega),
        "phi": float(phase),
        "bsl": float(baseline),
        "Rcorr_init": r2_start,
        "Rcorr": r2,
    }


def _cosine(
    x: np.ndarray, amplitude: float, omega: float, phase: float, baseline: float
) -> np.ndarray:
    return amplitude * np.cos(2 * np.pi * omega * (x + phase)) + baseline


def _r2(x: np.ndarray, y: np.ndarray) -> float:
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1] ** 2)


def _trajectory(mean_codes: np.ndarray) -> np.ndarray:
    mean_codes = np.asarray(mean_codes, dtype=float)
    if mean_codes.ndim != 2 or len(mean_codes) < 3 or not np.isfinite(mean_codes).all():
        raise SampleError(
            expected="finite mean codes of at least 3 generations, (T, D)",
            found=f"shape {mean_codes.shape}",
        )
    return mean_codes

"""Tuning maps on a fine grid: the published spline on the sphere, a Gaussian process, harmonics.

The spline is periodic in longitude although a hemisphere's map has no data on the other half: it is
evaluated inside the measured angles only. The Gaussian process and the spherical harmonics work on
directions, need no grid, and fill missing nodes.
"""

import numpy as np
from scipy.interpolate import RectSphereBivariateSpline
from scipy.special import sph_harm_y

from core.errors import SampleError
from core.level_sets.domains import collapse_poles
from core.level_sets.sphere_grid import GRID_ANGLES, check_angles, grid_vectors
from core.level_sets.tuning_maps import TuningMap
from core.settings import positive_number, whole

N_RESTARTS = 3
"""Starts of the search for the Gaussian process's kernel."""


def smoothing_factor(tuned: TuningMap, ddof: int = 0) -> float:
    """Sum of squared standard errors over the inner nodes, the published smoothing of the spline.

    Parameters
    ----------
    tuned
        Map with trials.
    ddof
        0 as published; 1 for unbiased variances, which are a factor n / (n - 1) larger.

    Returns
    -------
    In the squared unit of the map. A node with no more than `ddof` trials adds nothing.

    Examples
    --------
    >>> from core.level_sets.tuning_maps import map_of_trials
    >>> trials = np.zeros((11, 11, 4)) + [1.0, -1.0, 1.0, -1.0]
    >>> smoothing_factor(map_of_trials(trials))
    24.75
    """
    return float(np.nansum(tuned.sem2(ddof)[:, 1:-1]))


def interpolate_sphere(
    values: np.ndarray,
    s: float = 0.0,
    theta: np.ndarray = GRID_ANGLES,
    phi: np.ndarray = GRID_ANGLES,
    step: float = 1.0,
    clip: bool = True,
) -> np.ndarray:
    """A map of a hemisphere on a fine grid, by the published smoothing spline.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses; first and last column are the poles.
    s
        Squared error that the spline may leave, summed over the inner nodes: `smoothing_factor`,
        or 0 to go through every node.
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees, ascending; phi from -90 to 90.
    step
        Degrees between the points of the fine grid; a divisor of both ranges.
    clip
        Raise negative values to 0, as published for rates.

    Returns
    -------
    (n_fine_theta, n_fine_phi)
        From the first to the last angle; 181 x 181 with the defaults.

    Raises
    ------
    SampleError
        If a value is missing, the grid is another, or the map does not reach from pole to pole.

    Examples
    --------
    >>> fine = interpolate_sphere(10 * grid_vectors()[:, :, 0])
    >>> fine.shape, fine[90, 90].round(6)
    ((181, 181), np.float64(10.0))
    """
    theta, phi = _pole_to_pole(theta, phi)
    values = collapse_poles(_on_grid(values, theta, phi))
    n_bad = int(np.count_nonzero(~np.isfinite(values)))
    if n_bad:
        raise SampleError(
            expected="finite responses at all nodes",
            found=f"{n_bad} of {values.size} that are not",
            advice="a Gaussian process fills them: `smooth_sphere`",
        )
    spline = RectSphereBivariateSpline(
        np.deg2rad(phi[1:-1] + 90),
        np.deg2rad(theta),
        values[:, 1:-1].T,
        s=s,
        pole_continuity=False,
        pole_values=(values[0, 0], values[0, -1]),
        pole_exact=False,
    )
    fine = spline(np.deg2rad(fine_angles(phi, step) + 90), np.deg2rad(fine_angles(theta, step))).T
    return np.maximum(fine, 0.0) if clip else fine


def smooth_sphere(
    tuned: TuningMap, step: float = 1.0, clip: bool = True, rng: int = 0
) -> np.ndarray:
    """A map on a fine grid, by a Gaussian process that knows the noise of every node.

    The kernel is a squared exponential of the chord between directions; its variance and length
    have the highest marginal likelihood, given the squared standard error of each node (of a node
    with a single trial, the mean of the others').

    Parameters
    ----------
    tuned
        Map with trials. Missing nodes are filled.
    step
        Degrees between the points of the fine grid.
    clip
        Raise negative values to 0.
    rng
        Seed of the starts of the search for the kernel.

    Returns
    -------
    (n_fine_theta, n_fine_phi)

    Raises
    ------
    SampleError
        If no node has two trials.
    """
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel

    values, noise = tuned.mean, tuned.sem2()
    if np.isnan(noise).all():
        raise SampleError(expected="a node with two trials", found="none: the noise is unknown")
    noise = np.where(np.isnan(noise), np.nanmean(noise), noise)
    known = np.isfinite(values)
    height = float(values[known].std()) or 1.0
    level = values[known].mean()
    kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(0.5, (0.05, 10.0))
    process = GaussianProcessRegressor(
        kernel,
        alpha=noise[known] / height**2 + 1e-9,
        n_restarts_optimizer=N_RESTARTS,
        random_state=rng,
    )
    process.fit(grid_vectors(tuned.theta, tuned.phi)[known], (values[known] - level) / height)
    fine = grid_vectors(fine_angles(tuned.theta, step), fine_angles(tuned.phi, step))
    smooth = process.predict(fine.reshape(-1, 3)).reshape(fine.shape[:2]) * height + level
    smooth = np.maximum(smooth, 0.0) if clip else smooth
    return smooth if tuned.topology == "plane" else collapse_poles(smooth)


def smooth_harmonics(
    tuned: TuningMap, degree: int = 8, step: float = 1.0, clip: bool = True
) -> np.ndarray:
    """A map on a fine grid, as a sum of spherical harmonics.

    Penalised least squares: the penalty is the mean squared Laplacian, which for degree l is
    ``(l (l + 1))**2``, and its weight the one of least generalised cross-validation error (Craven &
    Wahba 1979). Half a sphere does not determine the harmonics; the penalty does.

    Parameters
    ----------
    tuned
        Map with trials. Missing nodes are filled; a pole counts once.
    degree
        Highest degree of the harmonics; 8 has 81 of them.
    step
        Degrees between the points of the fine grid.
    clip
        Raise negative values to 0.

    Returns
    -------
    (n_fine_theta, n_fine_phi)

    Raises
    ------
    SampleError
        If fewer nodes than four are known.
    """
    values, directions = tuned.mean, grid_vectors(tuned.theta, tuned.phi)
    known = np.isfinite(values)
    known[1:, [0, -1]] &= tuned.topology == "plane"
    if known.sum() < 4:
        raise SampleError(expected="four known nodes", found=int(known.sum()))
    basis, squared = _harmonics(directions[known], whole(degree, "degree", 0))
    fitted = _least_cross_validation(basis, squared, values[known])
    fine = grid_vectors(fine_angles(tuned.theta, step), fine_angles(tuned.phi, step))
    smooth = (_harmonics(fine.reshape(-1, 3), degree)[0] @ fitted).reshape(fine.shape[:2])
    smooth = np.maximum(smooth, 0.0) if clip else smooth
    return smooth if tuned.topology == "plane" else collapse_poles(smooth)


def _harmonics(directions: np.ndarray, degree: int) -> tuple[np.ndarray, np.ndarray]:
    """Real harmonics (n, (degree + 1)**2) of directions, and the squared Laplacian of each."""
    colatitude = np.arccos(np.clip(directions[:, 2], -1, 1))
    longitude = np.arctan2(directions[:, 1], directions[:, 0])
    columns, squared = [], []
    for level in range(degree + 1):
        for order in range(level + 1):
            value = sph_harm_y(level, order, colatitude, longitude)
            columns += [value.real, value.imag][: 1 + (order > 0)]
            squared += [(level * (level + 1.0)) ** 2] * (1 + (order > 0))
    return np.stack(columns, axis=1), np.array(squared)


def _least_cross_validation(basis: np.ndarray, squared: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients of the penalised fit whose generalised cross-validation error is least."""
    best, fitted = np.inf, np.zeros(basis.shape[1])
    gram, right = basis.T @ basis, basis.T @ y
    for weight in np.logspace(-8, 2, 41):
        solved = np.linalg.solve(
            gram + weight * np.diag(squared + 1e-9), np.column_stack((right, gram))
        )
        coefficients, freedom = solved[:, 0], len(y) - np.trace(solved[:, 1:])
        error = float(np.mean((y - basis @ coefficients) ** 2)) / max(freedom, 1e-9) ** 2
        if error < best:
            best, fitted = error, coefficients
    return fitted


def fine_angles(angles: np.ndarray, step: float = 1.0) -> np.ndarray:
    """Angles from the first to the last of an axis, `step` apart.

    Parameters
    ----------
    angles : (n,)
        Degrees, ascending.
    step
        Degrees; a divisor of the range.

    Raises
    ------
    SampleError
        If it is no divisor.

    Examples
    --------
    >>> fine_angles(np.array([-90, 0, 90]), 45)
    array([-90., -45.,   0.,  45.,  90.])
    """
    extent = float(angles[-1] - angles[0])
    n_steps = round(extent / positive_number(step, "step"))
    if not np.isclose(n_steps * step, extent):
        raise SampleError(path="step", expected=f"a divisor of {extent:g} degrees", found=step)
    return np.linspace(angles[0], angles[-1], n_steps + 1)


def _on_grid(values: np.ndarray, theta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.shape != (len(theta), len(phi)):
        raise SampleError(
            expected=f"a map of {len(theta)} x {len(phi)} nodes", found=f"shape {values.shape}"
        )
    return values


def _pole_to_pole(theta: np.ndarray, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    theta, phi = check_angles(theta, "theta"), check_angles(phi, "phi")
    if (phi[0], phi[-1]) != (-90, 90):
        raise SampleError(
            path="phi", expected="angles from -90 to 90", found=f"{phi[0]:g} to {phi[-1]:g}"
        )
    return theta, phi

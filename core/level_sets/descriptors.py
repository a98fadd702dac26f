"""Descriptors of a whole tuning map: its peak's place, volume, roughness, and a fitted Kent peak.

They are those of *Tuning landscapes of the ventral stream* (Cell Reports 2022).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import curve_fit

from core.errors import SampleError
from core.level_sets.domains import collapse_poles
from core.level_sets.sphere_grid import GRID_ANGLES, grid_vectors, node_areas

TOP = 0.9
"""Share of the maximum above which nodes make up the peak."""

KENT_START = (0.0, 0.0, np.pi / 2, 0.1, 0.1, 0.1, 0.01)
KENT_LOW = (-np.pi, -np.pi / 2, 0.0, -np.inf, 0.0, 0.0, 0.0)
KENT_HIGH = (np.pi, np.pi / 2, np.pi, np.inf, np.inf, np.inf, np.inf)


@dataclass(frozen=True)
class Kent:
    """A peak on the sphere, ``baseline + amplitude exp(kappa m1.u + beta ((m2.u)^2 - (m3.u)^2))``.

    `theta`, `phi` (radians) of its centre m1, `psi` (radians) from east to its long axis m2;
    concentration `kappa`, elongation `beta`; `amplitude` and `baseline` in the unit of the map.
    """

    theta: float
    phi: float
    psi: float
    kappa: float
    beta: float
    amplitude: float
    baseline: float = 0.0

    def predict(self, directions: np.ndarray) -> np.ndarray:
        """Values at directions (..., 3).

        Examples
        --------
        >>> peak = Kent(0, 0, 0, kappa=2, beta=0, amplitude=np.exp(-2), baseline=1)
        >>> peak.predict(np.eye(3)).round(3)
        array([2.   , 1.135, 1.135])
        """
        cos, sin = np.cos, np.sin
        theta, phi, psi = self.theta, self.phi, self.psi
        centre = np.array([cos(theta) * cos(phi), sin(theta) * cos(phi), sin(phi)])
        east = np.array([-sin(theta), cos(theta), 0.0])
        south = np.array([cos(theta) * sin(phi), sin(theta) * sin(phi), -cos(phi)])
        long, short = cos(psi) * east - sin(psi) * south, sin(psi) * east + cos(psi) * south
        oval = (directions @ long) ** 2 - (directions @ short) ** 2
        shape = np.exp(self.kappa * (directions @ centre) + self.beta * oval)
        return self.baseline + self.amplitude * shape


def fit_kent(
    values: np.ndarray, theta: np.ndarray = GRID_ANGLES, phi: np.ndarray = GRID_ANGLES
) -> tuple[Kent, float]:
    """Kent peak with a baseline, by least squares from the published start within its bounds.

    Uniform directions give kappa about 0.2 and not 0: compare kappa with that of null maps.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Mean responses; missing nodes are left out.
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees.

    Returns
    -------
    Kent, r2
        All NaN where the map does not vary or the fit does not converge.

    Raises
    ------
    SampleError
        If fewer than seven nodes are known, as many as there are parameters.
    """
    directions = grid_vectors(theta, phi).reshape(-1, 3)
    values = np.asarray(values, dtype=float).ravel()
    known = np.isfinite(values)
    if known.sum() < len(KENT_START):
        raise SampleError(expected="at least seven known nodes", found=int(known.sum()))
    directions, values = directions[known], values[known]
    undetermined = Kent(*[np.nan] * 7), np.nan
    if not np.ptp(values) > 0:
        return undetermined
    try:
        found, _ = curve_fit(
            lambda u, *parameters: Kent(*parameters).predict(u),
            directions,
            values,
            KENT_START,
            bounds=(KENT_LOW, KENT_HIGH),
        )
    except RuntimeError:
        return undetermined
    peak = Kent(*map(float, found))
    residual = values - peak.predict(directions)
    return peak, float(1 - residual @ residual / np.sum((values - values.mean()) ** 2))


def map_volume(
    values: np.ndarray,
    baseline: float = 0.0,
    theta: np.ndarray = GRID_ANGLES,
    phi: np.ndarray = GRID_ANGLES,
) -> tuple[float, float]:
    """Volume under a map and above a baseline, and the same over the height of the map.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses; what is below the baseline counts as 0.
    baseline
        In the unit of the map.
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees.

    Returns
    -------
    volume
        Unit of the map times steradians.
    width
        Steradians: `volume` over the maximum above the baseline.

    Examples
    --------
    >>> volume, width = map_volume(np.full((11, 11), 3.0), baseline=1.0)
    >>> round(volume / np.pi, 6), round(width / np.pi, 6)
    (4.0, 2.0)
    """
    above = np.asarray(values, dtype=float) - baseline
    volume = float((np.maximum(above, 0) * node_areas(theta, phi)).sum())
    return volume, volume / float(above.max())


def peak_direction(
    values: np.ndarray,
    by_mass: bool = True,
    theta: np.ndarray = GRID_ANGLES,
    phi: np.ndarray = GRID_ANGLES,
) -> tuple[float, float, float]:
    """Centre of the nodes above 0.9 of the maximum.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses.
    by_mass
        Weight nodes by response and area (centre of mass); otherwise by area (mean direction).
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees.

    Returns
    -------
    azimuth, elevation
        Radians.
    length
        Of the mean vector: 1 where all nodes have one direction.

    Examples
    --------
    >>> one_node = np.zeros((11, 11))
    >>> one_node[6, 5] = 20
    >>> np.rad2deg(peak_direction(one_node)[:2]).round(6)
    array([18.,  0.])
    """
    values = np.asarray(values, dtype=float)
    weight = node_areas(theta, phi) * (values > TOP * values.max())
    weight = weight * values if by_mass else weight
    x, y, z = np.einsum("tp,tpk->k", weight, grid_vectors(theta, phi)) / weight.sum()
    flat = np.hypot(x, y)
    return float(np.arctan2(y, x)), float(np.arctan2(z, flat)), float(np.hypot(z, flat))


def roughness(values: np.ndarray, phi: np.ndarray = GRID_ANGLES) -> dict[str, float]:
    """Energies of a map's differences per step of the grid, as published.

    Differences along theta are divided by cos(phi), but at the poles left out; all are weighted by
    cos(phi), at the poles by that of half a step away.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses.
    phi : (n_phi,)
        Latitudes in degrees, from pole to pole.

    Returns
    -------
    dict
        ``laplace`` (mean of 4 neighbours against the node, absolute), ``tv`` (total variation) and
        ``dirichlet`` energy; 0 for a constant map.
    """
    values = collapse_poles(values)
    height = np.cos(np.deg2rad(phi))
    edges = np.deg2rad([phi[0] + phi[1], phi[-2] + phi[-1]]) / 2
    weight = height.copy()
    weight[[0, -1]] = np.cos(edges)
    along_phi, along_theta = np.gradient(values, axis=1), np.gradient(values, axis=0)
    along_theta[:, 1:-1] /= height[1:-1]
    along_theta[:, [0, -1]] = 0
    square = along_phi**2 + along_theta**2
    padded = np.pad(values, 1, mode="edge")
    around = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2]
    return {
        "laplace": float((np.abs(around / 4 - values) * weight).sum()),
        "tv": float((np.sqrt(square) * weight).sum()),
        "dirichlet": float((square * weight).sum()),
    }

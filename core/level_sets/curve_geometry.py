"""How large and how round the level sets around a map's peak are, in the published tables.

The aspect ratio of a level set is its largest over its smallest angular distance from the peak; 1
says that the peak is isotropic there.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import SampleError
from core.level_sets.contours import Contour, arc_lengths, contours_at
from core.level_sets.sphere_grid import unit_vectors

MOST_POINTS = 2048
"""Points of a level set of which pairwise distances are taken; of more, evenly chosen ones."""

N_TOP = 4
"""Highest levels whose ratios are averaged in `axr_peak_mean_pool`."""


@dataclass(frozen=True, eq=False)
class LevelSetGeometry:
    """Tables of level sets, angles in radians, with the published columns.

    `curves`: one row per level curve, ascending by level: ``level, isloop, isinside, angdist_max,
    angdist_min, angdist_mean, angdist_std, angdist_ratio, level_maxnorm`` (level over the map's
    maximum), ``distmat_max`` (largest distance of two points) and ``length``. `merged`: one row per
    level, all curves together, without the two flags.
    """

    curves: pd.DataFrame
    merged: pd.DataFrame

    def aspect_ratios(self) -> dict[str, float]:
        """Aspect ratios of the peak; NaN where no loop surrounds it.

        Returns
        -------
        dict
            ``axr_max``: largest of the loops around the peak. ``axr_peak_mean``: mean over the rows
            of `curves` from the highest level down to the first that is no such loop.
            ``axr_peak_mean_pool``: mean over the four highest levels of `merged`.
        """
        ratio = self.curves["angdist_ratio"].to_numpy()
        around = (self.curves["isloop"] & self.curves["isinside"]).to_numpy()
        top = np.logical_and.accumulate(around[::-1])[::-1]
        return {
            "axr_max": float(ratio[around].max()) if around.any() else np.nan,
            "axr_peak_mean": float(ratio[top].mean()) if top.any() else np.nan,
            "axr_peak_mean_pool": float(self.merged["angdist_ratio"].to_numpy()[-N_TOP:].mean()),
        }


def level_set_geometry(
    values: np.ndarray,
    theta: np.ndarray,
    phi: np.ndarray,
    levels: np.ndarray | None = None,
    topology: str = "hemisphere",
) -> LevelSetGeometry:
    """Distances of a map's level curves from its peak.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses, best on a fine grid; the peak is their first maximum.
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees.
    levels : (n_levels,)
        Ascending levels; None for the 19 inside the published 21.
    topology
        ``hemisphere`` or ``plane``.

    Returns
    -------
    LevelSetGeometry

    Raises
    ------
    SampleError
        If no level has a curve, as on a constant map.

    Examples
    --------
    >>> from core.level_sets.sphere_grid import grid_vectors
    >>> angles = np.arange(-90.0, 91.0, 2.0)
    >>> bump = np.exp(4 * (grid_vectors(angles, angles)[:, :, 0] - 1))
    >>> found = level_set_geometry(bump, angles, angles)
    >>> {name: round(ratio, 1) for name, ratio in found.aspect_ratios().items()}
    {'axr_max': 1.0, 'axr_peak_mean': 1.0, 'axr_peak_mean_pool': 1.0}
    """
    values = np.asarray(values, dtype=float)
    highest = float(values.max())
    if levels is None:
        levels = np.linspace(values.min(), highest, 21)[1:-1]
    row, column = np.unravel_index(np.argmax(values), values.shape)
    peak = float(theta[row]), float(phi[column])
    curve_rows, merged_rows = [], []
    for level in levels:
        found = contours_at(values, level, theta, phi, topology)
        if not found:
            continue
        curve_rows += [
            {"level": level, "isloop": curve.closed, "isinside": curve.surrounds(*peak)}
            | _distances([curve], peak)
            for curve in found
        ]
        merged_rows.append({"level": level} | _distances(found, peak))
    if not merged_rows:
        raise SampleError(expected="a map with level curves", found="none at any level")
    tables = pd.DataFrame(curve_rows), pd.DataFrame(merged_rows)
    for table in tables:
        table["level_maxnorm"] = table["level"] / highest
    return LevelSetGeometry(*tables)


def _distances(curves: list[Contour], peak: tuple[float, float]) -> dict[str, float]:
    """Columns of one row: angular distances of the points of curves from the peak."""
    points = np.concatenate([curve.directions for curve in curves])
    to_peak = np.arccos(np.clip(points @ unit_vectors(*peak), -1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = to_peak.max() / to_peak.min()
    some = points[:: -(-len(points) // MOST_POINTS)]
    return {
        "angdist_max": to_peak.max(),
        "angdist_min": to_peak.min(),
        "angdist_mean": to_peak.mean(),
        "angdist_std": to_peak.std(),
        "angdist_ratio": ratio,
        "distmat_max": float(np.arccos(np.clip((some @ some.T).min(), -1, 1))),
        "length": float(sum(arc_lengths(curve.directions).sum() for curve in curves)),
    }

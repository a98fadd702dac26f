"""Level curves of a map as polylines, and the geometry of curves on the sphere.

Curves are traced by marching squares (scikit-image) on the grid, whose pole columns are constant.
Tracing is for pictures and for geometry; how many curves there are is counted exactly by
`level_counts`, also where a level equals values of the map.
"""

from dataclasses import dataclass

import numpy as np

from core.errors import SampleError
from core.level_sets.domains import collapse_poles
from core.level_sets.sphere_grid import check_angles, unit_vectors
from core.settings import whole


@dataclass(frozen=True, eq=False)
class Contour:
    """A level curve: `theta` and `phi` (n,) in degrees, `closed` where it ends where it begins."""

    theta: np.ndarray
    phi: np.ndarray
    closed: bool

    @property
    def directions(self) -> np.ndarray:
        """Unit vectors of its points, (n, 3)."""
        return unit_vectors(self.theta, self.phi)

    def surrounds(self, theta: float, phi: float) -> bool:
        """Whether it is closed and a point lies inside, in the plane of the angles.

        Parameters
        ----------
        theta, phi
            Degrees.
        """
        if not self.closed:
            return False
        begins, ends = self.phi[:-1] > phi, self.phi[1:] > phi
        crossing = np.flatnonzero(begins != ends)
        share = (phi - self.phi[crossing]) / (self.phi[crossing + 1] - self.phi[crossing])
        at = self.theta[crossing] + share * (self.theta[crossing + 1] - self.theta[crossing])
        return bool(np.count_nonzero(at > theta) % 2)


def contours_at(
    values: np.ndarray, level: float, theta: np.ndarray, phi: np.ndarray, topology: str
) -> list[Contour]:
    """Level curves of a map.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses.
    level
        Level, in the unit of the map.
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees, ascending.
    topology
        ``hemisphere``, where pole columns are averaged, or ``plane``.

    Returns
    -------
    list of Contour

    Raises
    ------
    SampleError
        On a sphere, whose curves cross the ends of the array, or if a value is missing.

    Examples
    --------
    >>> from core.level_sets.sphere_grid import GRID_ANGLES, grid_vectors
    >>> [curve] = contours_at(grid_vectors()[:, :, 0], 0.5, GRID_ANGLES, GRID_ANGLES, "hemisphere")
    >>> curve.closed, curve.surrounds(0, 0), curve.surrounds(80, 0)
    (True, True, False)
    """
    from skimage.measure import find_contours

    theta, phi = check_angles(theta, "theta"), check_angles(phi, "phi")
    values = np.asarray(values, dtype=float)
    if topology not in ("hemisphere", "plane"):
        raise SampleError(path="topology", expected="hemisphere or plane", found=f"{topology!r}")
    if values.shape != (len(theta), len(phi)) or not np.isfinite(values).all():
        raise SampleError(
            expected=f"finite responses at {len(theta)} x {len(phi)} nodes",
            found=f"shape {values.shape}, {np.count_nonzero(~np.isfinite(values))} not finite",
        )
    if topology == "hemisphere":
        values = collapse_poles(values)
    found = []
    for curve in find_contours(values, level):
        along = [
            np.interp(curve[:, axis], np.arange(len(angles)), angles)
            for axis, angles in enumerate((theta, phi))
        ]
        found.append(Contour(*along, closed=np.allclose(curve[0], curve[-1])))
    return found


def arc_lengths(directions: np.ndarray) -> np.ndarray:
    """Angles between the successive points of a curve.

    Parameters
    ----------
    directions : (n, 3)
        Unit vectors.

    Returns
    -------
    (n - 1,)
        Radians.

    Examples
    --------
    >>> arc_lengths(np.eye(3)).round(4)
    array([1.5708, 1.5708])
    """
    chords = np.linalg.norm(np.diff(directions, axis=0), axis=1)
    return 2 * np.arcsin(np.minimum(chords / 2, 1.0))


def resample_curve(directions: np.ndarray, n: int) -> np.ndarray:
    """Points of a curve at equal distances along it.

    Parameters
    ----------
    directions : (n_points, 3)
        Unit vectors of the polyline, of some length.
    n
        Number of points, the first and the last included; at least 2.

    Returns
    -------
    (n, 3)
        Unit vectors.

    Raises
    ------
    SampleError
        If the curve has no length.

    Examples
    --------
    >>> resample_curve(np.eye(3)[:2], 3).round(4)
    array([[1.    , 0.    , 0.    ],
           [0.7071, 0.7071, 0.    ],
           [0.    , 1.    , 0.    ]])
    """
    n, steps = whole(n, "n", 2), arc_lengths(directions)
    if not steps.sum() > 0:
        raise SampleError(expected="a curve of some length", found="a single point")
    kept = np.concatenate([[True], steps > 0])
    directions, steps = directions[kept], steps[steps > 0]
    along = np.concatenate([[0.0], np.cumsum(steps)])
    targets = np.linspace(0, along[-1], n)
    segment = np.clip(np.searchsorted(along, targets, side="right") - 1, 0, len(steps) - 1)
    share, angle = (targets - along[segment]) / steps[segment], steps[segment]
    first, second = np.sin((1 - share) * angle)[:, None], np.sin(share * angle)[:, None]
    points = first * directions[segment] + second * directions[segment + 1]
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def geodesic_curvature(directions: np.ndarray, closed: bool) -> np.ndarray:
    """How fast a curve turns, seen on the sphere: 0 on a great circle, cot(r) on a circle.

    The angle by which a point's two sides turn, to the left as seen from outside, over the mean of
    their lengths. Resample a traced curve first: marching squares leave short sides.

    Parameters
    ----------
    directions : (n, 3)
        Unit vectors of points that differ from their neighbours; the last is the first where the
        curve is closed.
    closed
        Whether it is.

    Returns
    -------
    (n - 1,) of a closed curve, (n - 2,) of an open one, which has no curvature at its ends
        1 / radian.

    Examples
    --------
    >>> turn = np.deg2rad(np.arange(0, 361, 5))
    >>> circle = unit_vectors(np.rad2deg(turn), np.full(73, 60.0))  # of radius 30 degrees
    >>> geodesic_curvature(circle, closed=True).mean().round(2)  # cot(30 degrees)
    np.float64(1.73)
    """
    points = np.concatenate([directions[-2:-1], directions]) if closed else directions
    before, here, after = points[:-2], points[1:-1], points[2:]
    came, goes = _tangent(here, before), _tangent(here, after)
    cross = np.vecdot(here, np.cross(-came, goes))
    turned = np.arctan2(cross, np.vecdot(-came, goes))
    steps = arc_lengths(points)
    return turned / ((steps[:-1] + steps[1:]) / 2)


def _tangent(origin: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Direction at one point of the great circle to another, of any length."""
    return goal - np.vecdot(origin, goal)[:, None] * origin

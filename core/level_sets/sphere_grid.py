"""The grid of a tuning map on a sphere of stimuli: angles, directions, codes, areas.

Axis 0 of every array is theta (longitude, towards the second basis vector), axis 1 is phi
(latitude, towards the third), both ascending, in degrees from -90 to 90. Such a grid covers one
hemisphere; its first and last columns are the poles, each shown by all its nodes.
"""

import numpy as np

from core.errors import CodeError, SampleError

GRID_ANGLES = np.arange(-90.0, 91.0, 18.0)
"""Published angles of both axes, in degrees."""


def unit_vectors(theta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Directions of points of the sphere.

    Parameters
    ----------
    theta, phi : (...)
        Longitude and latitude in degrees, of shapes that broadcast.

    Returns
    -------
    (..., 3)
        ``(cos phi cos theta, cos phi sin theta, sin phi)``.

    Examples
    --------
    >>> unit_vectors(np.array([0, 90, 0]), np.array([0, 0, 90])).round(3)
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    theta, phi = np.broadcast_arrays(np.deg2rad(theta), np.deg2rad(phi))
    return np.stack(
        [np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=-1
    )


def grid_vectors(theta: np.ndarray = GRID_ANGLES, phi: np.ndarray = GRID_ANGLES) -> np.ndarray:
    """Directions of all nodes of a grid.

    Parameters
    ----------
    theta : (n_theta,)
        Longitudes in degrees.
    phi : (n_phi,)
        Latitudes in degrees.

    Returns
    -------
    (n_theta, n_phi, 3)

    Examples
    --------
    >>> grid_vectors()[5, 5]
    array([1., 0., 0.])
    """
    return unit_vectors(np.asarray(theta)[:, None], np.asarray(phi)[None, :])


def sphere_codes(
    basis: np.ndarray,
    radius: float,
    theta: np.ndarray = GRID_ANGLES,
    phi: np.ndarray = GRID_ANGLES,
) -> np.ndarray:
    """Codes of the stimuli of a tuning map, on the sphere that three basis vectors span.

    Parameters
    ----------
    basis : (3, n_dims)
        Directions of the centre of the map (0, 0), of theta = 90 and of phi = 90; orthonormal in
        the principal-component subspaces, as recorded in the random ones.
    radius
        Norm of every code.
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees.

    Returns
    -------
    (n_theta, n_phi, n_dims)

    Raises
    ------
    CodeError
        If there are not three basis vectors, or a code has no direction.

    Examples
    --------
    >>> sphere_codes(np.eye(3, 4), 10.0)[5, 5]
    array([10.,  0.,  0.,  0.])
    """
    basis = np.asarray(basis, dtype=float)
    if basis.ndim != 2 or len(basis) != 3:
        raise CodeError(path="basis", expected="three rows of codes", found=f"shape {basis.shape}")
    codes = grid_vectors(theta, phi) @ basis
    norms = np.linalg.norm(codes, axis=-1, keepdims=True)
    if not (norms > 0).all():
        raise CodeError(
            path="basis", expected="three independent vectors", found="a code of norm 0"
        )
    return radius * codes / norms


def node_areas(theta: np.ndarray = GRID_ANGLES, phi: np.ndarray = GRID_ANGLES) -> np.ndarray:
    """Share of the unit sphere's area that each node of a grid stands for.

    Cells end half-way between nodes, and at the first and the last angle.

    Parameters
    ----------
    theta : (n_theta,)
        Longitudes in degrees, ascending.
    phi : (n_phi,)
        Latitudes in degrees, ascending.

    Returns
    -------
    (n_theta, n_phi)
        Steradians.

    Examples
    --------
    >>> round(float(node_areas().sum() / np.pi), 12)  # a hemisphere
    2.0
    """
    heights = np.diff(np.sin(np.deg2rad(_cell_edges(check_angles(phi, "phi")))))
    widths = np.diff(np.deg2rad(_cell_edges(check_angles(theta, "theta"))))
    return widths[:, None] * heights[None, :]


def check_angles(angles: np.ndarray, name: str) -> np.ndarray:
    """Angles of one axis of a grid, (n,) float64.

    Parameters
    ----------
    angles : (n,)
        Degrees.
    name
        Name of the axis, for the message.

    Raises
    ------
    SampleError
        If there are fewer than two, or they do not ascend.

    Examples
    --------
    >>> check_angles([0, 18, 18], "theta")
    Traceback (most recent call last):
    core.errors.SampleError: theta: expected angles that ascend, found 18 after 18.
    """
    angles = np.asarray(angles, dtype=float)
    if angles.ndim != 1 or len(angles) < 2:
        raise SampleError(
            path=name, expected="at least two angles, (n,)", found=f"shape {angles.shape}"
        )
    wrong = np.flatnonzero(~(np.diff(angles) > 0))
    if len(wrong):
        first, second = angles[wrong[0]], angles[wrong[0] + 1]
        raise SampleError(
            path=name, expected="angles that ascend", found=f"{second:g} after {first:g}"
        )
    return angles


def _cell_edges(angles: np.ndarray) -> np.ndarray:
    between = (angles[1:] + angles[:-1]) / 2
    return np.concatenate([angles[:1], between, angles[-1:]])

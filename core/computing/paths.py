"""Straight and great-circle paths between latent codes, tangent vectors, and rescaling of codes.

Codes are row vectors. Every path gives one row per step, for parameters equally spaced over `lim`,
end points included. NumPy functions compute and return float64; the two torch twins keep the
tensors' dtype and device and can be differentiated. Torch is not needed to import this module.
"""

from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from core.errors import CodeError
from core.optional import import_package

if TYPE_CHECKING:
    import torch

Limits = tuple[float, float]
"""Parameters of the first and the last point of a path."""

OPPOSITE = {
    "expected": "codes that span a great circle",
    "found": "opposite ones: no path is the shortest",
}
"""What is expected and found where codes point in opposite directions."""


def ang_dist(V1: np.ndarray, V2: np.ndarray) -> np.ndarray:  # noqa: N803
    """Angles between all rows of `V1` and all rows of `V2`, in radians.

    The cosine is clipped to [-1, 1]; angles below 1e-8 cannot be told from zero.

    Parameters
    ----------
    V1 : (n, n_dims)
        Codes; a single vector counts as one row.
    V2 : (m, n_dims)
        Codes that they are compared with; a single vector counts as one row.

    Returns
    -------
    (n, m)
        In [0, pi].

    Raises
    ------
    CodeError
        If a row is zero or the dimensions differ.

    Examples
    --------
    >>> np.degrees(ang_dist([[1, 0]], [[2, 0], [0, 3], [-1, 0]])).round()
    array([[  0.,  90., 180.]])
    """
    first, second = _unit_rows(_rows(V1, "V1")), _unit_rows(_rows(V2, "V2"))
    _same_dims(first, second)
    return np.arccos(np.clip(first @ second.T, -1, 1))


def LERP(  # noqa: N802
    c1: np.ndarray, c2: np.ndarray, steps: int, lim: Limits = (0, 1)
) -> np.ndarray:
    """Straight line from `c1` (at 0) to `c2` (at 1).

    Parameters
    ----------
    c1, c2 : (n_dims,) or (1, n_dims)
        Codes at parameters 0 and 1.
    steps
        Number of points.
    lim
        Parameters of the first and the last point; outside [0, 1] the line is prolonged.

    Returns
    -------
    (steps, n_dims)

    Raises
    ------
    CodeError
        If there is more than one code on a side, or the dimensions differ.

    Examples
    --------
    >>> LERP([0, 0], [4, 2], 3)
    array([[0., 0.],
           [2., 1.],
           [4., 2.]])
    """
    c1, c2 = _row(c1, "c1"), _row(c2, "c2")
    _same_dims(c1, c2)
    t = _ticks(steps, lim)
    return (1 - t) * c1 + t * c2


def SLERP(  # noqa: N802
    c1: np.ndarray, c2: np.ndarray, steps: int, lim: Limits = (0, 1), *, legacy: bool = False
) -> np.ndarray:
    """Great-circle path from `c1` (at 0) to `c2` (at 1) in steps of equal angle (Shoemake 1985).

    With W the angle between them it is (sin((1 - t) W) c1 + sin(t W) c2) / sin W, and the straight
    line where W is zero. Codes of equal norm keep it on the way.

    Parameters
    ----------
    c1, c2 : (n_dims,) or (1, n_dims)
        Codes at parameters 0 and 1.
    steps
        Number of points.
    lim
        Parameters of the first and the last point; outside [0, 1] the circle is followed further.
    legacy
        Leave out the division by sin W, as the published code does: the whole path is too short by
        that factor, and does not start at `c1`.

    Returns
    -------
    (steps, n_dims)

    Raises
    ------
    CodeError
        If a code is zero, or they point in opposite directions, where no path is the shortest.

    Examples
    --------
    >>> SLERP([1, 0], [0, 1], 3).round(4)
    array([[1.    , 0.    ],
           [0.7071, 0.7071],
           [0.    , 1.    ]])
    >>> SLERP([1, 0], [-1, 0], 3)
    Traceback (most recent call last):
    core.errors.CodeError: expected codes that span a great circle, found opposite ones: no path \
is the shortest.
    """
    c1, c2 = _row(c1, "c1"), _row(c2, "c2")
    _same_dims(c1, c2)
    return _slerp(np, c1, c2, _ticks(steps, lim), legacy)


def LERP_torch(  # noqa: N802
    c1: "torch.Tensor", c2: "torch.Tensor", steps: int, lim: Limits = (0, 1)
) -> "torch.Tensor":
    """Straight line from tensor `c1` (at 0) to `c2` (at 1); can be differentiated.

    Parameters
    ----------
    c1, c2 : (n_dims,) or (1, n_dims)
        Codes at parameters 0 and 1, of a floating-point dtype.
    steps
        Number of points.
    lim
        Parameters of the first and the last point; outside [0, 1] the line is prolonged.

    Returns
    -------
    (steps, n_dims)
        Of the codes' dtype, on their device.

    Raises
    ------
    CodeError
        If there is more than one code on a side, the dimensions differ, or they are not floating
        point.

    Examples
    --------
    >>> import torch
    >>> LERP_torch(torch.zeros(2), torch.ones(2), 3)
    tensor([[0.0000, 0.0000],
            [0.5000, 0.5000],
            [1.0000, 1.0000]])
    """
    torch = import_package("torch", "LERP_torch")
    c1, c2 = _as_row(c1, "c1"), _as_row(c2, "c2")
    _same_dims(c1, c2)
    _floating(c1, c2)
    t = torch.linspace(*lim, steps, dtype=c1.dtype, device=c1.device)[:, None]
    return (1 - t) * c1 + t * c2


def SLERP_torch(  # noqa: N802
    c1: "torch.Tensor",
    c2: "torch.Tensor",
    steps: int,
    lim: Limits = (0, 1),
    *,
    legacy: bool = False,
) -> "torch.Tensor":
    """Great-circle path from tensor `c1` (at 0) to `c2` (at 1); can be differentiated.

    Parameters
    ----------
    c1, c2 : (n_dims,) or (1, n_dims)
        Codes at parameters 0 and 1, of a floating-point dtype.
    steps
        Number of points.
    lim
        Parameters of the first and the last point; outside [0, 1] the circle is followed further.
    legacy
        Leave out the division by the sine of the angle, as the published code does.

    Returns
    -------
    (steps, n_dims)
        Of the codes' dtype, on their device.

    Raises
    ------
    CodeError
        If a code is zero, they point in opposite directions, or they are not floating point.

    Examples
    --------
    >>> import torch
    >>> SLERP_torch(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 3)[1]
    tensor([0.7071, 0.7071])
    """
    torch = import_package("torch", "SLERP_torch")
    c1, c2 = _as_row(c1, "c1"), _as_row(c2, "c2")
    _same_dims(c1, c2)
    _floating(c1, c2)
    t = torch.linspace(*lim, steps, dtype=c1.dtype, device=c1.device)[:, None]
    return _slerp(torch, c1, c2, t, legacy)


def LExpMap(  # noqa: N802
    refv: np.ndarray, tangv: np.ndarray, steps: int, lim: Limits = (0, 1)
) -> np.ndarray:
    """Straight line from `refv` along `tangv`: ``refv + t * tangv``.

    Parameters
    ----------
    refv : (n_dims,) or (1, n_dims)
        Code at t = 0.
    tangv : (n_dims,) or (1, n_dims)
        Way from there to t = 1.
    steps
        Number of points.
    lim
        t of the first and the last point.

    Returns
    -------
    (steps, n_dims)

    Examples
    --------
    >>> LExpMap([1, 0], [0, 2], 3, (-1, 1))
    array([[ 1., -2.],
           [ 1.,  0.],
           [ 1.,  2.]])
    """
    refv, tangv = _row(refv, "refv"), _row(tangv, "tangv")
    _same_dims(refv, tangv)
    return refv + _ticks(steps, lim) * tangv


def SExpMap(  # noqa: N802
    refv: np.ndarray, tangv: np.ndarray, steps: int, lim: Limits = (0, 1)
) -> np.ndarray:
    """Great circle through `refv` towards `tangv`; only the direction of `tangv` matters.

    Parameters
    ----------
    refv : (n_dims,) or (1, n_dims)
        Code at angle 0.
    tangv : (n_dims,) or (1, n_dims)
        Direction; its part orthogonal to `refv` is taken.
    steps
        Number of points.
    lim
        Angle of the first and the last point, in radians.

    Returns
    -------
    (steps, n_dims)
        Rows with the norm of `refv`.

    Raises
    ------
    CodeError
        If `refv` is zero, or `tangv` has no part orthogonal to it and so gives no direction.

    Examples
    --------
    >>> SExpMap([2, 0], [5, 1], 3, (0, np.pi)).round(4)
    array([[ 2.,  0.],
           [ 0.,  2.],
           [-2.,  0.]])
    """
    refv, tangv = _row(refv, "refv"), _row(tangv, "tangv")
    _same_dims(refv, tangv)
    tangent = orthogonalize(refv, tangv)
    length = _norms(tangent)
    if length <= 1e-12 * _norms(tangv):
        raise CodeError(
            path="tangv",
            expected="a part orthogonal to refv",
            found="none",
            advice="it gives no direction",
        )
    angle = _ticks(steps, lim)
    return np.cos(angle) * refv + np.sin(angle) * _norms(refv) * tangent / length


def ExpMap(  # noqa: N802
    x: np.ndarray,
    tang_vec: np.ndarray,
    EPS: float = 1e-4,  # noqa: N803
) -> np.ndarray:
    """Exponential map of the sphere through `x`: turn `x` towards each tangent vector.

    The angle, in radians, is the length of the tangent vector; a zero one gives `x` itself.

    Parameters
    ----------
    x : (n_dims,), (1, n_dims) or (n, n_dims)
        Code, or one for each tangent vector.
    tang_vec : (n_dims,) or (n, n_dims)
        Orthogonal to `x`; this is not checked.
    EPS
        Smallest norm of `x` that is accepted.

    Returns
    -------
    (n_dims,) or (n, n_dims)
        The shape that the arguments broadcast to; rows with the norm of `x`.

    Raises
    ------
    CodeError
        If `x` is shorter than `EPS`, or the dimensions differ.

    Examples
    --------
    >>> ExpMap([3, 0], [[0, np.pi / 2], [0, 0]]).round(4)
    array([[0., 3.],
           [3., 0.]])
    """
    x, tang_vec = np.asarray(x, dtype=float), np.asarray(tang_vec, dtype=float)
    _same_dims(x, tang_vec)
    radius = _norms(x)
    if (radius < EPS).any():
        raise CodeError(path="x", expected=f"a norm of at least {EPS:g}", found=f"{radius.min():g}")
    angle = _norms(tang_vec)
    # sinc: sin(angle) / angle, with its limit where the tangent vector is zero
    return np.cos(angle) * x + radius * np.sinc(angle / np.pi) * tang_vec


def VecTransport(  # noqa: N802
    xold: np.ndarray, xnew: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """Parallel transport of tangent vectors along the great circle from `xold` to `xnew`.

    Parameters
    ----------
    xold, xnew : (n_dims,) or (1, n_dims)
        Codes where the vectors are and where they are brought; only their directions matter.
    v : (n_dims,) or (n, n_dims)
        Tangent vectors, orthogonal to `xold`; this is not checked.

    Returns
    -------
    The shape of `v`
        Orthogonal to `xnew`; lengths and angles are kept.

    Raises
    ------
    CodeError
        If a code is zero, or they point in opposite directions.

    Examples
    --------
    >>> VecTransport([1, 0, 0], [0, 1, 0], [[0, 2, 0], [0, 0, 5]]).round(4)
    array([[-2.,  0.,  0.],
           [ 0.,  0.,  5.]])
    """
    xold, xnew, v = _row(xold, "xold"), _row(xnew, "xnew"), np.asarray(v, dtype=float)
    _same_dims(xold, xnew, v)
    between = _unit_rows(xold) + _unit_rows(xnew)
    length = _norms(between)
    if length < _smallest(np, between):
        raise CodeError(**OPPOSITE)
    # a reflection; on tangent vectors of xold it does what the rotation does
    middle = (between / length)[0]
    return v - 2 * (v @ middle)[..., None] * middle


def radial_proj(codes: np.ndarray, max_norm: float | np.ndarray) -> np.ndarray:
    """Shorten the rows that are longer than `max_norm` to it; leave the others as they are.

    Parameters
    ----------
    codes : (n_dims,) or (n, n_dims)
        Codes.
    max_norm
        One number or one per row, (n,); infinity leaves all as they are.

    Returns
    -------
    The shape of `codes`

    Raises
    ------
    CodeError
        If a limit is negative, or there is not one for each row.

    Examples
    --------
    >>> radial_proj([[3, 4], [0.3, 0.4]], 1)
    array([[0.6, 0.8],
           [0.3, 0.4]])
    """
    codes = np.asarray(codes, dtype=float)
    limit = _per_row(max_norm, codes, "max_norm")
    norm = _norms(codes)
    too_long = norm > limit
    factor = np.divide(limit, norm, out=np.ones_like(norm), where=too_long)
    return codes * factor


def orthogonalize(basis: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Take from every row of `codes` its part along the vector `basis`.

    Parameters
    ----------
    basis : (n_dims,) or (1, n_dims)
        One vector, of any length but zero.
    codes : (n_dims,) or (n, n_dims)
        Codes.

    Returns
    -------
    The shape of `codes`

    Raises
    ------
    CodeError
        If `basis` is zero or more than one vector, or the dimensions differ.

    Examples
    --------
    >>> orthogonalize([0, 5], [[1, 2], [3, 4]])
    array([[1., 0.],
           [3., 0.]])
    """
    direction, codes = _unit_rows(_row(basis, "basis"))[0], np.asarray(codes, dtype=float)
    _same_dims(direction, codes)
    return codes - (codes @ direction)[..., None] * direction


def renormalize(codes: np.ndarray, norms: float | np.ndarray) -> np.ndarray:
    """Scale every row of `codes` to a norm.

    Parameters
    ----------
    codes : (n_dims,) or (n, n_dims)
        Codes of any length but zero.
    norms
        One number or one per row, (n,).

    Returns
    -------
    The shape of `codes`

    Raises
    ------
    CodeError
        If a row is zero, or there is not one norm per row.

    Examples
    --------
    >>> renormalize([[3, 4], [0, 2]], [10, 1])
    array([[6., 8.],
           [0., 1.]])
    >>> renormalize([[0, 0]], 1)
    Traceback (most recent call last):
    core.errors.CodeError: expected codes that have a direction, found one of norm 0.
    """
    codes = np.asarray(codes, dtype=float)
    return _unit_rows(codes) * _per_row(norms, codes, "norms")


def _slerp(
    xp: ModuleType,
    c1: "np.ndarray | torch.Tensor",
    c2: "np.ndarray | torch.Tensor",
    t: "np.ndarray | torch.Tensor",
    legacy: bool,
) -> "np.ndarray | torch.Tensor":
    """Great-circle path for NumPy and torch alike; `xp` is the one or the other."""
    norm = xp.linalg.vector_norm
    if norm(c1) == 0 or norm(c2) == 0:
        raise CodeError(expected="codes that have a direction", found="one of norm 0")
    u1, u2 = c1 / norm(c1), c2 / norm(c2)
    if norm(u1 + u2) < _smallest(xp, u1):
        raise CodeError(**OPPOSITE)
    # as arccos(u1 @ u2), but exact for small angles too, and with a gradient there
    angle = 2 * xp.arctan2(norm(u1 - u2), norm(u1 + u2))
    if legacy:
        return xp.sin((1 - t) * angle) * c1 + xp.sin(t * angle) * c2
    # sin(a W) / sin(W) in a form that has its limit, a, at W = 0
    whole = xp.sinc(angle / np.pi)
    share1 = (1 - t) * xp.sinc((1 - t) * angle / np.pi) / whole
    share2 = t * xp.sinc(t * angle / np.pi) / whole
    return share1 * c1 + share2 * c2


def _smallest(xp: ModuleType, values: "np.ndarray | torch.Tensor") -> float:
    """Length under which the sum of two unit vectors is rounding."""
    return 8 * float(xp.finfo(values.dtype).eps)


def _ticks(steps: int, lim: Limits) -> np.ndarray:
    """Parameters of the points of a path, (steps, 1)."""
    first, last = lim
    return np.linspace(first, last, steps)[:, None]


def _norms(codes: np.ndarray) -> np.ndarray:
    """Norms of rows, (n, 1), or of one code, (1,)."""
    return np.linalg.norm(codes, axis=-1, keepdims=True)


def _unit_rows(codes: np.ndarray) -> np.ndarray:
    """Rows scaled to norm 1; refuses zero ones."""
    norms = _norms(codes)
    if (norms == 0).any():
        raise CodeError(expected="codes that have a direction", found="one of norm 0")
    return codes / norms


def _rows(codes: np.ndarray, name: str) -> np.ndarray:
    """Codes as float64 rows, (n, n_dims)."""
    codes = np.atleast_2d(np.asarray(codes, dtype=float))
    if codes.ndim != 2:
        raise CodeError(path=name, expected="rows of codes", found=f"shape {codes.shape}")
    return codes


def _row(code: np.ndarray, name: str) -> np.ndarray:
    """One code as a float64 row, (1, n_dims)."""
    return _as_row(np.asarray(code, dtype=float), name)


def _as_row(code: "np.ndarray | torch.Tensor", name: str) -> "np.ndarray | torch.Tensor":
    """One code as a row, (1, n_dims); refuses several."""
    if code.ndim == 1:
        return code[None]
    if code.ndim == 2 and len(code) == 1:
        return code
    raise CodeError(
        path=name, expected="one code of shape (n_dims,) or (1, n_dims)", found=tuple(code.shape)
    )


def _floating(*codes: "torch.Tensor") -> None:
    """Refuse codes of whole numbers."""
    for code in codes:
        if not code.is_floating_point():
            raise CodeError(expected="floating-point codes", found=code.dtype)


def _same_dims(*codes: "np.ndarray | torch.Tensor") -> None:
    """Refuse codes of different numbers of dimensions."""
    dims = [code.shape[-1] if code.ndim else 0 for code in codes]
    if len(set(dims)) > 1:
        found = " and ".join(map(str, dims))
        raise CodeError(expected="codes of the same number of dimensions", found=found)


def _per_row(values: float | np.ndarray, codes: np.ndarray, name: str) -> np.ndarray:
    """Numbers that scale rows: one for all, or one for each."""
    values = np.asarray(values, dtype=float).reshape(-1, 1)
    n_rows = 1 if codes.ndim == 1 else len(codes)
    if len(values) not in (1, n_rows):
        raise CodeError(
            path=name,
            expected=f"one number, or one for each of the {n_rows} codes",
            found=len(values),
        )
    if not (values >= 0).all():
        raise CodeError(path=name, expected="norms of 0 or more", found=f"{values.min():g}")
    return values if codes.ndim > 1 else values[0]

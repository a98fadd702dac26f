"""Tuning maps of model units: the images of a grid of codes, scored."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from core.computing import to_host
from core.errors import CodeError, ScoreError
from core.level_sets.contours import resample_curve
from core.level_sets.sphere_grid import GRID_ANGLES, sphere_codes
from core.settings import whole

if TYPE_CHECKING:
    import torch

    from core.generators import Generator


def evolution_basis(
    codes: np.ndarray, last_codes: np.ndarray, rng: int | np.random.Generator = 0
) -> tuple[dict[str, np.ndarray], float]:
    """Subspaces of an evolution in which its tuning map is measured, and the radius.

    Principal components of all codes, centred; the first is turned towards the mean of the last
    block. The random subspace has two Gaussian directions orthogonal to all components (and here,
    other than as recorded, to each other).

    Parameters
    ----------
    codes : (n_codes, n_dims)
        All codes of the evolution.
    last_codes : (n_last, n_dims)
        Codes of its last block.
    rng
        Seed or generator of the random subspace.

    Returns
    -------
    bases
        ``PC23``, ``PC4950`` (where there are 50 components) and ``RND12``, each (3, n_dims).
    radius
        Mean norm of the last codes.

    Raises
    ------
    CodeError
        If there are fewer than three independent codes, or no dimension is left at random.
    """
    codes, last_codes = np.asarray(codes, dtype=float), np.asarray(last_codes, dtype=float)
    _, spread, components = np.linalg.svd(codes - codes.mean(axis=0), full_matrices=False)
    components = components[: min(50, int((spread > 1e-10 * spread.max(initial=0)).sum()))]
    n, n_dims = components.shape
    if n < 3 or n > n_dims - 2:
        raise CodeError(path="codes", expected=f"3 to {n_dims - 2} principal components", found=n)
    first = components[0] * (1 if last_codes.mean(axis=0) @ components[0] >= 0 else -1)
    random = np.random.default_rng(rng).standard_normal((2, n_dims))
    random -= random @ components.T @ components
    random = np.linalg.qr(random.T)[0].T
    pairs = {"PC23": components[1:3], "RND12": random}
    if n == 50:
        pairs["PC4950"] = components[48:50]
    radius = float(np.linalg.norm(last_codes, axis=1).mean())
    return {name: np.concatenate([first[None], pair]) for name, pair in pairs.items()}, radius


def sample_map(
    generator: "Generator",
    scorer: Callable[..., np.ndarray],
    basis: np.ndarray,
    radius: float,
    theta: np.ndarray = GRID_ANGLES,
    phi: np.ndarray = GRID_ANGLES,
    batch_size: int = 40,
) -> np.ndarray:
    """Responses of model units to the images of a grid on a sphere of codes.

    Every image is made and scored once; a pole's is shown by its whole column.

    Parameters
    ----------
    generator
        Makes images of codes.
    scorer
        A callable: images (n, 3, H, W) give scores (n,), or (n, n_units) of many units.
    basis : (3, n_dims)
        As in `sphere_codes`; codes are given to the generator in its latent shape.
    radius
        Norm of the codes.
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees; phi from -90 to 90.
    batch_size
        Number of images made at once.

    Returns
    -------
    (n_theta, n_phi) or (n_theta, n_phi, n_units)
        In the scorer's unit.

    Raises
    ------
    ScoreError
        If the scorer does not give one score, or row, per image.
    """
    codes = sphere_codes(basis, radius, theta, phi)
    flat = codes.reshape(-1, codes.shape[-1])
    shown = np.arange(len(flat)).reshape(codes.shape[:2])
    shown[:, [0, -1]] = shown[0, [0, -1]]
    distinct, place = np.unique(shown, return_inverse=True)
    scores = []
    for start in range(0, len(distinct), whole(batch_size, "batch_size", 1)):
        some = flat[distinct[start : start + batch_size]]
        found = np.asarray(to_host(scorer(generator.images(some))), dtype=float)
        if found.ndim not in (1, 2) or len(found) != len(some):
            raise ScoreError(expected=f"{len(some)} scores", found=f"shape {found.shape}")
        scores.append(found)
    scores = np.concatenate(scores)
    return scores[place.ravel()].reshape(*codes.shape[:2], *scores.shape[1:])


def level_curve_images(
    generator: "Generator", basis: np.ndarray, radius: float, directions: np.ndarray, n: int = 20
) -> tuple["torch.Tensor", np.ndarray]:
    """Images along a level curve, at equal distances: what a unit answers alike.

    Parameters
    ----------
    generator
        Makes images of codes.
    basis : (3, n_dims)
        Of the map, as in `sphere_codes`.
    radius
        Norm of the codes.
    directions : (n_points, 3)
        The curve, as `Contour` has it; points between its vertices lie on the sphere.
    n
        Number of images, the ends of the curve included.

    Returns
    -------
    images : (n, 3, H, W)
    codes : (n, n_dims)

    Raises
    ------
    SampleError
        If the curve has no length.
    CodeError
        If a code has no direction.
    """
    codes = resample_curve(directions, n) @ np.asarray(basis, dtype=float)
    codes = radius * codes / np.linalg.norm(codes, axis=1, keepdims=True)
    return generator.images(codes), codes

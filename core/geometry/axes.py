"""Codes along an axis, and the steps whose images are at given distances from the centre's.

Axes are counted from the top eigenvector, 0-based. A step is signed, and straight: ``z + t v``.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from core.computing.devices import device_of, dtype_of
from core.computing.paths import LExpMap, SExpMap
from core.errors import PromiseError, SettingError
from core.generators.protocol import Generator
from core.geometry.distances import FeatureDistance

PROBES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 3, 4, 6, 8, 11, 15, 20, 25)
"""Steps at which distance is measured first; those up to 3 are the published ones."""

MAX_STEP, TOLERANCE, N_REFINEMENTS = 30.0, 5e-4, 40
"""Published: the largest step, and by how much a distance may miss its target."""

TARGETS = (0.16, 0.24, 0.32, 0.40)
"""Distances (LPIPS) of the images of Figure 6."""

DistanceAt = Callable[[np.ndarray], np.ndarray]
"""Distances (k,) from the centre at signed steps (k,)."""


class Steps(NamedTuple):
    """Steps along one axis, from the most negative target to the most positive, 0 between them.

    Attributes
    ----------
    targets : (2 T + 1,)
        Signed target distances.
    steps : (2 T + 1,)
        Signed steps; NaN where the target is not reached within the largest step.
    distances : (2 T + 1,)
        Distances at these steps.
    """

    targets: np.ndarray
    steps: np.ndarray
    distances: np.ndarray


def traverse(
    code: np.ndarray,
    direction: np.ndarray,
    max_step: float,
    n_steps: int,
    *,
    spherical: bool = False,
) -> np.ndarray:
    """Codes at equal steps along a direction, from ``-max_step`` to ``max_step``.

    Parameters
    ----------
    code : (n,)
        The centre.
    direction : (n,)
        Its length counts on straight paths, and not on great circles.
    max_step
        Largest step; on great circles an angle in radians.
    n_steps
        Number of codes.
    spherical
        Follow the great circle through the code, which keeps its norm.

    Returns
    -------
    (n_steps, n)

    Examples
    --------
    >>> traverse([1, 0], [0, 1], 2, 3)
    array([[ 1., -2.],
           [ 1.,  0.],
           [ 1.,  2.]])
    """
    path = SExpMap if spherical else LExpMap
    return path(code, direction, n_steps, (-max_step, max_step))


def steps_to_distances(
    measure: DistanceAt,
    targets: Sequence[float] = TARGETS,
    *,
    tolerance: float = TOLERANCE,
    max_step: float = MAX_STEP,
) -> Steps:
    """Steps to both sides at which a distance reaches targets: its first crossing of each.

    The distance is measured at `PROBES`, and between the two that enclose the first crossing by
    false position (the Illinois rule), for all targets of a side at once.

    Parameters
    ----------
    measure
        Distances at signed steps; 0 at 0.
    targets
        Above 0, ascending.
    tolerance
        By how much a distance may miss its target.
    max_step
        Largest step.

    Returns
    -------
    Steps

    Raises
    ------
    SettingError
        If targets are not finite, above 0 and ascending.
    PromiseError
        If the distance is not finite somewhere.

    Examples
    --------
    >>> found = steps_to_distances(lambda t: 1 - np.exp(-((t / 2) ** 2)), [0.5])
    >>> found.steps.round(3)
    array([-1.665,  0.   ,  1.665])
    """
    wanted = np.asarray(targets, float)
    ascend = (np.diff(wanted, prepend=0) > 0).all()
    if not len(wanted) or not ascend or not np.isfinite(wanted).all():
        raise SettingError(
            path="targets", expected="finite distances above 0, ascending", found=list(targets)
        )
    probes = np.array([probe for probe in PROBES if probe < max_step] + [max_step])
    below, above = (_side(measure, towards, wanted, probes, tolerance) for towards in (-1, 1))
    return Steps(
        np.concatenate([-wanted[::-1], [0], wanted]),
        np.concatenate([below[0][::-1], [0], above[0]]),
        np.concatenate([below[1][::-1], [0], above[1]]),
    )


def equidistant_steps(
    generator: Generator,
    code: np.ndarray,
    direction: np.ndarray,
    distance: FeatureDistance,
    targets: Sequence[float] = TARGETS,
    *,
    tolerance: float = TOLERANCE,
    max_step: float = MAX_STEP,
) -> Steps:
    """Steps along an axis to images at given distances from the centre's.

    Parameters
    ----------
    generator
        Makes the images.
    code : (n,)
        The centre.
    direction : (n,)
        Of length 1.
    distance
        On the generator's device.
    targets, tolerance, max_step
        As in `steps_to_distances`.

    Returns
    -------
    Steps

    Examples
    --------
    >>> from core.generators.small import SmallGenerator
    >>> from core.geometry.distances import PixelDistance
    >>> found = equidistant_steps(
    ...     SmallGenerator(4, 8), np.zeros(4), np.eye(4)[0], PixelDistance(), [0.01], tolerance=1e-5
    ... )
    >>> found.distances.round(3)
    array([0.01, 0.  , 0.01])
    """
    code, direction = np.asarray(code, float), np.asarray(direction, float)
    centre = distance.features(_images(generator, code[None]))

    def measure(steps: np.ndarray) -> np.ndarray:
        codes = code + steps[:, None] * direction
        parts = [
            (distance.features(_images(generator, some)) - centre).square().sum(1)
            for some in np.array_split(codes, -(-len(codes) // generator.batch_size))
        ]
        return torch.cat(parts).double().cpu().numpy()

    with torch.no_grad():
        return steps_to_distances(measure, targets, tolerance=tolerance, max_step=max_step)


def _side(
    measure: DistanceAt, towards: int, wanted: np.ndarray, probes: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Signed steps and distances of one side, (T,) each."""
    at_probes = np.concatenate([[0.0], _measured(measure, towards * probes)])
    probes = np.concatenate([[0.0], probes])
    crossed = at_probes >= wanted[:, None]
    reached = crossed.any(1)
    after = np.where(reached, crossed.argmax(1), 1)
    low, high = probes[after - 1], probes[after]
    misses_low, misses_high = at_probes[after - 1] - wanted, at_probes[after] - wanted
    steps, misses = high.copy(), misses_high.copy()
    was_high = np.full(len(wanted), -1)
    for _ in range(N_REFINEMENTS):
        o = np.flatnonzero(reached & (np.abs(misses) > tolerance))
        if not len(o):
            break
        steps[o] = high[o] - misses_high[o] * (high[o] - low[o]) / (misses_high[o] - misses_low[o])
        misses[o] = _measured(measure, towards * steps[o]) - wanted[o]
        is_high = misses[o] >= 0
        # an end that stays for the second time counts half (the Illinois rule)
        stays = is_high == was_high[o]
        misses_low[o[stays & is_high]] /= 2
        misses_high[o[stays & ~is_high]] /= 2
        was_high[o] = is_high
        up, down = o[is_high], o[~is_high]
        high[up], misses_high[up] = steps[up], misses[up]
        low[down], misses_low[down] = steps[down], misses[down]
    good = reached & (np.abs(misses) <= tolerance)
    return np.where(good, towards * steps, np.nan), np.where(good, misses + wanted, np.nan)


def _measured(measure: DistanceAt, steps: np.ndarray) -> np.ndarray:
    distances = np.asarray(measure(steps), float)
    if not np.isfinite(distances).all():
        found = f"none at step {steps[~np.isfinite(distances)][0]:g}"
        raise PromiseError(path="distance", expected="finite numbers", found=found)
    return distances


def _images(generator: Generator, codes: np.ndarray) -> torch.Tensor:
    tensor = torch.from_numpy(codes).to(device_of(generator), dtype_of(generator))
    return generator.visualize(tensor)

"""Signatures of many noisy tuning maps, against labelling their sets at every level.

Both count components of the super-level set and of its complement at 21 levels of maps that are
resampled from five trials a node, in one thread and on processor time, one after the other.
"""

import time
from collections.abc import Callable

import numpy as np
from scipy.ndimage import label

from core.arguments import CommandParser
from core.level_sets import grid_vectors, level_counts, topology_signature

N_MAPS, N_RESAMPLES = 20, 20
"""Maps that both take, and resamples of each."""

N_FULL = 1000 * 500
"""Resamples of the whole task, for extrapolation."""


def resampled_maps() -> np.ndarray:
    """Two bumps of random places with noise, (n_maps * n_resamples, 11, 11)."""
    rng = np.random.default_rng(0)
    grid = grid_vectors()
    maps = []
    for _ in range(N_MAPS):
        centres = rng.normal(size=(2, 3))
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        true = 50 * np.exp(4 * (grid @ centres.T - 1)).sum(axis=2)
        maps.append(true + rng.normal(0, 3.3, (N_RESAMPLES, 11, 11)))
    return np.concatenate(maps)


def by_labelling(maps: np.ndarray) -> None:
    """Label both sets at every level of every map, on the plane."""
    for values in maps:
        for level in np.linspace(values.min(), values.max(), 21):
            above = values > level
            label(above)
            label(~above, np.ones((3, 3)))


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the fastest of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def report() -> list[str]:
    """What was measured, in lines."""
    maps = resampled_maps()
    labelled = seconds(lambda: by_labelling(maps)) / len(maps)
    # as many at once as in the whole task
    many = np.concatenate([maps] * 5)
    merged = seconds(lambda: level_counts(many)) / len(many)
    fine = np.kron(maps[0], np.ones((17, 17)))[:181, :181]
    fine += np.random.default_rng(1).normal(0, 1e-3, fine.shape)
    return [
        f"labelling: {1 / labelled:.0f} maps/s; merge trees: {1 / merged:.0f} maps/s "
        f"({labelled / merged:.1f} times as many), {N_FULL * merged:.0f} s for {N_FULL} maps",
        f"one signature with persistence: {1e3 * seconds(lambda: topology_signature(maps[0])):.2f} "
        f"ms of 11 x 11, {1e3 * seconds(lambda: topology_signature(fine)):.0f} ms of 181 x 181",
    ]


if __name__ == "__main__":
    CommandParser(prog="python -m benchmarks.level_sets", description=__doc__).parse_args()
    for line in report():
        print(line)

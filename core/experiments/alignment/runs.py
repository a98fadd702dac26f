"""How an optimizer's success falls with the depth of the map to the space where tuning is simple.

A unit is tuned to one point (all ones) by an isotropic Gaussian, in a space that a random RealNVP
network maps from the space in which the optimizer searches: ``L(x) = -|T(x) - 1|^2 / 2``. Both
optimizers maximise L for 100 steps; what counts is ``exp(L)`` at the end, between 0 and 1. Extended
Data Figure 5C. Nothing but random numbers goes in, so it is computed rather than simulated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from core.experiments.alignment.realnvp import RealNVPs
from core.optimizers.batched_cholesky import BatchedCholeskyCMAES
from core.progress import progress

DIMENSIONS = (2, 4, 8, 16, 32, 64, 128, 256)
DEPTHS = (0, 2, 4, 8, 16, 32, 48, 64)
SEEDS = tuple(range(40, 50))
N_STEPS = 100

SAMPLES_SEED = 10**6
"""Added to a run's seed for the samples of CMA-ES; the seed itself draws network and start."""

LEARNING_RATE = 0.1
"""Learning rate of Adam."""


@dataclass(frozen=True)
class Runs:
    """Runs of one dimension, from deep to shallow.

    Attributes
    ----------
    depths, seeds
        Of each of the n runs.
    maps
        Their networks.
    start
        ``(n, d)`` starting points.
    """

    dimension: int
    depths: tuple[int, ...]
    seeds: tuple[int, ...]
    maps: RealNVPs
    start: torch.Tensor

    def log_scores(self, x: torch.Tensor) -> torch.Tensor:
        """L of the points ``(n, m, d)``, ``(n, m)``."""
        return -0.5 * (self.maps.forward(x) - 1).square().sum(dim=2)


@dataclass(frozen=True)
class Outcome:
    """Where runs ended: points ``(n, d)`` whose score counts, and the best L scored, ``(n,)``."""

    final: torch.Tensor
    best: torch.Tensor


def make_runs(dimension: int, depths: Sequence[int], seeds: Sequence[int]) -> Runs:
    """Networks and starting points of all pairs of a depth and a seed.

    Parameters
    ----------
    dimension
        Dimension of the space; even.
    depths
        Numbers of couplings.
    seeds
        Seeds; each draws a network and its starting point.

    Returns
    -------
    Runs
        From deep to shallow.

    Examples
    --------
    >>> runs = make_runs(4, depths=[0, 2], seeds=[40])
    >>> runs.depths, tuple(runs.start.shape)
    ((2, 0), (2, 4))
    """
    pairs = [(depth, seed) for depth in sorted(depths, reverse=True) for seed in seeds]
    generators = [torch.Generator().manual_seed(seed) for _, seed in pairs]
    maps = RealNVPs(dimension, [depth for depth, _ in pairs], generators)
    start = [
        torch.randn(dimension, dtype=torch.float64, generator=generator) for generator in generators
    ]
    depths, seeds = zip(*pairs, strict=True)
    return Runs(dimension, depths, seeds, maps, torch.stack(start))


@torch.no_grad()
def run_cmaes(runs: Runs, n_steps: int = N_STEPS) -> Outcome:
    """CMA-ES; the point that counts is the mean of the last population, which is never scored.

    Parameters
    ----------
    runs
        Networks and starting points; see `make_runs`.
    n_steps
        Generations or steps.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> outcome = run_cmaes(make_runs(2, depths=[0], seeds=[40]), n_steps=30)
    >>> bool(outcome.best.exp() > 0.9)
    True
    """
    samples = [torch.Generator().manual_seed(seed + SAMPLES_SEED) for seed in runs.seeds]
    optimizer = BatchedCholeskyCMAES(runs.start, samples)
    best = torch.full((len(runs.seeds),), -torch.inf, dtype=torch.float64)
    for _ in range(n_steps):
        scores = runs.log_scores(optimizer.population)
        best = torch.maximum(best, scores.amax(dim=1))
        optimizer.step(scores)
    return Outcome(optimizer.population.mean(dim=1), best)


def run_adam(runs: Runs, n_steps: int = N_STEPS) -> Outcome:
    """Gradient ascent by Adam; the point that counts is the last one.

    Parameters
    ----------
    runs
        Networks and starting points; see `make_runs`.
    n_steps
        Generations or steps.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> run_adam(make_runs(2, depths=[0], seeds=[40]), n_steps=1).final.shape
    torch.Size([1, 2])
    """
    x = runs.start[:, None].clone().requires_grad_(True)
    adam = torch.optim.Adam([x], lr=LEARNING_RATE)
    best = torch.full((len(runs.seeds),), -torch.inf, dtype=torch.float64)
    for _ in range(n_steps):
        adam.zero_grad()
        scores = runs.log_scores(x)
        best = torch.maximum(best, scores.detach()[:, 0])
        (-scores.sum()).backward()
        adam.step()
    return Outcome(x.detach()[:, 0], best)


OPTIMIZERS: dict[str, Callable[[Runs], Outcome]] = {"Adam": run_adam, "CMAES": run_cmaes}
"""The two optimizers of the figure, under the names of their tables."""


def alignment_tables(
    dimensions: Sequence[int] = DIMENSIONS,
    depths: Sequence[int] = DEPTHS,
    seeds: Sequence[int] = SEEDS,
) -> dict[str, pd.DataFrame]:
    """Outcome of every run by optimizer, in the order of dimension, depth and seed.

    Both optimizers meet the same networks and starting points.

    Parameters
    ----------
    dimensions, depths, seeds
        The grid; by default the published one, 640 runs.

    Returns
    -------
    "Adam" and "CMAES": DataFrame with the columns ``dimension``, ``stack_size`` (depth), ``seed``,
    ``gaussian_value`` and, as arrays, ``input_space_optimum`` (1, d),
    ``transformed_space_optimum`` (1, d), ``desired_x_optimum`` (1, d),
    ``desired_transformed_optimum`` (d,), as published; and ``best_scored``, the best ``exp(L)`` of
    any point that was scored.
    """
    parts = {name: [] for name in OPTIMIZERS}
    for dimension in progress(dimensions, len(dimensions), "alignment"):
        runs = make_runs(dimension, depths, seeds)
        for name, optimize in OPTIMIZERS.items():
            parts[name].append(_table(runs, optimize(runs)))
    order = ["dimension", "stack_size", "seed"]
    return {
        name: pd.concat(tables).sort_values(order, ignore_index=True)
        for name, tables in parts.items()
    }


@torch.no_grad()
def _table(runs: Runs, outcome: Outcome) -> pd.DataFrame:
    final = outcome.final[:, None]
    target = torch.ones_like(final)
    return pd.DataFrame(
        {
            "dimension": runs.dimension,
            "stack_size": runs.depths,
            "seed": runs.seeds,
            "gaussian_value": runs.log_scores(final)[:, 0].exp().numpy(),
            "input_space_optimum": _rows(final),
            "transformed_space_optimum": _rows(runs.maps.forward(final)),
            "desired_x_optimum": _rows(runs.maps.inverse(target)),
            "desired_transformed_optimum": _rows(target[:, 0]),
            "best_scored": outcome.best.exp().numpy(),
        }
    )


def _rows(points: torch.Tensor) -> list[np.ndarray]:
    return list(points.numpy().copy())

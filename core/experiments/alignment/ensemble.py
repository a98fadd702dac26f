"""What the alignment experiment gives on the same networks, run again: an ensemble for each mean.

A published mean is that of ten runs on ten networks, which are known. So are the starting points
(`core.experiments.alignment.starts`), but at depth 0; the samples of CMA-ES are not. Two ensembles:
the published starts with other samples, and other starts with other samples. Adam from the
published starts has nothing random and is run once.

Only cells up to a product of dimension and depth are run again; beyond, both optimizers fail
wherever they start.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from core.experiments.alignment.realnvp import RealNVPs
from core.experiments.alignment.runs import (
    DEPTHS,
    DIMENSIONS,
    OPTIMIZERS,
    SEEDS,
    Outcome,
    Runs,
    make_runs,
)
from core.experiments.alignment.starts import published_start
from core.progress import progress

N_REPLICATES = 8
"""Runs of each network; four times as many up to `SMALL` dimensions, where they cost little."""

SMALL = 4

HARDEST = {"Adam": 1024, "CMAES": 256}
"""Largest product of dimension and depth at which an optimizer is run again."""

STARTS = ("published", "other")
COLUMNS = ("optimizer", "dimension", "stack_size", "seed", "starts", "replicate", "gaussian_value")


@dataclass(frozen=True)
class Repeated:
    """Maps of n networks, each taking the points of k runs that follow one another."""

    maps: RealNVPs
    k: int

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Points ``(n * k, m, d)`` in output space."""
        n, m, d = x.shape
        return self.maps.forward(x.reshape(n // self.k, self.k * m, d)).reshape(n, m, d)


def n_replicates(dimension: int) -> int:
    """Runs of each network of a dimension.

    Examples
    --------
    >>> n_replicates(2), n_replicates(64)
    (32, 8)
    """
    return N_REPLICATES * (4 if dimension <= SMALL else 1)


def ensemble_table(
    dimensions: Sequence[int] = DIMENSIONS,
    depths: Sequence[int] = DEPTHS,
    seeds: Sequence[int] = SEEDS,
) -> pd.DataFrame:
    """Score of every run of both ensembles.

    Parameters
    ----------
    dimensions, depths, seeds
        The grid; cells that are too hard (see `HARDEST`) are left out.

    Returns
    -------
    DataFrame with the columns ``optimizer``, ``dimension``, ``stack_size`` (depth), ``seed``,
    ``starts`` ("published", from depth 2 on, or "other"), ``replicate`` from 0, and
    ``gaussian_value``. Runs of "other" with the same dimension, seed and replicate start alike
    at all depths and with both optimizers, as the original's did.
    """
    parts = []
    for dimension in progress(dimensions, len(dimensions), "alignment, ensemble"):
        for optimizer, hardest in HARDEST.items():
            feasible = [depth for depth in depths if dimension * depth <= hardest]
            runs = make_runs(dimension, feasible, seeds)
            parts += [_scores(optimizer, runs, starts) for starts in STARTS]
    table = pd.concat(parts)
    known = (table["starts"] == "published") & (table["stack_size"] == 0)
    return table[~known].sort_values(list(COLUMNS[:-1]), ignore_index=True)


def _scores(optimizer: str, runs: Runs, starts: str) -> pd.DataFrame:
    exact = starts == "published" and optimizer == "Adam"
    k = 1 if exact else n_replicates(runs.dimension)
    again = repeated(runs, starts, k)
    value = final_scores(again, OPTIMIZERS[optimizer](again))
    table = pd.DataFrame({"optimizer": optimizer, "dimension": runs.dimension}, range(len(value)))
    return table.assign(
        stack_size=again.depths,
        seed=np.repeat(runs.seeds, k),
        starts=starts,
        replicate=np.tile(range(k), len(runs.seeds)),
        gaussian_value=value,
    )


def repeated(runs: Runs, starts: str, k: int) -> Runs:
    """The same networks k times, with samples of their own for each run.

    Parameters
    ----------
    runs
        Networks.
    starts
        "published" or "other" starting points.
    k
        Runs of each network; those of a network follow one another.

    Examples
    --------
    >>> again = repeated(make_runs(2, depths=[0, 2], seeds=[40]), "other", 3)
    >>> again.depths, bool((again.start[:3] == again.start[3:]).all())
    ((2, 2, 2, 0, 0, 0), True)
    """
    keys = [
        (depth, seed, r)
        for depth, seed in zip(runs.depths, runs.seeds, strict=True)
        for r in range(k)
    ]
    start = [_start(runs.dimension, seed, r, starts) for _, seed, r in keys]
    samples = [_number(2 + STARTS.index(starts), *key) for key in keys]
    return replace(
        runs,
        depths=tuple(depth for depth, _, _ in keys),
        seeds=tuple(samples),
        maps=Repeated(runs.maps, k),
        start=torch.from_numpy(np.stack(start)),
    )


def final_scores(runs: Runs, outcome: Outcome) -> np.ndarray:
    """``exp(L)`` where each run ended.

    Parameters
    ----------
    runs
        The runs.
    outcome
        Where they ended.
    """
    with torch.no_grad():
        return runs.log_scores(outcome.final[:, None])[:, 0].exp().numpy()


def _start(dimension: int, seed: int, replicate: int, starts: str) -> np.ndarray:
    if starts == "published":
        return published_start(dimension, seed)
    return np.random.default_rng([dimension, seed, replicate]).standard_normal(dimension)


def _number(*key: int) -> int:
    """A seed below 2**62 for a key of small numbers."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(2))

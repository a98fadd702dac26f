"""What the alignment experiment gives on the same networks, run again: an ensemble for each mean.

A published mean is that of ten runs on ten networks, which are known. So are the starting points
(`core.experiments.alignment.starts`), but at depth 0; the samples of CMA-ES are not. Two ensembles:
the published starts with other samples, and other starts with other samples. Adam from the
published starts has nothing random and is run once.

Only cells up to a product of dimension and depth are run again. Beyond, both optimizers fail from
any start: no mean over ten networks is above 0.03, and none that is published above 1e-3.
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

HARDEST = {"Adam": 1024, "CMAES": 256}
"""Largest product of dimension and depth at which an optimizer is run again."""

LARGEST = {"Adam": 256, "CMAES": 128}
"""Largest dimension at which an optimizer is run again."""

LARGE = 128
"""From this dimension on, where a run costs most, there are fewer."""

Origin = tuple[str, int]
"""Which starting points, "published" or "other", and number of the run on a network."""

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
    for dimension in progress(dimensions, len(dimensions), "alignment, more runs"):
        for optimizer, hardest in HARDEST.items():
            solvable = dimension <= LARGEST[optimizer]
            deep = [d for d in depths if solvable and 0 < dimension * d <= hardest]
            plain = [d for d in depths if solvable and d == 0]
            for chosen in filter(None, (plain, deep)):
                runs = make_runs(dimension, chosen, seeds)
                parts.append(_scores(optimizer, runs, _origins(optimizer, runs)))
    return pd.concat(parts).sort_values(list(COLUMNS[:-1]), ignore_index=True)


def n_replicates(dimension: int) -> int:
    """Runs on each network from either starting points, where anything is random.

    Examples
    --------
    >>> n_replicates(2), n_replicates(256)
    (6, 4)
    """
    return 4 if dimension >= LARGE else 6


def _origins(optimizer: str, runs: Runs) -> list[Origin]:
    k = n_replicates(runs.dimension)
    other = [("other", i) for i in range(k)]
    if max(runs.depths) == 0:
        return other
    return [("published", i) for i in range(1 if optimizer == "Adam" else k)] + other


def _scores(optimizer: str, runs: Runs, origins: Sequence[Origin]) -> pd.DataFrame:
    again = repeated(runs, origins)
    value = final_scores(again, OPTIMIZERS[optimizer](again))
    starts, replicates = zip(*origins, strict=True)
    n = len(runs.seeds)
    return pd.DataFrame(
        {
            "optimizer": optimizer,
            "dimension": runs.dimension,
            "stack_size": again.depths,
            "seed": np.repeat(runs.seeds, len(origins)),
            "starts": starts * n,
            "replicate": replicates * n,
            "gaussian_value": value,
        }
    )


def repeated(runs: Runs, origins: Sequence[Origin]) -> Runs:
    """Several runs on each network, with samples of their own for each run.

    Parameters
    ----------
    runs
        Networks.
    origins
        What each run on a network starts from; those of a network follow one another.

    Examples
    --------
    >>> again = repeated(make_runs(2, depths=[0, 2], seeds=[40]), [("other", i) for i in range(3)])
    >>> again.depths, bool((again.start[:3] == again.start[3:]).all())
    ((2, 2, 2, 0, 0, 0), True)
    """
    keys = [
        (depth, seed, origin)
        for depth, seed in zip(runs.depths, runs.seeds, strict=True)
        for origin in origins
    ]
    start = [_start(runs.dimension, seed, *origin) for _, seed, origin in keys]
    # runs are told apart by their seeds, from which the samples of CMA-ES are drawn
    seeds = [_number(starts == "other", depth, seed, i) for depth, seed, (starts, i) in keys]
    return replace(
        runs,
        depths=tuple(depth for depth, _, _ in keys),
        seeds=tuple(seeds),
        maps=Repeated(runs.maps, len(origins)),
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


def _start(dimension: int, seed: int, starts: str, replicate: int) -> np.ndarray:
    if starts == "published":
        return published_start(dimension, seed)
    return np.random.default_rng([dimension, seed, replicate]).standard_normal(dimension)


def _number(*key: int) -> int:
    """A seed below 2**62 for a key of small numbers."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(2))

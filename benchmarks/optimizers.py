"""CholeskyCMAES against its dense form and against the packages cma and cmaes.

``python -m benchmarks.optimizers``. Everything runs with one BLAS thread, and times are those of
the processor, so that other work on the machine matters little. The dense peer keeps A
and its inverse as arrays, as the published class does; it and the factored form take turns,
generation by generation, on the same draws. Memory is the peak of a process that runs one of them,
above that of a process that only imports.

Quality is the objective at the final mean, divided by that at the start, after 75 generations: 0 is
the optimum, above 1 is worse than at the start. Objectives are squared distances to an optimum that
lies 3 off in every coordinate, along axes of one scale (sphere) or of scales from 1 to 10, turned
(ellipsoid; 256 dimensions).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import mean, median

import numpy as np

from benchmarks.measure import cost_of
from core.arguments import CommandParser
from core.optimizers.cholesky import CholeskyCMAES
from core.optimizers.external import CmaesOptimizer, PycmaOptimizer
from core.optimizers.protocol import Optimizer
from core.optimizers.sphere import SphereCMA

N, LAMBDA, N_GENERATIONS, UPDATE_FREQ = 4096, 40, 75, 10
"""Dimension, population, generations of a run, and generations between updates of A."""

N_SEEDS = 5
"""Runs of one peer on one objective."""

OFFSET = 3.0
"""Distance of the optimum from the start in every coordinate; 192 in all at N = 4096."""

Objective = Callable[[np.ndarray], np.ndarray]
"""A function of codes (n, n_dims) that gives the value of each, (n,); small is good."""


class Dense:
    """Rank-one Cholesky updates on (N, N) arrays."""

    def __init__(self, seed: int, c1: float | None = None):
        overrides = None if c1 is None else {"c1": c1}
        self.like = CholeskyCMAES(N, LAMBDA, Aupdate_freq=UPDATE_FREQ, optim_params=overrides)
        self.rng = np.random.default_rng(seed)
        self.mean = np.zeros(N)
        self.ps, self.pc, self.sigma = np.zeros(N), np.zeros(N), self.like.sigma
        self.a, self.inverse = np.eye(N), np.eye(N)
        self.calls = self.last_update = 0

    def step(self, scores: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """One generation.

        Parameters
        ----------
        scores : (n,)
            Scores of `codes`; large is good.
        codes : (n, N)
            Codes of this generation.

        Returns
        -------
        (LAMBDA, N)
            Codes of the next.
        """
        c = self.like
        best = np.argsort(-scores, kind="stable")[: c.mu]
        if self.calls > 0:
            self.mean = c.weights @ codes[best]
            z = c.weights @ self.z[best]
            self.ps = (1 - c.cs) * self.ps + np.sqrt(c.cs * (2 - c.cs) * c.mueff) * z
            self.pc = (1 - c.cc) * self.pc + np.sqrt(c.cc * (2 - c.cc) * c.mueff) * (z @ self.a)
            self.sigma *= np.exp(c.cs / c.damps * (np.linalg.norm(self.ps) / c.chiN - 1))
            if (self.calls - self.last_update) * c.lambda_ > c.update_crit:
                self.last_update = self.calls
                self._update(c.c1)
        self.calls += 1
        self.z = self.rng.standard_normal((c.lambda_, N))
        return self.mean + self.sigma * self.z @ self.a

    def _update(self, c1: float) -> None:
        """Rank-one update of A and of its inverse."""
        v = self.pc @ self.inverse
        h = v @ v
        s, shrink = np.sqrt(1 + h * c1 / (1 - c1)), np.sqrt(1 - c1)
        self.a = shrink * (self.a + (s - 1) / h * np.outer(v, self.pc))
        column = self.inverse @ v
        self.inverse = (self.inverse - (1 - 1 / s) / h * np.outer(column, v)) / shrink


def factored(seed: int, c1: float | None = None) -> CholeskyCMAES:
    """The project's optimizer, set as `Dense`.

    Parameters
    ----------
    seed
        Seed of the samples.
    c1
        Learning rate of the covariance; by default the published one.

    Returns
    -------
    CholeskyCMAES
    """
    return CholeskyCMAES(
        N,
        LAMBDA,
        init_code=np.zeros(N),
        Aupdate_freq=UPDATE_FREQ,
        random_seed=seed,
        optim_params=None if c1 is None else {"c1": c1},
    )


@dataclass(frozen=True)
class Race:
    """Seconds of every generation, dense, factored, and for the samples that both draw.

    `difference` is the largest one between their codes, relative to the largest value.
    """

    dense: list[float]
    factored: list[float]
    drawing: list[float]
    difference: float


def dense_and_factored(c1: float | None = None) -> Race:
    """Both forms in turns, on the same draws."""
    sphere, rng = _sphere(N), np.random.default_rng(0)
    optimizers = (Dense(0, c1), factored(0, c1))
    populations = [np.zeros((1, N))] * 2
    seconds: tuple[list[float], ...] = ([], [], [])
    difference = 0.0
    for _ in range(N_GENERATIONS):
        for i, optimizer in enumerate(optimizers):
            scores = -sphere(populations[i])
            start = time.process_time()
            populations[i] = optimizer.step(scores, populations[i])
            seconds[i].append(time.process_time() - start)
        start = time.process_time()
        rng.standard_normal((LAMBDA, N))
        seconds[2].append(time.process_time() - start)
        gap = np.abs(populations[0] - populations[1]).max() / np.abs(populations[0]).max()
        difference = max(difference, float(gap))
    return Race(*seconds, difference)


def run_alone(name: str) -> None:
    """One optimizer by itself, for its memory."""
    optimizer = Dense(0) if name == "dense" else factored(0)
    sphere, codes = _sphere(N), np.zeros((1, N))
    for _ in range(N_GENERATIONS):
        codes = optimizer.step(-sphere(codes), codes)


def memory() -> dict[str, float]:
    """Peak megabytes above those of the imports, by form."""
    run = "from benchmarks.optimizers import run_alone\nstart()\n"
    imports = cost_of(run).megabytes
    return {
        name: cost_of(f"{run}run_alone('{name}')").megabytes - imports
        for name in ("dense", "factored")
    }


@dataclass(frozen=True)
class Peer:
    """An optimizer to compare: how it is made from n, sigma and a seed, and where its mean is."""

    make: Callable[[int, float, int], Optimizer]
    mean: Callable[[Optimizer], np.ndarray]
    up_to: int = N
    seeds_of_large: int = N_SEEDS


def _engine_mean(optimizer: Optimizer) -> np.ndarray:
    """Mean that a peer's own library holds."""
    return optimizer._engine.mean


PEERS = {
    "CholeskyCMAES": Peer(
        lambda n, sigma, seed: CholeskyCMAES(n, LAMBDA, sigma, np.zeros(n), 10, random_seed=seed),
        lambda optimizer: optimizer.xmean,
    ),
    "CholeskyCMAES, every generation": Peer(
        lambda n, sigma, seed: CholeskyCMAES(n, LAMBDA, sigma, np.zeros(n), 0, random_seed=seed),
        lambda optimizer: optimizer.xmean,
    ),
    "SphereCMA, radius of the optimum": Peer(
        lambda n, sigma, seed: SphereCMA(
            n, LAMBDA, sphere_norm=OFFSET * np.sqrt(n), random_seed=seed
        ),
        lambda optimizer: optimizer.xnew,
    ),
    "pycma": Peer(
        lambda n, sigma, seed: PycmaOptimizer(n, LAMBDA, sigma, random_seed=seed),
        _engine_mean,
        seeds_of_large=1,
    ),
    "pycma, diagonal": Peer(
        lambda n, sigma, seed: PycmaOptimizer(n, LAMBDA, sigma, random_seed=seed, diagonal=True),
        _engine_mean,
    ),
    "cmaes, SepCMA": Peer(
        lambda n, sigma, seed: CmaesOptimizer(n, LAMBDA, sigma, random_seed=seed), _engine_mean
    ),
    "cmaes, CMA": Peer(
        lambda n, sigma, seed: CmaesOptimizer(n, LAMBDA, sigma, random_seed=seed, separable=False),
        _engine_mean,
        up_to=256,
    ),
}
"""At N = 4096 the full CMA of cmaes is left out, since it decomposes the covariance in every
generation, and pycma's, which does so in some, runs once."""


@dataclass(frozen=True)
class Trial:
    """What one optimizer reached: median and SD over seeds, their number, and mean time a call."""

    quality: float
    spread: float
    n_seeds: int
    milliseconds: float


def compare(
    objective: Objective, n: int, sigma: float, names: Sequence[str] = tuple(PEERS)
) -> dict[str, Trial]:
    """Peers on one objective at equal budgets.

    Parameters
    ----------
    objective
        What is made small.
    n
        Dimension.
    sigma
        First step size, in the unit of the codes.
    names
        Which peers.

    Returns
    -------
    Trial of each peer that takes part at this dimension, by name
    """
    trials = {}
    at_start = objective(np.zeros((1, n)))[0]
    for name in names:
        peer = PEERS[name]
        if n > peer.up_to:
            continue
        qualities, seconds = [], []
        for seed in range(peer.seeds_of_large if n == N else N_SEEDS):
            optimizer = peer.make(n, sigma, seed + 1)
            codes = optimizer.get_init_pop()
            for _ in range(N_GENERATIONS + (len(codes) == 1)):
                scores = -objective(codes)
                start = time.process_time()
                codes = optimizer.step(scores, codes)
                seconds.append(time.process_time() - start)
            qualities.append(objective(peer.mean(optimizer)[None])[0] / at_start)
        spread = float(np.std(qualities, ddof=1)) if len(qualities) > 1 else float("nan")
        trials[name] = Trial(median(qualities), spread, len(qualities), 1000 * mean(seconds))
    return trials


def _sphere(n: int) -> Objective:
    """Squared distance to the optimum."""
    return lambda codes: np.square(codes - OFFSET).sum(axis=1)


def _ellipsoid(n: int) -> Objective:
    """Squared distance to the optimum along turned axes of scales from 1 to 10."""
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((n, n)))[0]
    scales = np.geomspace(1, 10, n)
    return lambda codes: np.square((codes - OFFSET) @ turn * scales).sum(axis=1)


WITHOUT_SLOW = tuple(name for name in PEERS if name != "pycma")
"""Names of the peers without the slowest."""

SETTINGS = (
    ("sphere", _sphere, 4096, 0.5, tuple(PEERS)),
    ("sphere", _sphere, 4096, 1.0, WITHOUT_SLOW),
    ("sphere", _sphere, 4096, 2.0, WITHOUT_SLOW),
    ("sphere", _sphere, 256, 0.5, tuple(PEERS)),
    ("sphere", _sphere, 256, 2.0, tuple(PEERS)),
    ("ellipsoid", _ellipsoid, 256, 2.0, tuple(PEERS)),
)
"""Name of an objective, its maker, dimension, first sigma, and the peers that take part."""


def speed() -> Iterator[str]:
    """Lines on memory and time, dense against factored."""
    from threadpoolctl import threadpool_limits

    megabytes = memory()
    yield (
        f"memory above import: dense {megabytes['dense']:.0f} MB, factored "
        f"{megabytes['factored']:.1f} MB, {megabytes['factored'] / megabytes['dense']:.1%}"
    )
    with threadpool_limits(1):
        race, fast = dense_and_factored(), dense_and_factored(c1=1e-4)
    dense, ours, drawing = sum(race.dense), sum(race.factored), sum(race.drawing)
    yield (
        f"CholeskyCMAES, N = {N}, population {LAMBDA}, {N_GENERATIONS} generations: dense "
        f"{dense:.2f} s, factored {ours:.3f} s, {dense / ours:.0f}x faster; median generation "
        f"{1000 * median(race.dense):.1f} and {1000 * median(race.factored):.2f} ms, slowest "
        f"{1000 * max(race.dense):.0f} and {1000 * max(race.factored):.1f} ms"
    )
    yield (
        f"of either, {drawing:.3f} s draw the samples; without them "
        f"{(dense - drawing) / (ours - drawing):.0f}x faster"
    )
    yield (
        f"codes differ by {race.difference:.0e} of the largest, by {fast.difference:.0e} with "
        "a covariance that learns a thousand times faster (c1 = 1e-4)"
    )


def quality() -> Iterator[str]:
    """Tables of all peers, which take some minutes."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        for words, make, n, sigma, names in SETTINGS:
            yield f"{words}, N = {n}, sigma {sigma}: quality (SD, seeds), time a call"
            for name, trial in compare(make(n), n, sigma, names).items():
                yield (
                    f"  {name:34}{trial.quality:7.3f} ({trial.spread:.3f}, {trial.n_seeds}) "
                    f"{trial.milliseconds:8.2f} ms"
                )


if __name__ == "__main__":
    CommandParser(prog="python -m benchmarks.optimizers", description=__doc__).parse_args()
    for line in chain(speed(), quality()):
        print(line, flush=True)

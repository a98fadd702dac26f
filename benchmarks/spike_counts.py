"""Optimizers on spike counts of a simulated neuron: ours, cma, cmaes, LM-MA-ES and nevergrad.

``python -m benchmarks.spike_counts [--seeds 20] [--first 1000] [--peers]``. A neuron of 256 numbers
answers 3,000 images under seven conditions, one trial an image; what is printed is the share of its
highest rate that the reported code (the last mean) reaches without noise: median and least over the
seeds. ``--peers`` installs pypop7 (GPL) and nevergrad into a folder for the time of the run; they
are no requirement of this project. ``--units`` runs MirroredES and CholeskyCMAES on the units of
the optimizer benchmark's preset ``quick`` instead.
"""

import argparse
import json
import subprocess
import tempfile
import venv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

N, N_IMAGES = 256, 3000

WINDOW, BASELINE = 0.15, 0.045
"""Seconds that spikes are counted in."""

SIGMA = 0.2
"""Spread of the first codes, for every optimizer that starts at 0."""

NORM = 8
"""Of the best code; SphereCMA, which starts from random codes on a sphere, is told it."""

CONDITIONS = ("clean", "poisson", "sparse", "baseline", "missing", "drift", "outlier")

OURS = ("MirroredES", "CholeskyCMAES", "SphereCMA")

INSTALLED, OTHERS = ("cma", "cmaes"), ("LMMAES", "DiagonalCMA")
"""Peers that are requirements, and those that are not."""

PACKAGES = ("numpy", "pypop7==0.0.82", "nevergrad==1.0.12")

Answer = Callable[[np.ndarray], np.ndarray]
"""Scores (B,) of codes (B, N); NaN for a trial that is missing."""


class Neuron:
    """A rate of ``b + A exp(-d2 / 2)`` events/s, where d2 weighs rotated numbers by 1 / i^2.

    Parameters
    ----------
    seed
        Of rotation, best code (norm 8) and spikes.
    condition
        One of `CONDITIONS`: without noise; one count of spikes in 150 ms; the same at 20 and 0.2
        events/s; less a count of 45 ms; one of ten trials missing; a gain that falls to 35 % with a
        base rate that jumps every 40 images; one score of 400.
    """

    def __init__(self, seed: int, condition: str):
        drawn = np.random.default_rng([seed, 11])
        self.condition, self.rng = condition, np.random.default_rng([seed, 77])
        self.rotation = np.linalg.qr(drawn.standard_normal((N, N)))[0]
        best = drawn.standard_normal(N)
        self.best = NORM * best / np.linalg.norm(best)
        weights = 1 / np.arange(1.0, N + 1) ** 2
        # the code 0 gets a tenth of the peak
        at_zero = np.square(self.best @ self.rotation) @ weights
        self.weights = weights * 2 * np.log(10) / at_zero
        self.gain, self.base = (20, 0.2) if condition == "sparse" else (80, 4)
        self.bases = np.random.default_rng([seed, 5]).uniform(0, 2 * self.base + 8, 200)
        self.n_shown = 0

    def share(self, codes: np.ndarray) -> np.ndarray:
        """Share of the peak, (B,), without noise."""
        rotated = (codes - self.best) @ self.rotation
        return np.exp(-np.square(rotated) @ self.weights / 2)

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """Scores of codes (B, N), in events/s."""
        number = self.n_shown + np.arange(len(codes))
        self.n_shown += len(codes)
        gain, base = np.full(len(codes), float(self.gain)), np.full(len(codes), float(self.base))
        if self.condition == "drift":
            gain, base = gain * (1 - 0.65 * number / N_IMAGES), self.bases[number // 40]
        rate = base + gain * self.share(codes)
        if self.condition == "clean":
            return rate
        scores = self.rng.poisson(rate * WINDOW) / WINDOW
        if self.condition == "baseline":
            scores = scores - self.rng.poisson(base * BASELINE) / BASELINE
        if self.condition == "missing" and number[0] > 0:
            scores[self.rng.random(len(codes)) < 0.1] = np.nan
        if self.condition == "outlier":
            scores[number == 407] = 400
        return scores


def _ours(name: str, seed: int, neuron: Neuron) -> np.ndarray:
    from core import optimizers

    make = getattr(optimizers, name)
    if name == "SphereCMA":
        optimizer = make(N, sphere_norm=NORM, random_seed=seed)
    else:
        optimizer = make(N, None, SIGMA, np.zeros(N), random_seed=seed)
    codes = optimizer.get_init_pop()
    while neuron.n_shown < N_IMAGES:
        codes = optimizer.step(neuron(codes), codes)
    return optimizer.xnew if name == "SphereCMA" else optimizer.xmean


def _cma(name: str, seed: int, neuron: Neuron) -> np.ndarray:
    import cma

    strategy = cma.CMAEvolutionStrategy(np.zeros(N), SIGMA, {"seed": seed + 1, "verbose": -9})
    while neuron.n_shown < N_IMAGES:
        codes = strategy.ask()
        strategy.tell(codes, list(-neuron(np.array(codes))))
    return strategy.result.xfavorite


def _cmaes(name: str, seed: int, neuron: Neuron) -> np.ndarray:
    from cmaes import SepCMA

    strategy = SepCMA(np.zeros(N), SIGMA, seed=seed)
    while neuron.n_shown < N_IMAGES:
        codes = [strategy.ask() for _ in range(strategy.population_size)]
        strategy.tell(list(zip(codes, (-neuron(np.array(codes))).tolist(), strict=True)))
    return strategy._mean  # it has no public name


def _one_cost(neuron: Neuron) -> Callable[[np.ndarray], float]:
    """Cost of one code; a missing trial costs more than all others, which ranks it last."""
    return lambda code: float(np.nan_to_num(-neuron(np.asarray(code)[None])[0], nan=1e3))


def _nevergrad(name: str, seed: int, neuron: Neuron) -> np.ndarray:
    import nevergrad

    start = nevergrad.p.Array(init=np.zeros(N)).set_mutation(sigma=SIGMA)
    start.random_state.seed(seed)
    optimizer = nevergrad.optimizers.registry[name](start, budget=N_IMAGES)
    cost = _one_cost(neuron)
    while neuron.n_shown < N_IMAGES:
        asked = optimizer.ask()
        optimizer.tell(asked, cost(asked.value))
    return optimizer.recommend().value


def _pypop(name: str, seed: int, neuron: Neuron) -> np.ndarray:
    from pypop7.optimizers.es.lmmaes import LMMAES

    bound = np.full(N, 5.0)
    problem = {"fitness_function": _one_cost(neuron), "ndim_problem": N}
    settings = {"max_function_evaluations": N_IMAGES, "seed_rng": seed, "sigma": SIGMA}
    settings |= {"mean": np.zeros(N), "verbose": 0, "is_restart": False}
    box = {"lower_boundary": -bound, "upper_boundary": bound}
    return LMMAES(problem | box, settings).optimize()["mean"]


RUNS = dict.fromkeys(OURS, _ours) | {
    "cma": _cma,
    "cmaes": _cmaes,
    "DiagonalCMA": _nevergrad,
    "LMMAES": _pypop,
}
"""How each optimizer is run, by its name."""


def shares(name: str, seeds: range) -> dict[str, list[float]]:
    """Share of the peak at the reported code, by condition and seed.

    Parameters
    ----------
    name
        One of `RUNS`.
    seeds
        Of neuron and optimizer.
    """
    found: dict[str, list[float]] = {}
    for condition in CONDITIONS:
        for seed in seeds:
            neuron = Neuron(seed, condition)
            reported = np.asarray(RUNS[name](name, seed, neuron), dtype=float)
            found.setdefault(condition, []).append(float(neuron.share(reported[None])[0]))
    return found


def _in_a_folder(names: tuple[str, ...], seeds: range) -> Iterator[tuple[str, dict]]:
    """Shares of peers that are installed for the time of the run."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin/python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        for name in names:
            words = ["--worker", name, "--first", str(seeds.start), "--seeds", str(len(seeds))]
            command = [python, "-W", "ignore", "-m", "benchmarks.spike_counts", *words]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            yield name, json.loads(done.stdout.splitlines()[-1])


def line(name: str, found: dict[str, list[float]]) -> str:
    """Median and least share of each condition.

    Parameters
    ----------
    name
        Of the optimizer.
    found
        Shares by condition.

    Examples
    --------
    >>> line("a", {"clean": [0.5, 0.25, 1.0]})
    'a               0.50 (0.25)'
    """
    words = (f"{np.median(values):.2f} ({min(values):.2f})" for values in found.values())
    return f"{name:15} {'  '.join(words)}"


def on_units() -> str:
    """Medians over the 24 unit runs of the preset ``quick``, a line for each optimizer."""
    from core.experiments.optimizer_benchmark.designs import DESIGNS, unit_tasks
    from core.experiments.optimizer_benchmark.runs import unit_run

    scores = ("final_mean_clean", "best_clean")
    design = replace(DESIGNS["quick"], optimizers=OURS[:2])
    found = [(task["optimizer"], unit_run(**task)) for task in unit_tasks(design, seed=0).values()]
    lines = []
    for name in OURS[:2]:
        of_optimizer = [run for optimizer, run in found if optimizer == name]
        medians = {score: np.median([run[score] for run in of_optimizer]) for score in scores}
        words = ", ".join(f"{score} {median:.2f}" for score, median in medians.items())
        lines.append(f"{name:15} {len(of_optimizer)} runs, medians: {words}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Print a line for each optimizer."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.spike_counts", description=__doc__)
    made.add_argument("--seeds", type=int, default=20, help="how many (default: 20)")
    made.add_argument("--first", type=int, default=1000, help="the first (default: 1000)")
    made.add_argument("--peers", action="store_true", help="also LM-MA-ES and nevergrad's")
    made.add_argument("--units", action="store_true", help="units of a network in place of it")
    made.add_argument("--worker", help=argparse.SUPPRESS)
    options = made.parse_args(argv)
    seeds = range(options.first, options.first + options.seeds)
    if options.worker:
        print(json.dumps(shares(options.worker, seeds)))
        return
    if options.units:
        print(on_units())
        return
    print(f"{'':15} {'  '.join(f'{condition:11}' for condition in CONDITIONS)}")
    for name in (*OURS, *INSTALLED):
        print(line(name, shares(name, seeds)), flush=True)
    if options.peers:
        for name, found in _in_a_folder(OTHERS, seeds):
            print(line(name, found), flush=True)


if __name__ == "__main__":
    main()

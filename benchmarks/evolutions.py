"""Evolutions: what the optimizer costs of them, and many units at once against one after another.

``python -m benchmarks.evolutions``. The generator is DeePSim fc6, the network EfficientNet-Lite0;
random weights of the generator do not change its speed.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.experiments.evolution.loop import Evolution, Thread, evolve
from core.generators import DeePSim
from core.generators.protocol import Generator
from core.probing import Scorer
from core.probing.unit_responses import UnitResponses
from core.utils.Optimizers import CholeskyCMAES

LAYER = ".blocks.InvertedResidual10"
"""Layer of the units, named as the scorer names it."""

N_UNITS = 16
"""Units that evolve at once."""


class Timed(CholeskyCMAES):
    """CholeskyCMAES that counts the seconds of its steps."""

    seconds = 0.0

    def step(self, scores: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """One generation, timed.

        Parameters
        ----------
        scores : (n,)
            Scores of `codes`.
        codes : (n, n_dims)
            Codes of this generation.

        Returns
        -------
        (population, n_dims)
            Codes of the next.
        """
        start = time.perf_counter()
        following = super().step(scores, codes)
        self.seconds += time.perf_counter() - start
        return following


def run(
    units: Sequence[int], generator: Generator, scorer: Scorer, population: int, n_blocks: int
) -> tuple[float, float]:
    """Seconds of the evolutions of some units at once, and of their optimizers.

    Parameters
    ----------
    units
        Channels of `LAYER`.
    generator
        Image generator of all of them.
    scorer
        Scorer of their network.
    population
        Codes of a generation.
    n_blocks
        Blocks of each evolution.

    Returns
    -------
    Seconds of all, and of the optimizers' part in them
    """
    respond = UnitResponses(scorer, [(LAYER, unit, 7, 7) for unit in units])
    zero = np.zeros(generator.latent_dim)
    optimizers = [Timed(len(zero), population, 3.0, zero, random_seed=unit) for unit in units]
    with tempfile.TemporaryDirectory() as folder:
        evolutions = [
            Evolution(Path(folder) / f"{unit}.h5", str(unit), [Thread("fc6", generator, optimizer)])
            for unit, optimizer in zip(units, optimizers, strict=True)
        ]
        start = time.perf_counter()
        evolve(evolutions, respond, n_blocks)
        seconds = time.perf_counter() - start
    return seconds, sum(optimizer.seconds for optimizer in optimizers)


def report(device: str | None = None) -> list[str]:
    """One line on the optimizer's share, one on many units."""
    generator = DeePSim("fc6", pretrained=False, device=device)
    scorer = Scorer("efficientnet_lite0", device=device)
    run([0], generator, scorer, 8, 2)
    total, optimizer = run([0], generator, scorer, 40, 5)
    together, _ = run(range(N_UNITS), generator, scorer, 8, 3)
    apart = sum(run([unit], generator, scorer, 8, 3)[0] for unit in range(N_UNITS))
    return [
        f"one unit, population 40: {total / 5:.2f} s a block, {optimizer / total:.1%} of it in the "
        "optimizer",
        f"{N_UNITS} units, population 8: one after another {apart:.1f} s, at once "
        f"{together:.1f} s, {apart / together:.1f} times faster",
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evolutions", description=__doc__)
    parser.add_argument("--device", help="default: a GPU where there is one")
    for line in report(parser.parse_args().device):
        print(line)

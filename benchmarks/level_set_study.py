"""The in-silico study of level sets, quick form: time of a unit, and of rendering and scoring.

``python -m benchmarks.level_set_study`` runs one unit of each layer in this process and prints
what 500 units would take on as many processes as there are cores.
"""

import argparse
import os
import time

from core.level_sets import study
from core.level_sets.__main__ import QUICK

N_FULL = 500
"""Units of the whole study, for extrapolation."""


class Clock:
    """Wall time that is spent in functions."""

    def __init__(self):
        self.seconds = 0.0

    def watch(self, owner: object, name: str) -> None:
        """Count the time of a method of an object."""
        work = getattr(owner, name)

        def timed(*arguments: object, **options: object) -> object:
            start = time.perf_counter()
            try:
                return work(*arguments, **options)
            finally:
                self.seconds += time.perf_counter() - start

        setattr(owner, name, timed)


def report() -> str:
    """What was measured, in a line."""
    import torch

    torch.set_num_threads(1)  # as a worker does
    settings = {
        **{name: QUICK[name] for name in ("network", "generator", "pixels", "step")},
        **{"n_generations": QUICK["generations"], "seed": 0, "device": "cpu"},
    }
    layers = study.LAYERS[QUICK["network"]]
    study.unit_map(layer=layers[0], channel=1, **settings | {"n_generations": 2})
    inside = Clock()
    inside.watch(study._generator(QUICK["generator"], "cpu"), "images")
    inside.watch(study._scorer(QUICK["network"], QUICK["pixels"], "cpu"), "responses")
    start = time.perf_counter()
    for layer in layers:
        study.unit_map(layer=layer, channel=0, **settings)
    each = (time.perf_counter() - start) / len(layers)
    cores = os.cpu_count() or 1
    share = inside.seconds / len(layers) / each
    minutes = each * N_FULL / cores / 60
    return (
        f"{each:.1f} s a unit on one core, {share:.0%} of it rendering and scoring; {N_FULL} units "
        f"on {cores} cores: {minutes:.0f} min"
    )


if __name__ == "__main__":
    argparse.ArgumentParser(
        "python -m benchmarks.level_set_study", description=__doc__
    ).parse_args()
    print(report())

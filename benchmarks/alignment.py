"""The alignment experiment with all depths and seeds of a dimension held together, and run by run.

One run in ten (the first seed, every depth) is done by itself, and its time counted ten times.
"""

import time

from core.arguments import CommandParser
from core.experiments.alignment.runs import DEPTHS, DIMENSIONS, OPTIMIZERS, SEEDS, make_runs

SMALL = 64
"""Largest dimension of the second ratio."""


def compare() -> dict[int, tuple[float, float]]:
    """Seconds of both optimizers by dimension: run by run, and together."""
    seconds = {}
    for dimension in DIMENSIONS:
        alone = sum(_cost(dimension, (depth,), SEEDS[:1]) for depth in DEPTHS)
        seconds[dimension] = (alone * len(SEEDS), _cost(dimension, DEPTHS, SEEDS))
    return seconds


def _cost(dimension: int, depths: tuple[int, ...], seeds: tuple[int, ...]) -> float:
    """Seconds of both optimizers on all runs of some depths and seeds."""
    start = time.perf_counter()
    runs = make_runs(dimension, depths, seeds)
    for optimize in OPTIMIZERS.values():
        optimize(runs)
    return time.perf_counter() - start


def report() -> list[str]:
    """One line for each dimension, and one for all."""
    seconds = compare()
    lines = [
        f"alignment, d = {dimension}: run by run {alone:.1f} s, together {together:.1f} s, "
        f"{alone / together:.1f} times faster"
        for dimension, (alone, together) in seconds.items()
    ]
    for words, chosen in (
        ("all dimensions", seconds),
        (f"dimensions to {SMALL}", {d: s for d, s in seconds.items() if d <= SMALL}),
    ):
        alone, together = (sum(column) for column in zip(*chosen.values(), strict=True))
        lines.append(
            f"alignment, {words}: run by run {alone:.0f} s, together {together:.0f} s, "
            f"{alone / together:.1f} times faster"
        )
    return lines


if __name__ == "__main__":
    CommandParser(prog="python -m benchmarks.alignment", description=__doc__).parse_args()
    for line in report():
        print(line)

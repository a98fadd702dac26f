"""``python -m core.experiments.optimizer_benchmark``: optimizers beside each other.

Runs optimizers for units of networks, with noise and in repetition, and on scores that are nothing
but noise, on workers of this machine or of a cluster. Writes every run as Parquet, prints tables
beside what is published, and draws figures. What is there already is not run again.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from core.arguments import CommandParser, add_cluster_options, count, folder, seed
from core.errors import run

PRESETS = ("quick", "published", "nevergrad")


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "python -m core.experiments.optimizer_benchmark --optimizer Genetic --repeats 1",
        prog="python -m core.experiments.optimizer_benchmark",
        description=__doc__,
    )
    made.add_argument(
        "--preset",
        choices=PRESETS,
        default="quick",
        help="quick: units of EfficientNet-Lite0 and a small generator, minutes (the default); "
        "published: the full design of Wang & Ponce 2022, 6300 runs of AlexNet with DeePSim; "
        "nevergrad: their methods of nevergrad, 18000 runs",
    )
    made.add_argument(
        "--optimizer",
        action="append",
        metavar="NAME",
        help="only this one; may be repeated (default: all)",
    )
    made.add_argument("--repeats", type=count, help="repetitions, in place of the preset's")
    made.add_argument(
        "--out", type=folder, default=Path("optimizer_benchmark"), help="folder of all results"
    )
    made.add_argument("--seed", type=seed, default=0, help="of all that is random")
    made.add_argument("--device", help="default: a GPU where there is one")
    add_cluster_options(made)
    return made


def main(argv: list[str] | None = None) -> int:
    """Run, print, draw, and say where it is."""
    options = parser().parse_args(argv)

    from core.experiments.optimizer_benchmark.benchmark_run import benchmark

    benchmark(options, partial(print, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

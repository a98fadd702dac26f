"""``python -m core.experiments.optimizer_benchmark``: optimizers beside each other.

Runs optimizers for units of networks, with noise and in repetition, and on scores that are nothing
but noise, on workers of this machine or of a cluster. Writes every run as Parquet, prints tables
beside what is published, and draws figures. What is there already is not run again.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.arguments import count, folder, seed
from core.errors import RunError, SettingError, run

if TYPE_CHECKING:
    from core.experiments.optimizer_benchmark.designs import Design

PRESETS = ("quick", "published", "nevergrad")


def parser() -> argparse.ArgumentParser:
    """Of the command line; standard library only."""
    made = argparse.ArgumentParser(
        prog="python -m core.experiments.optimizer_benchmark", description=__doc__
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
        "--optimizer", action="append", metavar="NAME", help="only this one; may be repeated"
    )
    made.add_argument("--repeats", type=count, help="repetitions, in place of the preset's")
    made.add_argument("--out", type=folder, default=Path("optimizer_benchmark"))
    made.add_argument("--seed", type=seed, default=0)
    made.add_argument("--device", help="default: a GPU where there is one")
    made.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a running Dask cluster, as in tcp://node7:8786 (default: one of this machine)",
    )
    made.add_argument(
        "--workers",
        type=count,
        help="processes of the cluster of this machine (default: one a core; with a GPU, one)",
    )
    made.add_argument(
        "--memory", default="4GB", help="what each of them may use at most (default: 4GB)"
    )
    return made


def main(argv: list[str] | None = None) -> int:
    """Run, print, draw, and say where it is."""
    options = parser().parse_args(argv)

    from core.experiments.optimizer_benchmark.designs import noise_tasks, unit_tasks
    from core.experiments.optimizer_benchmark.report import report
    from core.experiments.optimizer_benchmark.runs import noise_driven_run, unit_run
    from core.files import writable_folder
    from core.sweep import described, finished, sweep, workers

    design = _design(options)
    out = writable_folder(options.out)
    sweeps = [
        ("units", unit_run, unit_tasks(design, options.seed, options.device)),
        ("noise_driven", noise_driven_run, noise_tasks(design, options.seed)),
    ]
    failures = []
    n_workers = _n_workers(options)
    with workers(options.scheduler, n_workers, options.memory) as client:
        print(f"{sum(len(tasks) for *_, tasks in sweeps)} runs on {described(client)}", flush=True)
        for name, function, tasks in sweeps:
            try:
                sweep(function, tasks, out / name, client)
            except RunError as error:
                failures.append(str(error))
    units, noise_driven = (finished(tasks, out / name) for name, _, tasks in sweeps)
    words, paths = report(options.preset, design, units, noise_driven, out)
    print(*filter(None, [words]), *paths, sep="\n")
    if failures:
        raise RunError(" ".join(failures))
    return 0


def _n_workers(options: argparse.Namespace) -> int:
    """Of a cluster of this machine."""
    from core.computing.devices import choose_device

    if options.scheduler is not None:
        return 0
    device = choose_device(options.device)
    if options.workers is not None:
        return options.workers
    return os.cpu_count() if device.type == "cpu" else 1


def _design(options: argparse.Namespace) -> "Design":
    """The preset, with what is chosen of it."""
    from dataclasses import replace

    from core.experiments.optimizer_benchmark.designs import DESIGNS

    design = DESIGNS[options.preset]
    if options.repeats is not None:
        design = replace(design, n_repeats=options.repeats)
    if options.optimizer is None:
        return design
    known = tuple(dict.fromkeys((*design.optimizers, *(design.noise_driven or {}))))
    for name in options.optimizer:
        if name not in known:
            raise SettingError(
                path="--optimizer", expected=f"one of {', '.join(known)}", found=f"{name!r}"
            )
    noise_driven = {
        name: n for name, n in (design.noise_driven or {}).items() if name in options.optimizer
    }
    chosen = [name for name in design.optimizers if name in options.optimizer]
    return replace(design, optimizers=chosen, noise_driven=noise_driven)


if __name__ == "__main__":
    sys.exit(run(main))

"""The work of ``python -m core.experiments.optimizer_benchmark``: sweeps, then the report."""

import argparse
from collections.abc import Callable
from dataclasses import replace

from core.computing.devices import choose_device
from core.errors import RunError, SettingError
from core.experiments.optimizer_benchmark.designs import DESIGNS, Design, noise_tasks, unit_tasks
from core.experiments.optimizer_benchmark.report import report
from core.experiments.optimizer_benchmark.runs import noise_driven_run, unit_run
from core.files import writable_folder
from core.sweep import described, finished, sweep, worker_count, workers


def benchmark(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Run a preset, say its tables beside what is published, and draw its figures.

    Parameters
    ----------
    options
        As the parser of the command gives them.
    say
        Takes a line, or several, for the user.

    Raises
    ------
    SettingError
        If an option cannot be used.
    RunError
        If runs failed, once all others are done and reported.
    """
    design = _design(options)
    out = writable_folder(options.out)
    sweeps = [
        ("units", unit_run, unit_tasks(design, options.seed, options.device)),
        ("noise_driven", noise_driven_run, noise_tasks(design, options.seed)),
    ]
    failures = []
    n_workers = worker_count(options, choose_device(options.device).type)
    with workers(options.scheduler, n_workers, options.memory) as client:
        say(f"{sum(len(tasks) for *_, tasks in sweeps)} runs on {described(client)}")
        for name, function, tasks in sweeps:
            try:
                sweep(function, tasks, out / name, client)
            except RunError as error:
                failures.append(str(error))
    units, noise_driven = (finished(tasks, out / name) for name, _, tasks in sweeps)
    words, paths = report(options.preset, design, units, noise_driven, out)
    say("\n".join([*filter(None, [words]), *map(str, paths)]))
    if failures:
        raise RunError(" ".join(failures))


def _design(options: argparse.Namespace) -> Design:
    """The preset, with what is chosen of it."""
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

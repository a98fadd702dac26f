"""Sweeps: 64 short evolutions on two Dask workers against one process that runs them in turn.

``python -m benchmarks.sweeps``. The workers are up and warm, and have one thread each, as the
process has; the sweep also writes its 64 results.
"""

import argparse
import tempfile
import time
from pathlib import Path
from unittest import mock

from core.environment import environment
from core.experiments.optimizer_benchmark.designs import DESIGNS, unit_tasks
from core.experiments.optimizer_benchmark.runs import unit_run
from core.parallel import ordered_map
from core.sweep import ENVIRONMENT, sweep, workers

N_EVOLUTIONS, N_GENERATIONS = 64, 10
"""Evolutions that are timed, and their length."""

OPTIMIZER = "CholeskyCMAES"
"""Optimizer of all of them."""

KEEPING = {name: value for name, value in ENVIRONMENT.items() if name.startswith("MALLOC")}
"""Settings of malloc that the workers are given."""

DASKS_OWN = {"MALLOC_TRIM_THRESHOLD_": "65536"}
"""Setting of malloc that Dask's nanny would have made."""


def tasks(seed: int, n: int) -> dict[str, dict]:
    """Short evolutions for the units of the quick preset.

    Parameters
    ----------
    seed
        Seed of all of them.
    n
        How many.

    Returns
    -------
    Arguments of `unit_run`, by name of the task
    """
    every = unit_tasks(DESIGNS["quick"], seed, "cpu")
    kinds = [task for task in every.values() if task["optimizer"] == OPTIMIZER]
    return {
        f"evolution {i}": kinds[i % len(kinds)] | {"repeat": i, "n_generations": N_GENERATIONS}
        for i in range(n)
    }


def in_turn(chosen: list[dict]) -> float:
    """Seconds of evolutions one after another in this process, after one that warms up."""
    unit_run(**chosen[0])
    start = time.perf_counter()
    for task in chosen:
        unit_run(**task)
    return time.perf_counter() - start


def in_a_process(variables: dict[str, str]) -> float:
    """Seconds of `in_turn` in a process of one thread, with some variables in its environment."""
    with environment(variables):
        (seconds,) = ordered_map(in_turn, [list(tasks(0, N_EVOLUTIONS).values())], 1)
    return seconds


def on_workers(n_workers: int) -> float:
    """Seconds of a sweep, after one that warms up."""
    with (
        tempfile.TemporaryDirectory() as folder,
        workers(n_workers=n_workers, memory="2GB") as client,
    ):
        client.wait_for_workers(n_workers)
        sweep(unit_run, tasks(1, 4 * n_workers), Path(folder) / "warm", client)
        start = time.perf_counter()
        sweep(unit_run, tasks(0, N_EVOLUTIONS), Path(folder) / "timed", client)
        return time.perf_counter() - start


def report() -> list[str]:
    """One line on speed, one on what Dask's own setting of malloc would cost."""
    alone = in_a_process({})
    keeping = in_a_process(KEEPING)
    together = on_workers(2)
    with mock.patch.dict(ENVIRONMENT, DASKS_OWN):
        del ENVIRONMENT["MALLOC_MMAP_THRESHOLD_"]
        trimmed = on_workers(2)
    return [
        f"{N_EVOLUTIONS} evolutions of {N_GENERATIONS} generations: one process {alone:.1f} s, "
        f"{keeping:.1f} s with the malloc settings of the workers; two workers {together:.1f} s, "
        f"{alone / together:.2f} and {keeping / together:.2f} times faster",
        f"the same workers with the malloc setting of Dask's nanny: {trimmed:.1f} s",
    ]


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m benchmarks.sweeps", description=__doc__).parse_args()
    for line in report():
        print(line)

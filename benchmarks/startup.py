"""``python -m benchmarks.startup OTHER``: how long a user waits, here and in another checkout.

Figure 4 from data that are there, the first batch of an evolution, and with ``--set-up`` the set-up
from nothing with empty caches. Both checkouts take turns, on the same data and, but for the set-up,
in the same environment. Medians of wall time and of processor time are printed, and their ratios;
on a busy machine the processor time is the better one. Then the processor time of every command's
``--help``, and what hashing takes of a run of the optimizer benchmark.
"""

import argparse
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from core.arguments import count, folder
from core.environment import ONE_THREAD
from core.project import ROOT, SIMULATED_DATA

COMMANDS = (
    *("figure_reproduction", "source_data_export", "core.contract download", "core.versions"),
    *("neuro_data_analysis.export", "neuro_data_analysis.simulation"),
    *("neuro_data_analysis.prototype_similarity", "neuro_data_analysis.covariance_tensors"),
    *("core.experiments.evolve", "core.experiments.optimizer_benchmark"),
    *("core.experiments.alignment_data", "core.experiments.linearity_data"),
    *("core.utils.layer_hook_utils",),
)

UNIT = (
    *("--unit", ".blocks.InvertedResidual10,5,7,7", "--random-weights", "--device", "cpu"),
    *("--blocks", "2"),
)

HASHING = ("<method 'update' of '_hashlib.HASH' objects>", "file_digest", "_state_sha256")
"""Functions that hash, as a profile calls them."""

Seconds = tuple[float, float]
"""Wall time and processor time."""


def timed(work: Callable[[], None]) -> Seconds:
    """Seconds that something and the processes that it waits for take."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, processor


def python(checkout: Path, *words: str) -> list[str]:
    """Command that runs modules of a checkout in this environment.

    Parameters
    ----------
    checkout
        Folder of the project.
    words
        Arguments of Python.

    Returns
    -------
    list of str
    """
    return ["env", f"PYTHONPATH={checkout}", sys.executable, *words]


def figure_4(checkout: Path, data: Path, out: Path) -> Seconds:
    """Draw Figure 4 from a folder in the layout of ``source_data/``.

    Parameters
    ----------
    checkout
        Folder of the project.
    data
        Folder of the source data.
    out
        Folder for the figure and its report.

    Returns
    -------
    Wall and processor seconds.
    """
    options = ("--figure", "4", "--data", "local", "--source-data", str(data), "--out", str(out))
    command = python(checkout, "-m", "figure_reproduction", *options)
    return timed(lambda: _run(command, checkout))


def first_batch(checkout: Path, out: Path) -> Seconds:
    """Start an evolution, and end it when its file is there: the first batch comes next.

    Parameters
    ----------
    checkout
        Folder of the project.
    out
        Empty folder for the file.

    Returns
    -------
    Wall and processor seconds.
    """
    command = python(checkout, "-m", "core.experiments.evolve", *UNIT, "--out", str(out))

    def work() -> None:
        with subprocess.Popen(command, cwd=checkout, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and not list(out.glob("[!.]*.h5")):
                time.sleep(0.005)
            process.kill()

    return timed(work)


def set_up(checkout: Path, scratch: Path) -> Seconds:
    """Set up a fresh clone with empty caches, and ask it for its versions.

    Parameters
    ----------
    checkout
        Folder of the project, a git repository.
    scratch
        Empty folder for the clone and the caches.

    Returns
    -------
    Wall and processor seconds.
    """
    clone = scratch / "clone"
    _run(["git", "clone", "--quiet", str(checkout), str(clone)], scratch)
    caches = (f"UV_CACHE_DIR={scratch / 'uv'}", f"PIP_CACHE_DIR={scratch / 'pip'}")
    command = ["env", "-u", "PYTHONPATH", *caches, "./reproduce", "versions"]
    return timed(lambda: _run(command, clone))


def compared(words: str, measure: Callable[[Path, Path], Seconds], other: Path, n_runs: int) -> str:
    """A line that sets this checkout beside another one.

    Parameters
    ----------
    words
        What is measured.
    measure
        Takes a checkout and an empty folder.
    other
        Folder of the other checkout.
    n_runs
        Runs of each, in turn.

    Returns
    -------
    str
    """
    seconds: dict[Path, list[Seconds]] = {other: [], ROOT: []}
    for _ in range(n_runs):
        for checkout, runs in seconds.items():
            with tempfile.TemporaryDirectory() as scratch:
                runs.append(measure(checkout, Path(scratch)))
    (wall0, cpu0), (wall1, cpu1) = (
        [median(values) for values in zip(*runs, strict=True)] for runs in seconds.values()
    )
    return (
        f"{words}: wall {wall1:.2f} s, there {wall0:.2f} s, ratio {wall1 / wall0:.2f}; "
        f"processor {cpu1:.2f} s, there {cpu0:.2f} s, ratio {cpu1 / cpu0:.2f}"
    )


def help_seconds(command: str) -> float:
    """Processor seconds of a command's ``--help``, the least of three."""
    words = python(ROOT, "-m", *command.split(), "--help")
    return min(timed(lambda: _run(words, ROOT))[1] for _ in range(3))


def hashing_share() -> float:
    """Share of the time that the second run of a process spends on hashing weights."""
    from core.experiments.optimizer_benchmark.designs import DESIGNS, unit_tasks
    from core.experiments.optimizer_benchmark.runs import unit_run

    first, second, *_ = unit_tasks(DESIGNS["quick"], seed=0, device="cpu").values()
    unit_run(**first)
    profile = cProfile.Profile()
    profile.runcall(unit_run, **second)
    statistics = pstats.Stats(profile)
    hashing = sum(
        own for (_, _, name), (_, _, own, *_) in statistics.stats.items() if name in HASHING
    )
    return hashing / statistics.total_tt


def _run(command: list[str], where: Path) -> None:
    subprocess.run(
        command, cwd=where, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("other", type=folder, help="folder of the other checkout")
    parser.add_argument("--data", type=folder, default=SIMULATED_DATA / "source_data")
    parser.add_argument("--runs", type=count, default=5, help="of each (default: 5)")
    parser.add_argument("--set-up", action="store_true", help="also the set-up, once each")
    options = parser.parse_args()
    other = options.other.resolve()
    os.environ.update(ONE_THREAD)
    print(f"This checkout: {ROOT}; there: {other}; {options.runs} runs of each, in turn")
    print(
        compared("Figure 4", lambda c, s: figure_4(c, options.data, s), other, options.runs),
        compared("First batch of an evolution", first_batch, other, options.runs),
        sep="\n",
        flush=True,
    )
    for command in COMMANDS:
        print(f"--help of {command}: {help_seconds(command):.3f} s of processor time", flush=True)
    print(f"Hashing of weights: {hashing_share():.2%} of a run of the optimizer benchmark")
    if options.set_up:
        print(compared("Set-up, caches empty", set_up, other, 1))


if __name__ == "__main__":
    main()

"""Processes killed at random moments and at every renaming, and what they leave.

``python -m benchmarks.kills`` does each part undisturbed; then again and again in a process that is
killed with SIGKILL, alone or with all that it started, after which the same is run to its end. What
is there must then be what the undisturbed run left, byte for byte, and nothing beside it.

Every run is a fork of this process, which has imported everything and runs no threads.
"""

import argparse
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core import errors
from core.contract import fig4, fig5
from core.contract.manifest import EXPERIMENT_ORDER, FIGURE_FILES
from core.contract.provenance import read_provenance
from core.contract.source_data import SourceData
from core.files import writable_folder
from core.moving import settle

DATES = {"date", "created"}
"""Keys of JSON whose values differ from run to run."""

EXPERIMENT = 155
"""The experiment that is simulated."""

Action = Callable[[Path], None]


@dataclass(frozen=True)
class Part:
    """What is done in a folder: before (undisturbed), and in the process that is killed.

    `settle` is what any next start does first; afterwards the folder must be as it was before or as
    it should become, where `is_whole` says so.
    """

    work: Action
    before: Action = lambda folder: None
    settle: Action = lambda folder: None
    is_whole: bool = False


def simulation(_: Path) -> Part:
    """Recordings of one experiment, and source data from them."""
    from neuro_data_analysis.simulation.run import bring_up_to_date

    return Part(lambda folder: bring_up_to_date(folder / "out", 7, [EXPERIMENT], 2))


def export(recordings: Path) -> Part:
    """Source data of two figures over those of three others, which stay, and over older ones."""
    from neuro_data_analysis.export.contents import Contents
    from neuro_data_analysis.export.output import Output

    source = SourceData(recordings / "source_data")
    folders = (fig4.FOLDER, fig5.FOLDER)
    files = [file for folder in folders for file in FIGURE_FILES[folder] if file.required]
    contents = Contents({file: source.read(file) for file in (EXPERIMENT_ORDER, *files)})
    older = Contents(dict(list(contents.files.items())[:-2]))
    now = Output(Path(), folders, True, "now", {"export": "now"})

    def write(folder: Path, output: Output, contents: Contents) -> None:
        output = replace(output, root=folder / "out")
        output.refuse()
        output.write(contents)

    return Part(
        work=lambda folder: write(folder, now, older),
        before=lambda folder: write(folder, replace(now, details={"export": "before"}), contents),
        settle=lambda folder: settle(folder / "out"),
        is_whole=True,
    )


def evolution(_: Path) -> Part:
    """Two evolutions side by side, of few blocks."""
    import numpy as np
    import torch

    from core.experiments.evolution.loop import Evolution, Thread, evolve
    from core.generators.small import SmallGenerator
    from core.optimizers.presets import make_optimizer

    torch.set_num_threads(1)

    def brightness(images: torch.Tensor, units: np.ndarray) -> np.ndarray:
        return images[:, 0].mean(dim=(1, 2)).numpy() + units

    def work(folder: Path) -> None:
        evolutions, folder = [], writable_folder(folder / "out")
        for unit in range(2):
            optimizer = make_optimizer("CholeskyCMAES", 64, n_generations=40, random_seed=unit)
            thread = Thread("small", SmallGenerator(64, 16), optimizer)
            evolutions.append(Evolution(folder / f"{unit}.h5", f"unit {unit}", [thread], noise=0.2))
        with torch.no_grad():
            evolve(evolutions, brightness, 40, after_block=lambda: time.sleep(0.01))

    return Part(work)


def sweep(_: Path) -> Part:
    """Twelve tasks on two workers."""
    from core.sweep import sweep, workers

    tasks = {f"task {number}": {"number": number} for number in range(12)}

    def work(folder: Path) -> None:
        with workers(n_workers=2, memory="1GB") as client:
            sweep(_square, tasks, folder / "out", client)

    return Part(work)


def _square(number: int) -> dict:
    time.sleep(0.05)
    return {"square": number**2}


def download(folder: Path) -> Part:
    """Source data of all figures from a server on the loopback."""
    from benchmarks.downloading import synthetic
    from core.acquisition.osf import OsfSettings
    from core.acquisition.osf_download import fetch_source_data

    address = multiprocessing.get_context("spawn").SimpleQueue()
    files = synthetic(2_000_000)
    server = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(files, address), daemon=True
    )
    server.start()
    settings = OsfSettings(api=address.get(), pause=0.01)
    return Part(lambda folder: fetch_source_data(folder / "out", settings) and None)


def _serve(files: dict[str, bytes], address: "multiprocessing.SimpleQueue") -> None:
    from benchmarks.downloading import served

    with served(files) as server:
        address.put(server.url)
        signal.pause()


PARTS = {part.__name__: part for part in (simulation, export, evolution, sweep, download)}


@dataclass(frozen=True)
class Kill:
    """When a process is killed: some seconds after its start, or at an event of renaming.

    Event 1 is just before its first renaming, 2 just after it, and so on. `alone` leaves what it
    started to notice by itself.
    """

    seconds: float = 0.0
    event: int = 0
    alone: bool = False

    def __str__(self) -> str:
        when = f"event {self.event}" if self.event else f"{self.seconds:.2f} s"
        return f"{when}{', alone' if self.alone else ''}"


def run(action: Action, folder: Path, kill: Kill | None = None) -> int:
    """Run an action in a process of its own; returns how it ended.

    Parameters
    ----------
    action
        What to do.
    folder
        Where.
    kill
        When to kill it; None lets it end.

    Returns
    -------
    Exit code, or the signal's number, negative.
    """
    process = os.fork()
    if process == 0:
        code = 1
        try:
            os.setsid()
            if kill and kill.event:
                _die_at(kill)
            code = errors.run(lambda: action(folder))
        finally:
            os._exit(code)
    if kill and not kill.event:
        time.sleep(kill.seconds)
        (os.kill if kill.alone else os.killpg)(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    _wait_for_group(process)
    return os.waitstatus_to_exitcode(status)


def _wait_for_group(group: int) -> None:
    """Wait until what a killed process started has ended, too."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise RuntimeError("processes survive the one that started them")


def _die_at(kill: Kill) -> None:
    events = itertools.count(1)

    def happens() -> None:
        if next(events) == kill.event:
            kill_ = os.kill if kill.alone else os.killpg
            kill_(os.getpid(), signal.SIGKILL)

    def watched(original: Callable) -> Callable:
        def renaming(*arguments: object, **options: object) -> None:
            happens()
            original(*arguments, **options)
            happens()

        return renaming

    os.rename, os.replace = watched(os.rename), watched(os.replace)


def digests(folder: Path) -> dict[str, str]:
    """Hashes of all files of a folder but locks, by path; dates are left out of JSON."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(_content(path)).hexdigest()
        for path in files
        if path.name != ".lock"
    }


def _content(path: Path) -> bytes:
    if path.suffix != ".json":
        return path.read_bytes()
    return json.dumps(_undated(json.loads(path.read_text())), sort_keys=True).encode()


def _undated(value: object) -> object:
    if isinstance(value, dict):
        return {key: _undated(inner) for key, inner in value.items() if key not in DATES}
    return value


def moments(seconds: float, n: int, rng: random.Random) -> Iterator[Kill]:
    """`n` random moments of a run that takes some seconds, then the events, without an end.

    Parameters
    ----------
    seconds
        What an undisturbed run takes.
    n
        Number of random moments.
    rng
        Source of the moments.
    """
    for number in range(n):
        yield Kill(seconds=rng.uniform(0, seconds), alone=number % 2 == 1)
    for event in itertools.count(1):
        yield Kill(event=event, alone=rng.random() < 0.5)


def check(name: str, scratch: Path, n_random: int, n_events: int, seed: int) -> list[str]:
    """Kill one part again and again; returns a sentence for each time that something was wrong.

    Parameters
    ----------
    name
        One of `PARTS`.
    scratch
        Empty folder.
    n_random
        Kills at random moments.
    n_events
        Kills at events of renaming, at most; every one of them if it is large.
    seed
        Of the moments.
    """
    recordings = scratch / "recordings"
    if name == "export":
        run(simulation(scratch).work, recordings)
    part = PARTS[name](recordings / "out")
    reference = scratch / "reference"
    reference.mkdir()
    run(part.before, reference)
    before = digests(reference)
    start = time.monotonic()
    if code := run(part.work, reference):
        return [f"{name}: the undisturbed run ended with {code}"]
    seconds, after = time.monotonic() - start, digests(reference)
    wrong, n_killed = [], 0
    rng = random.Random(f"{name} {seed}")
    for number, kill in enumerate(moments(seconds, n_random, rng)):
        if number == n_random + n_events:
            break
        folder = scratch / f"{number}"
        folder.mkdir()
        run(part.before, folder)
        ended = run(part.work, folder, kill)
        if kill.event and ended == 0:
            break  # it renames no more than that
        n_killed += ended == -signal.SIGKILL
        wrong += [
            f"{name}, {kill}: {problem}" for problem in _problems(part, folder, before, after)
        ]
        shutil.rmtree(folder)
    print(f"{name}: killed {n_killed} times, {len(wrong)} problems", flush=True)
    return wrong


def _problems(part: Part, folder: Path, before: dict, after: dict) -> Iterator[str]:
    if part.is_whole:
        run(part.settle, folder)
        found = digests(folder)
        left = {path for path in found if "/.staging-" in path or "/.writing-" in path}
        whole = {path: found[path] for path in found.keys() - left}
        if whole not in (before, after):
            yield f"a mixture is left: {_difference(whole, after)}"
        for path, record in read_provenance(folder / "out").items():
            if (folder / "out" / path).stat().st_size != record.bytes:
                yield f"{path} is not what provenance says"
    if code := run(part.work, folder):
        yield f"the next run ended with {code}"
    elif (found := digests(folder)) != after:
        yield f"after the next run {_difference(found, after)}"


def _difference(found: dict, expected: dict) -> str:
    words = {
        "missing": expected.keys() - found.keys(),
        "left over": found.keys() - expected.keys(),
        "other": {path for path in found.keys() & expected.keys() if found[path] != expected[path]},
    }
    return "; ".join(f"{word}: {sorted(paths)[:3]}" for word, paths in words.items() if paths)


def main() -> int:
    """Kill, and say what was wrong; 1 if anything was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--random", type=int, default=20, help="kills at random moments, each")
    parser.add_argument("--events", type=int, default=1000, help="kills at renamings at most, each")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    print(f"seed {options.seed}", flush=True)
    wrong = []
    for name in options.parts or PARTS:
        with tempfile.TemporaryDirectory() as scratch:
            wrong += check(name, Path(scratch), options.random, options.events, options.seed)
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

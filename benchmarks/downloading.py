"""Source data over the loopback: requests, faults, hostile files, time beside osfclient's clone.

``python -m benchmarks.downloading`` prints all of it; ``--quick`` leaves most of the faults out.
"""

import argparse
import collections
import contextlib
import io
import multiprocessing
import os
import random
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from unittest import mock

import matplotlib as mpl
import numpy as np

from core.acquisition.archives import unpack
from core.acquisition.osf import OsfSettings
from core.acquisition.osf_download import fetch_source_data
from core.contract.manifest import FIGURE_FILES, MANIFEST
from core.contract.unpickling import load_pickle
from core.errors import ReproductionError
from core.figures import FIGURES
from tests.hostile import ARCHIVES, NAME, PICKLES
from tests.mutations import mutate, outcome
from tests.osf_server import FILE_FAULTS, LISTING_FAULTS, ZIP_FAULTS, OsfServer, files_below

MEGABYTE = 1_000_000
"""Bytes of a megabyte."""

FULL_SIZE = 62 * MEGABYTE
"""Bytes of the published source data without its pickles."""

KINDS = {"listing": LISTING_FAULTS, "zip": ZIP_FAULTS, "file": ("429", "500", "reset", "loop")}
"""Faults that a request of each kind may meet."""


@contextlib.contextmanager
def served(files: dict[str, bytes]) -> Iterator[OsfServer]:
    """A server with these files, ended afterwards."""
    server = OsfServer(files)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def served_elsewhere(files: dict[str, bytes]) -> Iterator[str]:
    """Address of such a server in a process of its own, so that it does not slow its clients."""
    context = multiprocessing.get_context("spawn")
    address, stop = context.SimpleQueue(), context.Event()
    process = context.Process(target=_serve, args=(files, address, stop), daemon=True)
    process.start()
    try:
        yield address.get()
    finally:
        stop.set()
        process.join()


def _serve(files: dict[str, bytes], address, stop) -> None:
    """Serve files until told to stop; put the address into a queue."""
    with served(files) as server:
        address.put(server.url)
        stop.wait()


def synthetic(n_bytes: int, seed: int = 0) -> dict[str, bytes]:
    """Every required file of the manifest, filled with random numbers as text.

    Parameters
    ----------
    n_bytes
        Bytes of all files together, roughly.
    seed
        Seed of the numbers.

    Returns
    -------
    Contents by path
    """
    rng = np.random.default_rng(seed)
    files = [file for file in MANIFEST.values() if file.required]
    text = ("%.17g," * 9 + "%.17g\n") * (n_bytes // len(files) // 190)
    return {file.path: (text % tuple(rng.random(text.count("%")))).encode() for file in files}


def requests(files: dict[str, bytes]) -> str:
    """Requests of a first run, of one with a corrupted zip member, and of one with nothing left."""
    with served(files) as server, tempfile.TemporaryDirectory() as folder:
        settings = OsfSettings(api=server.url, pause=0.01)
        good = fetch_source_data(Path(folder) / "good", settings)
        again = fetch_source_data(Path(folder) / "good", settings)
        corrupt = iter(["corrupt"])
        server.fault = lambda kind, number: next(corrupt, None) if kind == "zip" else None
        bad = fetch_source_data(Path(folder) / "bad", settings)
    assert good.n_sound == bad.n_sound == len(files)
    return (
        f"requests for {len(files)} files in 7 folders: {good.n_requests}; with one corrupted "
        f"member {bad.n_requests}; with nothing to fetch {again.n_requests}"
    )


def schedules(files: dict[str, bytes], n: int) -> str:
    """Random faults at 5 to 25 % of the requests: how the runs end.

    Parameters
    ----------
    files
        Contents by path, of the folders of Figures 2 and 3.
    n
        Number of runs.

    Returns
    -------
    A line of words
    """
    ends: collections.Counter[str] = collections.Counter()
    for seed in range(n):
        rng = random.Random(seed)
        rate = rng.choice((0.05, 0.15, 0.25))

        def fault(kind: str, number: int, rng: random.Random = rng, rate: float = rate):
            return rng.choice(KINDS.get(kind, FILE_FAULTS)) if rng.random() < rate else None

        with served(files) as server, tempfile.TemporaryDirectory() as folder:
            server.fault, server.stall_seconds = fault, 0.3
            settings = OsfSettings(api=server.url, pause=0.0, timeout=0.15)
            failed: object = "refused as a whole"
            with contextlib.suppress(ReproductionError):
                failed = fetch_source_data(Path(folder), settings, ["2", "3"]).failed
            found = {p: c for p, c in files_below(Path(folder)).items() if Path(p).name in MANIFEST}
            if not found.items() <= files.items():
                ends["a wrong file accepted"] += 1
            elif found == files:
                ends["complete and verified"] += 1
            else:
                ends["refused, said so" if failed else "incomplete without a word"] += 1
    words = ", ".join(f"{end} {count}" for end, count in ends.most_common())
    return f"{n} random fault schedules: {words}; wrong files {ends['a wrong file accepted']}"


def hostile_pickles() -> str:
    """Hostile pickles that were refused, and that did something."""
    before, refused = Path.cwd(), 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for kind, content in PICKLES.items():
                Path("p.pkl").write_bytes(content)
                with contextlib.suppress(ReproductionError):
                    load_pickle(Path("p.pkl"), 10_000)
                    raise AssertionError(f"{kind}: read")
                refused += 1
            executed = len(list(Path.cwd().iterdir())) - 1
        finally:
            os.chdir(before)
    return f"{refused} kinds of hostile pickle refused, {executed} executed"


def hostile_archives() -> str:
    """Hostile archives that were refused, and files that they wrote."""
    refused = written = 0
    for make in ARCHIVES.values():
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # zipfile's, of one path twice
            path = Path(folder) / "hostile.zip"
            make(path)
            try:
                unpack(path, {NAME}, Path(folder) / "out")
            except ReproductionError:
                refused += 1
            found = {p.name for p in Path(folder).rglob("*") if p.is_file()}
            written += len(found - {"hostile.zip"})
    return f"{refused} of {len(ARCHIVES)} kinds of hostile archive refused, {written} files written"


def broken_files(source: Path, n: int) -> str:
    """Broken source-data files, and what became of the figure drawn from them.

    Every second run leaves the record of hashes out, so that only the descriptions and comparisons
    of the contract can notice.

    Parameters
    ----------
    source
        A small source-data folder with provenance; it stays as it is.
    n
        Number of runs.

    Returns
    -------
    Lines of words
    """
    mpl.use("Agg")
    warnings.simplefilter("ignore", RuntimeWarning)
    ends = {True: collections.Counter(), False: collections.Counter()}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "source_data"
        shutil.copytree(source, root)
        figures = [f for f in FIGURES if (root / FIGURES[f].folder).is_dir() and f != "ext5"]
        for seed in range(n):
            rng = random.Random(seed)
            figure = rng.choice(figures)
            files = [f for f in FIGURE_FILES[FIGURES[figure].folder] if (root / f.path).is_file()]
            path = root / rng.choice(files).path
            whole = path.read_bytes()
            path.write_bytes(mutate(whole, rng)[1])
            recorded = seed % 2 == 0
            record = root / "provenance.json"
            if not recorded:
                record.rename(root / "hidden")
            try:
                ends[recorded][outcome(figure, root)] += 1
            except Exception as error:
                ends[recorded][f"TRACEBACK {type(error).__name__}: {error}"] += 1
            finally:
                path.write_bytes(whole)
                if not recorded:
                    (root / "hidden").rename(record)
    lines = [f"{n} broken source-data files:"]
    for recorded, words in ((True, "with their record"), (False, "without a record")):
        found = ", ".join(f"{end} {count}" for end, count in ends[recorded].most_common())
        lines.append(f"  {words}: {found}")
    return "\n".join(lines)


def times(files: dict[str, bytes]) -> str:
    """Time of a download beside osfclient's clone of the same project, and of a second run."""
    osfclient_cli = import_module("osfclient.cli")
    session = import_module("osfclient.models.session").OSFSession
    with served_elsewhere(files) as url, tempfile.TemporaryDirectory() as folder:
        settings = OsfSettings(api=url)
        start = time.perf_counter()
        done = fetch_source_data(Path(folder) / "ours", settings)
        ours = time.perf_counter() - start
        start = time.perf_counter()
        fetch_source_data(Path(folder) / "ours", settings)
        again = time.perf_counter() - start
        options = argparse.Namespace(
            project="pre96", output=f"{folder}/clone", update=False, username=None
        )
        original = session.__init__

        def on_loopback(self, *arguments):
            original(self, *arguments)
            self.base_url = url.rstrip("/")

        with (
            mock.patch.object(session, "__init__", on_loopback),
            mock.patch.object(session, "get", session.get.__wrapped__),  # without its sleeps
            contextlib.redirect_stderr(io.StringIO()),
        ):
            start = time.perf_counter()
            osfclient_cli.clone(options)
            theirs = time.perf_counter() - start
    assert done.n_sound == len(files)
    n_bytes = sum(map(len, files.values()))
    return (
        f"{n_bytes / MEGABYTE:.0f} MB in {len(files)} files: {ours:.2f} s, osfclient's clone "
        f"{theirs:.2f} s without its sleeps: ratio {ours / theirs:.2f}; a second run {again:.2f} s"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.downloading", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the faults")
    parser.add_argument(
        "--source", type=Path, help="a small source-data folder to break (default: simulated)"
    )
    options = parser.parse_args()
    share = 10 if options.quick else 1
    small = synthetic(3 * MEGABYTE)
    print(requests(small), flush=True)
    figures = {p: c for p, c in small.items() if p.startswith(("Fig2/", "Fig3/"))}
    print(schedules(figures, 200 // share), flush=True)
    print(hostile_pickles(), hostile_archives(), sep="\n", flush=True)
    print(times(synthetic(FULL_SIZE)), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        source = options.source or _simulated(Path(folder))
        print(broken_files(source, 1000 // share), flush=True)


def _simulated(folder: Path) -> Path:
    """A small folder of simulated source data."""
    from neuro_data_analysis.simulation.run import export_simulated, simulate_recordings

    simulate_recordings(folder, seed=7, subset=(3, 4, 25, 26, 28, 34, 50, 137, 155), n_jobs=2)
    export_simulated(folder)
    return folder / "source_data"


if __name__ == "__main__":
    main()

"""``python -m benchmarks.nwb``: NWB files against the MATLAB file, time and bytes, in one run.

Every tenth experiment of simulated recordings is read whole, then written in both forms from the
same content in memory; PSTHs are then read from both. Times are of the processor.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core import arguments
from core.matlab.reading import plain_value
from core.matlab.writing import Cell, write_matfile
from core.progress import answer
from core.project import SIMULATED_DATA
from neuro_data_analysis.nwb.metadata import Metadata, Subject
from neuro_data_analysis.nwb.naming import file_of
from neuro_data_analysis.nwb.tables import tables_of
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, VARIABLE, open_recordings
from neuro_data_analysis.recordings.experiment import Experiment

SUBJECT = Subject("Macaca mulatta", "U", "P0D/")
METADATA = Metadata("UTC", ("Doe, Jane",), "none", (), {"Alfa": SUBJECT, "Beto": SUBJECT})


def main() -> None:
    """Measure in a temporary folder and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nwb", description=__doc__)
    parser.add_argument("--matroot", type=arguments.folder, default=SIMULATED_DATA / "matroot")
    parser.add_argument("--step", type=arguments.count, default=10, help="every how manieth")
    options = parser.parse_args()
    with open_recordings(options.matroot) as recordings:
        chosen = recordings.usable()[:: options.step]
        elements = {expi: plain_value(recordings.elements[expi - 1]) for expi in chosen}
    with tempfile.TemporaryDirectory() as folder:
        mat, nwb = Path(folder) / "mat", Path(folder) / "nwb"
        seconds = {"mat": write_mat(mat, elements), "nwb": write_nwb(nwb, elements)}
        sizes = {form: total_size(Path(folder) / form) for form in seconds}
        read = {form: read_psth(Path(folder) / form) for form in seconds}
    answer(f"{len(elements)} experiments                  .mat      NWB    ratio")
    for words, pair in (
        ("writing, s of the processor", seconds),
        ("megabytes", sizes),
        ("reading one's PSTHs, ms", read),
    ):
        ratio = pair["nwb"] / pair["mat"]
        answer(f"  {words:28} {pair['mat']:8.2f} {pair['nwb']:8.2f} {ratio:8.2f}")


@contextmanager
def processor_time() -> Iterator[Callable[[], float]]:
    """Seconds of the processor since the block began."""
    start = time.process_time()
    yield lambda: time.process_time() - start


def write_mat(folder: Path, elements: dict[int, dict]) -> float:
    """Write one MATLAB file; seconds."""
    prepared = {expi: _with_cells(element) for expi, element in elements.items()}
    in_place = (prepared.get(expi) for expi in range(1, max(elements) + 1))
    fields = list(next(iter(elements.values())))
    with processor_time() as spent:
        write_matfile(folder / EVOLUTION_FILES[0], VARIABLE, in_place, fields)
        return spent()


def _with_cells(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_cells(content) for name, content in value.items()}
    if isinstance(value, list):
        return Cell([[_with_cells(item) for item in row] for row in value])
    return value


def write_nwb(folder: Path, elements: dict[int, dict]) -> float:
    """Write an NWB file an experiment; seconds, without those of importing pynwb."""
    from neuro_data_analysis.nwb.writing import NwbSession, write_session

    with processor_time() as spent:
        for expi, element in elements.items():
            experiment = Experiment(expi, element)
            tables = tables_of(experiment, element, "benchmark", 190, simulated=True)
            path = folder / file_of(experiment, simulated=True)
            write_session(path, NwbSession(experiment, METADATA, True), tables)
        return spent()


def total_size(folder: Path) -> float:
    """Megabytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def read_psth(folder: Path) -> float:
    """Median over experiments of the milliseconds to read all PSTHs of one."""
    with open_recordings(folder) as recordings:
        spent_each = []
        for expi in recordings.usable():
            with processor_time() as spent:
                _ = recordings.experiment(expi).psth
                spent_each.append(1000 * spent())
    return statistics.median(spent_each)


if __name__ == "__main__":
    main()

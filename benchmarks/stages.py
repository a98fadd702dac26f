"""What each stage of ``./reproduce`` costs, on all simulated recordings.

Figures are drawn with the alignment experiment's tables at hand: they are computed where they are
not there yet, before the figures are measured.
"""

import sys
from pathlib import Path

from benchmarks.measure import Cost, cost_of_command, seconds_to_first_line

ROOT = Path(__file__).resolve().parents[1]
"""Folder of the project."""


def stages(folder: Path) -> dict[str, Cost]:
    """Cost of simulating, exporting, computing Extended Data Figure 5C, and drawing."""
    python = sys.executable
    alignment = [python, "-m", "core.experiments.alignment_data"]
    simulation = [python, "-c", _SIMULATE, str(folder)]
    export = [python, "-m", "neuro_data_analysis.simulation", "--out", str(folder)]
    figures = [
        python, "-m", "figure_reproduction", "--data", "local",
        "--source-data", str(folder / "source_data"), "--out", str(folder.parent / "figures"),
    ]  # fmt: skip
    costs = {
        "simulate recordings": cost_of_command(*simulation),
        "export source data": cost_of_command(*export),
        "alignment experiment": cost_of_command(*alignment, "--out", str(folder.parent / "5C")),
    }
    cost_of_command(*alignment)
    return costs | {"figures and report": cost_of_command(*figures)}


_SIMULATE = """
import sys
from pathlib import Path
from neuro_data_analysis.simulation.run import simulate_recordings
if __name__ == "__main__":
    simulate_recordings(Path(sys.argv[1]))
"""


def report(costs: dict[str, Cost], folder: Path) -> str:
    """Table of costs, sizes on disk, and the time to the first line of a second run.

    Parameters
    ----------
    costs
        Cost of each stage, by name.
    folder
        Folder of the simulated data, beside that of the figures.

    Returns
    -------
    Lines of words
    """
    lines = ["stage                       seconds    MB"]
    lines += [
        f"  {name:24} {cost.seconds:8.1f} {cost.megabytes:6.0f}" for name, cost in costs.items()
    ]
    for name in ("matroot", "source_data"):
        lines.append(f"  {name} on disk: {_megabytes(folder / name):.0f} MB")
    lines.append(f"  figures on disk: {_megabytes(folder.parent / 'figures'):.0f} MB")
    cost_of_command(str(ROOT / "reproduce"), "versions")
    first = seconds_to_first_line(
        str(ROOT / "reproduce"), "figures", "--figure", "2", "--data", "local",
        "--source-data", str(folder / "source_data"), "--out", str(folder.parent / "figures"),
    )  # fmt: skip
    lines.append(f"  first line of ./reproduce figures after set-up: {first:.2f} s")
    return "\n".join(lines)


def _megabytes(folder: Path) -> float:
    """Megabytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6

"""``python -m benchmarks.figures --against OTHER``: figures and report here and elsewhere.

Both draw all figures and write the report from the same folder of source data, in turns and in this
environment. Each keeps what it computes of Extended Data Figure 5C: run both once before. Processor
time is printed, that of child processes included, its ratio, and which pictures differ.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.startup import python, timed
from core.arguments import count, folder
from core.figures import FIGURES, chosen_figures
from core.project import ROOT, SIMULATED_DATA


def draw(checkout: Path, data: Path, out: Path, figures: list[str]) -> float:
    """Processor seconds of drawing some figures and of their report.

    Parameters
    ----------
    checkout
        Folder of the project.
    data
        Folder of the source data.
    out
        Folder of pictures and report.
    figures
        Words that ``--figure`` takes.
    """
    options = [word for figure in figures for word in ("--figure", figure)]
    options += ["--data", "local", "--source-data", str(data), "--out", str(out)]
    command = python(checkout, "-m", "figure_reproduction", *options)
    return timed(
        lambda: subprocess.run(command, cwd=checkout, stdout=subprocess.DEVNULL, check=True)
    )[1]


def differing(here: Path, there: Path) -> list[str]:
    """Names of the PNG pictures of one folder that have other pixels in another one, or none.

    Parameters
    ----------
    here, there
        Folders of pictures.
    """
    from PIL import Image

    names = [path.relative_to(here) for path in sorted(here.rglob("*.png"))]
    return [
        str(name)
        for name in names
        if not (there / name).is_file()
        or not np.array_equal(Image.open(here / name), Image.open(there / name))
    ]


def main() -> None:
    """Measure in temporary folders and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures", description=__doc__)
    parser.add_argument("--against", type=folder, required=True, metavar="OTHER")
    parser.add_argument("--data", type=folder, default=SIMULATED_DATA / "source_data")
    parser.add_argument("--figure", action="append", metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--runs", type=count, default=3)
    options = parser.parse_args()

    figures, seconds = chosen_figures(options.figure), {ROOT: [], options.against: []}
    with tempfile.TemporaryDirectory() as scratch:
        outs = {checkout: Path(scratch) / str(i) for i, checkout in enumerate(seconds)}
        for _ in range(options.runs):
            for checkout, times in seconds.items():
                times.append(draw(checkout, options.data, outs[checkout], figures))
        here, there = map(median, seconds.values())
        print(f"figures and report: {here:.1f} s here, {there:.1f} s there, {here / there:.2f}")
        print(f"pictures with other pixels: {', '.join(differing(*outs.values())) or 'none'}")


if __name__ == "__main__":
    main()

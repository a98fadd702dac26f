"""``python -m neuro_data_analysis.tuning_maps FOLDER``: level sets of recorded tuning maps.

FOLDER holds ``{Animal}_Manif_stats.mat`` and ``{Animal}_Evol_stats.mat`` (MATLAB v7.3) of the
tuning landscapes that are published at https://osf.io/gpzm5. Writes a table with one row for each
map, a table of trends from V1 to IT, and the counts of level curves by area as a figure.
"""

import argparse
import sys
from pathlib import Path

from core.arguments import CommandParser, folder, seed
from core.errors import run


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "python -m neuro_data_analysis.tuning_maps landscapes --animals Alfa",
        prog="python -m neuro_data_analysis.tuning_maps",
        description=__doc__,
    )
    made.add_argument("folder", type=Path, help="folder with the recordings")
    made.add_argument(
        "--animals", nargs="+", default=("Alfa", "Beto"), help="whose files (default: Alfa Beto)"
    )
    made.add_argument(
        "--nulls", type=int, default=20, help="maps without tuning for reliability (default: 20)"
    )
    made.add_argument(
        "--all", action="store_true", help="also the experiment that the paper leaves out (Alfa 10)"
    )
    made.add_argument("--seed", type=seed, default=0, help="of all that is random (default: 0)")
    made.add_argument("--out", type=folder, default=Path("tuning_maps"), help="folder for results")
    return made


def main(argv: list[str] | None = None) -> int:
    """Read, compute, write, and print the trends."""
    options = parser().parse_args(argv)

    from core.progress import answer
    from neuro_data_analysis.tuning_maps.command import study_recordings

    for line in study_recordings(options):
        answer(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

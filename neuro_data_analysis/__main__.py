"""``python -m neuro_data_analysis list|trials``: what a data set holds, and single trials.

``list`` prints a row for every experiment: area, blocks, trials, whether it is valid and why not,
and whether both threads succeeded. ``trials`` writes all single trials of an experiment as tables.
`./reproduce simulate` makes recordings to try them on.
"""

import argparse
import sys
from pathlib import Path

from core.arguments import CommandParser, folder
from core.errors import run
from core.progress import answer

EXAMPLES = (
    "python -m neuro_data_analysis list --matroot simulated_data/matroot",
    "python -m neuro_data_analysis trials 155 --matroot simulated_data/matroot --out trials",
)


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    from neuro_data_analysis.export.options import (
        add_choice_of_experiments,
        add_matroot,
        add_windows,
    )

    made = CommandParser(*EXAMPLES, prog="python -m neuro_data_analysis", description=__doc__)
    commands = made.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="a table of all experiments")
    add_matroot(listing)
    add_choice_of_experiments(listing)
    add_windows(listing)
    listing.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="write the whole table, with t, P and the published masks (default: none is written)",
    )
    trials = commands.add_parser("trials", help="all single trials of an experiment")
    trials.add_argument("expi", type=int, metavar="EXPI", help="number of the experiment, 1-based")
    add_matroot(trials)
    add_windows(trials)
    trials.add_argument(
        "--out",
        type=folder,
        default=Path("trials"),
        metavar="FOLDER",
        help="gets Exp155_trials.csv, a row for each trial, and Exp155_psth.csv, its rates in "
        "events/s, a column for each ms (default: trials)",
    )
    return made


def main(argv: list[str] | None = None) -> int:
    """Print or write what is asked for."""
    options = parser().parse_args(argv)

    from neuro_data_analysis.export import listing

    work = {"list": listing.listed, "trials": listing.written_trials}[options.command]
    for line in work(options):
        answer(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

"""``python -m core.experiments.alignment_data``: tables and ensemble of Extended Data Figure 5C."""

import argparse
import sys

from core.arguments import CommandParser, folder
from core.errors import run
from core.progress import answer
from core.project import COMPUTED_DATA


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "python -m core.experiments.alignment_data --out computed",
        prog="python -m core.experiments.alignment_data",
        description="Compute the tables of Extended Data Figure 5C, and more runs on the same "
        "networks, unless they are there.",
    )
    made.add_argument("--out", type=folder, default=COMPUTED_DATA, help="folder")
    return made


def main(argv: list[str] | None = None) -> int:
    """Compute tables and ensemble and print their paths."""
    options = parser().parse_args(argv)

    from core.experiments.alignment.data import alignment_data, paths
    from core.experiments.alignment.ensemble_data import alignment_ensemble, ensemble_path

    for path in paths(alignment_data(options.out)):
        answer(str(path))
    alignment_ensemble(options.out)
    answer(str(ensemble_path(options.out)))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

"""``python -m neuro_data_analysis.simulation.compare``: simulated recordings beside real ones."""

import argparse
import sys
from pathlib import Path

from core import arguments
from core.errors import run
from core.progress import answer


def parser() -> argparse.ArgumentParser:
    """Command line of the comparison."""
    parser = argparse.ArgumentParser(
        prog="python -m neuro_data_analysis.simulation.compare",
        description="Simulate the experiments and set what they are like in noise, drift and time "
        "course beside the real recordings, with 95 % intervals. Prints the table, writes it as "
        "CSV and draws it. Real numbers come from the explorer's averages where they are at hand, "
        "else they are the stored ones.",
    )
    parser.add_argument(
        "--data",
        type=arguments.folder,
        metavar="FOLDER",
        help="folder of the explorer's averages (default: explorer_data/ of the project)",
    )
    parser.add_argument("--seed", type=arguments.seed, help="seed (default: 20260101)")
    parser.add_argument("--jobs", type=arguments.count, default=2, help="processes (default: 2)")
    parser.add_argument(
        "--out",
        type=arguments.folder,
        metavar="FOLDER",
        help="folder for comparison.csv and comparison.png (default: figures/simulated/)",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Simulate, compare, print, write."""
    options = parser().parse_args(argv)
    from core.project import DRAWN_FIGURES
    from neuro_data_analysis.simulation.compare.run import (
        compare_recordings,
        comparison_lines,
        write_comparison,
    )
    from neuro_data_analysis.simulation.parameters import DEFAULT_SEED

    seed = DEFAULT_SEED if options.seed is None else options.seed
    table = compare_recordings(seed, options.data, options.jobs)
    answer("\n".join(comparison_lines(table)))
    for path in write_comparison(table, options.out or Path(DRAWN_FIGURES) / "simulated"):
        answer(f"Written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

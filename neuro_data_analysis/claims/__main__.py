"""``python -m neuro_data_analysis.claims``: the claims of the abstract, tested."""

import argparse
import sys
from pathlib import Path

from core import arguments
from core.errors import run
from core.progress import answer
from neuro_data_analysis.export.explorer import LABELS
from neuro_data_analysis.export.options import (
    Settings,
    add_choice_of_experiments,
    add_windows,
    analysis_settings,
)


def parser() -> argparse.ArgumentParser:
    """Command line of ``./reproduce claims``."""
    parser = arguments.CommandParser(
        "reproduce claims",
        prog="reproduce claims",
        description="Test each claim of the abstract: effect size, interval, P, verdict; as "
        "published, with animal and era held, and corrected for the drift of reference images. "
        "Prints the table, writes it as CSV and draws a figure beside it.",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--data",
        type=arguments.folder,
        metavar="FOLDER",
        help="folder of the explorer's averages (default: recordings under MATROOT, else "
        "explorer_data/ of the project, else its simulated recordings)",
    )
    source.add_argument(
        "--matroot", type=arguments.folder, metavar="FOLDER", help="folder of recordings"
    )
    parser.add_argument(
        "--labels",
        choices=LABELS,
        default=LABELS[0],
        help="of averages: success by the numbers of trials that they tell (measured, the "
        "default), or with one inferred from the published counts (published)",
    )
    add_choice_of_experiments(parser)
    add_windows(parser)
    parser.add_argument(
        "--out",
        type=csv_file,
        metavar="FILE.csv",
        help="table to write (default: claims.csv in figures/, or in figures/simulated/)",
    )
    return parser


def csv_file(text: str) -> Path:
    """A file whose name ends in ``.csv``.

    Examples
    --------
    >>> csv_file("claims.csv").name
    'claims.csv'
    """
    path = Path(text).expanduser()
    if path.suffix != ".csv":
        raise argparse.ArgumentTypeError(f"expected a file that ends in .csv, found {text!r}")
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"expected a file to write, found the folder {text!r}")
    return path


def main(argv: list[str] | None = None) -> int:
    """Test, print, write."""
    options = parser().parse_args(argv)
    from neuro_data_analysis.claims.report import lines
    from neuro_data_analysis.claims.run import observe, usual_file, write_claims

    settings = Settings(analysis=analysis_settings(options), skip_bad=options.skip_bad)
    is_published = options.labels == "published"
    observations = observe(options.data, options.matroot, is_published, settings)
    out = options.out or usual_file(observations)
    table = write_claims(observations, out)
    answer("\n".join(lines(table)))
    answer(f"\nWritten: {out} and {out.with_suffix('.png')}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

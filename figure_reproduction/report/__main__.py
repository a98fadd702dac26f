"""``python -m figure_reproduction.report``: the page again from what a run found, nothing drawn."""

import argparse
import sys

from core import arguments
from core.errors import run
from core.project import DRAWN_FIGURES


def main(argv: list[str] | None = None) -> int:
    """Write the page into the folder of the figures."""
    parser = argparse.ArgumentParser(
        description="Make report.html and report.csv again from report.json, without drawing."
    )
    parser.add_argument(
        "--out",
        type=arguments.folder,
        default=DRAWN_FIGURES,
        metavar="FOLDER",
        help="folder of the figures (default: figures/ of the project)",
    )
    options = parser.parse_args(argv)

    from figure_reproduction.report.page import write_page
    from figure_reproduction.report.saved import load_run

    print(f"Report: {write_page(*load_run(options.out), options.out)}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

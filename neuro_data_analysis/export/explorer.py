"""``python -m neuro_data_analysis.export.explorer``: source data from the explorer's averages.

Figures 2, 4, 5 and Extended Data Figure 4 come out, through the exporters that recordings take;
what is approximate stands in `neuro_data_analysis.evolutions.from_explorer`.
"""

import argparse
import sys

from core import arguments
from core.arguments import CommandParser
from core.errors import run
from core.progress import answer
from core.project import EXPLORER_DATA

LABELS = ("measured", "published")
"""Numbers of trials in first blocks: as the averages tell, or as the published counts tell."""


def parser() -> argparse.ArgumentParser:
    """Command line of this export."""
    parser = CommandParser(
        "python -m neuro_data_analysis.export.explorer",
        prog="python -m neuro_data_analysis.export.explorer",
        description="Source data of Figures 2, 4, 5 and Extended Data Figure 4 from the block "
        "averages of the authors' explorer (`./reproduce download --from explorer`).",
    )
    parser.add_argument(
        "--data",
        type=arguments.folder,
        default=EXPLORER_DATA,
        metavar="FOLDER",
        help="folder of the averages (default: explorer_data/ of the project)",
    )
    parser.add_argument(
        "--out",
        type=arguments.folder,
        metavar="FOLDER",
        help="folder to write (default: source_data/ in that of the averages)",
    )
    parser.add_argument(
        "--labels",
        choices=LABELS,
        default=LABELS[0],
        help="measured (default): success by the numbers of trials that the averages tell; "
        "published: with a number inferred from the published counts, where it is open",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Export unless the same is there."""
    options = parser().parse_args(argv)
    from neuro_data_analysis.export.from_explorer import export_explorer

    out = options.out or options.data / "source_data"
    if export_explorer(options.data, out, options.labels):
        answer(f"Source data from the explorer's averages: {out}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

"""``python -m core.generator_statistics``: the tables of Extended Data Figure 1.

``--preset offline`` needs nothing but the installed packages and takes minutes; its models and
images stand in for the paper's, and the figure says so. ``--preset published`` states what it
needs and how long it takes, and computes with the paper's own. ``--images explorer`` asks panels A
and B of the images that the animals' neurons evolved. ``./reproduce figures --figure ext1`` draws
what is there.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from core.arguments import CommandParser, add_cluster_options, folder, seed
from core.errors import run
from core.project import EXPLORER_DATA


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "python -m core.generator_statistics --panel B --out extended1",
        prog="python -m core.generator_statistics",
        description=__doc__,
    )
    made.add_argument(
        "--preset",
        choices=("offline", "offline-full", "published"),
        default="offline",
        help="counts and models (default: %(default)s)",
    )
    made.add_argument("--plan", action="store_true", help="say what would be done, and do nothing")
    made.add_argument(
        "--panel",
        action="append",
        choices=tuple("ABCD"),
        help="only this panel; may be repeated (default: all)",
    )
    made.add_argument(
        "--images",
        choices=("preset", "explorer"),
        default="preset",
        help="explorer: panels A and B of evolved images of the authors' explorer",
    )
    made.add_argument(
        "--data",
        type=folder,
        default=EXPLORER_DATA,
        metavar="FOLDER",
        help="the explorer's averages and images (default: explorer_data/ of the project)",
    )
    made.add_argument(
        "--natural",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="natural images of the published panel A; may be repeated",
    )
    made.add_argument(
        "--photographs",
        type=folder,
        metavar="FOLDER",
        help="photographs of the published panel C, a folder for each category",
    )
    made.add_argument(
        "--yolo",
        action="append",
        default=[],
        metavar="SET=PATH",
        help="saved results of YOLO for a set of panel A; may be repeated",
    )
    made.add_argument("--weights-dir", metavar="FOLDER", help="weight files, looked at first")
    made.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="default: computed_data/ of the project; source_data/ for the published preset",
    )
    made.add_argument("--seed", type=seed, default=0, help="of all that is random (default: 0)")
    made.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    add_cluster_options(made)
    return made


def main(argv: list[str] | None = None) -> int:
    """Compute what is not there yet, and say where it is."""
    options = parser().parse_args(argv)
    options.panel = sorted(set(options.panel or "ABCD"))

    from core.generator_statistics.study import run_study

    run_study(options, partial(print, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

"""``python -m neuro_data_analysis.nwb``: recordings as NWB files."""

import argparse
import sys
from pathlib import Path

from core import arguments
from core.errors import run
from core.progress import answer


def parser() -> argparse.ArgumentParser:
    """Command line of ``./reproduce nwb``."""
    parser = argparse.ArgumentParser(
        prog="reproduce nwb",
        description="Write the recordings under MATROOT as NWB files, one an experiment, in the "
        "folders of the archive DANDI. What the archive asks for and recordings do not hold comes "
        "from a YAML file; where there is none, its template is written. Files that were made from "
        "the same are kept, so that an interrupted run goes on.",
    )
    parser.add_argument(
        "--matroot",
        type=arguments.folder,
        metavar="FOLDER",
        help="folder of recordings (default: the environment variable MATROOT)",
    )
    parser.add_argument(
        "--out",
        type=arguments.folder,
        metavar="FOLDER",
        required=True,
        help="folder to write, say one that `dandi download` made",
    )
    parser.add_argument(
        "--metadata",
        type=Path,
        metavar="FILE.yaml",
        help="time zone, experimenters, institution, subjects (default: metadata.yaml in the "
        "folder to write)",
    )
    parser.add_argument(
        "--overrides",
        type=Path,
        metavar="JSON",
        help="corrections by experiment, as for `./reproduce export`",
    )
    parser.add_argument("--jobs", type=arguments.count, default=2, help="processes (default: 2)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Write what is not there yet."""
    options = parser().parse_args(argv)
    from neuro_data_analysis.nwb.run import write_all

    written = write_all(
        options.matroot, options.out, options.metadata, options.jobs, options.overrides
    )
    answer(f"{written.n_written} NWB files written, {written.n_kept} kept: {written.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

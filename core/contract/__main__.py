"""``python -m core.contract download`` and ``import``: data from the network, or a browser."""

import argparse
import sys
from pathlib import Path

from core.arguments import folder
from core.errors import SettingError, run
from core.figures import FIGURES


def parser(command: str) -> argparse.ArgumentParser:
    """Command line of ``./reproduce download`` or ``import``."""
    parser = argparse.ArgumentParser(
        prog=f"reproduce {command}",
        description="Fetch the published source data from OSF, or block averages of all recordings "
        "from the authors' explorer, verified; an interrupted download goes on where it ended."
        if command == "download"
        else "Take source data, by name and checked, from a zip or folder downloaded in a browser; "
        "or the numbers of the authors' explorer from a clone, a zip, or its folder public/data.",
    )
    if command == "download":
        parser.add_argument(
            "--from",
            dest="host",
            choices=("osf", "explorer"),
            default="osf",
            help="osf (default): source data; explorer: block averages of all 170 experiments",
        )
        parser.add_argument(
            "--figure",
            action="append",
            metavar="NAME",
            help=f"only this figure, one of {', '.join(FIGURES)}; may be given more than once",
        )
        parser.add_argument(
            "--project",
            help="OSF project (default: the environment variable OSF_PROJECT, or pre96)",
        )
        parser.add_argument(
            "--token",
            help="OSF access token, for a private project or a higher limit of requests; better "
            "given as the environment variable OSF_TOKEN",
        )
    else:
        parser.add_argument("path", type=Path, metavar="PATH", help="a zip or a folder")
    parser.add_argument(
        "--out",
        type=folder,
        metavar="FOLDER",
        help="where the data go (default: source_data/ of the project, or explorer_data/)",
    )
    parser.add_argument(
        "--images",
        action="store_true",
        help="of the explorer: keep the evolved images, too (190 MB)",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace files of another origin, which are kept as *.replaced",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 if every file is there and sound."""
    command, *rest = sys.argv[1:] if argv is None else argv
    if command not in ("download", "import"):
        raise SettingError(expected="download or import", found=f"{command!r}")
    options = parser(command).parse_args(rest)

    from core.acquisition import commands

    if command == "import":
        return commands.import_from_path(options)
    if options.host == "explorer":
        return commands.download_from_explorer(options)
    return commands.download_from_osf(options)


if __name__ == "__main__":
    sys.exit(run(main))

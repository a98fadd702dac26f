"""``python -m core.contract``: source data from the network or a browser, and two compared."""

import argparse
import sys
from pathlib import Path

from core.arguments import folder
from core.errors import SettingError, run
from core.figures import RECORDED
from core.project import EXPLORER_DATA, ROOT, SOURCE_DATA

COMMANDS = ("download", "import", "check-sources")


def parser(command: str) -> argparse.ArgumentParser:
    """Command line of ``./reproduce`` with one of `COMMANDS`."""
    if command == "check-sources":
        return _parser_of_check()
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
            help=f"only this figure, one of {', '.join(RECORDED)}; may be given more than once",
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


def _parser_of_check() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reproduce check-sources",
        description="Compare source data from recordings with those from the explorer's block "
        "averages, experiment by experiment.",
    )
    for name, default in (("first", SOURCE_DATA), ("second", EXPLORER_DATA / "source_data")):
        parser.add_argument(
            f"--{name}",
            type=folder,
            default=default,
            metavar="FOLDER",
            help=f"folder in the layout of source_data/ (default: {default.relative_to(ROOT)})",
        )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 if every file is there and sound."""
    command, *rest = sys.argv[1:] if argv is None else argv
    if command not in COMMANDS:
        raise SettingError(expected=", ".join(COMMANDS), found=f"{command!r}")
    options = parser(command).parse_args(rest)
    if command == "check-sources":
        return check_sources(options)

    from core.acquisition import commands

    if command == "import":
        return commands.import_from_path(options)
    if options.host == "explorer":
        return commands.download_from_explorer(options)
    return commands.download_from_osf(options)


def check_sources(options: argparse.Namespace) -> int:
    """Print what differs between two folders; 0 if nothing does, else 1."""
    from core.acquisition.agreement import compare_sources
    from core.contract.source_data import SourceData
    from core.progress import answer

    table = compare_sources(SourceData(options.first), SourceData(options.second))
    if table.empty:
        answer(f"{options.first} and {options.second} tell the same of every experiment.")
        return 0
    answer(table.to_string(index=False))
    answer(f"{len(table)} differences in {table['Expi'].nunique()} experiments.")
    return 1


if __name__ == "__main__":
    sys.exit(run(main))

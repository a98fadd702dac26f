"""``python -m core.contract download`` and ``import``: source data from OSF, or from a browser."""

import argparse
import sys
from pathlib import Path

from core.arguments import folder
from core.errors import SettingError, run
from core.figures import FIGURES, chosen_figures
from core.progress import say
from core.project import SOURCE_DATA


def parser(command: str) -> argparse.ArgumentParser:
    """Command line of ``./reproduce download`` or ``import``."""
    parser = argparse.ArgumentParser(
        prog=f"reproduce {command}",
        description="Fetch the published source data from OSF, verified; an interrupted download "
        "goes on where it ended."
        if command == "download"
        else "Take source data, by name and checked, from a zip or folder downloaded in a browser.",
    )
    if command == "download":
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
        default=SOURCE_DATA,
        metavar="FOLDER",
        help="where the data go (default: source_data/ of the project)",
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
    return _download(options) if command == "download" else _import(options)


def _download(options: argparse.Namespace) -> int:
    from core.acquisition.osf import OsfSettings
    from core.acquisition.osf_download import fetch_source_data
    from core.contract.problems import Problem, problems, table

    figures = chosen_figures(options.figure)
    settings = OsfSettings.from_environment(options.project, options.token)
    done = fetch_source_data(options.out, settings, figures, options.force, say)
    adopted = f", {len(done.adopted)} found there already" if done.adopted else ""
    print(
        f"{len(done.placed)} files fetched, {done.n_bytes / 1e6:.1f} MB{adopted}; "
        f"{done.n_sound} are there and sound. {done.n_requests} requests, {done.seconds:.1f} s."
    )
    on_osf = f"a file on OSF, project {settings.project}"
    lost = [Problem(path, on_osf, "none") for path in done.absent]
    lost += [Problem(path, on_osf, why) for path, why in done.failed.items()]
    known = {row.file for row in lost}
    rows = lost + [row for row in problems(options.out, figures) if row.file not in known]
    if rows:
        print(f"{len(rows)} things are not as they should be:\n{table(rows)}")
    return 1 if rows else 0


def _import(options: argparse.Namespace) -> int:
    from core.acquisition.local_import import import_source_data
    from core.contract.problems import problems, table

    done = import_source_data(options.path, options.out, options.force, say)
    known = f", {done.n_known} were there already" if done.n_known else ""
    print(f"{len(done.placed)} files taken, {done.n_bytes / 1e6:.1f} MB{known}.")
    if done.refused:
        print(f"{len(done.refused)} are not taken:\n{table(done.refused)}")
    folders = {Path(path).parent.as_posix() for path in done.placed}
    figures = [figure.word for figure in FIGURES.values() if figure.folder in folders]
    if rows := problems(options.out, figures):
        print(f"In the folders of these figures now:\n{table(rows)}")
    return 1 if done.refused or rows else 0


if __name__ == "__main__":
    sys.exit(run(main))

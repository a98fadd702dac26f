"""``python -m neuro_data_analysis.evolved_images``: pictures of the explorer's evolved images."""

import argparse
import sys

from core import arguments
from core.errors import run
from core.progress import answer
from core.project import DRAWN_FIGURES, EXPLORER_DATA


def parser() -> argparse.ArgumentParser:
    """Command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data",
        type=arguments.folder,
        default=EXPLORER_DATA,
        metavar="FOLDER",
        help="folder of averages and images (default: explorer_data/ of the project)",
    )
    common.add_argument(
        "--out",
        type=arguments.folder,
        default=DRAWN_FIGURES / "evolved_images",
        metavar="FOLDER",
        help="folder to write (default: figures/evolved_images/ of the project)",
    )
    parser = arguments.CommandParser(
        "python -m neuro_data_analysis.evolved_images gallery",
        prog="python -m neuro_data_analysis.evolved_images",
        description="Pictures of the evolved images of the authors' explorer, which "
        "`./reproduce download --from explorer --images` fetches.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sheet = commands.add_parser(
        "sheet", parents=[common], help="an experiment's images, both threads over blocks"
    )
    sheet.add_argument(
        "expi",
        nargs="*",
        type=arguments.count,
        metavar="EXPI",
        help="numbers of experiments, as in the paper (default: all)",
    )
    gallery = commands.add_parser(
        "gallery", parents=[common], help="both threads' images of all valid experiments, by area"
    )
    gallery.add_argument(
        "--block",
        choices=("best", "last"),
        default="best",
        help="which block of each thread (default: best, that of the largest mean rate)",
    )
    similarity = commands.add_parser(
        "similarity",
        parents=[common],
        help="similarity of the best images against difference of responses (as Figure 3G)",
    )
    similarity.add_argument(
        "--network",
        action="append",
        metavar="NAME",
        help="repeatable (default: efficientnet_lite0, whose weights are a package, and of Figure "
        "3G's networks those whose weights are at hand; nothing is fetched)",
    )
    similarity.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    similarity.add_argument(
        "--trusted",
        action="store_true",
        help="read weight files that hold more than tensors; they can run any code",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Draw what was asked for, and say where it is."""
    options = parser().parse_args(argv)

    from neuro_data_analysis.evolved_images.run import COMMANDS

    for path in COMMANDS[options.command](options):
        answer(str(path))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

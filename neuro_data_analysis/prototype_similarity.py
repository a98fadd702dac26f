"""``python -m neuro_data_analysis.prototype_similarity``: image columns of Figure 3G's table.

Prototype images (see `prototypes`) in, ``similarity.csv`` out: one row per experiment that has a
montage, ascending, and the columns

- ``Expi`` (int),
- those of the networks that were asked for, under the names of the published table and in its
  order; then those of other networks, under names of their own. Every cell is a similarity, or
  empty where there is none,
- among them ``Expi_alt`` (int, or empty): the experiment whose images the ``..._BGalt`` and
  ``..._FCalt`` columns take. These are there only if recordings say which experiments share a site.

The file is written when everything is computed, in place of an older one. It is merged with other
columns on ``Expi``.
"""

import argparse
import sys

from core import arguments
from core.errors import run
from neuro_data_analysis.recordings.layout import PROTOTYPES_FOLDER, SIMILARITY_FILE

PUBLISHED = ("resnet50_linf8", "alexnet", "vgg16", "dino")
"""Networks of the published table."""

OFFLINE = "efficientnet_lite0"
DEFAULT_SEED = 20260101


def parser() -> argparse.ArgumentParser:
    """Command line."""
    parser = arguments.CommandParser(
        "python -m neuro_data_analysis.prototype_similarity --network efficientnet_lite0 "
        "--prototypes montages",
        "python -m neuro_data_analysis.prototype_similarity --network my_parts:features "
        "--prototypes simulated_data/practice/prototypes",
        prog="python -m neuro_data_analysis.prototype_similarity",
        description="Similarity of the two threads' prototype images in image networks: the image "
        "columns of Figure 3G's table. `./reproduce simulate` makes montages to practise on, in "
        "simulated_data/practice/prototypes.",
    )
    parser.add_argument(
        "--prototypes",
        type=arguments.folder,
        metavar="FOLDER",
        help="folder of the montages Exp<NNN>....jpg or .png (default: "
        f"{PROTOTYPES_FOLDER} in the folder of the recordings)",
    )
    parser.add_argument(
        "--matroot",
        metavar="FOLDER",
        help="folder of the recordings, which say where experiments share a site (default: the "
        "environment variable MATROOT; without it there are no ..alt columns)",
    )
    parser.add_argument(
        "--network",
        action="append",
        metavar="NAME",
        help=f"repeatable; {', '.join(PUBLISHED)} (default: these), {OFFLINE}, which needs no "
        "download, or module:factory, your own (docs/image_similarity.md)",
    )
    parser.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    parser.add_argument(
        "--trusted",
        action="store_true",
        help="read weight files that hold more than tensors, as the robust ResNet's may; they can "
        "run any code",
    )
    parser.add_argument(
        "--seed",
        type=arguments.seed,
        default=DEFAULT_SEED,
        help=f"seed of the draw of other experiments (default: {DEFAULT_SEED})",
    )
    parser.add_argument(
        "--out",
        type=arguments.folder,
        metavar="FILE",
        help=f"file to write (default: {SIMILARITY_FILE} in the folder of the prototypes)",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Compute the columns and write them; returns the exit code."""
    options = parser().parse_args(argv)
    options.network = options.network or list(PUBLISHED)

    from neuro_data_analysis.image_similarity.prototype_run import write_similarities

    print(write_similarities(options))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

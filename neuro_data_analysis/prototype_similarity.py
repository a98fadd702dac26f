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
import os
import sys
from typing import TYPE_CHECKING

from core import arguments
from core.errors import MissingFileError, MissingPackageError, RunError, WeightsError, run
from core.files import replacing
from core.progress import say
from neuro_data_analysis.image_similarity.prototypes import find_prototypes
from neuro_data_analysis.recordings.dataset import matroot
from neuro_data_analysis.recordings.lab_tables import writable_table
from neuro_data_analysis.recordings.layout import PROTOTYPES_FOLDER, SIMILARITY_FILE

if TYPE_CHECKING:
    from neuro_data_analysis.image_similarity.networks import FeatureNetwork

PUBLISHED = ("resnet50_linf8", "alexnet", "vgg16", "dino")
"""Networks of the published table."""

OFFLINE = "efficientnet_lite0"
DEFAULT_SEED = 20260101


def parser() -> argparse.ArgumentParser:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m neuro_data_analysis.prototype_similarity",
        description="Similarity of the two threads' prototype images in image networks: the image "
        "columns of Figure 3G's table.",
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
        help=f"repeatable; {', '.join(PUBLISHED)} (default: these) or {OFFLINE}, which needs no "
        "download",
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
    _work(options)
    return 0


def _work(options: argparse.Namespace) -> None:
    from neuro_data_analysis.image_similarity.networks import check_names
    from neuro_data_analysis.image_similarity.prototype_table import (
        joined_table,
        network_table,
        site_alternates,
    )

    names = list(dict.fromkeys(options.network or PUBLISHED))
    check_names(names)
    folder = options.prototypes or matroot(options.matroot) / PROTOTYPES_FOLDER
    files = find_prototypes(folder)
    if not files:
        raise MissingFileError(
            path=folder, expected="montages Exp<NNN>....jpg or .png", found="none"
        )
    out = writable_table(options.out or folder / SIMILARITY_FILE)
    alternates = None
    if options.matroot or os.environ.get("MATROOT"):
        root = matroot(options.matroot)
        alternates = site_alternates(files, root, options.seed)
        unknown = [expi for expi in files if expi not in alternates]
        if unknown:
            say(
                f"{root}: no recording of Exp {unknown}; they are compared with no other experiment"
            )
    else:
        say("no recordings (--matroot): the ..alt columns are left out")
    tables = []
    for name in names:
        network = _load_or_say(name, device=options.device, trusted=options.trusted)
        if network is not None:
            tables.append(network_table(network, files, alternates))
    if not tables:
        raise RunError(
            expected="a network with weights",
            found="none",
            advice=f"--network {OFFLINE} needs no download",
        )
    with replacing(out) as temporary:
        joined_table(tables, alternates).to_csv(temporary, lineterminator="\n")
    print(out)  # noqa: T201


def _load_or_say(name: str, **options: object) -> "FeatureNetwork | None":
    """A network with its weights; if they cannot be had, one sentence on stderr and None."""
    from neuro_data_analysis.image_similarity.networks import load_feature_network

    try:
        return load_feature_network(name, **options)
    except (WeightsError, MissingPackageError) as error:
        say(f"{name} is left out: {error}")
        return None


if __name__ == "__main__":
    sys.exit(run(main))

"""``python -m neuro_data_analysis.covariance_tensors``: covariance columns of Figure 3G's table.

It reads the evolved images and writes ``covariance.csv``: one row per experiment, ``Expi`` and 25
columns per layer (``layer1_cov_corr``, ...), to be merged on ``Expi``. It is written after every
experiment; experiments that are in it already are not computed again. The numbers:
`image_similarity.covariance`.
"""

import argparse
import sys

from core import arguments
from core.errors import run
from neuro_data_analysis.recordings.layout import COVARIANCE_FILE, PROTOTYPES_FOLDER, STIMULI_FOLDER


def parser() -> argparse.ArgumentParser:
    """Command line."""
    parser = arguments.CommandParser(
        "python -m neuro_data_analysis.covariance_tensors --network efficientnet_lite0 "
        "--matroot recordings",
        "python -m neuro_data_analysis.covariance_tensors --network my_parts:features "
        "--matroot simulated_data/matroot --stimuli simulated_data/practice/stimuli",
        prog="python -m neuro_data_analysis.covariance_tensors",
        description="Similarity of the two threads' feature-response covariance: the layer columns "
        "of Figure 3G's table. `./reproduce simulate` makes images of one experiment to practise "
        "on, in simulated_data/practice/stimuli.",
    )
    parser.add_argument(
        "--stimuli",
        type=arguments.folder,
        metavar="FOLDER",
        help="root that replaces the drive of the recorded image folders (default: "
        f"{STIMULI_FOLDER} in the folder of the recordings)",
    )
    parser.add_argument(
        "--matroot",
        metavar="FOLDER",
        help="folder of the recordings (default: the environment variable MATROOT)",
    )
    parser.add_argument(
        "--network",
        default="resnet50_linf8",
        metavar="NAME",
        help="resnet50_linf8 (default), efficientnet_lite0, which needs no download, or "
        "module:factory, your own (docs/image_similarity.md)",
    )
    parser.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    parser.add_argument(
        "--trusted",
        action="store_true",
        help="read weight files that hold more than tensors; they can run any code",
    )
    parser.add_argument(
        "--batch", type=arguments.count, default=32, help="images in a forward pass"
    )
    parser.add_argument(
        "--out",
        type=arguments.folder,
        metavar="FILE",
        help="file to write and to continue (default: "
        f"{PROTOTYPES_FOLDER}/{COVARIANCE_FILE} in the folder of the recordings)",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Compute the columns of all experiments whose images are there; returns the exit code."""
    options = parser().parse_args(argv)

    from neuro_data_analysis.image_similarity.covariance_run import write_covariances

    print(write_covariances(options))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

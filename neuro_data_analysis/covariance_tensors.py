"""``python -m neuro_data_analysis.covariance_tensors``: covariance columns of Figure 3G's table.

It reads the evolved images and writes ``covariance.csv``: one row per experiment, ``Expi`` and 25
columns per layer (``layer1_cov_corr``, ...), to be merged on ``Expi``. It is written after every
experiment; experiments that are in it already are not computed again. The numbers:
`image_similarity.covariance`.
"""

import argparse
import sys

from core import arguments
from core.errors import RunError, SettingError, run
from core.progress import say
from neuro_data_analysis.recordings.dataset import matroot, open_recordings
from neuro_data_analysis.recordings.lab_tables import writable_table
from neuro_data_analysis.recordings.layout import COVARIANCE_FILE, PROTOTYPES_FOLDER, STIMULI_FOLDER


def parser() -> argparse.ArgumentParser:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m neuro_data_analysis.covariance_tensors",
        description="Similarity of the two threads' feature-response covariance: the layer columns "
        "of Figure 3G's table.",
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
        help="resnet50_linf8 (default) or efficientnet_lite0, which needs no download",
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
    _work(options)
    return 0


def _work(options: argparse.Namespace) -> None:
    from neuro_data_analysis.image_similarity.covariance_table import continue_table
    from neuro_data_analysis.image_similarity.networks import (
        FEATURES,
        check_names,
        load_feature_network,
    )

    check_names([options.network])
    if not FEATURES[options.network].covariance:
        raise SettingError(
            path="--network", expected="one whose covariance is compared", found=options.network
        )
    folder = matroot(options.matroot)
    stimuli = options.stimuli or folder / STIMULI_FOLDER
    if not stimuli.is_dir():
        raise SettingError(path=stimuli, expected="the root of the image folders", found="none")
    out = writable_table(options.out or folder / PROTOTYPES_FOLDER / COVARIANCE_FILE)
    network = load_feature_network(options.network, device=options.device, trusted=options.trusted)
    with open_recordings(folder) as recordings:
        table = continue_table(out, network, recordings, stimuli, options.batch, say)
    if table.empty:
        raise RunError(path=stimuli, expected="the images of an experiment", found="none")
    print(out)  # noqa: T201


if __name__ == "__main__":
    sys.exit(run(main))

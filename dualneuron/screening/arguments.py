"""Options of ``screen``; standard library only."""

import argparse
from pathlib import Path

from core.arguments import add_cluster_options, count, folder
from dualneuron.arguments import NETWORKS, add_data_dir, add_device


def add_screen_command(commands: argparse._SubParsersAction) -> None:
    """Add ``screen`` to the commands of ``python -m dualneuron``."""
    screen = commands.add_parser(
        "screen",
        help="order many images by the response of every unit",
        description="Show a network many images, and order them by the response of every unit. An "
        "interrupted screen goes on by the same command.",
    )
    screen.add_argument(
        "images",
        nargs="?",
        help="folder, zip or npy file; for ImageNet the folder of the download (default: DATA_DIR)",
    )
    screen.add_argument(
        "--dataset",
        choices=("rendered", "imagenet", "images"),
        default="rendered",
        help="rendered: a folder of PNG files; images: any folder, zip or npy file (default: "
        "rendered)",
    )
    screen.add_argument("--split", default="train", help="of ImageNet (default: train)")
    screen.add_argument("--model", choices=NETWORKS, default="v4", help="default: v4")
    screen.add_argument("--layer", help="of the network instead of its output")
    screen.add_argument(
        "--location",
        default="center",
        help="in the layer: center, mean, row,column or the position of a token (default: center)",
    )
    screen.add_argument("--one-member", action="store_true", help="not the whole ensemble")
    screen.add_argument("--untrained", action="store_true", help="random weights")
    screen.add_argument("--mask", type=Path, help="npy file (default: the published mask)")
    screen.add_argument("--crop-size", type=count, help="pixels (default: 167 for v1, else 236)")
    screen.add_argument(
        "--top-k", type=count, help="keep so many images of each end (default: all)"
    )
    screen.add_argument("--int32", action="store_true", help="indices in half the room")
    screen.add_argument(
        "--skip-corrupt", action="store_true", help="leave out images that cannot be decoded"
    )
    screen.add_argument("--batch-size", type=count, default=32, help="default: 32")
    screen.add_argument(
        "--num-workers", type=count, default=1, help="threads that read images (default: 1)"
    )
    screen.add_argument(
        "--cluster",
        action="store_true",
        help="show shards of the images to Dask workers, as the next three options have it",
    )
    add_cluster_options(screen)
    screen.add_argument("--out", type=folder, default=Path("screening"), help="folder")
    add_data_dir(screen)
    add_device(screen)

"""Options of ``axis``; standard library only."""

import argparse
from pathlib import Path

from dualneuron.arguments import add_device


def add_axis_command(commands: argparse._SubParsersAction) -> None:
    """Add ``axis`` to the commands of ``python -m dualneuron``."""
    axis = commands.add_parser("axis", help="what tells high from low poles in DreamSim's space")
    axis.add_argument("--high", metavar="IMAGES", help="folder, zip or npy file: most exciting")
    axis.add_argument("--low", metavar="IMAGES", help="folder, zip or npy file: least exciting")
    axis.add_argument("--poles", type=Path, help="file of `poles`, in place of --high and --low")
    axis.add_argument("--neuron", type=int, help="whose poles, 0-based")
    axis.add_argument("--out", type=Path, default=Path("axis.npy"), help="file (default: axis.npy)")
    axis.add_argument(
        "--dreamsim-type",
        default="ensemble",
        help="ensemble (1792 numbers an image), dinov2_vitb14, ... (default: ensemble)",
    )
    axis.add_argument(
        "--cache-dir",
        type=Path,
        default=Path("models"),
        help="folder of DreamSim's weights (default: models)",
    )
    add_device(axis)

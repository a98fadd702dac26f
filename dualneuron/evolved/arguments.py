"""Options of ``evolved``; standard library only."""

import argparse
from pathlib import Path

from core.arguments import folder
from core.project import EXPLORER_DATA
from dualneuron.arguments import TWINS, add_twin_options, neurons


def add_evolved_command(commands: argparse._SubParsersAction) -> None:
    """Add ``evolved`` to the commands of ``python -m dualneuron``."""
    evolved = commands.add_parser(
        "evolved",
        help="responses to the images that were evolved for real neurons (the authors' explorer)",
        description="Show neurons of a twin, or units of a network, the images that evolved for "
        "recorded neurons of V1, V4 and IT, with the contrast that was shown and at equal norm: do "
        "responses rise along the evolutions? `./reproduce download --from explorer --images` "
        "fetches the images.",
    )
    evolved.add_argument("--twin", choices=TWINS, default="v1", help="whose neurons (default: v1)")
    evolved.add_argument(
        "--neurons",
        type=neurons,
        default=40,
        metavar="N",
        help="how many, evenly among those that are predicted with a correlation above 0.4, or ids "
        "with commas; of a network, channels (default: 40)",
    )
    evolved.add_argument(
        "--network",
        metavar="NAME",
        help="units of an image network instead of a twin: efficientnet_lite0, resnet50, ..., or "
        "module:factory, a function of your own that makes one",
    )
    evolved.add_argument("--layer", help="of the network; its units at the centre are taken")
    evolved.add_argument(
        "--data",
        type=folder,
        default=EXPLORER_DATA,
        metavar="FOLDER",
        help="folder of averages and images (default: explorer_data/ of the project)",
    )
    evolved.add_argument(
        "--out", type=folder, default=Path("evolved"), help="folder (default: evolved)"
    )
    add_twin_options(evolved)

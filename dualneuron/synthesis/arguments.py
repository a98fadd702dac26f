"""Options of ``poles``; standard library only."""

import argparse
from pathlib import Path

from core.arguments import count, folder, seed
from dualneuron.arguments import add_data_dir, add_device, neurons


def add_poles_command(commands: argparse._SubParsersAction) -> None:
    """Add ``poles`` to the commands of ``python -m dualneuron``."""
    poles = commands.add_parser(
        "poles", help="most and least exciting images of neurons; goes on where it stopped"
    )
    poles.add_argument(
        "-o", "--output-dir", type=folder, default=Path("poles"), help="folder (default: poles)"
    )
    poles.add_argument(
        "-n", "--num-seeds", type=count, default=5, help="images of a neuron and pole (default: 5)"
    )
    for short, name, default in (("-v1", "v1", 458), ("-v4", "v4", 394), ("-v4g", "v4g", 0)):
        poles.add_argument(
            short,
            f"--{name}-neurons",
            type=neurons,
            default=default,
            metavar="N",
            help=f"how many of the twin {name}, or ids with commas; 0: none (default: {default})",
        )
    poles.add_argument(
        "--poles",
        nargs="+",
        choices=("least", "most"),
        default=("least", "most"),
        help="which images are made",
    )
    poles.add_argument(
        "--preset",
        nargs="+",
        metavar="NAME",
        help="published settings in place of the batch script's: v1-notebook (learning rate 1, "
        "which converges), v4-notebook, v4-explore, v4-semantic, ...",
    )
    poles.add_argument("--steps", type=count, help="in place of the preset's")
    poles.add_argument("--random-state", type=seed, default=0, help="draws the seeds (default: 0)")
    poles.add_argument("--batch-size", type=count, help="images made together")
    poles.add_argument("--compat-rng", action="store_true", help="random numbers as published")
    poles.add_argument("--untrained", action="store_true", help="random weights; fetch none")
    add_data_dir(poles)
    add_device(poles)

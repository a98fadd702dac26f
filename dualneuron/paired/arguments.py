"""Options of ``paired``; standard library only."""

import argparse
from pathlib import Path

from core.arguments import count, folder, seed
from dualneuron.arguments import TWINS, add_twin_options, neurons


def add_paired_command(commands: argparse._SubParsersAction) -> None:
    """Add ``paired`` to the commands of ``python -m dualneuron``."""
    paired = commands.add_parser(
        "paired",
        help="paired evolutions for neurons of a twin; goes on where it stopped",
        description="Evolve images for neurons of a twin with two generators in turn, all neurons "
        "together. An optimizer learns from counts of spikes at the rate that the twin predicts. "
        "`python -m neuro_data_analysis.session` makes recordings of what lies in the folder.",
    )
    paired.add_argument("--area", choices=TWINS, default="v1", help="whose neurons (default: v1)")
    paired.add_argument(
        "--neurons",
        type=neurons,
        default=40,
        metavar="N",
        help="how many, evenly among those that are predicted with a correlation above 0.4, or ids "
        "with commas (default: 40)",
    )
    paired.add_argument(
        "--generators",
        nargs=2,
        default=["fc6", "BigGAN"],
        metavar="NAME",
        help="of both threads; small needs no weights (default: fc6 BigGAN)",
    )
    paired.add_argument(
        "--random-weights", action="store_true", help="of the generators; a trial of the path"
    )
    paired.add_argument("--blocks", type=count, default=30, help="default: 30")
    paired.add_argument("--seed", type=seed, default=0, help="default: 0")
    paired.add_argument(
        "--out", type=folder, default=Path("paired"), help="folder (default: paired)"
    )
    add_twin_options(paired)

"""Options of ``tuning``, ``maps`` and ``beside``; standard library only."""

import argparse
from pathlib import Path

from core.arguments import count, folder, seed
from dualneuron.arguments import TWINS, add_data_dir, add_device, add_twin_options, ids, neurons


def add_tuning_command(commands: argparse._SubParsersAction) -> None:
    """Add ``tuning`` to the commands of ``python -m dualneuron``."""
    tuning = commands.add_parser(
        "tuning",
        help="tuning along axes of a generator, as in Figure 6",
        description="Show neurons images along eigenvectors of a generator's metric, at equal "
        "distances from a centre, and classify their counts of spikes as Figure 6 does: are "
        "leading axes tuned more, bell-shaped, with the peak at the centre?",
    )
    tuning.add_argument(
        "--evolved",
        type=Path,
        metavar="FOLDER",
        help="of `paired`: its twin and generator, each neuron around the mean code of its best "
        "block (default: the same random code for all neurons)",
    )
    _add_thread(tuning)
    tuning.add_argument(
        "--area",
        choices=TWINS,
        help="whose neurons (default: v1, or the folder's)",
    )
    tuning.add_argument(
        "--neurons",
        type=neurons,
        metavar="N",
        help="how many, as of `paired`, or ids with commas (default: 40, or all of a folder)",
    )
    tuning.add_argument(
        "--generator",
        metavar="NAME",
        help="BigGAN, fc6, ..., module:factory, or small, which needs no weights (default: small, "
        "or the folder's)",
    )
    tuning.add_argument("--random-weights", action="store_true", help="of the generator")
    _add_distance(tuning, "MSE")
    tuning.add_argument(
        "--ranks",
        type=int,
        nargs="+",
        help="axes from the top, 0 first (default: those of Figure 6; the classes' where a "
        "generator has no noise part)",
    )
    tuning.add_argument("--repeats", type=count, default=5, help="of an image (default: 5)")
    tuning.add_argument("--seed", type=seed, default=0, help="of all that is random (default: 0)")
    tuning.add_argument(
        "--out", type=folder, default=Path("tuning"), help="folder (default: tuning)"
    )
    add_twin_options(tuning)


def add_maps_command(commands: argparse._SubParsersAction) -> None:
    """Add ``maps`` to the commands of ``python -m dualneuron``."""
    maps = commands.add_parser(
        "maps",
        help="level sets of tuning maps beside those of units and recordings",
        description="Measure tuning maps around what evolved for the neurons of a folder of "
        "`paired`, and compare their level sets with those of a network's units and, where given, "
        "of recorded maps.",
    )
    _add_evolved_folder(maps)
    _add_thread(maps)
    maps.add_argument(
        "--units",
        type=Path,
        default=Path("level_sets/units.parquet"),
        metavar="FILE",
        help="table that `python -m core.level_sets` wrote (default: level_sets/units.parquet)",
    )
    maps.add_argument(
        "--recorded",
        type=Path,
        metavar="FILE",
        help="maps.csv that `python -m neuro_data_analysis.tuning_maps` wrote (default: none)",
    )
    maps.add_argument("--seed", type=seed, default=0, help="of intervals (default: 0)")
    maps.add_argument("--out", type=folder, default=Path("maps"), help="folder (default: maps)")
    add_data_dir(maps)
    add_device(maps)


def add_beside_command(commands: argparse._SubParsersAction) -> None:
    """Add ``beside`` to the commands of ``python -m dualneuron``."""
    beside = commands.add_parser(
        "beside",
        help="most exciting images beside evolved ones",
        description="Make the most exciting image of every neuron of a folder of `paired`, and set "
        "it beside the best image that each generator evolved for it: responses of the twin to "
        "all three at equal norm, and their distances.",
    )
    _add_evolved_folder(beside)
    beside.add_argument(
        "--preset",
        metavar="NAME",
        help="how MEIs are made (default: the twin's notebook, as v1-notebook)",
    )
    beside.add_argument("--steps", type=count, help="in place of the preset's")
    beside.add_argument("--seed", type=seed, default=0, help="of the MEIs (default: 0)")
    _add_distance(beside, "efficientnet_lite0")
    beside.add_argument(
        "--out", type=folder, default=Path("beside"), help="folder (default: beside)"
    )
    add_data_dir(beside)
    add_device(beside)


def _add_evolved_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="of paired evolutions, as `paired` writes it")
    command.add_argument(
        "--neurons",
        type=ids,
        metavar="IDS",
        help="ids with commas between them (default: all that are there)",
    )


def _add_thread(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--thread", type=int, choices=(0, 1), default=0, help="of the evolutions (default: 0)"
    )


def _add_distance(command: argparse.ArgumentParser, default: str) -> None:
    command.add_argument(
        "--distance",
        default=default,
        help=f"of images: MSE, L2, LPIPS or efficientnet_lite0 (default: {default})",
    )

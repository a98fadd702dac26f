"""``./reproduce twins``: paired evolutions of digital twins, recordings and source data of them."""

import argparse
import shutil
import sys
from pathlib import Path

from core.arguments import CommandParser, count, folder, seed
from core.errors import SettingError, run
from core.processes import run_child
from core.project import TWINS_DATA

FIRST_NUMBERS = {"v1": 1, "v4": 1001, "v4g": 3001}
"""Of each twin the number that the recording of neuron 0 gets on its day."""

ANIMAL = "Twin"
"""What stands for the animal."""


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "reproduce twins --area v1 --neurons 40",
        "reproduce twins --untrained --generators small small --neurons 6 --blocks 16",
        prog="reproduce twins",
        description="The paper's paired evolution for digital twins of visual neurons, as "
        "recordings and as source data of Figures 2, 4 and 5, which `reproduce figures --data "
        "twins` draws. Evolutions go on where they stopped; the rest is made anew.",
    )
    made.add_argument(
        "--area",
        action="append",
        choices=tuple(FIRST_NUMBERS),
        help="whose neurons; may be given more than once (default: v1)",
    )
    made.add_argument(
        "--neurons", default="40", metavar="N", help="of each, or ids with commas (default: 40)"
    )
    made.add_argument(
        "--generators",
        nargs=2,
        default=["fc6", "BigGAN"],
        metavar="NAME",
        help="of both threads; small needs no weights (default: fc6 BigGAN)",
    )
    made.add_argument("--blocks", type=count, default=30, help="default: 30")
    made.add_argument("--seed", type=seed, default=0, help="default: 0")
    made.add_argument(
        "--untrained", action="store_true", help="random weights of the twin; fetch none"
    )
    made.add_argument("--data-dir", type=folder, help="folder of the twins' files as published")
    made.add_argument(
        "--out",
        type=folder,
        default=TWINS_DATA,
        metavar="FOLDER",
        help="folder (default: twins_data/ of the project)",
    )
    return made


def main(argv: list[str] | None = None) -> int:
    """Evolve, convert, export; 0 if all is there."""
    options = parser().parse_args(argv)

    from core.files import alone_in, writable_folder
    from core.progress import say

    with alone_in(writable_folder(options.out), say):
        return _made(options, list(dict.fromkeys(options.area or ["v1"])))


def _made(options: argparse.Namespace, areas: list[str]) -> int:
    recordings, source_data = options.out / "matroot", options.out / "source_data"
    for made in (recordings, source_data):
        _check_own(made)
    for area in areas:
        if code := run_child([sys.executable, "-m", "dualneuron", *_words(options, area)]):
            return abs(code)  # it has said why

    from core.experiments.evolution.paired import read_paired
    from core.progress import answer
    from neuro_data_analysis.export.__main__ import main as export
    from neuro_data_analysis.paired_element import add_paired

    for made in (recordings, source_data):
        shutil.rmtree(made, ignore_errors=True)
    for area in areas:
        evolutions = options.out / "evolutions" / area
        name = read_paired(evolutions).area
        added = add_paired(evolutions, recordings, ANIMAL, name, FIRST_NUMBERS[area])
        answer(f"{recordings}: {name}, Exp {added[0]} to {added[-1]}")
    return export([f"--matroot={recordings}", f"--out={source_data}"])


def _words(options: argparse.Namespace, area: str) -> list[str]:
    """Command line of ``python -m dualneuron paired`` for one twin."""
    words = [
        "paired",
        f"--area={area}",
        f"--neurons={options.neurons}",
        f"--blocks={options.blocks}",
    ]
    words += [f"--seed={options.seed}", f"--out={options.out / 'evolutions' / area}"]
    words += ["--generators", *options.generators]
    words += ["--untrained"] * options.untrained
    return words + ([f"--data-dir={options.data_dir}"] if options.data_dir else [])


def _check_own(made: Path) -> None:
    """Refuse a folder that an earlier run did not make, since it is made anew."""
    from core.contract.provenance import TWINS_KIND, simulated_kind

    if made.exists() and simulated_kind(made).get("kind") != TWINS_KIND:
        raise SettingError(
            path=made, expected="no folder or what twins gave", found="something else"
        )


if __name__ == "__main__":
    sys.exit(run(main))

"""``python -m core.experiments.evolve``: evolve images for units of a network, and draw them.

One ``--generator`` makes single evolutions, two make paired ones. Every unit gets an HDF5 file and
figures in the folder ``--out``; what is there already is not run again.
"""

import argparse
import re
import sys
from pathlib import Path

from core.arguments import count, folder, seed
from core.errors import SettingError, run
from core.progress import answer

GENERATORS = ("fc6", "BigGAN")


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = argparse.ArgumentParser(prog="python -m core.experiments.evolve", description=__doc__)
    made.add_argument("--network", default="efficientnet_lite0", help="name of a network")
    made.add_argument(
        "--unit",
        required=True,
        action="append",
        metavar="LAYER,CHANNEL[,ROW,COLUMN]",
        help="unit to evolve for, 0-based; may be repeated, and all evolve at once",
    )
    made.add_argument(
        "--generator", action="append", choices=GENERATORS, help="default: fc6; twice: paired"
    )
    made.add_argument(
        "--optimizer",
        action="append",
        help="label of docs/optimizers.md, one for each generator; default: CholCMA",
    )
    made.add_argument("--blocks", type=count, default=75, help="generations (default: 75)")
    made.add_argument("--noise", type=float, default=0.0, help="level of noise (default: 0)")
    made.add_argument("--seed", type=seed, default=0)
    made.add_argument("--references", type=folder, help="folder of images shown in every block")
    made.add_argument("--hessians", type=folder, help="folder of Hessian archives, for Hess labels")
    made.add_argument("--random-weights", action="store_true", help="of the generators")
    made.add_argument("--device", help="default: a GPU where there is one")
    made.add_argument("--out", type=folder, default=Path("evolutions"))
    return made


def main(argv: list[str] | None = None) -> int:
    """Evolve, draw, and say where it is."""
    options = parser().parse_args(argv)
    units = [parse_unit(text) for text in options.unit]
    if repeated := [unit for unit in units if units.count(unit) > 1]:
        found = f"{','.join(map(str, repeated[0]))} {units.count(repeated[0])} times"
        raise SettingError(path="--unit", expected="every unit once", found=found)
    options.generator = options.generator or ["fc6"]
    options.optimizer = options.optimizer or ["CholCMA"] * len(options.generator)
    if len(options.optimizer) != len(options.generator):
        raise SettingError(
            path="--optimizer",
            expected=f"one for each of {len(options.generator)} generators",
            found=len(options.optimizer),
        )

    from core.experiments.evolution.evolve_run import evolve_units

    for path in evolve_units(options, units):
        answer(str(path))
    return 0


def parse_unit(text: str) -> tuple:
    """Layer and position of a unit.

    Examples
    --------
    >>> parse_unit(".blocks.InvertedResidual10,5,7,7")
    ('.blocks.InvertedResidual10', 5, 7, 7)
    """
    layer, *position = text.split(",")
    are_numbers = all(re.fullmatch("[0-9]{1,9}", part) for part in position)
    if not layer or len(position) not in (1, 3) or not are_numbers:
        raise SettingError(
            path="--unit",
            expected="a layer and a channel, or channel, row and column, as in .layer3,5,7,7",
            found=f"{text!r}" if len(text) < 100 else f"{len(text)} characters",
        )
    return layer, *map(int, position)


if __name__ == "__main__":
    sys.exit(run(main))

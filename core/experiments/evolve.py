"""``python -m core.experiments.evolve``: evolve images for units of a network, and draw them.

One ``--generator`` makes single evolutions, two make paired ones. Every unit gets an HDF5 file and
figures in the folder ``--out``; what is there already is not run again, and more ``--blocks`` go on
from it. docs/optimizers.md says more, docs/own_parts.md how to bring parts of your own.
"""

import argparse
import re
import sys
from pathlib import Path

from core.arguments import CommandParser, count, folder, seed
from core.errors import SettingError, run
from core.progress import answer

EXAMPLES = (
    "python -m core.experiments.evolve --unit .blocks.InvertedResidual3,5,7,7 --generator small "
    "--blocks 20",
    "python -m core.experiments.evolve --unit .ReLU1,3,56,56 --network my_parts:small_network "
    "--generator my_parts:Stripes",
)


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(*EXAMPLES, prog="python -m core.experiments.evolve", description=__doc__)
    made.add_argument(
        "--network",
        default="efficientnet_lite0",
        metavar="NAME",
        help="resnet50, alexnet, any of timm's or torchvision's, or module:factory, a function of "
        "your own that makes one (default: efficientnet_lite0, which fetches nothing)",
    )
    made.add_argument(
        "--unit",
        required=True,
        action="append",
        metavar="LAYER,CHANNEL[,ROW,COLUMN]",
        help="unit to evolve for, 0-based; may be repeated, and all evolve at once; `python -m "
        "core.utils.layer_hook_utils NETWORK` lists the layers",
    )
    made.add_argument(
        "--generator",
        action="append",
        metavar="NAME",
        help="fc6, BigGAN, another layer of DeePSim, small (coloured blobs, no weights), or "
        "module:factory; twice: paired (default: fc6)",
    )
    made.add_argument(
        "--optimizer",
        action="append",
        metavar="LABEL",
        help="one for each generator, a label of docs/optimizers.md (default: CholCMA)",
    )
    made.add_argument(
        "--sigma",
        type=float,
        help="first step of CholCMA in units of a code's value, for generators other than fc6 (3) "
        "and BigGAN (0.2) (default: 0.3 standard deviations of what the generator samples)",
    )
    made.add_argument(
        "--blocks",
        type=count,
        default=75,
        help="generations, the first codes counted; more than a file has go on from it "
        "(default: 75)",
    )
    _add_noise(made)
    made.add_argument("--seed", type=seed, default=0, help="of all that is random (default: 0)")
    made.add_argument(
        "--references",
        type=folder,
        metavar="FOLDER",
        help="folder of images shown in every block (default: none)",
    )
    made.add_argument(
        "--hessians", type=folder, metavar="FOLDER", help="folder of archives, for Hess labels"
    )
    made.add_argument(
        "--random-weights", action="store_true", help="of the named generators; fetches none"
    )
    made.add_argument("--device", help="cpu, cuda, ... (default: a GPU where there is one)")
    made.add_argument(
        "--out",
        type=folder,
        default=Path("evolutions"),
        metavar="FOLDER",
        help="of the files (default: evolutions)",
    )
    return made


def _add_noise(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--noise",
        default="0",
        metavar="LEVEL|poisson",
        help="standard deviation of each image's noise over its score, or poisson: spikes are "
        "counted (default: 0)",
    )
    for name, help_text in {
        "window": "ms over which spikes are counted (default: 150)",
        "baseline": "ms of a count before the response that is subtracted (default: 0, none; 45 "
        "in the recordings)",
        "spontaneous": "events/s without an image (default: 0)",
        "scale": "events/s that a score of 1 means (default: 1)",
    }.items():
        made.add_argument(f"--{name}", type=float, help=f"with --noise poisson: {help_text}")


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

"""``python -m core.level_sets``: tuning maps and signatures of a network's units, layer by layer.

Evolves codes for units of every layer, measures the map of each on a sphere of codes, and compares
their topological signatures with depth. Writes a Parquet table and a figure. What is there already
is not run again.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from core.arguments import CommandParser, add_cluster_options, count, folder, seed
from core.errors import run

QUICK = {
    "network": "efficientnet_lite0",
    "generator": "small",
    "generations": 30,
    "pixels": 64,
    "step": 18,
}
"""Options of the command where nothing is said."""


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "python -m core.level_sets --units 5 --generations 10",
        prog="python -m core.level_sets",
        description=__doc__,
    )
    made.add_argument(
        "--design",
        choices=("quick", "published"),
        default="quick",
        help="published: the robust ResNet-50 (its weights are asked for), ten layers, images at "
        "the units' places, fc6, 100 generations, 9 degrees; single options override it",
    )
    made.add_argument(
        "--network",
        metavar="NAME",
        help="a name, or module:factory, a function of your own that makes one "
        "(docs/own_parts.md) and whose layers --layer names (default: efficientnet_lite0)",
    )
    made.add_argument(
        "--layer",
        action="append",
        metavar="NAME",
        help="a layer, lowest first; may be repeated (default: five of EfficientNet-Lite0)",
    )
    made.add_argument(
        "--units", type=count, default=50, help="of all layers together (default: %(default)s)"
    )
    made.add_argument("--generations", type=count, help="of each evolution (default: 30)")
    made.add_argument(
        "--generator",
        metavar="NAME",
        help="small, which needs no weights (the default), the name of another, such as fc6, or "
        "module:factory",
    )
    made.add_argument(
        "--pixels", type=count, help="across the images that the network sees (default: 64)"
    )
    made.add_argument("--step", type=count, help="degrees between the nodes of a map (default: 18)")
    made.add_argument(
        "--out", type=folder, default=Path("level_sets"), help="folder of all results"
    )
    made.add_argument("--seed", type=seed, default=0, help="of all that is random")
    made.add_argument("--device", help="default: a GPU where there is one")
    add_cluster_options(made)
    return made


def main(argv: list[str] | None = None) -> int:
    """Run, print, draw, and say where it is."""
    options = parser().parse_args(argv)

    from core.level_sets.study import PUBLISHED, study

    design = PUBLISHED if options.design == "published" else QUICK
    for name, value in design.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    study(options, partial(print, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

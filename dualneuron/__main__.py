"""``python -m dualneuron COMMAND``: twins of visual neurons at work.

``fetch`` brings and verifies the published files. ``summary`` prints the layers of a network.
``screen`` shows it many images and orders them by response. ``poles`` makes the most and least
exciting images of neurons. ``axis`` finds what tells two sets of images apart in an embedding.
``paired`` evolves images for neurons with two generators in turn, as the paper did in animals;
``tuning`` shows them images along axes of a generator, ``maps`` measures tuning maps around what
evolved, ``beside`` sets what evolved beside the most exciting images. ``evolved`` shows neurons the
images that were evolved in animals.
"""

import argparse
import sys
from importlib import import_module

from core.arguments import CommandParser
from core.errors import run

WORK = {
    "fetch": ("twins", "fetch_files"),
    "summary": ("twins", "print_summary"),
    "screen": ("screening", "screen"),
    "poles": ("synthesis", "make_poles"),
    "axis": ("dream", "find_axis"),
    "paired": ("paired", "evolve_paired"),
    "tuning": ("landscape", "tuning_of_twins"),
    "maps": ("landscape", "maps_of_twins"),
    "beside": ("landscape", "poles_beside"),
    "evolved": ("evolved", "look_at_explorer"),
}
"""Room and function of every command; the room's ``arguments`` adds its options."""


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "python -m dualneuron poles -v1 0,7 -v4 0 --steps 10 --untrained",
        prog="python -m dualneuron",
        description=__doc__,
    )
    commands = made.add_subparsers(dest="command", required=True)
    for command, (room, _) in WORK.items():
        getattr(import_module(f"dualneuron.{room}.arguments"), f"add_{command}_command")(commands)
    return made


def main(argv: list[str] | None = None) -> int:
    """Run one command and print what it found."""
    options = parser().parse_args(argv)

    from core.progress import answer

    room, name = WORK[options.command]
    work = getattr(import_module(f"dualneuron.{room}.commands"), name)
    for line in work(options):
        answer(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

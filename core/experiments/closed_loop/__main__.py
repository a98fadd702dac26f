"""``python -m core.experiments.closed_loop``: evolve images for a site that a rig records.

``start SESSION`` shows blocks of images and learns from the rig's answers; the same command goes on
with a session that was stopped or killed. ``rig SESSION --simulated`` answers with a model neuron.
Both only read and write files in the folder SESSION (docs/closed_loop.md).
"""

import argparse
import math
import sys

from core.arguments import CommandParser, count, folder, seed
from core.errors import SettingError, run

EXAMPLES = (
    "python -m core.experiments.closed_loop start trial --generator small --generator small",
    "python -m core.experiments.closed_loop rig trial --simulated --unit "
    ".blocks.InvertedResidual10,5,7,7",
)


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        *EXAMPLES, prog="python -m core.experiments.closed_loop", description=__doc__
    )
    commands = made.add_subparsers(dest="command", required=True)
    _add_start(commands.add_parser("start", help="run a session, or go on with it"))
    _add_rig(commands.add_parser("rig", help="answer as a simulated rig"))
    return made


def _add_start(made: argparse.ArgumentParser) -> None:
    made.add_argument("session", type=folder, metavar="SESSION", help="folder of the session")
    made.add_argument(
        "--generator",
        action="append",
        help="fc6 (the default), BigGAN, small or another of docs/networks.md; twice: paired",
    )
    made.add_argument(
        "--optimizer",
        action="append",
        help="label of docs/optimizers.md, one for each generator (default: MirroredES, "
        "which is made for spike counts)",
    )
    made.add_argument(
        "--population",
        action="append",
        type=count,
        help="images of a block, one for each generator (default: the optimizer's own)",
    )
    made.add_argument("--references", type=folder, help="folder of images shown in every block")
    made.add_argument("--repeats", type=count, default=1, help="showings of every image in a block")
    made.add_argument("--pixels", type=count, help="rows and columns of the image files")
    made.add_argument("--size", type=degrees, default=3.0, help="of images, degrees")
    made.add_argument(
        "--position", type=degrees, nargs=2, default=(0.0, 0.0), metavar=("X", "Y"), help="degrees"
    )
    made.add_argument(
        "--channel", action="append", help="name of a channel that is scored (default: all)"
    )
    made.add_argument(
        "--window", type=int, nargs=2, default=(50, 200), metavar=("FROM", "TO"), help="ms"
    )
    made.add_argument("--baseline", type=int, nargs=2, metavar=("FROM", "TO"), help="ms, taken off")
    made.add_argument("--blocks", type=count, default=75, help="stop after so many")
    made.add_argument("--plateau", type=at_least_two, help="stop when so many blocks bring no rise")
    made.add_argument("--minutes", type=positive, help="stop after so long")
    made.add_argument(
        "--patience",
        type=positive,
        default=5.0,
        help="seconds after which an answer that lacks images is a short block (default: 5)",
    )
    made.add_argument("--answers", type=folder, help="of the rig (default: answers in SESSION)")
    made.add_argument("--images", type=folder, help="one folder for all images, as XDREAM has it")
    made.add_argument("--seed", type=seed, default=0)
    made.add_argument("--hessians", type=folder, help="folder of Hessian archives, for Hess labels")
    made.add_argument("--random-weights", action="store_true", help="of the generators")
    made.add_argument("--device", help="default: a GPU where there is one")
    made.add_argument(
        "--port",
        type=int,
        default=0,
        help="of the page on the loopback (default: any free one)",
    )


def _add_rig(made: argparse.ArgumentParser) -> None:
    made.add_argument("session", type=folder, metavar="SESSION", help="folder of the session")
    made.add_argument(
        "--simulated", action="store_true", required=True, help="there is no other rig here"
    )
    made.add_argument("--network", default="efficientnet_lite0", help="name, or MODULE:FACTORY")
    made.add_argument(
        "--unit",
        metavar="LAYER,CHANNEL[,ROW,COLUMN]",
        help="unit that is the neuron, 0-based; without it the factory makes a scorer of images",
    )
    made.add_argument("--answers", type=folder, help="where it answers (default: in SESSION)")
    made.add_argument("--format", choices=("h5", "csv", "mat"), default="h5", help="of answers")
    made.add_argument("--lost", type=proportion, default=0.0, help="share of presentations lost")
    made.add_argument("--late", type=duration, default=0.0, help="seconds an answer takes at most")
    made.add_argument("--steady", action="store_true", help="no transient and no drift")
    made.add_argument("--seed", type=seed, default=0)
    made.add_argument("--device", help="default: a GPU where there is one")


def degrees(text: str) -> float:
    """A finite number.

    Examples
    --------
    >>> degrees("-1.5")
    -1.5
    """
    return _number(text, -math.inf, "a finite number")


def duration(text: str) -> float:
    """A finite number of at least 0."""
    return _number(text, 0.0, "a number of at least 0")


def positive(text: str) -> float:
    """A finite number above 0."""
    return _number(text, 5e-324, "a number above 0")


def proportion(text: str) -> float:
    """A number from 0 to 1, without 1.

    Examples
    --------
    >>> proportion("1")
    Traceback (most recent call last):
    argparse.ArgumentTypeError: expected a share from 0 to below 1, found '1'
    """
    value = duration(text)
    if value >= 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to below 1, found {text!r}")
    return value


def at_least_two(text: str) -> int:
    """A whole number of at least 2."""
    value = count(text)
    if value < 2:
        raise argparse.ArgumentTypeError(f"expected at least 2 blocks, found {text!r}")
    return value


def _number(text: str, at_least: float, expected: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= at_least):
        raise argparse.ArgumentTypeError(f"expected {expected}, found {text!r}")
    return value


def main(argv: list[str] | None = None) -> int:
    """Run a session, or a simulated rig."""
    options = parser().parse_args(argv)
    if options.command == "rig":
        from core.experiments.closed_loop.rig_run import answer_session

        answer_session(options)
        return 0
    _complete(options)
    from core.experiments.closed_loop.start_run import start

    start(options)
    return 0


def _complete(options: argparse.Namespace) -> None:
    """Put what is usual where nothing was chosen, one for each generator."""
    options.generator = options.generator or ["fc6"]
    options.optimizer = options.optimizer or ["MirroredES"] * len(options.generator)
    options.population = options.population or [None] * len(options.generator)
    for name in ("optimizer", "population"):
        given = len(getattr(options, name))
        if given != len(options.generator):
            raise SettingError(
                path=f"--{name}",
                expected=f"one for each of {len(options.generator)} generators",
                found=given,
            )


if __name__ == "__main__":
    sys.exit(run(main))

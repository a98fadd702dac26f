"""``python -m core.geometry spectrum|axes|invert|evolution``: the metric of a generator, in use.

``spectrum`` computes the metric at random codes, saves each and their average, prints how many
dimensions hold how much of it and how alike the metrics are, and draws both. ``axes`` makes the
images of a tuning session: along eigenvectors of the metric at a code, at equal distances from it.
``invert`` finds codes of images by several searches, and says what coordinates along the axes are
worth. ``evolution`` asks how recorded evolutions move along the axes, and how far their images do.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from core.arguments import CommandParser, count, folder, seed
from core.errors import run


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "python -m core.geometry spectrum --codes 3",
        "python -m core.geometry axes --ranks 0 1 2 --targets 0.01 0.02",
        prog="python -m core.geometry",
        description=__doc__,
    )
    commands = made.add_subparsers(dest="command", required=True)
    spectrum = commands.add_parser("spectrum", help="metrics at random codes, and their statistics")
    _add_common(spectrum, "spectrum")
    spectrum.add_argument("--codes", type=count, default=10, help="how many (default: 10)")
    spectrum.add_argument("--float64", action="store_true", help="compute in double precision")
    spectrum.add_argument(
        "--shuffled", action="store_true", help="control: the generator with its weights shuffled"
    )
    axes = commands.add_parser("axes", help="images along eigenvectors, at equal distances")
    _add_common(axes, "axes")
    axes.add_argument("--code", type=Path, help="npy file with the centre (default: a random code)")
    axes.add_argument(
        "--ranks",
        type=int,
        nargs="+",
        help="eigenvectors from the top, 0 first (default: those of Figure 6 for BigGAN, else 0-9)",
    )
    axes.add_argument(
        "--targets",
        type=float,
        nargs="+",
        default=(0.16, 0.24, 0.32, 0.40),
        help="distances from the centre, ascending (default: those of Figure 6, for LPIPS)",
    )
    _add_invert(commands.add_parser("invert", help="codes of images, in several coordinates"))
    _add_evolution(commands.add_parser("evolution", help="evolutions in this geometry"))
    return made


def _add_invert(invert: argparse.ArgumentParser) -> None:
    _add_common(invert, "invert")
    invert.add_argument("--images", type=folder, help="folder of targets (default: random images)")
    invert.add_argument("--targets", type=count, default=4, help="random images (default: 4)")
    invert.add_argument(
        "--methods",
        nargs="+",
        choices=("adam", "lbfgs", "cma"),
        default=("adam", "lbfgs", "cma"),
        help="searches (default: all)",
    )
    invert.add_argument(
        "--bases",
        nargs="+",
        choices=("plain", "eigen", "scaled"),
        default=("eigen", "scaled"),
        help="coordinates beside the plain ones: along the eigenvectors, and scaled by eigenvalue "
        "(default: both)",
    )
    invert.add_argument("--starts", type=count, default=3, help="of each target (default: 3)")
    invert.add_argument("--steps", type=count, default=100, help="of each search (default: 100)")
    invert.add_argument("--learning-rate", type=float, default=0.05, help="Adam's (default: 0.05)")
    invert.add_argument("--sigma", type=float, default=0.2, help="CMA-ES' first (default: 0.2)")
    invert.add_argument("--metric", type=Path, help="npz file (default: an average is computed)")
    invert.add_argument("--codes", type=count, default=10, help="of the average (default: 10)")


def _add_evolution(evolution: argparse.ArgumentParser) -> None:
    _add_common(evolution, "evolution")
    evolution.set_defaults(generator=None)  # that of the files
    evolution.add_argument(
        "files", type=Path, nargs="+", help="HDF5 files of core.experiments.evolve"
    )
    evolution.add_argument("--thread", help="its name, where a file has two")
    evolution.add_argument("--metric", type=Path, help="npz file (default: an average is computed)")
    evolution.add_argument("--codes", type=count, default=10, help="of the average (default: 10)")
    evolution.add_argument(
        "--controls", type=count, default=100, help="of each kind (default: 100)"
    )


def _add_common(command: argparse.ArgumentParser, name: str) -> None:
    command.add_argument(
        "--generator",
        default="small",
        metavar="NAME",
        help="BigGAN, fc6, ..., or small, which needs no weights (the default); or module:factory, "
        "a function of your own that makes one (docs/own_parts.md)",
    )
    command.add_argument(
        "--distance", default="MSE", help="MSE, L2, LPIPS or efficientnet_lite0 (default: MSE)"
    )
    command.add_argument("--random-weights", action="store_true", help="fetch none")
    command.add_argument("--weights-dir", help="folder with weight files, looked at first")
    command.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    command.add_argument("--memory", type=float, default=2e9, help="bytes for derivatives")
    command.add_argument("--seed", type=seed, default=0, help="of all that is random (default: 0)")
    command.add_argument("--out", type=folder, default=Path("geometry") / name, help="folder")


def main(argv: list[str] | None = None) -> int:
    """Run one command and print what it found."""
    options = parser().parse_args(argv)

    from core.progress import answer

    for line in _work(options.command)(options):
        answer(line)
    return 0


def _work(command: str) -> Callable[[argparse.Namespace], Iterator[str]]:
    if command == "invert":
        from core.geometry.inversion.command import inversions

        return inversions
    if command == "evolution":
        from core.experiments.evolution.in_geometry import evolutions

        return evolutions
    from core.geometry import commands

    return {"spectrum": commands.spectrum, "axes": commands.tuning_images}[command]


if __name__ == "__main__":
    sys.exit(run(main))

"""``python -m core.geometry spectrum|axes``: the metric of a generator, and images along its axes.

``spectrum`` computes the metric at random codes, saves each and their average, prints how many
dimensions hold how much of it and how alike the metrics are, and draws both. ``axes`` makes the
images of a tuning session: along eigenvectors of the metric at a code, at equal distances from it.
"""

import argparse
import sys
from pathlib import Path

from core.arguments import count, folder, seed
from core.errors import run


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = argparse.ArgumentParser(prog="python -m core.geometry", description=__doc__)
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
    return made


def _add_common(command: argparse.ArgumentParser, name: str) -> None:
    command.add_argument(
        "--generator", default="small", help="BigGAN, fc6, ..., or small, which needs no weights"
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

    from core.geometry import commands
    from core.progress import answer

    work = {"spectrum": commands.spectrum, "axes": commands.tuning_images}[options.command]
    for line in work(options):
        answer(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

"""``python -m core.experiments.linearity_data``: the tables of Extended Data Figures 5D and 5E.

``BigGAN`` computes that of 5D, ``DeePSim --eigenvectors FILE`` that of 5E, from the published
generator and Caffenet, whose weights are fetched.
"""

import argparse
import sys
from pathlib import Path

from core.arguments import CommandParser, count, folder, seed
from core.errors import run
from core.progress import answer
from core.project import COMPUTED_DATA


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "python -m core.experiments.linearity_data BigGAN --codes 500",
        prog="python -m core.experiments.linearity_data",
        description="Compute the table of Extended Data Figure 5D (BigGAN) or 5E (DeePSim).",
    )
    made.add_argument("generator", choices=("BigGAN", "DeePSim"))
    made.add_argument("--out", type=folder, default=COMPUTED_DATA, help="folder")
    made.add_argument("--codes", type=count, default=5000, help="random codes (default: 5000)")
    made.add_argument("--seed", type=seed, default=0, help="of the codes (default: 0)")
    made.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    made.add_argument(
        "--eigenvectors",
        type=Path,
        metavar="FILE",
        help="for DeePSim: .npz with its mean metric, or .npy with the metric's eigenvectors as "
        "columns, by rising eigenvalue",
    )
    return made


def main(argv: list[str] | None = None) -> int:
    """Compute one table and print its path."""
    options = parser().parse_args(argv)

    from core.experiments.linearity.data import compute

    path = compute(
        options.generator,
        options.out,
        options.codes,
        options.seed,
        options.device,
        options.eigenvectors,
    )
    answer(str(path))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))

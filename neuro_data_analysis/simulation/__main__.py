"""``python -m neuro_data_analysis.simulation``: simulated recordings, and source data from them."""

import argparse
import sys

from core import arguments
from core.errors import SettingError, run
from core.project import SIMULATED_DATA


def parser() -> argparse.ArgumentParser:
    """Command line of ``./reproduce simulate``."""
    parser = arguments.CommandParser(
        "reproduce simulate",
        prog="reproduce simulate",
        description="Simulate recordings in the recordings' own format, and export source data "
        "from them. What was made the same way is kept; other simulated data are replaced.",
    )
    parser.add_argument(
        "--out",
        type=arguments.folder,
        default=SIMULATED_DATA,
        metavar="FOLDER",
        help="folder (default: simulated_data/ of the project)",
    )
    parser.add_argument("--seed", type=arguments.seed, help="seed (default: 20260101)")
    parser.add_argument(
        "--subset",
        default="all",
        metavar="all|ci|EXPI,EXPI,...",
        help="experiments: all 170 (default), 14 for tests (ci), or a list; tuning recordings "
        "follow the evolutions that are chosen",
    )
    parser.add_argument("--jobs", type=arguments.count, default=2, help="processes (default: 2)")
    parser.add_argument(
        "--force", action="store_true", help="simulate again even if the same is there"
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Simulate and export what is not there yet."""
    options = parser().parse_args(argv)
    from neuro_data_analysis.simulation.parameters import DEFAULT_SEED
    from neuro_data_analysis.simulation.run import bring_up_to_date

    seed = DEFAULT_SEED if options.seed is None else options.seed
    subset = _subset(options.subset)
    bring_up_to_date(options.out, seed, subset, options.jobs, force=options.force)
    print(f"Simulated recordings and source data: {options.out}")
    return 0


def _subset(text: str) -> str | list[int]:
    if text in ("all", "ci"):
        return text
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise SettingError(
            path="--subset", expected="all, ci or numbers of experiments", found=f"{text!r}"
        ) from None


if __name__ == "__main__":
    sys.exit(run(main))

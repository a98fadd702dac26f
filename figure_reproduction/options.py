"""Options that the scripts and ``python -m figure_reproduction`` share; standard library only."""

import argparse

from core import arguments
from core.project import DRAWN_FIGURES, SOURCE_DATA

MODES = ("auto", "osf", "local", "explorer", "simulated", "twins")

FROM_TWINS = ("2", "4", "5")
"""Figures for which paired evolutions suffice, as words that ``--figure`` takes."""

STYLES = ("readable", "published")
"""Names of the looks in `core.plotting.looks`, the default first."""

DEFAULT_SEED = 2026
"""Seed of jitter and bootstrap; the published scripts had none."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add data, folders, seed and style.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_options(parser)
    >>> parser.parse_args(["--data", "local"]).data
    'local'
    """
    parser.add_argument(
        "--data",
        choices=MODES,
        default="auto",
        help="auto (default): source_data/ where a figure's files are all there, else OSF, else "
        "block averages from the authors' explorer, else simulated recordings; the others never "
        "fall back; twins: what `reproduce twins` made, Figures 2, 4 and 5",
    )
    parser.add_argument(
        "--source-data",
        type=arguments.folder,
        default=SOURCE_DATA,
        metavar="FOLDER",
        help="folder of the source data (default: source_data/ of the project)",
    )
    parser.add_argument(
        "--out",
        type=arguments.folder,
        default=DRAWN_FIGURES,
        metavar="FOLDER",
        help="folder for figures and report (default: figures/ of the project)",
    )
    parser.add_argument(
        "--seed",
        type=arguments.seed,
        default=DEFAULT_SEED,
        help=f"seed of jitter and bootstrap intervals (default: {DEFAULT_SEED})",
    )
    parser.add_argument(
        "--style",
        choices=STYLES,
        default=STYLES[0],
        help="this project's look, or the published one where the two differ (docs/panel_map.md; "
        f"default: {STYLES[0]})",
    )

"""Options of ``fetch`` and ``summary``; standard library only."""

import argparse

from dualneuron.arguments import NETWORKS, add_data_dir, add_device


def add_fetch_command(commands: argparse._SubParsersAction) -> None:
    """Add ``fetch`` to the commands of ``python -m dualneuron``."""
    fetch = commands.add_parser("fetch", help="bring and verify the published files")
    fetch.add_argument(
        "--twin",
        choices=("v1", "v4", "v4g", "priors", "all"),
        default="all",
        help="whose files; priors are magnitude spectra of natural images (default: all)",
    )
    fetch.add_argument(
        "--verify",
        action="store_true",
        help="fetch nothing; say what is here and what is damaged",
    )
    add_data_dir(fetch)


def add_summary_command(commands: argparse._SubParsersAction) -> None:
    """Add ``summary`` to the commands of ``python -m dualneuron``."""
    summary = commands.add_parser("summary", help="layers of a network, their shapes and units")
    summary.add_argument("model", choices=NETWORKS, help="which network")
    summary.add_argument("--untrained", action="store_true", help="random weights; fetch none")
    add_data_dir(summary)
    add_device(summary)

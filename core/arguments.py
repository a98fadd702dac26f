"""Types of command-line arguments, and options that commands share; standard library only."""

import argparse
from pathlib import Path


def count(text: str) -> int:
    """A whole number of at least 1.

    Examples
    --------
    >>> count("3")
    3
    >>> count("0")
    Traceback (most recent call last):
    argparse.ArgumentTypeError: expected a whole number of at least 1, found '0'
    """
    return _at_least(1, text)


def seed(text: str) -> int:
    """A whole number from 0 to 2**64 - 1, as all random generators take it.

    Examples
    --------
    >>> seed("0")
    0
    >>> seed(str(2**64))
    Traceback (most recent call last):
    argparse.ArgumentTypeError: expected a seed below 2**64, found '18446744073709551616'
    """
    number = _at_least(0, text)
    if number >= 2**64:
        raise argparse.ArgumentTypeError(f"expected a seed below 2**64, found {text!r}")
    return number


def folder(text: str) -> Path:
    """A folder, existing or not.

    Examples
    --------
    >>> folder("figures").name
    'figures'
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a folder, found an empty text")
    return Path(text).expanduser()


def _at_least(at_least: int, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = at_least - 1
    if number < at_least:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least {at_least}, found {text!r}"
        )
    return number


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `core.sweep.workers`: a running cluster, or one of this machine.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_cluster_options(parser)
    >>> parser.parse_args(["--workers", "3"]).memory
    '4GB'
    """
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a running Dask cluster, as in tcp://node7:8786 (default: one of this machine)",
    )
    parser.add_argument(
        "--workers",
        type=count,
        help="processes of the cluster of this machine (default: one a core; with a GPU, one)",
    )
    parser.add_argument(
        "--memory", default="4GB", help="what each of them may use at most (default: 4GB)"
    )

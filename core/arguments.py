"""Types of command-line arguments, and options that commands share; standard library only."""

import argparse
from pathlib import Path
from typing import Any

from core.project import ROOT


class _Help(argparse.HelpFormatter):
    """Says the default of every option that has one, and leaves the lines of examples alone."""

    def _get_help_string(self, action: argparse.Action) -> str:
        text, default = action.help or "", action.default
        is_said = "default" in text or not action.option_strings or action.required
        if is_said or default is argparse.SUPPRESS or default in (None, False, (), []):
            return text
        several = default if isinstance(default, list | tuple) else [default]
        return f"{text} (default: {' '.join(map(_shown, several))})"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("example") else super()._fill_text(text, width, indent)


def _shown(value: object) -> str:
    """A default as the user would type it; folders of the project without what leads to it."""
    if isinstance(value, Path) and value.is_relative_to(ROOT):
        return f"{value.relative_to(ROOT).as_posix()}/"
    return f"{value:g}" if isinstance(value, float) else str(value)


class CommandParser(argparse.ArgumentParser):
    """A command line whose help has every default and an example.

    Parameters
    ----------
    command_lines
        Examples, as they are typed.
    options
        Passed on to `argparse.ArgumentParser`.

    Examples
    --------
    >>> parser = CommandParser("mine --steps 3", prog="mine")
    >>> _ = parser.add_argument("--steps", type=count, default=75, help="how many")
    >>> print(parser.format_help())
    usage: mine [-h] [--steps STEPS]
    <BLANKLINE>
    options:
      -h, --help     show this help message and exit
      --steps STEPS  how many (default: 75)
    <BLANKLINE>
    example:
      mine --steps 3
    <BLANKLINE>
    """

    def __init__(self, *command_lines: str, **options: Any):
        if command_lines:
            lines = "\n".join(f"  {line}" for line in command_lines)
            options["epilog"] = f"example{'s' * (len(command_lines) > 1)}:\n{lines}"
        super().__init__(**{"formatter_class": _Help} | options)


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

"""Types of command-line arguments; standard library only, so that help is instant."""

import argparse
from collections.abc import Collection, Iterable
from pathlib import Path

from core.errors import SettingError


def positive(text: str) -> int:
    """A whole number of at least 1."""
    return _at_least(1, text)


def seed(text: str) -> int:
    """A whole number of at least 0, as random generators take it."""
    return _at_least(0, text)


def folder(text: str) -> Path:
    """A folder, existing or not."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a folder, found an empty text")
    return Path(text).expanduser()


def chosen_figures(words: Iterable[str] | None, known: Collection[str]) -> list[str]:
    """Figures that ``--figure`` names, each once, in the order of `known`; without it, all.

    Raises
    ------
    SettingError
        For a word that names none of them.
    """
    wanted = [word.lower().removeprefix("figure") for word in words or known]
    for word in wanted:
        if word not in known:
            raise SettingError(f"--figure: expected one of {', '.join(known)}, found {word!r}.")
    return [figure for figure in known if figure in wanted]


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

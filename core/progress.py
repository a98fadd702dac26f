"""Progress of long work, on a terminal only, and what is printed beside it."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from core import interrupt

Item = TypeVar("Item")


def progress(items: Iterable[Item], total: int, words: str) -> Iterator[Item]:
    """The items one after the other, with a bar where stderr is a terminal; ends at Ctrl-C.

    Parameters
    ----------
    items
        What is worked on.
    total
        Their number.
    words
        What they are, beside the bar.

    Examples
    --------
    >>> list(progress(["a", "b"], 2, "letters"))
    ['a', 'b']
    """
    from tqdm import tqdm

    with tqdm(items, total=total, desc=words, leave=False, disable=None) as bar:
        for item in bar:
            interrupt.check()
            yield item


def say(words: str) -> None:
    """Print a line on stderr, above a bar if there is one: what goes on."""
    from tqdm import tqdm

    tqdm.write(words, file=sys.stderr)


def answer(words: str) -> None:
    """Print a line on stdout: what was asked for.

    Examples
    --------
    >>> answer("3 files")
    3 files
    """
    print(words, flush=True)  # noqa: T201

"""Progress of long work, a bar on a terminal and lines elsewhere, and what is printed beside it."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from core import interrupt

Item = TypeVar("Item")

SECONDS_BETWEEN_LINES = 30.0


def progress(items: Iterable[Item], total: int, words: str) -> Iterator[Item]:
    """The items one after the other; ends at Ctrl-C.

    A terminal gets a bar; a file or pipe a line every half minute, none of work that is shorter.

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
        began = told = time.monotonic()
        for n_done, item in enumerate(bar):
            interrupt.check()
            if bar.disable and (now := time.monotonic()) - told >= SECONDS_BETWEEN_LINES:
                say(_line(words, n_done, total, now - began))
                told = now
            yield item


def _line(words: str, n_done: int, total: int, seconds: float) -> str:
    """How far work has got.

    Examples
    --------
    >>> _line("blocks", 20, 75, 100)
    'blocks: 20 of 75 after 1:40, about 4:35 to go'
    >>> _line("blocks", 0, 75, 100)
    'blocks: 0 of 75 after 1:40'
    """
    to_go = f", about {_clock(seconds * (total / n_done - 1))} to go" if n_done else ""
    return f"{words}: {n_done} of {total} after {_clock(seconds)}{to_go}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(max(0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


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

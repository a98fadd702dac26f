"""Progress of long work, on a terminal only."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from core import interrupt

Item = TypeVar("Item")


def progress(items: Iterable[Item], total: int, words: str) -> Iterator[Item]:
    """The items one after the other, with a bar where stderr is a terminal; ends at Ctrl-C."""
    from tqdm import tqdm

    with tqdm(items, total=total, desc=words, leave=False, disable=None) as bar:
        for item in bar:
            interrupt.check()
            yield item

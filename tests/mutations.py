"""Files broken as disks, editors, spreadsheets and strangers break them, and what becomes of it."""

import random
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from core.contract.checks import check_folder, origins
from core.contract.source_data import SourceData
from core.errors import ReproductionError
from core.figures import FIGURES

WORDS = (
    *(b"", b"nan", b"inf", b"-inf", b"1e999", b"-", b"True", b"1,5", b"0x10", b"1_000", b"-1"),
    *(b"0", b"1e300", b"'", b'"', b"#REF!", b"12:30", b"\xc3\xa9", b"99999999999999999999"),
)
"""What stands in a cell when something went wrong."""


def _at(content: bytes, rng: random.Random) -> int:
    return rng.randrange(len(content)) if content else 0


def _flip(content, rng):
    at = _at(content, rng)
    return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]


def _cut(content, rng):
    return content[: _at(content, rng)]


def _lose(content, rng):
    at = _at(content, rng)
    return content[:at] + content[at + rng.randrange(1, 200) :]


def _insert(content, rng):
    at = _at(content, rng)
    return content[:at] + rng.randbytes(rng.randrange(1, 20)) + content[at:]


def _zeros(content, rng):
    at = _at(content, rng)
    n = min(rng.randrange(1, 600), len(content) - at)
    return content[:at] + bytes(n) + content[at + n :]


def _lines(change: Callable[[list[bytes], random.Random], None]):
    def mutate(content, rng):
        lines = content.split(b"\n")
        change(lines, rng)
        return b"\n".join(lines)

    return mutate


def _double(lines, rng):
    at = rng.randrange(len(lines))
    lines.insert(at, lines[at])


def _drop(lines, rng):
    del lines[rng.randrange(len(lines))]


def _swap(lines, rng):
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]


def _cell(lines, rng):
    at = rng.randrange(len(lines))
    cells = lines[at].split(b",")
    cells[rng.randrange(len(cells))] = rng.choice(WORDS)
    lines[at] = b",".join(cells)


def _column(lines, rng):
    at = rng.randrange(lines[0].count(b",") + 1)
    for number, line in enumerate(lines):
        cells = line.split(b",")
        if at < len(cells):
            lines[number] = b",".join(cells[:at] + cells[at + 1 :])


def _swap_names(lines, rng):
    cells = lines[0].split(b",")
    one, two = rng.randrange(len(cells)), rng.randrange(len(cells))
    cells[one], cells[two] = cells[two], cells[one]
    lines[0] = b",".join(cells)


def _decode(content: bytes) -> str:
    return content.decode("latin-1")


MUTATIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "a bit flipped": _flip,
    "cut off": _cut,
    "a stretch lost": _lose,
    "bytes inserted": _insert,
    "a stretch of zeros": _zeros,
    "a line doubled": _lines(_double),
    "a line lost": _lines(_drop),
    "two lines swapped": _lines(_swap),
    "a cell replaced": _lines(_cell),
    "a column lost": _lines(_column),
    "two names swapped": _lines(_swap_names),
    "semicolons": lambda content, rng: content.replace(b",", b";"),
    "carriage returns": lambda content, rng: content.replace(b"\n", b"\r\n"),
    "a byte-order mark": lambda content, rng: b"\xef\xbb\xbf" + content,
    "UTF-16": lambda content, rng: _decode(content).encode("utf-16"),
    "emptied": lambda content, rng: b"",
    "a web page": lambda content, rng: b"<html><body>Please log in</body></html>\n",
}
"""Ways to break a file, by name: bytes and a random generator in, bytes out."""


def mutate(content: bytes, rng: random.Random) -> tuple[str, bytes]:
    """How a file was broken, and its bytes then, which always differ."""
    broken = content
    while broken == content:
        name = rng.choice(list(MUTATIONS))
        broken = MUTATIONS[name](content, rng)
    return name, broken


def outcome(figure: str, root: Path) -> str:
    """What happens when a figure is computed and drawn from a folder with a broken file.

    Returns
    -------
    ``refused`` in a sentence, ``reported`` by a check, or ``drawn``; anything else raises.
    """
    source = SourceData(root)
    try:
        import_module(FIGURES[figure].script).reproduce(source, np.random.default_rng(0))
    except ReproductionError as error:
        return "refused" if "\n" not in str(error) else f"refused in lines: {error}"
    finally:
        plt.close("all")
    folder = FIGURES[figure].folder
    passed = all(item.passed for item in (*origins(source, folder), *check_folder(source, folder)))
    return "drawn" if passed else "reported"

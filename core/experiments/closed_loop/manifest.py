"""The manifest of a block: one row for each image file, in the sorted order of the names.

Names say block, thread and place in the population and nothing of the order in which images are
shown, which is the rig's: ``block003_thread000_gen002_000017.png``, and for references
``block003_thread000_nat_000002_zebra.png``.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from core.errors import StateError

MANIFEST_NAME = "manifest.csv"


@dataclass(frozen=True)
class ManifestRow:
    """One image of a block.

    Attributes
    ----------
    file
        Name of the image file.
    thread
        Number of its thread, 0-based.
    code
        Row of its code in the thread's population, 0-based; -1 for a reference.
    generation
        How often the thread had learnt.
    reference
        Name of the reference image; empty for an evolved one.
    sha256
        Of the file.
    size, x, y
        How large and where it is to be shown, degrees of visual angle.
    """

    file: str
    thread: int
    code: int
    generation: int
    reference: str
    sha256: str
    size: float
    x: float
    y: float

    @property
    def name(self) -> str:
        """Name of the image without the end of a file's."""
        return self.file.removesuffix(".png")


def evolved_name(block: int, thread: int, learnt: int, code: int) -> str:
    """Name of the file of an evolved image.

    Parameters
    ----------
    block, thread, code
        Numbers, 0-based; see `ManifestRow`.
    learnt
        How often the thread had learnt.

    Examples
    --------
    >>> evolved_name(3, 0, 2, 17)
    'block003_thread000_gen002_000017.png'
    """
    return f"block{block:03d}_thread{thread:03d}_gen{learnt:03d}_{code:06d}.png"


def reference_name(block: int, thread: int, number: int, stem: str) -> str:
    """Name of the file of a reference image.

    Parameters
    ----------
    block, thread, number
        Numbers, 0-based.
    stem
        Name of the reference; what rigs may trip over becomes a dash.

    Examples
    --------
    >>> reference_name(3, 0, 2, "pic (2)")
    'block003_thread000_nat_000002_pic--2-.png'
    """
    safe = re.sub("[^A-Za-z0-9_-]", "-", stem)
    return f"block{block:03d}_thread{thread:03d}_nat_{number:06d}_{safe}.png"


def write_manifest(folder: Path, rows: Sequence[ManifestRow]) -> None:
    """Write the manifest of a block.

    Parameters
    ----------
    folder
        Folder of the block.
    rows
        One for each image.
    """
    with (folder / MANIFEST_NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in fields(ManifestRow)])
        writer.writerows(map(astuple, sorted(rows, key=lambda row: row.file)))


def read_manifest(folder: Path) -> list[ManifestRow]:
    """The manifest of a block, in the sorted order of its images' names.

    Raises
    ------
    StateError
        If there is none, or it is damaged.
    """
    path = folder / MANIFEST_NAME
    kinds = [column.type for column in fields(ManifestRow)]
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        if header != [column.name for column in fields(ManifestRow)]:
            raise ValueError(f"the columns {', '.join(header)}")
        return [
            ManifestRow(*(kind(word) for kind, word in zip(kinds, row, strict=True)))
            for row in rows
        ]
    except (OSError, ValueError) as error:
        raise StateError(path=path, expected="the manifest of a block", found=error) from None

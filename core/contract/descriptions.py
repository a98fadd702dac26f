"""The kinds of file in ``source_data/``, as plain descriptions.

A size is a number where the format fixes it, and a word where the data decide it: see `Sizes`.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

from core.threads import THREADS

Size = int | Literal["experiments", "blocks", "example_blocks"] | None
"""Number of rows or columns; a word names a field of `Sizes`; None is any number."""


@dataclass(frozen=True)
class Sizes:
    """The sizes that differ between data sets, with the published ones as defaults.

    `experiments` rows of every all-experiment table, `blocks` of the longest experiment after the
    last-block drop, `example_blocks` of Figure 2's experiment.

    Examples
    --------
    >>> Sizes().resolve("blocks"), Sizes().resolve(4), Sizes().resolve(None)
    (56, 4, None)
    """

    experiments: int = 170
    blocks: int = 56
    example_blocks: int = 23

    def resolve(self, size: Size) -> int | None:
        """The number behind a size."""
        return getattr(self, size) if isinstance(size, str) else size


@dataclass(frozen=True)
class Column:
    """One named column of a table.

    `kind` is ``float``, ``int``, ``str``, ``bool`` (True/False) or ``flag`` (0/1); `missing` allows
    empty cells, `infinite` infinite numbers; an `optional` column may be absent; numbers lie
    between `low` and `high`.
    """

    name: str
    kind: Literal["float", "int", "str", "bool", "flag"] = "float"
    missing: bool = False
    optional: bool = False
    infinite: bool = False
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True)
class File:
    """What every file has: its name (unique), its folder, its content in words, its panels.

    `panels` are the published panels drawn from it; `required` is False for twins that carry
    nothing new.
    """

    name: str
    folder: str
    content: str
    panels: tuple[str, ...]
    required: bool = field(default=True, kw_only=True)

    @property
    def path(self) -> str:
        """Path below ``source_data/``, with forward slashes."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


@dataclass(frozen=True)
class Table(File):
    """CSV with named columns. `index` says whether an unnamed running number comes first."""

    columns: tuple[Column, ...] = field(kw_only=True)
    rows: Size = field(default=None, kw_only=True)
    index: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Matrix(File):
    """CSV of numbers, (`rows`, `columns`), with `header` 0, 1, 2 ... unless it has none.

    `missing` allows empty cells in whole rows (``"row"``), anywhere (``"cell"``) or not at all.
    """

    rows: Size = field(kw_only=True)
    columns: Size = field(kw_only=True)
    unit: str = field(default="", kw_only=True)
    header: bool = field(default=True, kw_only=True)
    index: bool = field(default=False, kw_only=True)
    flag: bool = field(default=False, kw_only=True)
    missing: Literal["", "row", "cell"] = field(default="", kw_only=True)


@dataclass(frozen=True)
class Json(File):
    """JSON object with these keys and value types, whatever the file's extension."""

    fields: tuple[tuple[str, type], ...] = field(kw_only=True)


@dataclass(frozen=True)
class Pickle(File):
    """Pickle of a dict with these keys, or of a DataFrame with these columns.

    `arrays` gives the shape of float arrays among the keys, `frames` the columns of tables;
    `max_bytes` bounds the file before it is opened.
    """

    keys: tuple[str, ...] = field(kw_only=True)
    arrays: tuple[tuple[str, tuple[Size, ...]], ...] = field(default=(), kw_only=True)
    frames: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), kw_only=True)
    max_bytes: int = field(default=64_000_000, kw_only=True)


SLICES = tuple(f"{thread}_{moment}" for moment in ("mean", "sem") for thread in THREADS)
"""Suffixes of every quadruple of matrices, in the order mean 0, mean 1, SEM 0, SEM 1."""


def moment(slice_name: str) -> str:
    """What a slice holds, in words.

    Examples
    --------
    >>> moment("BigGAN_sem")
    'SEM over trials'
    """
    return "SEM over trials" if slice_name.endswith("sem") else "block mean"

"""Where the tables of Extended Data Figure 1 lie, and what is known of how they were computed."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.contract import ext1
from core.contract.descriptions import Sizes, Table
from core.contract.source_data import SourceData
from core.errors import StateError
from core.experiments.stamps import matches_stamp

COMMAND = "python -m core.generator_statistics"

NOT_THERE = f"no table of it is there; `{COMMAND}` computes them in ten minutes or less"
"""Why a panel is not drawn."""


@dataclass(frozen=True)
class PanelTables:
    """Tables of a panel and how they were computed.

    Attributes
    ----------
    tables
        By description.
    paths
        Their files.
    substitutes
        What stood in for the paper's models and images; empty where nothing did.
    counts
        How much was computed, in words.
    picture
        File with images of the panel, None where there is none.
    """

    tables: dict[Table, pd.DataFrame]
    paths: tuple[Path, ...]
    substitutes: str
    counts: str
    picture: Path | None

    @property
    def words(self) -> str:
        """What must be visible on a figure."""
        return "; ".join(filter(None, (self.substitutes, self.counts)))


def panel_tables(panel: str, source: SourceData, computed: Path) -> PanelTables | None:
    """Tables of a panel: those of the figure's folder, or else computed ones; None for neither.

    Parameters
    ----------
    panel
        A key of `core.contract.ext1.PANELS`.
    source
        Folder of source data.
    computed
        Folder of computed tables.

    Raises
    ------
    StateError
        If tables do not match their stamp, which alone says what they were computed with.
    """
    files = ext1.PANELS[panel]
    kept = SourceData(computed, Sizes())
    if all(source.path(file).is_file() for file in files):
        return _read(panel, source)
    if not any(kept.path(file).is_file() for file in files):
        return None
    return _read(panel, kept)


def _read(panel: str, source: SourceData) -> PanelTables:
    files = ext1.PANELS[panel]
    folder = source.root / ext1.FOLDER
    stamp, paths = folder / ext1.stamp_name(panel), [source.path(file) for file in files]
    picture = folder / ext1.PICTURES.get(panel, "")
    pictures = [picture] if picture.is_file() else []
    known = _stamp(stamp)
    words = [known.get(name) for name in ("substitutes", "counts")]
    fits = matches_stamp(stamp, [*paths, *pictures], {"version": ext1.VERSION})
    if not fits or not all(isinstance(some, str) for some in words):
        raise StateError(
            path=stamp,
            expected="the stamp of these tables",
            found="none that fits them",
            advice=f"`{COMMAND}` computes them anew",
        )
    return PanelTables(
        tables={file: source.read(file) for file in files},
        paths=tuple(paths),
        substitutes=words[0],
        counts=words[1],
        picture=next(iter(pictures), None),
    )


def _stamp(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}

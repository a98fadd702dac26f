"""What a run found, as one file: the page can be made from it again, without drawing."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from core.contract.checks import Check
from core.contract.provenance import Origin
from core.errors import ContractError, MissingFileError
from core.files import write_json
from figure_reproduction.report.provenance import RunData
from figure_reproduction.results import (
    FigureResult,
    Regenerated,
    SavedPanel,
    SourceFile,
    SourceWords,
)

FILE_NAME = "report.json"

VERSION = 1
"""Of the file's form."""


def save_run(results: list[FigureResult], run: RunData, seed: int, out: Path) -> Path:
    """Write ``report.json``; paths of pictures are those below its folder.

    Parameters
    ----------
    results
        Figures in order.
    run
        What is known of the run.
    seed
        Seed of the figures.
    out
        Folder of the pictures.
    """
    content = {
        "version": VERSION,
        "seed": seed,
        "run": asdict(run),
        "figures": [_plain(result, out) for result in results],
    }
    write_json(out / FILE_NAME, content)
    return out / FILE_NAME


def load_run(out: Path) -> tuple[list[FigureResult], RunData, int]:
    """Figures, run and seed of the ``report.json`` in a folder of pictures.

    Raises
    ------
    MissingFileError, ContractError
        If there is none, or it was written otherwise.
    """
    path = out / FILE_NAME
    if not path.is_file():
        raise MissingFileError(
            path=path,
            expected="what a run found",
            found="no such file",
            advice="`./reproduce figures` draws the figures and writes it",
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']}")
        figures = [_figure(figure, out) for figure in content["figures"]]
        return figures, RunData(**content["run"]), content["seed"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContractError(
            path=path, expected=f"what a run found, version {VERSION}", found=str(error)
        ) from None


def _plain(result: FigureResult, out: Path) -> dict:
    content = asdict(replace(result, checks=()))
    content["origin"] = result.origin.name
    content["source"] = str(result.source) if result.source else None
    content["computed_files"] = [str(path) for path in result.computed_files]
    content["checks"] = [asdict(replace(check, error=None)) for check in result.checks]
    for panel in content["panels"]:
        panel |= {key: os.path.relpath(panel[key], out) for key in ("png", "pdf", "shown")}
    return content


def _figure(content: dict, out: Path) -> FigureResult:
    made: dict[str, Callable] = {
        "origin": lambda name: Origin[name],
        "source": lambda path: Path(path) if path else None,
        "panels": lambda panels: tuple(_panel(panel, out) for panel in panels),
        "regenerated": lambda found: {name: Regenerated(**n) for name, n in found.items()},
        "computed_files": lambda paths: tuple(map(Path, paths)),
        "checks": lambda checks: tuple(Check(**check) for check in checks),
        "files": lambda files: tuple(SourceFile(**file) for file in files),
        "about": lambda words: SourceWords(**words),
    }
    return FigureResult(**{k: made.get(k, lambda v: v)(v) for k, v in content.items()})


def _panel(content: dict, out: Path) -> SavedPanel:
    paths = {key: out / content[key] for key in ("png", "pdf", "shown")}
    rest = {"notes": tuple(content["notes"]), "size": tuple(content["size"])}
    return SavedPanel(**content | paths | rest)

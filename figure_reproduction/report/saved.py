"""What a run found, as one file: the page can be made from it again, without drawing."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from core.contract.provenance import Check, Origin
from core.errors import ContractError, MissingFileError, ReproductionError
from core.figures import FIGURES
from core.files import sha256, write_json
from figure_reproduction.report.provenance import RunData, shown_path
from figure_reproduction.results import (
    ClaimNumbers,
    FigureResult,
    Regenerated,
    SavedPanel,
    SourceFile,
    SourceWords,
)

FILE_NAME = "report.json"

VERSION = 3
"""Of the file's form."""

PICTURES = ("png", "pdf", "shown")
"""Fields of a panel that are paths."""

DRAW_AGAIN = "`./reproduce figures` draws the figures and writes all of it"


def save_run(results: list[FigureResult], run: RunData, seed: int, out: Path) -> Path:
    """Write ``report.json``: pictures by their paths below its folder, and by their hashes.

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
        If there is none, or it was written otherwise, or a picture is gone or another one.
    """
    path = out / FILE_NAME
    if not path.is_file():
        raise MissingFileError(
            path=path,
            expected="what a run found",
            found="no such file",
            advice=DRAW_AGAIN,
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']}")
        figures = [_figure(figure, out) for figure in content["figures"]]
        run = RunData(**content["run"])
        _numbers([run.seconds, *run.seconds_of_figures.values()])
        return figures, run, int(content["seed"])
    except ReproductionError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ContractError(
            path=path,
            expected=f"what a run found, version {VERSION}",
            found=f"{type(error).__name__}: {error}",
            advice=DRAW_AGAIN,
        ) from None


def _plain(result: FigureResult, out: Path) -> dict:
    # `asdict` would copy every number
    return vars(result) | {
        "origin": result.origin.name,
        "source": shown_path(result.source),
        "panels": [_plain_panel(panel, out) for panel in result.panels],
        "regenerated": {name: vars(number) for name, number in result.regenerated.items()},
        "computed_files": [shown_path(path) for path in result.computed_files],
        "checks": [vars(check) | {"error": None} for check in result.checks],
        "files": [vars(file) for file in result.files],
        "about": vars(result.about),
        "claims": vars(result.claims),
    }


def _plain_panel(panel: SavedPanel, out: Path) -> dict:
    paths = {key: os.path.relpath(getattr(panel, key), out) for key in PICTURES}
    return vars(panel) | {"sha256": sha256(panel.shown)} | paths


def _figure(content: dict, out: Path) -> FigureResult:
    if content["figure"] not in FIGURES:
        raise ValueError(f"figure {content['figure']}")
    made: dict[str, Callable] = {
        "origin": lambda name: Origin[name],
        "source": lambda path: Path(path) if path else None,
        "panels": lambda panels: tuple(_panel(panel, out) for panel in panels),
        "statistics": lambda found: dict(zip(found, _numbers(found.values()), strict=True)),
        "regenerated": lambda found: {name: _regenerated(n) for name, n in found.items()},
        "computed_files": lambda paths: tuple(map(Path, paths)),
        "checks": lambda checks: tuple(Check(**check) for check in checks),
        "files": lambda files: tuple(SourceFile(**file) for file in files),
        "about": lambda words: SourceWords(**words),
        "claims": _claims,
    }
    return FigureResult(**{k: made.get(k, lambda v: v)(v) for k, v in content.items()})


def _numbers(values: Iterable) -> list[float]:
    values = list(values)
    for value in values:
        if not isinstance(value, int | float):
            raise TypeError(f"{value!r} is no number")
    return values


def _claims(content: dict) -> ClaimNumbers:
    for numbers in (content["values"], content["regenerated"]):
        _numbers(numbers.values())
    return ClaimNumbers(**content)


def _regenerated(content: dict) -> Regenerated:
    _numbers([content["value"], content["tolerance"]])
    return Regenerated(**content)


def _panel(content: dict, out: Path) -> SavedPanel:
    digest, (width, height) = content.pop("sha256"), _numbers(content["size"])
    if min(width, height) <= 0:
        raise ValueError(f"a picture of {width:g} x {height:g} pixels")
    paths = {key: out / content[key] for key in PICTURES}
    for path in paths.values():
        if not path.resolve().is_relative_to(out.resolve()):
            raise ValueError(f"{path}, which is in another folder")
    shown = paths["shown"]
    if not shown.is_file():
        raise MissingFileError(
            path=shown, expected="a picture of the report", found="no such file", advice=DRAW_AGAIN
        )
    if sha256(shown) != digest:
        raise ContractError(
            path=shown,
            expected="the picture that belongs to the numbers of report.json",
            found="another one, drawn since",
            advice=DRAW_AGAIN,
        )
    rest = {"notes": tuple(content["notes"]), "size": (width, height)}
    return SavedPanel(**content | paths | rest)

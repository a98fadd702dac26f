"""All figures in parallel processes; a single one in this process."""

import gc
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from core.figures import FIGURES

if TYPE_CHECKING:
    from figure_reproduction.results import FigureResult
    from figure_reproduction.sources import Choice

ALLOCATIONS = 50_000
"""New objects after which Python looks for unused ones; 700, as usual, is one axis of a picture."""


def draw_all(
    choices: list["Choice"], out: Path, seed: int, n_jobs: int, style: str
) -> list["FigureResult"]:
    """Draw every figure that has data, several in parallel processes.

    Parameters
    ----------
    choices
        Where each figure's data lie.
    out
        Folder of the pictures.
    seed
        Seed of jitter and bootstrap, the same for every figure.
    n_jobs
        Processes at a time.
    style
        Name of a look in `core.plotting.looks`.
    """
    from core.contract.provenance import Origin
    from core.parallel import ordered_map
    from core.progress import progress
    from figure_reproduction.results import FigureResult

    results = {
        choice.figure: FigureResult(choice.figure, None, Origin.UNKNOWN, problem=choice.reason)
        for choice in choices
        if choice.source is None
    }
    work = [
        (choice.figure, choice.source.root, out, seed, style) for choice in choices if choice.source
    ]
    if len(choices) == 1:
        drawn = map(draw_one, work)
    else:
        # The slowest figure is last in the paper; starting it first keeps both processes busy.
        drawn = ordered_map(draw_one, work[::-1], max(1, min(n_jobs, len(work))))
    for result in progress(drawn, len(work), "figures"):
        results[result.figure] = result
    return [results[choice.figure] for choice in choices]


def draw_one(work: tuple[str, Path, Path, int, str]) -> "FigureResult":
    """Draw one figure without a display."""
    import matplotlib as mpl

    mpl.use("Agg")
    gc.set_threshold(ALLOCATIONS)
    from core.contract.source_data import SourceData
    from core.plotting.looks import LOOKS
    from figure_reproduction.claims.compute import claim_numbers
    from figure_reproduction.script import draw_figure

    figure, root, out, seed, style = work
    module, source = import_module(FIGURES[figure].script), SourceData(root)
    result = draw_figure(figure, module.reproduce, source, out, seed, look=LOOKS[style])
    return result if result.problem else replace(result, claims=claim_numbers(figure, source, seed))

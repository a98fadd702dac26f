"""All figures in parallel processes; a single one in this process."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from figure_reproduction.panels import FigureResult
    from figure_reproduction.sources import Choice

SCRIPTS = {
    "2": "figure_reproduction.Figure2_reproduction",
    "3": "figure_reproduction.Figure3_reproduction",
    "4": "figure_reproduction.Figure4_reproduction",
    "5": "figure_reproduction.Figure5_reproduction",
    "6": "figure_reproduction.Figure6_reproduction",
    "ext4": "figure_reproduction.FigureExt4_reproduction",
    "ext5": "figure_reproduction.FigureExt5_reproduction",
}
"""Module of each figure that is drawn, in the order of the paper."""


def draw_all(choices: list["Choice"], out: Path, seed: int, n_jobs: int) -> list["FigureResult"]:
    """Draw every figure that has data, several in parallel processes."""
    from core.parallel import ordered_map
    from core.progress import progress
    from figure_reproduction.panels import FigureResult

    results = {
        choice.figure: FigureResult(choice.figure, None, False, problem=choice.reason)
        for choice in choices
        if choice.source is None
    }
    work = [(choice.figure, choice.source.root, out, seed) for choice in choices if choice.source]
    if len(choices) == 1:
        drawn = map(draw_one, work)
    else:
        # The slowest figure is last in the paper; starting it first keeps both processes busy.
        drawn = ordered_map(draw_one, work[::-1], max(1, min(n_jobs, len(work))))
    for result in progress(drawn, len(work), "figures"):
        results[result.figure] = result
    return [results[choice.figure] for choice in choices]


def draw_one(work: tuple[str, Path, Path, int]) -> "FigureResult":
    """Draw one figure without a display."""
    import matplotlib as mpl

    mpl.use("Agg")
    from core.contract.source_data import SourceData
    from figure_reproduction.script import draw_figure

    figure, root, out, seed = work
    module = import_module(SCRIPTS[figure])
    return draw_figure(figure, module.reproduce, SourceData(root), out, seed)

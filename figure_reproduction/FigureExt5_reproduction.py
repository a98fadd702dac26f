"""Extended Data Figure 5, panels C to E: what makes a code easy to optimise, and how linear it is.

Reads the folder ``ExtendedFig5`` through the contract. Panel C needs no recording: where the folder
does not hold its tables they are computed (two to three minutes, needs torch) and kept in
``computed_data``, with more runs that tell how far a published mean may be off. Panels D and E are
drawn from tables in ``computed_data`` where the folder is simulated and those are there. Runs
alone: ``python FigureExt5_reproduction.py``.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.contract import ext5
from core.contract.source_data import SourceData
from core.figures import FIGURES
from core.plotting.looks import READABLE, Look
from core.project import COMPUTED_DATA
from figure_reproduction.comparison import published_numbers
from figure_reproduction.extended5.alignment_panel import alignment_panel
from figure_reproduction.extended5.alignment_statistics import (
    alignment_statistics,
    expected_numbers,
)
from figure_reproduction.extended5.linearity_panels import linearity_panel
from figure_reproduction.extended5.linearity_statistics import (
    METRICS,
    PANELS,
    LayerGroup,
    layer_groups,
    linearity_statistics,
)
from figure_reproduction.panels import Regenerated, Reproduction, Statistics
from figure_reproduction.script import run_script
from figure_reproduction.sources import Input, alignment_source, linearity_tables


@dataclass(frozen=True)
class Ext5Data:
    """Tables by optimizer (panel C) and by generator (D and E).

    `alignment` are those of the figure's folder and `regenerated` computed ones; either may be
    empty. `ensemble` are more runs on the networks of the computed ones. `unavailable` says why
    computed ones that were wanted are not there, `refused` the same of panels D and E by generator.
    """

    alignment: dict[str, Input]
    regenerated: dict[str, Input]
    ensemble: Input | None
    unavailable: str
    linearity: dict[str, Input]
    refused: dict[str, str]
    simulated: bool


def read(source: SourceData, computed: Path = COMPUTED_DATA) -> Ext5Data:
    """Read every table: in the figure's folder if it is real, among computed ones, or simulated.

    Parameters
    ----------
    source
        The figure's folder.
    computed
        Folder of computed tables. Those of panel C are computed if neither the figure's folder,
        which must not be simulated, nor this one holds them; those of panels D and E never are.
    """
    return Ext5Data(
        *alignment_source(source, computed),
        *linearity_tables(source, computed),
        simulated=source.holds_simulated(ext5.FOLDER),
    )


def as_published(numbers: Statistics) -> dict[str, Regenerated]:
    """Computed numbers that are published too, with the published tolerance.

    Examples
    --------
    >>> as_published({"ext5de.n_draws": 100.0, "of no panel": 1.0})
    {'ext5de.n_draws': Regenerated(value=100.0, tolerance=0.0, note='')}
    """
    return {
        number.id: Regenerated(float(numbers[number.id]), number.tolerance)
        for number in published_numbers()
        if number.id in numbers
    }


def statistics(
    data: Ext5Data, groups: dict[str, dict[str, LayerGroup]]
) -> tuple[Statistics, dict[str, Regenerated]]:
    """Numbers of all panels by published id: those of the figure's folder, and computed ones.

    Parameters
    ----------
    data
        What is drawn.
    groups
        Of each generator's table, `layer_groups`.
    """
    results = alignment_statistics(data.alignment)
    regenerated = {}
    if data.ensemble:
        regenerated = expected_numbers(alignment_statistics(data.regenerated), data.ensemble.table)
    for generator, given in data.linearity.items():
        numbers = linearity_statistics(generator, groups[generator])
        if given.computed:
            regenerated |= as_published(numbers)
        else:
            results |= numbers
    return results, regenerated


def reproduce(
    source: SourceData,
    rng: np.random.Generator,
    computed: Path = COMPUTED_DATA,
    look: Look = READABLE,
) -> Reproduction:
    """Draw all panels that can be drawn.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Random generator of bootstrap and draws.
    computed
        Folder of computed tables.
    look
        What the panels look like.
    """
    data = read(source, computed)
    panels = [
        alignment_panel(
            name,
            given,
            data.ensemble if given.computed else None,
            rng,
            bool(data.regenerated),
            look,
        )
        for tables in (data.alignment, data.regenerated)
        for name, given in tables.items()
    ]
    groups = {
        generator: layer_groups(given.table, METRICS[generator], rng)
        for generator, given in data.linearity.items()
    }
    panels += [
        linearity_panel(
            generator, data.linearity[generator], groups[generator], data.simulated, look
        )
        for generator in groups
    ]
    results, regenerated = statistics(data, groups)
    files = [*data.regenerated.values(), *data.linearity.values()]
    files += [data.ensemble] if data.ensemble else []
    return Reproduction(
        panels=tuple(panels),
        statistics=results,
        regenerated=regenerated,
        computed_files=tuple(file.path for file in files if file.computed),
        unavailable=({"C": data.unavailable} if data.unavailable else {})
        | {PANELS[generator]: why for generator, why in data.refused.items()},
    )


if __name__ == "__main__":
    run_script(FIGURES["ext5"], reproduce)

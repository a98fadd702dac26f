"""Extended Data Figure 1: what the generators can and cannot make.

Needs no recording. Draws the tables of the folder ``ExtendedFig1``, or else those in
``computed_data``; where there are none it says which command computes them. Tables of substitutes
for the paper's models say so on every picture, and their numbers are compared with none of the
published ones. Runs alone: ``python FigureExt1_reproduction.py``.
"""

from pathlib import Path

import numpy as np

from core.contract import ext1
from core.contract.provenance import Origin
from core.contract.source_data import SourceData
from core.errors import ReproductionError
from core.figures import FIGURES
from core.plotting.looks import READABLE, Look
from core.project import COMPUTED_DATA
from figure_reproduction.extended1.activation_panel import activation_numbers, activation_panels
from figure_reproduction.extended1.explorer_panels import explorer_panels
from figure_reproduction.extended1.image_sets_panel import image_set_numbers, image_set_panels
from figure_reproduction.extended1.image_statistics_panel import (
    image_statistics_numbers,
    image_statistics_panel,
)
from figure_reproduction.extended1.inversion_panel import inversion_numbers, inversion_panels
from figure_reproduction.extended1.tables import NOT_THERE, PanelTables, panel_tables
from figure_reproduction.panels import Panel, Reproduction, Statistics
from figure_reproduction.script import run_script


def read(
    source: SourceData, computed: Path = COMPUTED_DATA
) -> tuple[dict[str, PanelTables], dict[str, str]]:
    """Tables by panel, and why there are none of the others.

    Parameters
    ----------
    source
        The figure's folder.
    computed
        Folder of computed tables.
    """
    found, unavailable = {}, {}
    for panel in ext1.PANELS:
        try:
            tables = panel_tables(panel, source, computed)
        except ReproductionError as error:
            unavailable[panel] = str(error)
            continue
        if tables is not None:
            found[panel] = tables
        elif panel in FIGURES["ext1"].panels:
            unavailable[panel] = f"{NOT_THERE[0].upper()}{NOT_THERE[1:]}."
    return found, unavailable


def draw_panel(panel: str, given: PanelTables, rng: np.random.Generator) -> list[Panel]:
    """Pictures of a panel.

    Parameters
    ----------
    panel
        A key of `core.contract.ext1.PANELS`.
    given
        Its tables.
    rng
        Random generator of the jitter.
    """
    if panel == "A":
        return image_set_panels(given)
    if panel == "B":
        return [image_statistics_panel(given, rng)]
    if panel == "C":
        return inversion_panels(given, rng)
    return activation_panels(given) if panel == "D" else explorer_panels(given)


def statistics(found: dict[str, PanelTables]) -> Statistics:
    """Numbers of all panels that are there, by published id.

    Parameters
    ----------
    found
        Tables by panel.
    """
    numbers_of = {
        "A": image_set_numbers,
        "B": image_statistics_numbers,
        "C": inversion_numbers,
        "D": activation_numbers,
    }
    results = {}
    for panel, given in found.items():
        if panel in numbers_of:
            results |= numbers_of[panel](given)
    return results


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
        Random generator of the jitter.
    computed
        Folder of computed tables.
    look
        Not used: which look the published panels have is not known here.
    """
    found, unavailable = read(source, computed)
    substituted = any(given.substitutes for given in found.values())
    return Reproduction(
        panels=tuple(
            panel for name, given in found.items() for panel in draw_panel(name, given, rng)
        ),
        statistics=statistics(found),
        computed_files=tuple(
            path
            for given in found.values()
            for path in given.paths
            if not path.is_relative_to(source.root)
        ),
        unavailable=unavailable,
        origin=Origin.SUBSTITUTES if substituted else Origin.COMPUTED,
    )


if __name__ == "__main__":
    run_script(FIGURES["ext1"], reproduce)

"""Figure 6: tuning along the Hessian axes of BigGAN."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from core.contract import fig6
from core.contract.descriptions import Table
from core.contract.provenance import SIMULATED_SUFFIX
from core.errors import MissingFileError, RecordingError
from core.progress import progress
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.layout import Folders
from neuro_data_analysis.tuning.axes import averages
from neuro_data_analysis.tuning.hessian_recordings import open_hessian_recordings
from neuro_data_analysis.tuning.synopsis import TunedUnit, peak_table, shape_table

SINGLE_TRIAL_EXAMPLE = "Beto-07092020-003"
AVERAGE_EXAMPLES = {"success": "Caos-12102024-003", "failure": "Alfa-08092020-004"}
"""Published example recordings."""


def tuned_units(
    recordings: Recordings, folders: Folders
) -> tuple[list[TunedUnit], tuple[str, ...]]:
    """The preferred units of the tuning recordings; none, and a sentence, where these are absent.

    Raises
    ------
    RecordingError
        If a tuning recording or a record table is broken.
    """
    try:
        hessian = open_hessian_recordings(folders.records, folders.formatted, recordings)
        return list(progress(hessian.units(), len(hessian), "tuning recordings")), ()
    except MissingFileError as error:
        return [], (error.inside("Figure 6"),)


def contents(units: list[TunedUnit], table: pd.DataFrame) -> Contents:
    """The folder of Figure 6.

    An example is the published recording where it is there and its evolution came out as published,
    else the first recording that fits; without any, its file is not made. Provenance says which
    recording and unit an example file shows.

    Parameters
    ----------
    units
        As `tuned_units` returns them; where there are none, nothing is made.
    table
        Their `neuro_data_analysis.tuning.synopsis.synopsis`.
    """
    if not units:
        return Contents()
    examples = {fig6.SINGLE_TRIALS: example(units, SINGLE_TRIAL_EXAMPLE, _succeeded)}
    for outcome, name in AVERAGE_EXAMPLES.items():
        fits = _succeeded if outcome == "success" else _failed
        examples[fig6.AVERAGES[outcome]] = example(units, name, fits)
    files, shown, unavailable = {}, {}, []
    for file, unit in examples.items():
        if unit is None:
            unavailable.append(
                RecordingError(
                    path=f"Figure {file.panels[0]}",
                    expected=f"a recording for {file.name} whose evolution came out as published",
                    found=f"none among {len(units)}",
                )
            )
            continue
        single = file is fig6.SINGLE_TRIALS
        files[file] = unit.tuning.trials if single else averages(unit.tuning)
        shown[file.path] = {"recording": unit.tuning.name, "unit": unit.tuning.unit_name}
    tables = {fig6.SHAPES: shape_table(table), fig6.PEAKS: peak_table(table)}
    for file, axes in tables.items():
        if len(axes):
            files[file] = _columns(axes, file)
        else:
            unavailable.append(
                RecordingError(
                    path="Figure 6E",
                    expected=f"axes for {file.name}",
                    found="none with distances up to 0.4 and a response that varies among "
                    f"{len(table)}",
                )
            )
    return Contents(files, tuple(unavailable), shown)


def example(
    units: list[TunedUnit], published: str, fits: Callable[[TunedUnit], bool]
) -> TunedUnit | None:
    """The published example if it fits, else the first unit that does, else None."""
    fitting = [unit for unit in units if fits(unit)]
    named = [u for u in fitting if u.tuning.name.removesuffix(SIMULATED_SUFFIX) == published]
    return next(iter([*named, *fitting]), None)


def _succeeded(unit: TunedUnit) -> bool:
    return unit.evolved


def _failed(unit: TunedUnit) -> bool:
    return not unit.evolved


def _columns(table: pd.DataFrame, file: Table) -> pd.DataFrame:
    """The columns of a file; an infinite F, of trials without spread, becomes an empty cell."""
    return table[[column.name for column in file.columns]].replace(np.inf, np.nan)

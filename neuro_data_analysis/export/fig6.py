"""Figure 6: tuning along the Hessian axes of BigGAN."""

import numpy as np
import pandas as pd

from core.contract import fig6
from core.contract.descriptions import Table
from core.errors import MissingFileError, RecordingError
from core.statistics.analysis import AREAS
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.examples import example_unit
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.tuning.axes import averages
from neuro_data_analysis.tuning.synopsis import peak_table, shape_table


def contents(inputs: Inputs) -> Contents:
    """The folder of Figure 6; where there are no tuning recordings, one sentence says so.

    Which recordings are the examples: `neuro_data_analysis.export.examples`; without any, its file
    is not made. Provenance says which recording and unit an example file shows.

    Raises
    ------
    RecordingError
        If a tuning recording or a record table is broken.
    """
    try:
        units = inputs.tuned_units
    except MissingFileError as error:
        return Contents(unavailable=(error.inside("Figure 6"),))
    if not units:
        return Contents(unavailable=_none_in(inputs.settings.areas))
    table = inputs.synopsis
    examples = {fig6.SINGLE_TRIALS: example_unit(units, fig6.SINGLE_TRIAL_EXAMPLE, True, table)}
    for outcome, name in fig6.AVERAGE_EXAMPLES.items():
        examples[fig6.AVERAGES[outcome]] = example_unit(units, name, outcome == "success")
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


def _none_in(areas: tuple[str, ...]) -> tuple[RecordingError, ...]:
    """That no tuning recording is left, where that is by its area."""
    if areas == AREAS:
        return ()
    words = f"tuning recordings in {', '.join(areas)}"
    return (RecordingError(path="Figure 6", expected=words, found="none"),)


def _columns(table: pd.DataFrame, file: Table) -> pd.DataFrame:
    """The columns of a file; an infinite F, of trials without spread, becomes an empty cell."""
    return table[[column.name for column in file.columns]].replace(np.inf, np.nan)

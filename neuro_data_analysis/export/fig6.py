"""Figure 6: tuning along the Hessian axes of BigGAN."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.contract import fig6
from core.contract.descriptions import Table
from core.contract.provenance import SIMULATED_SUFFIX
from core.errors import MissingFileError, RecordingError
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.tuning.axes import averages
from neuro_data_analysis.tuning.synopsis import TunedUnit, peak_table, shape_table


def contents(inputs: Inputs) -> Contents:
    """The folder of Figure 6; where there are no tuning recordings, one sentence says so.

    An example is the published recording where it is there and its evolution came out as published,
    else the first recording that fits; without any, its file is not made. Provenance says which
    recording and unit an example file shows.

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
        return Contents()
    table = inputs.synopsis
    examples = {fig6.SINGLE_TRIALS: example(units, fig6.SINGLE_TRIAL_EXAMPLE, evolved=True)}
    for outcome, name in fig6.AVERAGE_EXAMPLES.items():
        examples[fig6.AVERAGES[outcome]] = example(units, name, evolved=outcome == "success")
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


def example(units: Sequence[TunedUnit], published: str, evolved: bool) -> TunedUnit | None:
    """The published example if it fits, else the first unit that does, else None.

    Parameters
    ----------
    units
        Units of all recordings.
    published
        Name of the published recording.
    evolved
        Whether the evolution before it succeeded.
    """
    fitting = [unit for unit in units if unit.evolved == evolved]
    named = [u for u in fitting if u.tuning.name.removesuffix(SIMULATED_SUFFIX) == published]
    return next(iter([*named, *fitting]), None)


def _columns(table: pd.DataFrame, file: Table) -> pd.DataFrame:
    """The columns of a file; an infinite F, of trials without spread, becomes an empty cell."""
    return table[[column.name for column in file.columns]].replace(np.inf, np.nan)

"""Figure 6: tuning along the Hessian axes of BigGAN."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from core.contract import fig6
from core.contract.descriptions import Table
from core.contract.provenance import SIMULATED_SUFFIX
from core.contract.source_data import SourceData
from neuro_data_analysis.tuning import averages
from neuro_data_analysis.tuning_synopsis import TunedUnit, peak_table, shape_table, synopsis

SINGLE_TRIAL_EXAMPLE = "Beto-07092020-003"
AVERAGE_EXAMPLES = {"success": "Caos-12102024-003", "failure": "Alfa-08092020-004"}
"""Published example recordings."""


def export(
    units: list[TunedUnit], source: SourceData, n_jobs: int = 2
) -> tuple[dict[str, dict], list[str]]:
    """Write the folder of Figure 6.

    An example is the published recording where it is there and its evolution came out as published,
    else the first recording that fits; without any, its file is not written.

    Returns
    -------
    details : dict
        Which recording and unit each example file shows, by path.
    unavailable : list of str
        One sentence for each file that is not written.
    """
    examples = {fig6.SINGLE_TRIALS: example(units, SINGLE_TRIAL_EXAMPLE, _succeeded)}
    for outcome, name in AVERAGE_EXAMPLES.items():
        fits = _succeeded if outcome == "success" else _failed
        examples[fig6.AVERAGES[outcome]] = example(units, name, fits)
    table = synopsis(units, n_jobs)
    shown, unavailable = {}, []
    for file, unit in examples.items():
        if unit is None:
            unavailable.append(
                f"Figure {file.panels[0]}: expected a recording for {file.name} whose evolution "
                f"came out as published, found none among {len(units)}."
            )
            continue
        single = file is fig6.SINGLE_TRIALS
        source.write(file, unit.tuning.trials if single else averages(unit.tuning))
        shown[file.path] = {"recording": unit.tuning.name, "unit": unit.tuning.unit_name}
    tables = {fig6.SHAPES: shape_table(table), fig6.PEAKS: peak_table(table)}
    for file, axes in tables.items():
        if len(axes):
            source.write(file, _columns(axes, file))
        else:
            unavailable.append(
                f"Figure 6E: expected axes for {file.name}, found none with distances up to 0.4 "
                f"and a response that varies among {len(table)}."
            )
    return shown, unavailable


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

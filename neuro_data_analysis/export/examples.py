"""Which recordings the panels of one example show (Figures 2 and 6C).

Real data show the paper's example. In a simulation the paper's experiment is one site among many,
so that the first recording is shown that has what the panel is about.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.contract import fig6
from core.contract.provenance import SIMULATED_SUFFIX
from core.contract.source_data import EXAMPLE_EXPI
from core.statistics.masks import mask_table
from neuro_data_analysis.evolutions.cohort import Cohort
from neuro_data_analysis.tuning.synopsis import TunedUnit

TUNED_LEVEL = 0.01
"""p of the ANOVA below which an axis counts as tuned."""


def example_experiment(cohort: Cohort) -> int:
    """Experiment of Figure 2 in a simulation.

    It is the first valid one in IT whose evolutions succeed in both threads (p < 0.01). Where there
    is none, it is the paper's, and where that is not there, the first that succeeds in any area,
    else the first.

    Parameters
    ----------
    cohort
        All experiments.

    Returns
    -------
    Its number, 1-based.
    """
    masks = mask_table(cohort.meta).astype(bool)
    succeeding = masks[["valid", "FCsucc001", "BGsucc001"]].all(axis=1).to_numpy()
    fitting = succeeding & masks["ITmsk"].to_numpy()
    experiments = cohort.meta.index.to_numpy()
    if not fitting.any() and EXAMPLE_EXPI in experiments:
        return EXAMPLE_EXPI
    return int(experiments[np.argmax(fitting if fitting.any() else succeeding)])


def example_unit(
    units: Sequence[TunedUnit], published: str, evolved: bool, axes: pd.DataFrame | None = None
) -> TunedUnit | None:
    """Unit of an example of Figure 6.

    Only units count whose evolution came out as the published one's. Among them it is the published
    recording, else the first. In a simulation with `axes`, it is the first whose axis of panel C
    is tuned (ANOVA, p < 0.01); where none is, as without them.

    Parameters
    ----------
    units
        Units of all recordings.
    published
        Name of the published recording.
    evolved
        Whether the evolution before it succeeded.
    axes
        Fits along all axes, for an example that shows one.
    """
    fitting = [unit for unit in units if unit.evolved == evolved]
    named = [u for u in fitting if u.tuning.name.removesuffix(SIMULATED_SUFFIX) == published]
    tuned: list[TunedUnit] = []
    if axes is not None:
        shown = (axes["space"] == fig6.EXAMPLE_AXIS[0]) & (axes["eig_id"] == fig6.EXAMPLE_AXIS[1])
        names = set(axes.loc[shown & (axes["anova_p_value"] < TUNED_LEVEL), "ephysFN"])
        tuned = [
            unit
            for unit in fitting
            if unit.tuning.name.endswith(SIMULATED_SUFFIX) and unit.tuning.name in names
        ]
    return next(iter([*tuned, *named, *fitting]), None)

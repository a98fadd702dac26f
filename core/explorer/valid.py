"""Which of the explorer's experiments count: the paper's valid ones, though recordings are unnamed.

The explorer does not say which recording an experiment is; those of unstable baseline are known by
their number.
"""

from collections.abc import Sequence

import pandas as pd

from core.explorer.averages import BlockAverages
from core.statistics.masks import valid

RECORDING_NAMES = {
    23: "Beto-18082020-002",
    36: "Beto-07092020-006",
    39: "Beto-14092020-002",
    50: "Beto-27102020-003",
    125: "Alfa-04092020-003",
    137: "Alfa-22092020-003",
}
"""The six recordings of unstable baseline, which the explorer does not name.

Two are the only ones of their day (23, 125); the others were told from those of the same day by the
published t values and counts.
"""


def recording_name(experiment: BlockAverages) -> str:
    """Name of an experiment's recording where it is known, else its name in the explorer."""
    return RECORDING_NAMES.get(experiment.expi, f"explorer {experiment.name}")


def valid_experiments(experiments: Sequence[BlockAverages]) -> list[BlockAverages]:
    """Experiments that are long enough, stable, and fc6 against BigGAN; see `valid`.

    Parameters
    ----------
    experiments
        Averages, in any order, which is kept.
    """
    meta = pd.DataFrame(
        {
            "blockN": [experiment.n_blocks for experiment in experiments],
            "ephysFN": [recording_name(experiment) for experiment in experiments],
            "space1": pd.Series([experiment.spaces[0] for experiment in experiments], dtype=str),
            "space2": pd.Series([experiment.spaces[1] for experiment in experiments], dtype=str),
        }
    )
    return [e for e, counts in zip(experiments, valid(meta), strict=True) if counts]

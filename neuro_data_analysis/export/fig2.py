"""Figure 2: single trials and PSTHs of the example experiment."""

import numpy as np
import pandas as pd

from core.contract import fig2
from core.contract.manifest import EXPERIMENT_ORDER
from core.statistics.windows import BASELINE, EVOKED
from neuro_data_analysis.evolutions.trajectories import (
    complete_blocks,
    psth_trajectory,
    window_rate,
)
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.recordings.experiment import Experiment


def contents(example: Experiment, order: pd.DataFrame) -> Contents:
    """The folder of Figure 2; `order` as `cohort.experiment_order` returns it."""
    psth = psth_trajectory(complete_blocks(example.psth))
    offset = fig2.stacking_offset(psth)
    meta = {"Expi": example.Expi, "offset": float(offset), "expstr": example.title}
    frames = [trial_table(thread) for thread in (*example.psth, *example.ref_psth)]
    return Contents(
        {
            EXPERIMENT_ORDER: order,
            **{fig2.PSTH_CSV[name]: part for name, part in fig2.psth_files(psth).items()},
            fig2.META: meta,
            fig2.PSTH_PICKLE: {**meta, "psth_arr": psth, "offset": offset},
            **dict(zip(fig2.RESPONSE_CSV.values(), frames, strict=True)),
            fig2.RESPONSE_PICKLE: dict(zip(fig2.TRIALS, frames, strict=True)),
        }
    )


def trial_table(blocks: list[np.ndarray]) -> pd.DataFrame:
    """One row per trial in block order, no block dropped: ``resp``, ``bsl`` (events/s), ``gen``.

    `blocks` are PSTHs (200, n_trials); ``gen`` is the 1-based block.
    """
    columns = {
        "resp": np.concatenate([window_rate(block, EVOKED) for block in blocks]),
        "bsl": np.concatenate([window_rate(block, BASELINE) for block in blocks]),
        "gen": np.repeat(np.arange(1, len(blocks) + 1), [block.shape[1] for block in blocks]),
    }
    # An object index keeps the pickle free of the names of string arrays, which no reader allows.
    return pd.DataFrame(columns).set_axis(pd.Index(list(columns), dtype=object), axis=1)

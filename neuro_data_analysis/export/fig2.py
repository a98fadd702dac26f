"""Figure 2: single trials and PSTHs of the example experiment."""

import numpy as np
import pandas as pd

from core.contract import fig2
from core.contract.manifest import EXPERIMENT_ORDER
from core.statistics.windows import BASELINE, EVOKED, Window
from neuro_data_analysis.evolutions.shown_images import trial_rates
from neuro_data_analysis.evolutions.trajectories import (
    complete_blocks,
    psth_trajectory,
    side_by_side,
)
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.inputs import Inputs


def contents(inputs: Inputs) -> Contents:
    """The folder of Figure 2."""
    example = inputs.example
    psth = side_by_side(psth_trajectory(complete_blocks(example.psth)))
    offset = fig2.stacking_offset(psth)
    meta = {"Expi": example.Expi, "offset": float(offset), "expstr": example.title}
    settings = inputs.settings
    threads = (*example.psth, *example.ref_psth)
    frames = [trial_table(blocks, settings.evoked, settings.baseline) for blocks in threads]
    return Contents(
        {
            EXPERIMENT_ORDER: inputs.order,
            **{fig2.PSTH_CSV[name]: part for name, part in fig2.psth_files(psth).items()},
            fig2.META: meta,
            fig2.PSTH_PICKLE: {**meta, "psth_arr": psth, "offset": offset},
            **dict(zip(fig2.RESPONSE_CSV.values(), frames, strict=True)),
            fig2.RESPONSE_PICKLE: dict(zip(fig2.TRIALS, frames, strict=True)),
        }
    )


def trial_table(
    blocks: list[np.ndarray], evoked: Window = EVOKED, baseline: Window = BASELINE
) -> pd.DataFrame:
    """One row per trial in block order, no block dropped: ``resp``, ``bsl`` (events/s), ``gen``.

    Parameters
    ----------
    blocks
        PSTHs (200, n_trials); ``gen`` is the 1-based block.
    evoked, baseline
        Windows of ``resp`` and ``bsl``: start and stop in ms, half-open, 0-based.

    Examples
    --------
    >>> trial_table([np.full((200, 1), 12.0), np.full((200, 1), 8.0)]).to_numpy().tolist()
    [[12.0, 12.0, 1.0], [8.0, 8.0, 2.0]]
    """
    together = (np.concatenate(of_block) for of_block in trial_rates(blocks, evoked, baseline))
    columns = dict(zip(("resp", "bsl", "gen"), together, strict=True))
    # An object index keeps the pickle free of the names of string arrays, which no reader allows.
    return pd.DataFrame(columns).set_axis(pd.Index(list(columns), dtype=object), axis=1)

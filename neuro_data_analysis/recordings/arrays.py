"""All single trials of an experiment as an array, with a table that says what each was."""

import numpy as np
import pandas as pd

from core.statistics.analysis import PUBLISHED, AnalysisSettings
from core.statistics.windows import window_rate
from core.threads import THREADS
from neuro_data_analysis.recordings.experiment import Experiment

COLUMNS = ("trial", "thread", "generator", "kind", "block", "image", "evoked", "baseline")
"""What is known of a trial."""


def trial_arrays(
    experiment: Experiment, settings: AnalysisSettings = PUBLISHED
) -> tuple[np.ndarray, pd.DataFrame]:
    """Rates of all trials of the preferred unit, in order of presentation, and what they were.

    Parameters
    ----------
    experiment
        Experiment to read.
    settings
        Windows of ``evoked`` and ``baseline``.

    Returns
    -------
    rates : (n_trials, 200) float64
        Smoothed rate of each trial in events/s; bin k is [k, k + 1) ms from image onset.
    trials
        A row for each, in the same order: ``trial``, its 1-based number in the session; ``thread``,
        0 or 1, and its ``generator``, DeePSim or BigGAN; ``kind``, ``evolved`` or ``reference``;
        ``block``, 1-based; ``image``, its name; ``evoked`` and ``baseline``, mean rates in
        their windows, by default [50, 200) and [0, 45) ms, events/s. No block is dropped. Reference
        images are those that are listed for the thread.

    Raises
    ------
    RecordingError
        If the recording contradicts itself.
    """
    rates, rows = [], []
    kinds = {
        "evolved": (experiment.psth, experiment.idx_seq),
        "reference": (experiment.ref_psth, experiment.ref_idx_seq),
    }
    for kind, (psth, indices) in kinds.items():
        for thread, blocks in enumerate(psth):
            for block, of_block in enumerate(blocks):
                numbers = indices[thread][block]
                rates.append(of_block.T)
                known = {"thread": thread, "kind": kind, "block": block + 1}
                rows.append(pd.DataFrame({"trial": numbers, **known}))
    together, table = np.concatenate(rates), pd.concat(rows, ignore_index=True)
    order = np.argsort(table["trial"].to_numpy(), kind="stable")
    together, table = together[order], table.iloc[order].reset_index(drop=True)
    names = np.array(experiment.imageName, dtype=object)
    described = table.assign(
        generator=np.array(THREADS)[table["thread"]],
        image=names[table["trial"].to_numpy() - 1],
        evoked=window_rate(together, settings.evoked, axis=1),
        baseline=window_rate(together, settings.baseline, axis=1),
    )
    return together, described[list(COLUMNS)]

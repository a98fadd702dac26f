"""Extended Data Figure 4: temporal attribution of the rise, windowed responses."""

import numpy as np

from core.contract import ext4
from core.contract.descriptions import THREADS
from core.contract.manifest import EXPERIMENT_ORDER
from core.statistics.windows import EVOKED
from neuro_data_analysis.evolutions.cohort import Cohort
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.fig5 import window_matrices

WINDOWS = tuple(window for windows in ext4.WINDOWS.values() for window in windows)
"""Windows of all lengths, that a cohort must be gathered with."""


def contents(cohort: Cohort) -> Contents:
    """The folder of Extended Data Figure 4; the cohort needs `WINDOWS`."""
    return Contents(
        {
            EXPERIMENT_ORDER: cohort.order,
            ext4.META: cohort.meta.reset_index(),
            **{
                file: attributions(cohort, thread, width)
                for (thread, width), file in ext4.ATTRIBUTION.items()
            },
            **window_matrices(cohort, ext4.WINDOW_RESPONSES),
        }
    )


def attributions(cohort: Cohort, thread: str, width: int) -> np.ndarray:
    """`attribution` of every experiment, (n_experiments, 200 / width)."""
    psth = cohort.psth[:, :, THREADS.index(thread)]
    return np.stack([attribution(means, width) for means in psth])


def attribution(psth_means: np.ndarray, width: int) -> np.ndarray:
    """Share of the rise from the first to the best block that falls into each time bin.

    Parameters
    ----------
    psth_means : (n_blocks, 200)
        Mean PSTH of every block, events/s.
    width
        Length of a bin, ms.

    Returns
    -------
    (200 / width,)
        Sums to 1; NaN where the best block (largest 50-200 ms mean) is the first.
    """
    best = int(np.argmax(psth_means[:, slice(*EVOKED)].mean(axis=1)))
    if best == 0:
        return np.full(psth_means.shape[1] // width, np.nan)
    difference = (psth_means[best] - psth_means[0]).reshape(-1, width).mean(axis=1)
    return difference / difference.sum()

"""Extended Data Figure 4: temporal attribution of the rise, windowed responses."""

import numpy as np

from core.contract import ext4
from core.contract.manifest import EXPERIMENT_ORDER
from core.statistics.windows import EVOKED, Window, window_rate
from core.threads import THREADS
from neuro_data_analysis.evolutions.cohort import Cohort
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.fig5 import window_matrices
from neuro_data_analysis.export.inputs import CohortInputs


def contents(inputs: CohortInputs) -> Contents:
    """The folder of Extended Data Figure 4."""
    cohort = inputs.cohort
    return Contents(
        {
            EXPERIMENT_ORDER: inputs.order,
            ext4.META: cohort.meta.reset_index(),
            **{
                file: attribution_table(cohort, thread, width)
                for (thread, width), file in ext4.ATTRIBUTION.items()
            },
            **window_matrices(cohort, ext4.WINDOW_RESPONSES),
        }
    )


def attribution_table(cohort: Cohort, thread: str, width: int) -> np.ndarray:
    """Share of the rise in each time bin, of every experiment.

    Parameters
    ----------
    cohort
        All experiments.
    thread
        DeePSim or BigGAN.
    width
        Length of a bin, ms.

    Returns
    -------
    (n_experiments, 200 / width)
        Rows sum to 1; NaN where the best block is the first.
    """
    psth = cohort.psth.mean[:, :, THREADS.index(thread)]
    return np.stack([attribution(means, width, cohort.settings.evoked) for means in psth])


def attribution(psth_means: np.ndarray, width: int, window: Window = EVOKED) -> np.ndarray:
    """Share of the rise from the first to the best block that falls into each time bin.

    Parameters
    ----------
    psth_means : (n_blocks, 200)
        Mean PSTH of every block, events/s.
    width
        Length of a bin, ms.
    window
        By whose rate the best block is found: start and stop in ms, half-open, 0-based.

    Returns
    -------
    (200 / width,)
        Sums to 1; NaN where the best block (largest mean in the window) is the first.

    Examples
    --------
    >>> blocks = np.full((2, 200), 10.0)
    >>> blocks[1, 100:] += 30
    >>> attribution(blocks, 50)
    array([0. , 0. , 0.5, 0.5])
    """
    best = int(np.argmax(window_rate(psth_means, window, axis=1)))
    if best == 0:
        return np.full(psth_means.shape[1] // width, np.nan)
    difference = (psth_means[best] - psth_means[0]).reshape(-1, width).mean(axis=1)
    return difference / difference.sum()

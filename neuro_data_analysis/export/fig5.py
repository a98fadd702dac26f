"""Figure 5: normalised PSTHs of the first and last block, windowed responses."""

import numpy as np

from core.contract import fig5
from core.contract.descriptions import SLICES, Matrix
from core.contract.manifest import EXPERIMENT_ORDER
from core.statistics.masks import mask_table
from core.statistics.windows import Window
from neuro_data_analysis.evolutions.cohort import Cohort
from neuro_data_analysis.export.contents import Contents


def contents(cohort: Cohort) -> Contents:
    """The folder of Figure 5; the cohort needs `core.contract.fig5.WINDOWS`."""
    masks = mask_table(cohort.meta)
    return Contents(
        {
            EXPERIMENT_ORDER: cohort.order,
            fig5.MASKS: masks[[column.name for column in fig5.MASKS.columns]],
            **{fig5.PSTH[key]: block_psth(cohort, *key) for key in fig5.PSTH},
            **window_matrices(cohort, fig5.WINDOW_RESPONSES),
        }
    )


def block_psth(cohort: Cohort, block: str, slice_name: str) -> np.ndarray:
    """Normalised PSTHs (n_experiments, 200) of the ``first`` or the ``last`` padded block."""
    row = 0 if block == "first" else -1
    return cohort.psth[:, row, SLICES.index(slice_name)] / cohort.normaliser[:, None]


def window_matrices(
    cohort: Cohort, files: dict[tuple[Window, str], Matrix]
) -> dict[Matrix, np.ndarray]:
    """Responses in windows, divided by the evoked normaliser of each experiment, by file."""
    windows = {window: None for window, _ in files}
    normalised = {
        window: cohort.window_responses(window) / cohort.normaliser[:, None, None]
        for window in windows
    }
    return {
        file: normalised[window][:, :, SLICES.index(name)] for (window, name), file in files.items()
    }

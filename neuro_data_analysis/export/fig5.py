"""Figure 5: normalised PSTHs of the first and last block, windowed responses."""

import numpy as np

from core.contract import fig5
from core.contract.descriptions import Matrix
from core.contract.manifest import EXPERIMENT_ORDER
from core.statistics.masks import mask_table
from core.statistics.windows import Window
from neuro_data_analysis.evolutions.cohort import Cohort, by_slice
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.inputs import CohortInputs


def contents(inputs: CohortInputs) -> Contents:
    """The folder of Figure 5."""
    cohort = inputs.cohort
    masks = mask_table(cohort.meta)
    return Contents(
        {
            EXPERIMENT_ORDER: inputs.order,
            fig5.MASKS: masks[[column.name for column in fig5.MASKS.columns]],
            **{fig5.PSTH[key]: block_psth(cohort, *key) for key in fig5.PSTH},
            **window_matrices(cohort, fig5.WINDOW_RESPONSES),
        }
    )


def block_psth(cohort: Cohort, block: str, slice_name: str) -> np.ndarray:
    """Normalised PSTHs of one block.

    Parameters
    ----------
    cohort
        All experiments.
    block
        ``first``, or ``last`` for the last padded one.
    slice_name
        One of `core.contract.descriptions.SLICES`.

    Returns
    -------
    (n_experiments, 200)
        Shares of the normaliser.
    """
    row = 0 if block == "first" else -1
    return by_slice(cohort.psth)[slice_name][:, row] / cohort.normaliser[:, None]


def window_matrices(
    cohort: Cohort, files: dict[tuple[Window, str], Matrix]
) -> dict[Matrix, np.ndarray]:
    """Responses in windows, divided by the evoked normaliser of each experiment.

    Parameters
    ----------
    cohort
        All experiments, gathered with these windows.
    files
        Descriptions by window and slice.

    Returns
    -------
    dict
        (n_experiments, n_blocks) by file.
    """
    windows = dict.fromkeys(window for window, _ in files)
    responses = {window: by_slice(cohort.window_responses(window)) for window in windows}
    return {
        file: responses[window][name] / cohort.normaliser[:, None]
        for (window, name), file in files.items()
    }

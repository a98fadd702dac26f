"""Figure 5: normalised PSTHs of the first and last block, windowed responses."""

import numpy as np

from core.contract import fig5
from core.contract.descriptions import SLICES, Matrix
from core.contract.source_data import SourceData
from core.statistics.masks import mask_table
from core.statistics.windows import Window
from neuro_data_analysis.cohort import Cohort


def export(cohort: Cohort, source: SourceData) -> None:
    """Write the folder of Figure 5."""
    masks = mask_table(cohort.meta)
    source.write(fig5.MASKS, masks[[column.name for column in fig5.MASKS.columns]])
    for (block, name), file in fig5.PSTH.items():
        row = 0 if block == "first" else -1
        psth = cohort.psth[:, row, SLICES.index(name)]
        source.write(file, psth / cohort.normaliser[:, None])
    export_windows(cohort, source, fig5.WINDOW_RESPONSES)


def export_windows(
    cohort: Cohort, source: SourceData, files: dict[tuple[Window, str], Matrix]
) -> None:
    """Write responses in windows, divided by the evoked normaliser of each experiment."""
    normalised: dict[Window, np.ndarray] = {}
    for (window, name), file in files.items():
        if window not in normalised:
            responses = cohort.window_responses(window)
            normalised = {window: responses / cohort.normaliser[:, None, None]}
        source.write(file, normalised[window][:, :, SLICES.index(name)])

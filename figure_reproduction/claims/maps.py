"""Figure 6D, success example: where each axis peaks, and whether distance has an effect on it."""

import numpy as np

from core.contract import fig6
from core.contract.source_data import SourceData
from figure_reproduction.results import ClaimNumbers, Statistics
from figure_reproduction.tuning_statistics import SPACES, tuning_map

EXPERIMENT = "Caos_6"
"""The example in the table of panel E."""


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Peaks and analyses of variance by id.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this family is random.
    """
    results: Statistics = {}
    averages = source.read(fig6.AVERAGES["success"])
    for space in SPACES:
        for eig_id, rates in tuning_map(averages, space).iterrows():
            name = f"pc.fig6d.success.{space}{eig_id}"
            results |= {f"{name}.peak_lin": rates.idxmax(), f"{name}.peak_mean": rates.max()}
    shapes = source.read(fig6.SHAPES)
    for axis in shapes[shapes["Exp_id"] == EXPERIMENT].dropna(subset=["eig_id"]).itertuples():
        name = f"pc.fig6d.success.{axis.space}{int(axis.eig_id)}.anova"
        results |= {f"{name}.F": axis.anova_F_value, f"{name}.p": axis.anova_p_value}
    return ClaimNumbers(results)

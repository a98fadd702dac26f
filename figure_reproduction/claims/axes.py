"""Figure 6C: the fits of the axes of its file that the panel does not show."""

import numpy as np

from core.contract import fig6
from core.contract.source_data import SourceData
from core.statistics.tuning_axes import axes, fit_axis
from figure_reproduction.results import ClaimNumbers, Statistics
from figure_reproduction.tuning_statistics import axis_statistics


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Numbers of every axis by id.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Generator of restarts.
    """
    shown = list(axes(source.read(fig6.SINGLE_TRIALS)))
    results: Statistics = {"fig6c_all.n_axes": len(shown)}
    for axis in shown:
        fits = axis_statistics(fit_axis(axis.distance, axis.rate, rng))
        beginning = f"fig6c_all.{axis.space}{axis.eig_id}."
        results |= {name.replace("fig6c.", beginning): value for name, value in fits.items()}
    return ClaimNumbers(results)

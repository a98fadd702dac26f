"""The drift of a recording, as its reference images tell it, and labels corrected for it.

Rates fall during an evolution by some per cent while nothing about the references changes. The
correction divides every block by a parabola fitted to the references' rates (both threads
together, over the blocks, divided by its mean). It is an upper bound: references repeat and evolved
images do not, so their fall may in part be adaptation to the image, and the noise of the fit
itself lets flat evolutions pass (`neuro_data_analysis.claims.false_alarms` says how many).
"""

from dataclasses import replace

import numpy as np

from core.threads import N_THREADS
from neuro_data_analysis.claims.observations import Beside, Observations
from neuro_data_analysis.evolutions.cohort import Cohort, Summary
from neuro_data_analysis.evolutions.evolution_tests import evolution_tests
from neuro_data_analysis.evolutions.from_explorer import stand_in_trials
from neuro_data_analysis.evolutions.trajectories import BlockMeans, Moments

DEGREE = 2
"""Degree of the polynomial over blocks."""

LOWEST = 0.1
"""Smallest drift, of its mean, that a block is divided by; guards against a fit that dives."""


def drift(reference: np.ndarray) -> np.ndarray:
    """Smooth course of the references' rate, with mean 1.

    Parameters
    ----------
    reference : (n_blocks, 2)
        Mean rate of the reference images by block and thread, events/s; NaN where none was shown.

    Returns
    -------
    (n_blocks,)
        At least `LOWEST`. Ones where fewer than four blocks had references, or none responded.

    Examples
    --------
    >>> falling = np.linspace(12.0, 8.0, 5)
    >>> drift(np.column_stack([falling, falling])).round(3).tolist()
    [1.2, 1.1, 1.0, 0.9, 0.8]
    """
    shown = np.isfinite(reference).any(axis=1)
    rates = np.nanmean(reference[shown], axis=1)
    if len(rates) <= DEGREE + 1 or not rates.any():
        return np.ones(len(reference))
    blocks = np.linspace(-1, 1, len(reference))
    fitted = np.polynomial.Polynomial.fit(blocks[shown], rates, DEGREE)(blocks)
    return np.maximum(fitted / fitted.mean(), LOWEST)


def corrected(observations: Observations) -> Observations:
    """The same observations, every block divided by the drift, and success tested anew.

    Tests need the numbers of trials, means and SEMs only, so that they are exact for recordings.
    """
    summaries = tuple(
        _corrected(summary, beside)
        for summary, beside in zip(observations.cohort.summaries, observations.beside, strict=True)
    )
    return replace(observations, cohort=Cohort(summaries))


def _corrected(summary: Summary, beside: Beside) -> Summary:
    by = drift(beside.reference.mean)[:, None]
    mean, error = summary.responses.mean / by, summary.responses.sem / by
    trials = [
        [
            stand_in_trials(*block)
            for block in zip(mean[:, k], error[:, k], beside.trials[:, k], strict=True)
        ]
        for k in range(N_THREADS)
    ]
    psth = Moments(*(moment / by[:, :, None] for moment in summary.psth))
    return replace(
        summary,
        meta=summary.meta | evolution_tests(trials),
        responses=BlockMeans(mean, error, summary.responses.baseline),
        psth=psth,
    )

"""Tuning axes: the trials along each of them, and everything that is fitted to one (Figure 6).

An axis is a space (class or noise) and the rank of an eigenvector of the Hessian. Where an axis was
not shown at its origin, which all axes share, it borrows the trials at the origin of both spaces.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.statistics.gaussian_process import GaussianProcess, fit_gpr
from core.statistics.tuning_curves import (
    Anova,
    Gaussian,
    Levels,
    Line,
    anova,
    fit_gaussian,
    fit_line,
    level_means,
)


@dataclass(frozen=True, eq=False)
class Axis:
    """Trials along one axis.

    Attributes
    ----------
    space
        ``class`` or ``noise``.
    eig_id
        Rank of the eigenvector, from 0.
    distance : (n_trials,)
        Distance from the origin along the eigenvector.
    rate : (n_trials,)
        events/s.
    borrows_origin
        Whether the trials at distance 0 are those of other axes; they come last.
    """

    space: str
    eig_id: int
    distance: np.ndarray
    rate: np.ndarray
    borrows_origin: bool = False


@dataclass(frozen=True, eq=False)
class AxisFits:
    """The five fits of one axis."""

    levels: Levels
    anova: Anova
    line: Line
    gaussian: Gaussian
    process: GaussianProcess


def axes(trials: pd.DataFrame) -> Iterator[Axis]:
    """Every axis of a recording with its trials, class before noise, by rank.

    Parameters
    ----------
    trials
        Single trials with the columns of Figure 6C's source data: ``hessian_img`` (bool),
        ``space_name``, ``eig_id``, ``lin_dist`` and ``pref_unit_resp`` (events/s).

    Examples
    --------
    >>> shown = [("class", 0, 0.0, 10.0), ("class", 0, 0.4, 30.0), ("noise", 1, -0.4, 20.0)]
    >>> names = ["space_name", "eig_id", "lin_dist", "pref_unit_resp"]
    >>> own, borrowing = axes(pd.DataFrame(shown, columns=names).assign(hessian_img=True))
    >>> borrowing.distance, borrowing.rate, borrowing.borrows_origin
    (array([-0.4,  0. ]), array([20., 10.]), True)
    """
    shown = trials[trials["hessian_img"] & trials["lin_dist"].notna()]
    origin = shown.loc[shown["lin_dist"] == 0, "pref_unit_resp"].to_numpy(float)
    for (space, eig_id), of_axis in shown.groupby(["space_name", "eig_id"]):
        distance = of_axis["lin_dist"].to_numpy(float)
        rate = of_axis["pref_unit_resp"].to_numpy(float)
        borrows = len(origin) > 0 and not (distance == 0).any()
        if borrows:
            distance = np.concatenate([distance, np.zeros(len(origin))])
            rate = np.concatenate([rate, origin])
        yield Axis(str(space), int(eig_id), distance, rate, borrows)


def fit_axis(distance: np.ndarray, rate: np.ndarray, rng: np.random.Generator) -> AxisFits:
    """All fits to the single trials of one axis.

    Parameters
    ----------
    distance : (n_trials,)
        Distance from the origin.
    rate : (n_trials,)
        events/s.
    rng
        Generator of the random restarts of the Gaussian process.

    Raises
    ------
    SampleError
        If distances and rates differ in length, or one of them is not finite.

    Examples
    --------
    >>> distance = np.repeat([-0.4, -0.2, 0.0, 0.2, 0.4], 4)
    >>> rate = 50 + 100 * distance + np.tile([-1.0, 1.0, -2.0, 2.0], 5)
    >>> fits = fit_axis(distance, rate, np.random.default_rng(0))
    >>> round(fits.line.slope), fits.anova.p < 0.01, fits.levels.n.tolist()
    (100, True, [4, 4, 4, 4, 4])
    """
    return AxisFits(
        level_means(distance, rate),
        anova(distance, rate),
        fit_line(distance, rate),
        fit_gaussian(distance, rate),
        fit_gpr(distance, rate, rng),
    )

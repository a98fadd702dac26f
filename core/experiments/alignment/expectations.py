"""What an ensemble of runs says of means over ten networks: expected mean, z, and a joint test.

A mean is that of one run on each network; an ensemble has k runs on each. Nothing is assumed of the
distribution of scores, which are bounded and often nearly 0 or 1, nor of the dependence between
cells that share their starting points: whole figures are drawn from the ensemble itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

Cell = tuple[str, int, int]
"""Optimizer, dimension and depth of one mean."""

LARGEST_Z = 5.0
"""What a |z| counts at most in the joint statistic: one rare outcome does not decide alone."""


@dataclass(frozen=True)
class Expected:
    """Expected value of a mean, and its standard deviation, in which the ensemble's error is."""

    mean: float
    sd: float


@dataclass(frozen=True)
class JointTest:
    """Sum of squared z over `n` cells, its median among drawn figures, and the share above it."""

    statistic: float
    n: int
    expected: float
    p: float


def cell_scores(table: pd.DataFrame) -> dict[Cell, np.ndarray]:
    """Scores ``(n_networks, k)`` of each cell.

    Parameters
    ----------
    table
        A row for each run, with ``optimizer``, ``dimension``, ``stack_size``, ``seed``,
        ``replicate`` and ``gaussian_value``; one k per cell.

    Examples
    --------
    >>> keys = {"optimizer": "Adam", "dimension": 2, "stack_size": 4, "seed": [40, 40]}
    >>> table = pd.DataFrame(keys | {"replicate": [0, 1], "gaussian_value": [0.2, 0.4]})
    >>> {cell: scores.tolist() for cell, scores in cell_scores(table).items()}
    {('Adam', 2, 4): [[0.2, 0.4]]}
    """
    rows = table.sort_values(["seed", "replicate"])
    return {
        (optimizer, int(dimension), int(depth)): runs["gaussian_value"]
        .to_numpy()
        .reshape(runs["seed"].nunique(), -1)
        for (optimizer, dimension, depth), runs in rows.groupby(
            ["optimizer", "dimension", "stack_size"]
        )
    }


def expected(scores: np.ndarray) -> Expected:
    """Expected mean over networks of one run on each.

    Parameters
    ----------
    scores : (n_networks, k)
        Of k runs on each network. A single run stands for a computation without randomness.

    Examples
    --------
    >>> found = expected(np.array([[0.0, 1.0], [0.5, 0.5]]))
    >>> found.mean, round(found.sd**2, 6)
    (0.5, 0.1875)
    """
    n, k = scores.shape
    if k == 1:
        return Expected(float(scores.mean()), 0.0)
    variance = scores.var(axis=1, ddof=1).sum() / n**2 * (1 + 1 / k)
    return Expected(float(scores.mean()), float(np.sqrt(variance)))


def z_value(mean: float, found: Expected, reading_error: float) -> float:
    """Deviation of a mean from the expected one in standard deviations.

    Parameters
    ----------
    mean
        Read off a figure.
    found
        What is expected.
    reading_error
        Largest error of reading; any error up to it is as likely.

    Examples
    --------
    >>> round(z_value(0.7, Expected(0.6, 0.05), 0.0), 6)
    2.0
    """
    return float((mean - found.mean) / np.sqrt(found.sd**2 + reading_error**2 / 3))


def joint_test(
    means: Mapping[Cell, float],
    scores: Mapping[Cell, np.ndarray],
    reading_error: Mapping[Cell, float],
    rng: np.random.Generator,
    n_draws: int = 2000,
) -> JointTest:
    """Whether all means together could come from the ensemble.

    A drawn figure takes one run of each network, the same replicate in all cells of a dimension,
    adds errors of reading, and is judged by the runs that it did not take.

    Parameters
    ----------
    means
        Read off a figure.
    scores
        The ensemble's, ``(n_networks, k)``, with one k per dimension, or k = 1.
    reading_error
        Largest error of reading of each mean.
    rng
        Draws the figures.
    n_draws
        Number of drawn figures.

    Returns
    -------
    JointTest
        The smallest possible p is ``1 / (n_draws + 1)``.
    """
    z = np.array(
        [z_value(mean, expected(scores[c]), reading_error[c]) for c, mean in means.items()]
    )
    drawn = np.zeros(n_draws)
    for dimension in dict.fromkeys(cell[1] for cell in means):
        cells = [cell for cell in means if cell[1] == dimension]
        n, k = max((scores[cell].shape for cell in cells), key=lambda shape: shape[1])
        chosen = rng.integers(k, size=(n_draws, n))
        for cell in cells:
            error = reading_error[cell] * rng.uniform(-1, 1, n_draws)
            drawn += _squares(_drawn_z(scores[cell], chosen, error, reading_error[cell]))
    statistic = float(_squares(z).sum())
    return JointTest(
        statistic=statistic,
        n=len(z),
        expected=float(np.median(drawn)),
        p=float((1 + (drawn >= statistic).sum()) / (1 + n_draws)),
    )


def _drawn_z(
    scores: np.ndarray, chosen: np.ndarray, error: np.ndarray, reading_error: float
) -> np.ndarray:
    """z of the runs ``chosen`` (n_draws, n_networks) against those that are left."""
    n, k = scores.shape
    if k == 1:
        return error / (reading_error / np.sqrt(3))
    taken = scores[np.arange(n), chosen]
    mean = (scores.sum(axis=1) - taken) / (k - 1)
    squares = (np.square(scores).sum(axis=1) - np.square(taken)) / (k - 1)
    variance = np.maximum(squares - mean**2, 0) * (k - 1) / (k - 2)
    sd = np.sqrt(variance.sum(axis=1) / n**2 * (1 + 1 / (k - 1)))
    return (taken.mean(axis=1) + error - mean.mean(axis=1)) / np.sqrt(sd**2 + reading_error**2 / 3)


def _squares(z: np.ndarray) -> np.ndarray:
    return np.square(np.minimum(np.abs(z), LARGEST_Z))

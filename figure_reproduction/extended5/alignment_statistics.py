"""Numbers of Extended Data Figure 5C, and how far a published mean may be from a computed one.

The published means are read off the figure. Networks and starting points of the original are known,
so that Adam must give them to the error of reading; CMA-ES drew its samples without a seed, and its
means are expected within three standard deviations more, over redrawn samples on the same networks.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.experiments.alignment.expectations import (
    Cell,
    Expected,
    JointTest,
    cell_scores,
    expected,
    joint_test,
    z_value,
)
from figure_reproduction.comparison import Published, published_numbers
from figure_reproduction.panels import Regenerated, Statistics
from figure_reproduction.sources import Input

DEVIATIONS = 3
"""Standard deviations that an expected mean may be off, beside the error of reading."""

NOTHING = np.zeros((10, 1))
"""Scores of a published cell that is too hard to be run again: every run ends below 1e-3."""

JOINT_SEED = 0
"""Of the figures that the joint test draws."""

STARTS = {"published": "from the published starting points", "other": "from other ones"}
"""The two ensembles, and what they are called."""


def alignment_statistics(of_optimizer: dict[str, Input]) -> Statistics:
    """Numbers of panel C by published id.

    Parameters
    ----------
    of_optimizer
        Tables of runs by optimizer.

    Examples
    --------
    >>> from pathlib import Path
    >>> runs = {"dimension": [2, 2], "stack_size": [8, 8], "seed": [0, 1]}
    >>> table = pd.DataFrame(runs | {"gaussian_value": [0.5, 0.7]})
    >>> means = alignment_statistics({"Adam": Input(table, Path("a.csv"), True)})
    >>> round(float(means["ext5c.Adam.dim2.depth8.mean"]), 6), means["ext5c.n_seeds"]
    (0.6, 2)
    """
    means: Statistics = {}
    for optimizer, given in of_optimizer.items():
        means["ext5c.n_rows"] = len(given.table)
        means["ext5c.n_seeds"] = given.table["seed"].nunique()
        runs = given.table.groupby(["dimension", "stack_size"])["gaussian_value"]
        for (dimension, depth), mean in runs.mean().items():
            means[f"ext5c.{optimizer}.dim{dimension}.depth{depth}.mean"] = mean
    return means


def published_means() -> dict[Cell, Published]:
    """Published means of panel C by optimizer, dimension and depth.

    Examples
    --------
    >>> published_means()["CMAES", 2, 48].value
    0.69
    """
    found = {}
    for number in published_numbers():
        if number.id.startswith("ext5c.") and number.id.endswith(".mean"):
            _, optimizer, dimension, depth, _ = number.id.split(".")
            cell = optimizer, int(dimension.removeprefix("dim")), int(depth.removeprefix("depth"))
            found[cell] = number
    return found


def ensemble_scores(ensemble: pd.DataFrame, starts: str) -> dict[Cell, np.ndarray]:
    """Scores ``(10, k)`` of every cell of one of the ensembles.

    Parameters
    ----------
    ensemble
        Runs of `core.experiments.alignment.ensemble`.
    starts
        "published" or "other". At depth 0 the original's are unknown, and both are the others.
    """
    other = ensemble["starts"] == "other"
    wanted = other if starts == "other" else ~other | (ensemble["stack_size"] == 0)
    return cell_scores(ensemble[wanted])


def expected_numbers(means: Statistics, ensemble: pd.DataFrame) -> dict[str, Regenerated]:
    """Numbers of panel C that are published, as expected from ensembles; counts as they are.

    Parameters
    ----------
    means
        Numbers of the computed tables by published id.
    ensemble
        Runs of `core.experiments.alignment.ensemble`.

    Returns
    -------
    By id, the mean that is expected from the published starting points. Its tolerance is the
    published number's own plus three standard deviations of a mean over ten seeds.
    """
    results = {
        number.id: Regenerated(float(means[number.id]), number.tolerance)
        for number in published_numbers()
        if number.id in means and not number.id.endswith(".mean")
    }
    scores, other = (ensemble_scores(ensemble, starts) for starts in STARTS)
    for cell, number in published_means().items():
        found, beside = (expected(s.get(cell, NOTHING)) for s in (scores, other))
        words = f"{_words(number, found)}; from other starts {_words(number, beside)}"
        if number.id in means:
            words += f"; the drawn curve has {means[number.id]:.3f}"
        results[number.id] = Regenerated(found.mean, tolerance(number, found), words)
    return results


def tolerance(number: Published, found: Expected) -> float:
    """How far a published mean may be from an expected one.

    Parameters
    ----------
    number
        The published mean.
    found
        What is expected.

    Examples
    --------
    >>> tolerance(published_means()["CMAES", 2, 48], Expected(0.5, 0.1))
    0.31000000000000005
    """
    return number.tolerance + DEVIATIONS * found.sd


def _words(number: Published, found: Expected) -> str:
    z = z_value(number.value, found, number.tolerance)
    return f"expected {found.mean:.3f} ± {found.sd:.3f}, z = {z:+.1f}"


def compare_means(published: Mapping[Cell, float], scores: Mapping[Cell, np.ndarray]) -> JointTest:
    """Whether published means together could come from an ensemble.

    Parameters
    ----------
    published
        Means by cell.
    scores
        The ensemble's by cell; those that are not among them are too hard for any run.
    """
    reading = {cell: number.tolerance for cell, number in published_means().items()}
    given = {cell: scores.get(cell, NOTHING) for cell in published}
    return joint_test(published, given, reading, np.random.default_rng(JOINT_SEED))

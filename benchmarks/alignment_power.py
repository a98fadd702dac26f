"""How well Extended Data Figure 5C is reproduced, and that wrong models would not be.

``python -m benchmarks.alignment_power`` prints the tables of docs/alignment.md. It takes the tables
and the ensemble from ``computed_data`` and runs both optimizers on other networks, some minutes.
"""

import argparse
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from core.contract import ext5
from core.experiments.alignment.data import alignment_data
from core.experiments.alignment.ensemble import HARDEST, final_scores
from core.experiments.alignment.ensemble_data import alignment_ensemble
from core.experiments.alignment.expectations import Cell, cell_scores, expected, z_value
from core.experiments.alignment.runs import DEPTHS, DIMENSIONS, OPTIMIZERS, make_runs
from figure_reproduction.extended5.alignment_statistics import (
    NOTHING,
    STARTS,
    compare_means,
    ensemble_scores,
    published_means,
    tolerance,
)

OTHER_DIMENSIONS = (2, 8, 16, 32)
"""Dimensions that are run on other networks."""

LEAST_SPREAD = 0.01
"""Standard deviation, over sets of ten networks, of a cell that takes part in a correlation."""

N_SETS = 2000
"""Sets of ten other networks that stand for the published ones."""

Scores = Mapping[Cell, np.ndarray]

MODELS: dict[str, Callable[[str, int, int], Cell | None]] = {
    "as published": lambda optimizer, d, depth: (optimizer, d, depth),
    "optimizers swapped": lambda optimizer, d, depth: (
        "Adam" if optimizer == "CMAES" else "CMAES",
        d,
        depth,
    ),
    "dimension doubled": lambda optimizer, d, depth: (
        (optimizer, 2 * d, depth) if 2 * d in DIMENSIONS else None
    ),
    "depth doubled": lambda optimizer, d, depth: (
        (optimizer, d, 2 * depth) if depth and 2 * depth in DEPTHS else None
    ),
}
"""Cell whose runs a model puts for a published cell; None where it has none, and says nothing."""


def power(ensemble: pd.DataFrame) -> list[str]:
    """One row for each model, optimizer and ensemble: cells that pass, and the joint test."""
    means = {cell: number.value for cell, number in published_means().items()}
    rows = []
    for starts in STARTS:
        scores = ensemble_scores(ensemble, starts)
        for model, replaced in MODELS.items():
            for optimizer in HARDEST:
                cells = {c: replaced(*c) for c in means if c[0] == optimizer}
                given = {c: scores.get(r, NOTHING) for c, r in cells.items() if r}
                rows.append(f"| {starts} | {model} | {optimizer} | {_row(means, given)} |")
    return rows


def _row(means: Mapping[Cell, float], given: Scores) -> str:
    passing = set()
    for cell, scores in given.items():
        found = expected(scores)
        if abs(means[cell] - found.mean) <= tolerance(published_means()[cell], found):
            passing.add(cell)
    between = [cell for cell in given if 0.05 < means[cell] < 0.95]
    n_between = len(passing.intersection(between))
    test = compare_means({cell: means[cell] for cell in given}, given)
    return (
        f"{len(passing)} of {len(given)} | {n_between} of {len(between)} | "
        f"{test.statistic:.0f} ({test.expected:.0f}) | {test.p:.2g}"
    )


def means_of_published(ensemble: pd.DataFrame) -> list[str]:
    """One row for each published mean: what both ensembles expect, and z."""
    both = [ensemble_scores(ensemble, starts) for starts in STARTS]
    rows = []
    for cell, number in published_means().items():
        words = []
        for scores in both:
            found = expected(scores.get(cell, NOTHING))
            z = z_value(number.value, found, number.tolerance)
            words.append(f"{found.mean:.3f} ± {found.sd:.3f} | {z:+.1f}")
        rows.append(f"| {' | '.join(map(str, cell))} | {number.value:.3f} | {' | '.join(words)} |")
    return rows


def on_other_networks(seeds: range) -> Scores:
    """Scores ``(n_networks, 1)`` of one run on each of other networks."""
    scores = {}
    for dimension in OTHER_DIMENSIONS:
        for optimizer, hardest in HARDEST.items():
            depths = [depth for depth in DEPTHS if depth > 0 and dimension * depth <= hardest]
            runs = make_runs(dimension, depths, seeds)
            final = final_scores(runs, OPTIMIZERS[optimizer](runs))
            for depth in depths:
                at_depth = np.array(runs.depths) == depth
                scores[optimizer, dimension, depth] = final[at_depth, None]
    return scores


def correlations(others: Scores, own: Mapping[str, Scores]) -> list[str]:
    """How published and own deviations from the mean of other networks go together.

    Parameters
    ----------
    others
        Scores on other networks.
    own
        Scores on the project's networks, by what they start from.
    """
    rng = np.random.default_rng(0)
    rows = []
    for optimizer in HARDEST:
        cells = [
            cell
            for cell in published_means()
            if cell[0] == optimizer
            and cell in others
            and others[cell].std() / np.sqrt(10) > LEAST_SPREAD
        ]
        drawn = np.array([others[cell][:, 0] for cell in cells])
        middle = drawn.mean(axis=1)
        published = np.array([published_means()[cell].value for cell in cells])
        sets = [rng.choice(drawn.shape[1], 10, replace=False) for _ in range(N_SETS)]
        for words, scores in own.items():
            deviation = np.array([scores[cell].mean() for cell in cells]) - middle
            r = np.corrcoef(published - middle, deviation)[0, 1]
            null = [
                np.corrcoef(drawn[:, chosen].mean(axis=1) - middle, deviation)[0, 1]
                for chosen in sets
            ]
            limit = np.quantile(null, 0.99)
            rows.append(f"| {optimizer} | {words} | {len(cells)} | {r:.2f} | {limit:.2f} |")
    return rows


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=60, help="number of other networks")
    networks = parser.parse_args().networks
    source, ensemble = alignment_data(), alignment_ensemble()
    for row in [*means_of_published(ensemble), *power(ensemble)]:
        print(row, flush=True)
    tables = [source.read(file).assign(optimizer=name) for name, file in ext5.ALIGNMENT.items()]
    own = {"the drawn table": cell_scores(pd.concat(tables).assign(replicate=0))}
    own |= {f"ensemble, {words}": ensemble_scores(ensemble, s) for s, words in STARTS.items()}
    for row in correlations(on_other_networks(range(50, 50 + networks)), own):
        print(row)


if __name__ == "__main__":
    main()

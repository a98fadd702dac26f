"""Expected means, z and the joint test, against slower computations and on wrong models."""

from functools import partial

import numpy as np
import pytest

from core.experiments.alignment.ensemble import ensemble_table
from core.experiments.alignment.expectations import (
    Expected,
    cell_scores,
    expected,
    joint_test,
    z_value,
)
from core.experiments.alignment.runs import OPTIMIZERS, alignment_tables

DIMENSIONS, DEPTHS = (4, 8), (2, 4, 8)
SEEDS = tuple(range(40, 50))
N_STEPS = 25
READING = 0.01


@pytest.fixture(scope="module")
def few_steps():
    """Optimizers that stop before the easy cells are all solved."""
    with pytest.MonkeyPatch.context() as patch:
        for name, optimize in list(OPTIMIZERS.items()):
            patch.setitem(OPTIMIZERS, name, partial(optimize, n_steps=N_STEPS))
        yield


@pytest.fixture(scope="module")
def scores(few_steps):
    """Scores of an ensemble of other starts on a small grid, by cell."""
    table = ensemble_table((*DIMENSIONS, 2 * DIMENSIONS[-1]), (*DEPTHS, 2 * DEPTHS[-1]), SEEDS)
    return cell_scores(table[table["starts"] == "other"])


@pytest.fixture(scope="module")
def own(few_steps):
    """Means of one run on each of the same networks, by cell."""
    return {
        (name, *cell): mean
        for name, table in alignment_tables(DIMENSIONS, DEPTHS, SEEDS).items()
        for cell, mean in table.groupby(["dimension", "stack_size"]).gaussian_value.mean().items()
    }


def joint(means, scores):
    reading = dict.fromkeys(means, READING)
    return joint_test(means, scores, reading, np.random.default_rng(1))


def test_expected_mean_and_spread_are_those_of_drawn_figures():
    rng = np.random.default_rng(0)
    chance = rng.uniform(0, 1, 10)
    means = (rng.random((20_000, 10)) < chance).mean(axis=1)
    found = [expected((rng.random((10, 8)) < chance[:, None]).astype(float)) for _ in range(2000)]
    errors = means[:2000] - [f.mean for f in found]
    # the ensemble's own error of the mean is in the standard deviation
    assert np.mean([f.sd**2 for f in found]) == pytest.approx(errors.var(), rel=0.1)
    assert np.mean([f.sd for f in found]) > means.std()


def test_z_of_a_mean_that_was_read_off():
    rng = np.random.default_rng(0)
    read = 0.4 + 0.02 * rng.standard_normal(10**5) + rng.uniform(-0.03, 0.03, 10**5)
    z = [z_value(mean, Expected(0.4, 0.02), 0.03) for mean in read]
    assert np.std(z) == pytest.approx(1, abs=0.01)
    assert z_value(0.0, Expected(0.0, 0.0), 0.01) == 0


def test_p_is_even_when_the_figure_comes_from_the_ensemble():
    rng = np.random.default_rng(2)
    chance = rng.uniform(0, 1, (4, 10, 1))
    p = []
    for _ in range(200):
        drawn = (rng.random((4, 10, 9)) < chance).astype(float)
        cells = [("Adam", 2 + i // 2, i) for i in range(4)]
        error = rng.uniform(-READING, READING, 4)
        means = dict(zip(cells, drawn[:, :, 0].mean(axis=1) + error, strict=True))
        kept = dict(zip(cells, drawn[:, :, 1:], strict=True))
        reading = dict.fromkeys(means, READING)
        p.append(joint_test(means, kept, reading, np.random.default_rng(1), n_draws=99).p)
    assert np.mean(np.array(p) <= 0.1) < 0.16
    assert 0.4 < np.mean(p) < 0.65


def test_the_statistic_is_that_of_a_plain_loop():
    rng = np.random.default_rng(3)
    scores = {("Adam", 2, depth): rng.random((10, 8)) for depth in (2, 4)}
    means = {("Adam", 2, 2): 0.6, ("Adam", 2, 4): 5.0}
    found = joint(means, scores)
    runs = scores["Adam", 2, 2]
    variance = sum(np.var(row, ddof=1) for row in runs) / 100 * 9 / 8 + READING**2 / 3
    assert found.statistic == pytest.approx((0.6 - runs.mean()) ** 2 / variance + 5**2)
    drawn = []
    for _ in range(4000):
        chosen = rng.integers(8, size=10)
        total = 0.0
        for runs in scores.values():
            rest = np.array([np.delete(row, i) for row, i in zip(runs, chosen, strict=True)])
            mean = runs[range(10), chosen].mean() + rng.uniform(-READING, READING)
            variance = rest.var(axis=1, ddof=1).sum() / 100 * 8 / 7 + READING**2 / 3
            total += min((mean - rest.mean()) ** 2 / variance, 25)
        drawn.append(total)
    assert found.expected == pytest.approx(np.median(drawn), rel=0.1)
    assert joint({**means, ("Adam", 2, 4): 0.5}, scores).p > 1e-3


@pytest.mark.parametrize("optimizer", ["Adam", "CMAES"])
def test_own_runs_pass_and_wrong_models_do_not(scores, own, optimizer):
    means = {cell: mean for cell, mean in own.items() if cell[0] == optimizer}
    swapped = "CMAES" if optimizer == "Adam" else "Adam"
    right = joint(means, {cell: scores[cell] for cell in means})
    assert right.p > 0.01
    wrong = {
        "optimizers": {c: scores[swapped, c[1], c[2]] for c in means},
        "dimension": {c: scores[optimizer, 2 * c[1], c[2]] for c in means},
        "depth": {c: scores[optimizer, c[1], 2 * c[2]] for c in means},
    }
    for given in wrong.values():
        found = joint({cell: means[cell] for cell in given}, given)
        assert found.p < 0.001
        assert found.statistic > 5 * found.expected

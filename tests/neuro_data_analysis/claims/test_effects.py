import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.weightstats import ttost_paired

from neuro_data_analysis.claims.effects import (
    Effect,
    decide,
    equivalence,
    mean_difference,
    success_difference,
    welch,
)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_a_mean_difference_has_the_interval_and_the_p_of_a_paired_t_test(rng):
    first, second = rng.normal(0.2, 1, 25), rng.normal(0, 1, 25)
    peer = stats.ttest_rel(first, second)
    effect = mean_difference(first - second)
    low, high = peer.confidence_interval(0.95)
    np.testing.assert_allclose([effect.p, effect.low, effect.high], [peer.pvalue, low, high])
    assert effect.statistic == f"t(24) = {peer.statistic:.2f}"


def test_one_experiment_decides_nothing():
    effect = mean_difference(np.array([0.3]))
    assert effect.n == 1
    assert np.isnan([effect.value, effect.p]).all()
    assert decide(effect, "above", np.nan, 0.1) == "not decided"


@pytest.mark.parametrize("shift", [-0.06, 0.0, 0.08, 0.15])
def test_equivalence_is_two_one_sided_t_tests(rng, shift):
    differences = rng.normal(shift, 0.2, 40)
    peer, _, _ = ttost_paired(differences, np.zeros(40), -0.1, 0.1)
    effect = equivalence(mean_difference(differences), 39, 0.1)
    assert effect.p == pytest.approx(peer)


def test_the_smallest_margin_is_the_one_at_which_equivalence_begins(rng):
    effect = mean_difference(rng.normal(0.02, 0.2, 40))
    smallest = float(equivalence(effect, 39, 0.1).statistic.split()[-3])
    assert equivalence(effect, 39, smallest + 0.001).p < 0.05
    assert equivalence(effect, 39, smallest - 0.001).p > 0.05


def test_a_difference_of_success_is_tested_by_the_discordant_pairs(rng):
    first, second = rng.random(60) < 0.7, rng.random(60) < 0.4
    table = [[(first & second).sum(), (first & ~second).sum()]]
    table.append([(~first & second).sum(), (~first & ~second).sum()])
    effect = success_difference(first, second)
    assert effect.p == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert effect.value == pytest.approx(first.mean() - second.mean())
    assert effect.low < effect.value < effect.high


def test_the_interval_of_a_success_difference_covers_the_truth(rng):
    """Coverage over 2000 draws of 30 experiments, whose two threads succeed together more often."""
    covered = 0
    for _ in range(2000):
        site = rng.random(30)
        first, second = site + rng.random(30) < 1.2, site + rng.random(30) < 0.9
        effect = success_difference(first, second)
        covered += effect.low <= (1 - 0.8**2 / 2) - 0.9**2 / 2 <= effect.high
    assert 0.93 < covered / 2000 < 0.98


def test_groups_are_compared_by_the_test_of_welch(rng):
    first, second = rng.normal(1, 1, 12), rng.normal(0, 3, 30)
    peer = stats.ttest_ind(first, second, equal_var=False)
    effect = welch(first, second)
    low, high = peer.confidence_interval(0.95)
    np.testing.assert_allclose([effect.p, effect.low, effect.high], [peer.pvalue, low, high])


@pytest.mark.parametrize(
    ("low", "high", "q", "expected", "verdict"),
    [
        (0.1, 0.3, 0.01, "above", "holds"),
        (0.1, 0.3, 0.06, "above", "not decided"),
        (-0.3, -0.1, 0.01, "above", "does not hold"),
        (-0.05, 0.04, 0.5, "above", "does not hold"),
        (-0.05, 0.06, 0.5, "above", "not decided"),
        (-0.04, 0.05, 0.5, "below", "does not hold"),
        (-0.3, -0.1, 0.01, "below", "holds"),
        (-0.05, 0.05, 0.01, "equal", "holds"),
        (0.01, 0.05, 0.01, "equal", "holds"),
        (0.05, 0.25, 0.8, "equal", "does not hold"),
        (-0.2, 0.25, 0.8, "equal", "not decided"),
    ],
)
def test_a_claim_holds_is_contradicted_or_stays_open(low, high, q, expected, verdict):
    effect = Effect((low + high) / 2, low, high, 20, "paired t", "", q)
    assert decide(effect, expected, q, margin=0.1) == verdict

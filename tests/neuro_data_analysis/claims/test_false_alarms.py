import numpy as np
import pytest

from neuro_data_analysis.claims.false_alarms import flat, success_p
from neuro_data_analysis.evolutions.evolution_tests import evolution_tests
from neuro_data_analysis.evolutions.from_explorer import stand_in_trials


@pytest.mark.parametrize("seed", range(4))
def test_p_from_means_and_errors_is_the_published_one(seed):
    rng = np.random.default_rng(seed)
    means, sems = rng.uniform(20, 40, (5, 9)), rng.uniform(0.5, 2, (5, 9))
    trials = rng.integers(10, 41, 9)
    found = success_p(means, sems, trials)
    for p, mean, sem in zip(found, means, sems, strict=True):
        blocks = [stand_in_trials(*block) for block in zip(mean, sem, trials, strict=True)]
        assert p == pytest.approx(evolution_tests([blocks, blocks])["p_maxinit_0"], rel=1e-9)


def test_silence_has_no_p():
    assert np.isnan(success_p(np.zeros((1, 6)), np.zeros((1, 6)), np.full(6, 30))).all()


def test_flat_threads_of_many_blocks_pass_more_often_than_the_level_says():
    """The best of 40 blocks is selected; of 3 blocks the pairs overlap."""
    rng, sems = np.random.default_rng(0), np.ones(40)
    means = flat(np.full(40, 50.0), sems, rng, n_draws=4000)
    assert means.std(axis=0) == pytest.approx(np.ones(40), abs=0.05)
    passed = success_p(means, np.ones(means.shape), np.full(40, 30)) < 0.01
    assert 0.02 < passed.mean() < 0.06

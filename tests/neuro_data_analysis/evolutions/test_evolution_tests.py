"""The published tests of an evolution, against scipy on samples put together by hand."""

import numpy as np
import pytest
from scipy import stats

from neuro_data_analysis.evolutions.evolution_tests import (
    best_pair,
    block_responses,
    evolution_tests,
    shuffled_blocks_p,
)


@pytest.mark.parametrize(
    ("means", "published", "exact"),
    [
        ([1, 9, 2, 3, 4], 1, 1),
        ([1, 2, 9, 3, 4], 2, 2),
        ([1, 2, 3, 9, 4], 2, 3),
        ([1, 2, 3, 4, 9], 2, 3),
        ([1, 9], 0, 0),
        ([5], 0, 0),
        ([1, 2, 9], 0, 1),
    ],
)
def test_the_best_pair_never_holds_the_last_block(means, published, exact):
    assert best_pair(np.array(means)) == published
    assert best_pair(np.array(means), clamp="exact") == exact


@pytest.fixture
def evoked():
    rng = np.random.default_rng(3)
    return [[rng.normal(50 + 10 * b + 5 * t, 10, 12 + b) for b in range(6)] for t in (0, 1)]


def test_samples_are_pairs_of_blocks(evoked):
    found = evolution_tests(evoked)
    init, end = np.concatenate(evoked[0][:2]), np.concatenate(evoked[0][-2:])
    best = np.concatenate(evoked[0][3:5])
    for name, pair in (
        ("endinit_0", (end, init)),
        ("maxinit_0", (best, init)),
        ("maxend_0", (best, end)),
        ("FCBG_end_01", (end, np.concatenate(evoked[1][-2:]))),
        ("FCBG_max_01", (best, np.concatenate(evoked[1][3:5]))),
    ):
        expected = stats.ttest_ind(*pair)
        np.testing.assert_allclose([found[f"t_{name}"], found[f"p_{name}"]], expected)
    assert found["t_maxinit_0"] > 0
    assert len(found) == 16


@pytest.mark.parametrize("n_blocks", [1, 2, 3])
def test_few_blocks_do_not_fail(n_blocks):
    rng = np.random.default_rng(0)
    found = evolution_tests([[rng.normal(size=12) for _ in range(n_blocks)]] * 2)
    assert np.isfinite(list(found.values())).all()


def test_single_trials_leave_tests_undetermined():
    found = evolution_tests([[np.array([1.0])], [np.array([2.0])]])
    assert np.isnan(list(found.values())).all()


def test_responses_of_the_best_last_and_first_block(evoked):
    found = block_responses(evoked)
    best = evoked[1][5]
    assert found["maxrsp_1_mean"] == pytest.approx(best.mean())
    assert found["maxrsp_1_std"] == pytest.approx(best.std(ddof=0))
    assert found["maxrsp_1_sem"] == pytest.approx(stats.sem(best))
    assert found["initrsp_0_mean"] == pytest.approx(evoked[0][0].mean())
    assert list(found)[:4] == ["maxrsp_0_mean", "maxrsp_0_std", "maxrsp_0_sem", "maxrsp_1_mean"]


def test_selection_of_the_maximum_inflates_the_published_test_but_not_the_shuffled_one():
    rng = np.random.default_rng(0)
    published, shuffled = [], []
    for _ in range(150):
        blocks = [rng.normal(50, 10, 30) for _ in range(30)]
        published.append(evolution_tests([blocks, blocks])["p_maxinit_0"])
        shuffled.append(shuffled_blocks_p(blocks, rng, 200))
    assert np.mean(np.array(published) < 0.05) > 0.08
    assert np.mean(np.array(shuffled) < 0.05) < 0.08


def test_an_evolution_is_significant_with_shuffled_blocks(evoked):
    rng = np.random.default_rng(0)
    rising = [rng.normal(50 + 2 * block, 10, 30) for block in range(20)]
    assert shuffled_blocks_p(rising, rng) < 0.02
    falling = rising[::-1]
    assert shuffled_blocks_p([*falling[:2], *rising[:3]], rng) > 0.3
    assert np.isnan(shuffled_blocks_p(evoked[0][:3], rng))
    assert np.isnan(shuffled_blocks_p([np.zeros(12)] * 6, rng))

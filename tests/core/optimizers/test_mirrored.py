"""The evolution strategy for spike counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.spike_counts import N_IMAGES, Neuron
from core.errors import ScoreError, SettingError
from core.optimizers import CholeskyCMAES, MirroredES

ZERO = np.zeros(6)


def made(**settings):
    return MirroredES(6, 8, 0.5, ZERO, random_seed=0, **settings)


def mean_after(scores, **settings):
    optimizer = made(**settings)
    codes = optimizer.get_init_pop()[: len(scores)]
    optimizer.step(np.array(scores, dtype=float), codes)
    return optimizer.xmean


def test_codes_are_pairs_around_the_mean():
    codes = made().get_init_pop()
    assert codes.shape == (8, 6)
    np.testing.assert_allclose(codes[::2], -codes[1::2])
    assert codes.std() == pytest.approx(0.5, rel=0.3)


def test_a_silent_generation_moves_nothing():
    assert mean_after([0] * 8).tolist() == ZERO.tolist()


def walked(response, n_generations=60):
    """Learning rates of an optimizer of 64 numbers whose codes get the scores `response(codes)`."""
    optimizer = MirroredES(64, 20, 0.5, np.zeros(64), random_seed=0)
    codes, rates = optimizer.get_init_pop(), []
    for _ in range(n_generations):
        codes = optimizer.step(response(codes), codes)
        rates.append(optimizer.rate)
    return np.array(rates)


def test_the_learning_rate_stays_while_gradients_agree():
    assert walked(lambda codes: codes[:, 0]).min() > 0.035


def test_the_learning_rate_is_halved_at_the_optimum():
    rates = walked(lambda codes: -np.square(codes).sum(1))
    assert rates[-1] == pytest.approx(0.02)


def test_the_learning_rate_is_halved_where_gradients_turn_back():
    rates = walked(lambda codes: -np.square(codes[:, 0] - 1))
    assert rates[-1] == pytest.approx(0.02)


def test_a_step_is_the_sum_of_normal_scores_times_samples():
    optimizer = made(learning_rate=0.1)
    codes = optimizer.get_init_pop()[:4]
    normal = np.array([-1.1503493803760079, 0, 0, 1.1503493803760079])  # quantiles 1/8, 1/2, 7/8
    optimizer.step(np.array([1, 5, 5, 9]), codes)
    assert 0.05 <= optimizer.rate <= 0.1
    np.testing.assert_allclose(optimizer.xmean, optimizer.rate * normal @ codes, atol=1e-12)


@given(st.permutations(range(8)))
def test_only_ranks_count(order):
    scores = np.array(order, dtype=float)
    np.testing.assert_array_equal(mean_after(scores), mean_after(np.exp(scores) - 7))
    np.testing.assert_allclose(mean_after(scores), mean_after(-scores, maximize=False))


def test_a_missing_trial_ranks_last():
    found = mean_after([3, np.nan, 5, 6, 2, 2, 9, 1])
    assert found.tolist() == mean_after([3, 0, 5, 6, 2, 2, 9, 1]).tolist()


def test_codes_of_the_caller_make_the_first_mean():
    optimizer = MirroredES(2, 4, 0.1, random_seed=0)
    assert optimizer.get_init_pop() is None
    codes = np.array([[1.0, 0], [0, 1], [5, 5], [6, 6], [7, 7], [8, 8]])
    optimizer.step(np.array([9, 8, 1, 1, 1, 0]), codes)
    assert optimizer.xmean.sum() < 5
    with pytest.raises(ScoreError, match="expected 2 to 4 codes of the last population, found 6"):
        optimizer.step(np.arange(6.0), codes)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"population_size": 7}, "expected an even number of codes, found 7"),
        ({"init_sigma": 0}, "init_sigma: expected a number above 0"),
        ({"learning_rate": -1}, "learning_rate: expected a number above 0"),
    ],
)
def test_settings_that_are_none(settings, words):
    with pytest.raises(SettingError, match=words):
        MirroredES(6, **settings)


def share(optimizer, neuron):
    codes = optimizer.get_init_pop()
    while neuron.n_shown < N_IMAGES:
        codes = optimizer.step(neuron(codes), codes)
    return neuron.share(optimizer.xmean[None])[0]


@pytest.mark.parametrize("condition", ["poisson", "sparse", "drift"])
def test_on_spike_counts_it_gets_further_than_the_published_optimizer(condition):
    found = [
        [
            share(kind(256, None, 0.2, np.zeros(256), random_seed=seed), Neuron(seed, condition))
            for kind in (MirroredES, CholeskyCMAES)
        ]
        for seed in range(5)
    ]
    ours, published = np.median(found, axis=0)
    assert ours > published + 0.05

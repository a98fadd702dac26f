"""Spikes with a dead time against closed forms, and their smoothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SettingError
from core.explorer.trials import isolated_spikes
from neuro_data_analysis.simulation.spikes import (
    N_DRAWN,
    SMOOTHING_REACH,
    draw_spikes,
    simulated_psth,
    smoothing_kernel,
)

N_TRIALS = 3000


@settings(max_examples=12)
@given(
    rate=st.floats(20, 400), dead_time=st.sampled_from([0.0, 0.78, 1.0]), seed=st.integers(0, 99)
)
def test_counts_have_the_rate_and_the_fano_factor_of_a_process_with_dead_time(
    rate, dead_time, seed
):
    """Cox (1962), Renewal Theory, section 4.5: variance of the counts of an equilibrium process
    in a long window; the first term is the window times (1 - rate dead_time)^2 of Mueller (1974).
    """
    spikes = draw_spikes(np.full((N_TRIALS, N_DRAWN), rate), dead_time, np.random.default_rng(seed))
    counts = spikes[:, SMOOTHING_REACH:-SMOOTHING_REACH].sum(axis=1)
    expected = rate / 5
    live = 1 - rate * dead_time / 1000
    variance = expected * live**2 + 1 / 6 + live**4 / 2 - 2 * live**3 / 3
    assert counts.mean() == pytest.approx(expected, abs=5 * np.sqrt(variance / N_TRIALS))
    assert counts.var() / expected == pytest.approx(variance / expected, rel=0.15)


def test_no_two_spikes_are_closer_than_the_dead_time():
    """With a dead time of 3 ms no bin of 1 ms and no neighbour of it holds a second spike."""
    spikes = draw_spikes(np.full((2000, 200), 100.0), 3.0, np.random.default_rng(0))
    together = spikes[:, :-2] + spikes[:, 1:-1] + spikes[:, 2:]
    assert spikes.max() == 1
    assert together.max() == 1
    assert draw_spikes(np.full((2000, 200), 100.0), 0.0, np.random.default_rng(0)).max() > 1


def test_a_rate_that_changes_is_followed():
    course = 20 + 280 * np.exp(-(((np.arange(N_DRAWN) - 90) / 20.0) ** 2) / 2)
    spikes = draw_spikes(np.tile(course, (8000, 1)), 0.78, np.random.default_rng(1))
    found = 1000 * spikes.mean(axis=0).reshape(-1, 4).mean(axis=1)
    np.testing.assert_allclose(found, course.reshape(-1, 4).mean(axis=1), rtol=0.07, atol=2)


def test_one_spike_adds_the_recordings_kernel():
    kernel = smoothing_kernel()
    np.testing.assert_allclose(
        kernel[6:], [199.4711, 176.0327, 120.9854, 64.7588, 26.9955, 8.7642, 2.2159], atol=5e-5
    )
    assert kernel.sum() == pytest.approx(998.976, abs=5e-4)
    psth = simulated_psth(np.full((400, N_DRAWN), 0.3), 0.1, 0.78, np.random.default_rng(0))
    told = isolated_spikes(psth)
    assert np.nanmax(told) == pytest.approx(1, abs=0.01)
    assert np.isfinite(told).sum() > 15


def test_smoothed_rates_have_no_edges():
    psth = simulated_psth(np.full((20000, N_DRAWN), 120.0), 0.1, 0.78, np.random.default_rng(0))
    mean = psth.mean(axis=0)
    assert psth.shape == (20000, 200)
    assert psth.dtype == np.float32
    np.testing.assert_allclose(mean, 119.9, rtol=0.04)
    assert mean[:5].mean() == pytest.approx(mean[95:105].mean(), rel=0.02)
    assert mean[-5:].mean() == pytest.approx(mean[95:105].mean(), rel=0.02)


def test_the_gain_adds_its_variance():
    rng = np.random.default_rng(0)
    psth = simulated_psth(np.full((4000, N_DRAWN), 100.0), 0.2, 0.0, rng)
    counts = psth[:, 50:150].sum(axis=1) / 998.976
    assert counts.var() == pytest.approx(10 + (0.2 * 10) ** 2, rel=0.08)


def test_trials_do_not_depend_on_how_many_are_drawn_together_but_by_chance():
    """Rates of one trial never leak into the next one."""
    rates = np.zeros((200, N_DRAWN))
    rates[::2] = 300
    spikes = draw_spikes(rates, 0.78, np.random.default_rng(2))
    assert spikes[1::2].sum() == 0
    assert spikes[::2].mean() * 1000 == pytest.approx(300, rel=0.02)


def test_a_negative_dead_time_is_refused():
    with pytest.raises(SettingError, match="dead_time: expected at least 0 ms, found -1"):
        draw_spikes(np.ones((1, 200)), -1, np.random.default_rng(0))

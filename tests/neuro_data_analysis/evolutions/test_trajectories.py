"""Windows, the last-block rule, block means, padding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.errors import RecordingError
from core.statistics.windows import window_rate
from neuro_data_analysis.evolutions.trajectories import (
    Moments,
    complete_blocks,
    n_complete_blocks,
    pad,
    pad_all,
    pad_fields,
    psth_trajectory,
    response_trajectory,
    side_by_side,
    window_trajectories,
)


def blocks(*counts, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.gamma(2.0, 20.0, (200, n)) for n in counts]


@pytest.mark.parametrize("window", [(-1, 5), (0, 201), (5, 5)])
def test_a_window_outside_the_recording_is_refused(window):
    with pytest.raises(RecordingError, match="window inside 0-200 ms"):
        window_rate(np.zeros((200, 1)), window)
    with pytest.raises(RecordingError, match="window inside 0-200 ms"):
        window_trajectories([blocks(10), blocks(10)], [(50, 200), window])


def test_a_window_is_half_open_and_counts_from_0():
    psth = np.zeros((200, 1))
    psth[50] = psth[199] = 150.0
    psth[49] = 1e6
    assert window_rate(psth).tolist() == [2.0]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [((30, 40, 9), (30, 25, 25), 2), ((30, 40, 10), (30, 25, 10), 3), ((30, 0), (30, 12), 1)],
)
def test_a_last_block_that_is_short_in_either_thread_goes_in_both(first, second, expected):
    assert [len(thread) for thread in complete_blocks([blocks(*first), blocks(*second)])] == [
        expected,
        expected,
    ]


def test_per_thread_the_rule_looks_at_that_thread_alone():
    assert n_complete_blocks(blocks(30, 9)) == 1
    assert n_complete_blocks(blocks(30, 25)) == 2


def test_nothing_left_is_refused():
    with pytest.raises(RecordingError, match="at least one block"):
        n_complete_blocks(blocks(4))


def test_trajectories_follow_from_single_trials():
    psth = [blocks(12, 30), blocks(15, 11, seed=1)]
    trajectory = response_trajectory(psth)
    evoked = psth[1][1][50:200].mean(axis=0)
    expected = [evoked.mean(), stats.sem(evoked), psth[1][1][:45].mean()]
    np.testing.assert_allclose([field[1, 1] for field in trajectory], expected)
    rates = psth_trajectory(psth)
    np.testing.assert_allclose(rates.mean[0, 0], psth[0][0].mean(axis=1))
    np.testing.assert_allclose(rates.sem[0, 1, 17], stats.sem(psth[1][0][17]))
    np.testing.assert_allclose(window_rate(rates.mean, axis=2), trajectory.mean, atol=1e-9)


def test_fields_side_by_side_are_the_published_columns():
    psth = [blocks(12, 30), blocks(15, 11, seed=1)]
    trajectory, rates = response_trajectory(psth), psth_trajectory(psth)
    published = side_by_side(trajectory)
    assert published.shape == (2, 6)
    np.testing.assert_array_equal(published[:, 3], trajectory.sem[:, 1])
    np.testing.assert_array_equal(published[:, 4], trajectory.baseline[:, 0])
    assert side_by_side(rates).shape == (2, 4, 200)
    np.testing.assert_array_equal(side_by_side(rates)[:, 2], rates.sem[:, 0])


def test_windows_of_10_ms_average_to_the_evoked_rate():
    psth = [blocks(12, 30), blocks(15, 11)]
    fine = window_trajectories(psth, [(start, start + 10) for start in range(50, 200, 10)])
    means = np.mean([moments.mean for moments in fine.values()], axis=0)
    np.testing.assert_allclose(means, response_trajectory(psth).mean, atol=1e-9)


def test_the_rates_of_a_window_do_not_depend_on_the_others():
    psth = [blocks(12, 30), blocks(15, 11)]
    windows = [(0, 45), (50, 200), (199, 200), (10, 20)]
    together = window_trajectories(psth, windows)
    for window in windows:
        np.testing.assert_array_equal(window_trajectories(psth, [window])[window], together[window])
        rates = window_rate(psth[1][1], window)
        expected = [rates.mean(), stats.sem(rates)]
        np.testing.assert_allclose([m[1, 1] for m in together[window]], expected, rtol=1e-9)


def test_a_single_trial_has_no_sem():
    trajectory = response_trajectory([blocks(1), blocks(12)])
    assert np.isnan(trajectory.sem[0]).tolist() == [True, False]
    assert np.isfinite([trajectory.mean, trajectory.baseline]).all()


def test_padded_blocks_repeat_the_mean_of_the_last_two():
    trajectory = np.random.default_rng(0).normal(size=(5, 6))
    padded, measured = pad(trajectory, n_blocks=8)
    np.testing.assert_allclose(padded[5:], np.tile(trajectory[-2:].mean(axis=0), (3, 1)))
    assert measured.tolist() == [True] * 5 + [False] * 3


@settings(max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_padding_keeps_what_was_measured(lengths):
    trajectories = [np.arange(n * 2.0).reshape(n, 2) for n in lengths]
    padded = pad_all(trajectories)
    assert padded.values.shape == (len(lengths), max(lengths), 2)
    assert padded.measured.sum(axis=1).tolist() == lengths
    for values, mask, trajectory in zip(padded.values, padded.measured, trajectories, strict=True):
        np.testing.assert_array_equal(values[mask], trajectory)
        assert (values[~mask] == trajectory[-2:].mean(axis=0)).all()


def test_every_field_of_trajectories_is_padded():
    trajectories = [Moments(np.full((n, 2), 1.0 * n), np.full((n, 2), 0.1 * n)) for n in (2, 3)]
    padded = pad_fields(trajectories)
    assert isinstance(padded, Moments)
    np.testing.assert_array_equal(padded.mean[0], np.full((3, 2), 2.0))
    np.testing.assert_array_equal(padded.sem[:, 2, 0], [0.2, 0.1 * 3])

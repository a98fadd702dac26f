"""Windows, the last-block rule, block means, padding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.errors import RecordingError
from neuro_data_analysis.evolutions.trajectories import (
    complete_blocks,
    n_complete_blocks,
    pad,
    pad_all,
    psth_trajectory,
    response_trajectory,
    window_rate,
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
    np.testing.assert_allclose(trajectory[1, [1, 3, 5]], expected)
    rates = psth_trajectory(psth)
    np.testing.assert_allclose(rates[0, 0], psth[0][0].mean(axis=1))
    np.testing.assert_allclose(rates[0, 3, 17], stats.sem(psth[1][0][17]))
    np.testing.assert_allclose(rates[:, :2, 50:200].mean(axis=2), trajectory[:, :2], atol=1e-9)


def test_windows_of_10_ms_average_to_the_evoked_rate():
    psth = [blocks(12, 30), blocks(15, 11)]
    fine = window_trajectories(psth, [(start, start + 10) for start in range(50, 200, 10)])
    np.testing.assert_allclose(
        fine[:, :, :2].mean(axis=0), response_trajectory(psth)[:, :2], atol=1e-9
    )


def test_the_rates_of_a_window_do_not_depend_on_the_others():
    psth = [blocks(12, 30), blocks(15, 11)]
    windows = [(0, 45), (50, 200), (199, 200), (10, 20)]
    together = window_trajectories(psth, windows)
    for number, window in enumerate(windows):
        np.testing.assert_array_equal(window_trajectories(psth, [window])[0], together[number])
        rates = window_rate(psth[1][1], window)
        expected = [rates.mean(), stats.sem(rates)]
        np.testing.assert_allclose(together[number, 1, [1, 3]], expected, rtol=1e-9)


def test_a_single_trial_has_no_sem():
    trajectory = response_trajectory([blocks(1), blocks(12)])
    assert np.isnan(trajectory[0, 2])
    assert np.isfinite(trajectory[0, [0, 1, 3, 4, 5]]).all()


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

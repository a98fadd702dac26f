"""Difference of the best blocks' PSTHs against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_data_analysis.evolutions.psth_similarity import psth_differences


def trajectory(first, second):
    psth = np.zeros((len(first), 2, 200))
    psth[:, 0], psth[:, 1] = first, second
    return psth


@pytest.fixture
def courses():
    return np.random.default_rng(1).gamma(2, 20, (2, 5, 200))


def test_equal_threads_do_not_differ(courses):
    found = psth_differences(trajectory(courses[0], courses[0]))
    assert [found["psth_corr"], found["psth_corr_smooth"]] == pytest.approx([1, 1])
    for name in ("psth_MAE", "psth_MSE", "psth_MAE_smooth", "psth_MSE_smooth", "act_MAE"):
        assert found[name] == 0


def test_a_constant_shift_is_its_share_of_the_normaliser():
    course = np.full((3, 200), 40.0)
    course[1] = 80
    found = psth_differences(trajectory(course, course / 2))
    assert found["normalizer"] == 80
    for name in ("act_MAE", "psth_MAE", "psth_MAE_smooth"):
        assert found[name] == pytest.approx(0.5)
    assert found["psth_MSE"] == pytest.approx(0.25)
    assert np.isnan(found["psth_corr"])


def test_courses_that_vary_by_rounding_only_have_no_correlation(courses):
    course = np.tile([0.3, 0.1 + 0.2], (3, 100))
    for found in (trajectory(course, courses[0, :3]), trajectory(course, course)):
        found = psth_differences(found)
        assert np.isnan([found["psth_corr"], found["psth_corr_smooth"]]).all()
        assert np.isfinite(found["psth_MAE"])


def test_each_thread_is_judged_in_its_own_best_block(courses):
    found = psth_differences(trajectory(*courses))
    best = [thread[thread[:, 50:].mean(axis=1).argmax()] for thread in courses]
    top = max(course[50:].mean() for course in best)
    first, second = (course[50:200] / top for course in best)
    assert found["normalizer"] == pytest.approx(top)
    assert found["psth_MAE"] == pytest.approx(abs(first - second).mean())
    assert found["psth_MSE"] == pytest.approx(((first - second) ** 2).mean())
    assert found["psth_corr"] == pytest.approx(np.corrcoef(first, second)[0, 1])
    smooth = [[c[i : i + 25].mean() for i in range(126)] for c in (first, second)]
    difference = np.subtract(*smooth)
    assert found["psth_MAE_smooth"] == pytest.approx(abs(difference).mean())
    assert found["psth_corr_smooth"] == pytest.approx(np.corrcoef(smooth)[0, 1])
    assert found["act_MAE"] == pytest.approx(abs(first.mean() - second.mean()))


@given(st.floats(0.01, 100))
def test_differences_are_shares_and_do_not_depend_on_the_unit_of_rate(factor):
    psth = trajectory(*np.random.default_rng(2).gamma(2, 20, (2, 4, 200)))
    one, other = psth_differences(psth), psth_differences(factor * psth)
    assert other.pop("normalizer") == pytest.approx(factor * one.pop("normalizer"))
    assert other == pytest.approx(one)


def test_what_comes_before_the_evoked_window_does_not_count(courses):
    psth = trajectory(*courses)
    changed = psth.copy()
    changed[:, :, :50] += 1000
    assert psth_differences(changed) == psth_differences(psth)


def test_a_silent_recording_has_no_differences():
    found = psth_differences(np.zeros((3, 2, 200)))
    assert found.pop("normalizer") == 0
    assert np.isnan(list(found.values())).all()

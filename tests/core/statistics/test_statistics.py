"""Tests, intervals, convergence and masks against scipy, closed forms and small cases by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from core.statistics.comparisons import benjamini_hochberg, paired, two_sample
from core.statistics.intervals import beta_interval, bootstrap_mean_interval, population_sem
from core.statistics.masks import UNSTABLE_BASELINE, mask_table, success_labels, valid
from core.statistics.summaries import convergence


def test_beta_intervals_are_the_published_ones():
    low, high = beta_interval(np.array([10, 0, 37, 65]), np.array([10, 10, 38, 106]))
    np.testing.assert_allclose(low, [0.7615958096, 0.004652171732, 0.8840478512, 0.5330995574])
    np.testing.assert_allclose(high, [0.9953478283, 0.2384041904, 0.9908114354, 0.686771746])


def test_bootstrap_interval_is_seeded_and_covers_the_mean():
    values = np.random.default_rng(0).normal(10, 3, 50)
    first = bootstrap_mean_interval(values, np.random.default_rng(1))
    assert first == bootstrap_mean_interval(values, np.random.default_rng(1))
    assert first[0] < values.mean() < first[1]
    width = 2 * 1.96 * values.std(ddof=1) / np.sqrt(50)
    assert first[1] - first[0] == pytest.approx(width, rel=0.2)
    assert bootstrap_mean_interval(np.array([4.0]), np.random.default_rng(1)) == (4.0, 4.0)


def test_population_sem_has_no_degree_of_freedom_correction():
    values = np.array([[1.0], [3.0]])
    assert population_sem(values)[0] == pytest.approx(1 / np.sqrt(2))


def test_tests_are_scipys():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(8, 3)), rng.normal(1, 1, size=(8, 3))
    expected = stats.ttest_rel(a, b)
    np.testing.assert_allclose(paired(a, b).t, expected.statistic)
    np.testing.assert_allclose(paired(a, b).p, expected.pvalue)
    expected = stats.ttest_ind(a, b[:5])
    np.testing.assert_allclose(two_sample(a, b[:5]).t, expected.statistic)


def test_empty_samples_are_undetermined():
    a, none = np.ones((4, 3)), np.ones((0, 3))
    for test in (two_sample(a, none), two_sample(none, a), paired(none, none)):
        assert test.t.shape == (3,)
        assert np.isnan(test.p).all()
    assert np.isnan(two_sample(np.ones(1), np.ones(1)).t)


@given(arrays.arrays(float, st.integers(1, 30), elements=st.floats(0, 1)))
def test_adjusted_p_values_follow_the_step_up_procedure(p):
    adjusted = benjamini_hochberg(p)
    n = len(p)
    ranked = np.sort(p)
    for level in (0.01, 0.05, 0.2):
        passing = np.flatnonzero(ranked <= level * np.arange(1, n + 1) / n * (1 + 1e-12))
        n_rejected = passing[-1] + 1 if passing.size else 0
        at_level = np.abs(adjusted - level) < 1e-9
        assert (adjusted <= level).sum() - at_level.sum() <= n_rejected
        assert n_rejected <= (adjusted <= level * (1 + 1e-9)).sum()


def test_an_undetermined_test_leaves_the_others_alone():
    p = np.array([0.01, np.nan, 0.04])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.02, np.nan, 0.04])
    assert np.isnan(benjamini_hochberg(np.array([np.nan]))).all()


@pytest.mark.parametrize(
    ("trajectory", "baseline", "first", "below"),
    [
        ([10, 14, 19, 20], 10, 2, 2),
        ([10, 18, 20], 10, 2, 1),
        ([20, 10, 5], 20, 0, 2),
        ([20, 20], 20, 0, 0),
        ([5, 5], 0, 0, 0),
    ],
)
def test_first_block_above_80_percent_of_the_rise(trajectory, baseline, first, below):
    found = convergence(np.array(trajectory, dtype=float), baseline)
    assert (found.first_block, found.n_below) == (first, below)


@pytest.fixture
def meta():
    return pd.DataFrame(
        {
            "ephysFN": ["Alfa-1", "Alfa-2", UNSTABLE_BASELINE[0] + "-SIM", "Beto-1"],
            "visual_area": ["V1", "V4", "IT", "IT"],
            "space1": ["fc6", "fc6", "fc6", "BigGAN"],
            "space2": ["BigGAN_class", "BigGAN", "BigGAN", "BigGAN_class"],
            "blockN": [15, 14, 30, 30],
            "p_maxinit_0": [0.001, 0.03, 0.5, 0.01],
            "p_maxinit_1": [0.2, 0.009, 0.5, np.nan],
        }
    )


def test_valid_experiments(meta):
    assert valid(meta).tolist() == [True, False, False, False]


def test_success_labels_at_both_levels(meta):
    at_05, at_01 = success_labels(meta, "005"), success_labels(meta, "001")
    assert at_05["FCsucc005"].tolist() == [True, True, False, True]
    assert at_05["bothsucc005"].tolist() == [False, True, False, False]
    assert at_01["anysucc001"].tolist() == [True, True, False, False]
    assert at_01["nonesucc001"].tolist() == [False, False, True, True]


def test_mask_table_has_the_published_columns(meta):
    table = mask_table(meta.assign(valid=valid(meta)))
    assert list(table)[:2] == ["valid", "FCsucc005"]
    assert list(table)[6:9] == ["V1msk", "V4msk", "ITmsk"]
    assert table.shape == (4, 14)
    assert set(np.unique(table)) <= {0, 1}

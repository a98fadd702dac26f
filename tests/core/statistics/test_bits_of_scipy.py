"""What stands here to spare the import of scipy.stats gives its numbers, bit for bit."""

import numpy as np
import pytest
from scipy import special, stats

from core.statistics.comparisons import benjamini_hochberg, paired, two_proportions, two_sample
from core.statistics.correlations import pearson, row_ranks
from core.statistics.intervals import bootstrap_mean_interval, wilson_interval

SEEDS = range(40)


def samples(seed):
    """Two samples of one length and one of another, of numbers or of rows of numbers."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 50, 2)
    columns = () if seed % 2 else (7,)
    return [rng.normal(rng.normal(), 2, (size, *columns)) for size in (n, n, m)]


@pytest.mark.parametrize("seed", SEEDS)
def test_t_tests(seed):
    first, second, third = samples(seed)
    for ours, theirs in (
        (paired(first, second), stats.ttest_rel(first, second, axis=0)),
        (two_sample(first, third), stats.ttest_ind(first, third, axis=0)),
    ):
        np.testing.assert_array_equal(ours.t, theirs.statistic)
        np.testing.assert_array_equal(ours.p, theirs.pvalue)


def test_t_tests_of_what_does_not_vary_or_is_not_known():
    same = np.ones(5)
    assert np.isnan(paired(same, same).t)
    assert paired(same, same - 0.5).t == np.inf
    assert np.isnan(two_sample(same, same).p)
    assert two_sample(same, same + 1).p == 0
    assert np.isnan(paired(np.array([1.0, np.nan]), np.array([2.0, 3.0])).t)


def test_the_strict_form_is_nan_where_nothing_varies_beyond_rounding():
    same, other = np.full(7, 0.1), np.array([0.1, 0.1 + 2e-17])
    for first, second in ((same, same + 2), (same, other + 3), (same[:3], same)):
        assert np.isnan(two_sample(first, second, strict=True).t)
        assert two_sample(first, second).p < 0.05
    assert np.isnan(paired(same, same + 2, strict=True).p)
    rows = paired(np.array([[5.0, 1.0], [5.0, 4.0]]), np.zeros((2, 2)), strict=True)
    assert np.isnan(rows.t).tolist() == [True, False]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_strict_form_of_samples_that_vary_is_the_same(seed):
    first, second, third = samples(seed)
    for test, other in ((paired, second), (two_sample, third)):
        np.testing.assert_array_equal(test(first, other, strict=True).t, test(first, other).t)


@pytest.mark.parametrize("seed", SEEDS)
def test_false_discovery_control(seed):
    p = np.random.default_rng(seed).uniform(size=seed + 1) ** 3
    p = np.round(p, 1) if seed % 2 else p
    np.testing.assert_array_equal(benjamini_hochberg(p), stats.false_discovery_control(p))


@pytest.mark.parametrize("seed", SEEDS)
def test_bootstrap(seed):
    values = np.random.default_rng(seed).exponential(size=seed + 2)
    values = values > 1 if seed % 3 == 0 else values
    expected = stats.bootstrap(
        (values.astype(float),),
        np.mean,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    assert bootstrap_mean_interval(values, np.random.default_rng(seed)) == tuple(expected)


@pytest.mark.parametrize(("alternative", "p"), [
    ("two-sided", lambda z: 2 * stats.norm.sf(abs(z))),
    ("greater", stats.norm.sf),
    ("less", stats.norm.cdf),
])  # fmt: skip
def test_proportions(alternative, p):
    test = two_proportions(30, 100, 41, 90, alternative)
    assert test.p == p(test.z)


def test_wilson():
    expected = stats.binomtest(86, 342).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson_interval(86, 342), tuple(expected), rtol=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
def test_correlations(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 1, rng.integers(3, 200))
    y = rng.normal(0, 1, len(x)) + seed % 3 * x
    expected = stats.pearsonr(x, y)
    assert pearson(x, y) == (expected.statistic, expected.pvalue)
    assert pearson(x, -2 * x)[1] == stats.pearsonr(x, -2 * x).pvalue


@pytest.mark.parametrize("seed", SEEDS)
def test_ranks(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(5, 40)).round(seed % 3)
    np.testing.assert_array_equal(row_ranks(values), stats.rankdata(values, axis=1))
    values[2, 7] = np.nan
    np.testing.assert_array_equal(row_ranks(values), stats.rankdata(values, axis=1))


def test_tails_of_f():
    ratios = np.array([0.0, 1e-9, 0.3, 2.0, 11.5, 400.0, 1e9, np.inf])
    for between, within in ((1, 1), (8, 71), (3, 200)):
        expected = stats.f.sf(ratios, between, within)
        np.testing.assert_array_equal(special.fdtrc(between, within, ratios), expected)

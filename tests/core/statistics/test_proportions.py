"""Intervals and tests of proportions against scipy and by symmetry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.errors import SampleError
from core.statistics.comparisons import two_proportions
from core.statistics.intervals import wilson_interval


@st.composite
def counts(draw):
    total = draw(st.integers(1, 500))
    return draw(st.integers(0, total)), total


@given(counts(), st.floats(0.5, 0.999))
def test_wilson_intervals_are_scipys(count, level):
    expected = stats.binomtest(*count).proportion_ci(level, method="wilson")
    low, high = wilson_interval(*count, level)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= low <= count[0] / count[1] + 1e-12


def test_wilson_intervals_of_many_and_of_none():
    low, high = wilson_interval(np.array([9, 0, 0]), np.array([342, 5, 0]))
    assert low[:2].tolist() == pytest.approx([0.0139053869, 0], abs=1e-9)
    assert high[0] == pytest.approx(0.04924915477)
    assert np.isnan([low[2], high[2]]).all()


def test_the_published_two_proportions():
    bell = two_proportions(178, 342, 26, 103, "greater")
    assert (bell.z, bell.p) == (pytest.approx(4.79, abs=0.005), pytest.approx(8.5e-7, abs=5e-10))
    line = two_proportions(41, 342, 37, 103, "less")
    assert (line.z, line.p) == (pytest.approx(-5.6, abs=0.005), pytest.approx(1.07e-8, abs=5e-11))


@given(counts(), counts())
def test_two_proportions_are_the_uncorrected_chi_square(first, second):
    test = two_proportions(*first, *second)
    table = np.array([[k, n - k] for k, n in (first, second)])
    if (table.sum(axis=0) == 0).any():
        assert np.isnan([test.z, test.p]).all()
        return
    expected = stats.chi2_contingency(table, correction=False)
    assert test.z**2 == pytest.approx(expected.statistic, rel=1e-9, abs=1e-12)
    assert test.p == pytest.approx(expected.pvalue, rel=1e-9)
    swapped = two_proportions(*second, *first, "greater")
    assert two_proportions(*first, *second, "less").p == pytest.approx(swapped.p, rel=1e-9)


def test_an_empty_group_is_undetermined():
    assert np.isnan([two_proportions(0, 0, 3, 5).z, two_proportions(3, 5, 0, 0).p]).all()


@pytest.mark.parametrize("numbers", [(6, 5, 1, 5), (1, 5, -1, 5)])
def test_impossible_counts_are_refused(numbers):
    with pytest.raises(SampleError, match=r"expected 0 to 5 successes of 5, found (6|-1)\."):
        two_proportions(*numbers)


def test_an_unknown_alternative_is_refused():
    with pytest.raises(SampleError, match="two-sided, greater, less, found 'larger'"):
        two_proportions(1, 5, 1, 5, "larger")

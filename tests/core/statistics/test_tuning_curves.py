"""Tuning along one axis: fits against known curves and statsmodels, shapes, and what is NaN."""

import warnings
from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from core.errors import SampleError
from core.statistics.tuning_curves import (
    anova,
    fit_gaussian,
    fit_line,
    level_means,
    shape_flags,
)

DISTANCES = np.array([-0.4, -0.32, -0.24, -0.16, 0, 0.16, 0.24, 0.32, 0.4])
FITS = (anova, fit_line, fit_gaussian)


@pytest.fixture
def axis():
    """Unequal numbers of noisy trials at nine distances."""
    rng = np.random.default_rng(0)
    x = np.repeat(DISTANCES, rng.integers(4, 8, 9))
    return x, 50 + 100 * np.exp(-((x - 0.1) ** 2) / 0.08) + rng.normal(0, 20, len(x))


def test_levels_are_those_of_pandas(axis):
    x, y = (values[np.random.default_rng(1).permutation(len(axis[0]))] for values in axis)
    levels, groups = level_means(x, y), pd.Series(y).groupby(x)
    np.testing.assert_array_equal(levels.x, DISTANCES)
    np.testing.assert_allclose(levels.mean, groups.mean())
    np.testing.assert_allclose(levels.sd, groups.std())
    np.testing.assert_array_equal(levels.n, groups.size())
    assert levels.squares_within == pytest.approx(((groups.size() - 1) * groups.var()).sum())


def test_a_level_of_one_trial_has_no_spread():
    levels = level_means([0, 1, 1], [5.0, 0.1, 0.1])
    np.testing.assert_array_equal(levels.sd, [np.nan, 0])
    assert levels.mean.tolist() == [5.0, 0.1]


def test_distances_that_differ_by_rounding_are_one_level():
    levels = level_means([0.4, 0.3, 0.1 + 0.2, 0.4, -0.4], [5.0, 1.0, 2.0, 7.0, 3.0])
    assert levels.x.tolist() == [-0.4, 0.3, 0.4]
    assert levels.mean.tolist() == [3, 1.5, 6]
    assert levels.n.tolist() == [1, 2, 2]
    assert level_means([0, 1e-6, 1], [1.0, 2.0, 3.0]).x.tolist() == [0, 1e-6, 1]


def test_anova_is_that_of_statsmodels(axis):
    table = pd.DataFrame(dict(zip("xy", axis, strict=True)))
    expected = anova_lm(ols("y ~ C(x)", table).fit(), typ=2)
    squares = expected["sum_sq"]
    found = anova(*axis)
    factor = expected.loc["C(x)"]
    r2 = squares["C(x)"] / squares.sum()
    assert astuple(found) == pytest.approx((factor["F"], factor["PR(>F)"], r2))


def test_anova_of_rates_that_differ_between_distances_only():
    found = anova(np.repeat(DISTANCES, 3), np.repeat(np.linspace(0.1, 0.9, 9), 3))
    assert (found.F, found.p, found.r2) == (np.inf, 0, 1)


def test_a_line_is_recovered():
    line = fit_line(DISTANCES, 59.4 * DISTANCES + 125.43)
    assert astuple(line) == pytest.approx((59.4, 125.43, 1))
    np.testing.assert_allclose(line.predict([0, 1]), [125.43, 184.83])


def test_the_line_is_that_of_polyfit(axis):
    x, y = axis
    line, expected = fit_line(x, y), np.polyfit(x, y, 1)
    assert (line.slope, line.intercept) == pytest.approx(tuple(expected))
    residual = y - np.polyval(expected, x)
    assert line.r2 == pytest.approx(1 - np.sum(residual**2) / np.sum((y - y.mean()) ** 2))


@pytest.mark.parametrize("parameters", [(142.87, 0.05, 0.21, 56.18), (80, -0.3, 0.1, 2)])
def test_a_noiseless_gaussian_is_recovered(parameters):
    amplitude, center, sigma, offset = parameters
    y = amplitude * np.exp(-((DISTANCES - center) ** 2) / (2 * sigma**2)) + offset
    found = fit_gaussian(np.repeat(DISTANCES, 2), np.repeat(y, 2))
    assert astuple(found) == pytest.approx((*parameters, 1), rel=1e-4)
    np.testing.assert_allclose(found.predict(DISTANCES), y, rtol=1e-4)


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_a_gaussian_stays_in_its_bounds(seed):
    rng = np.random.default_rng(seed)
    x = np.repeat(DISTANCES, 4)
    y = rng.gamma(1, 40, len(x)) + 200 * rng.uniform() * x
    found, means = fit_gaussian(x, y), level_means(x, y).mean
    assume(np.isfinite(found.r2))
    assert 0 <= found.amplitude <= 1.25 * means.max()
    assert -0.4 <= found.center <= 0.4
    assert 0.01 <= found.sigma <= 1.6
    assert 0 <= found.offset <= means.max()
    assert found.r2 <= 1


units = st.floats(-9, 9).map(lambda exponent: 10**exponent)


@settings(max_examples=40)
@given(st.integers(0, 100), units)
def test_the_fits_do_not_depend_on_the_unit_of_rate(seed, k):
    rng = np.random.default_rng(seed)
    x = np.repeat(DISTANCES, rng.integers(4, 8, 9))
    y = 50 + 100 * np.exp(-((x - 0.1) ** 2) / 0.08) + rng.normal(0, 10, len(x))
    assert astuple(anova(x, k * y)) == pytest.approx(astuple(anova(x, y)))
    line, other = fit_line(x, y), fit_line(x, k * y)
    expected = (k * line.slope, k * line.intercept, line.r2)
    assert astuple(other) == pytest.approx(expected, rel=1e-9, abs=0)
    fit, other = fit_gaussian(x, y), fit_gaussian(x, k * y)
    expected = (k * fit.amplitude, fit.center, fit.sigma, k * fit.offset, fit.r2)
    assert astuple(other) == pytest.approx(expected, rel=1e-4, abs=0)


@pytest.mark.parametrize("k", [1e-305, 1e-200, 1e200, 1e305])
def test_extreme_units_of_rate_are_fitted_without_a_warning(axis, k):
    x, y = axis
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = anova(x, k * y)
        line, fit = fit_line(x, k * y), fit_gaussian(x, k * y)
    assert astuple(found) == pytest.approx(astuple(anova(x, y)))
    assert line.slope == pytest.approx(k * fit_line(x, y).slope, rel=1e-9, abs=0)
    assert fit.amplitude == pytest.approx(k * fit_gaussian(x, y).amplitude, rel=1e-4, abs=0)
    assert (line.r2, fit.r2) == pytest.approx((fit_line(x, y).r2, fit_gaussian(x, y).r2))


def test_r2_of_a_gaussian_leaves_out_the_mean_of_the_residual(axis):
    x, y = axis
    found = fit_gaussian(x, y)
    assert found.r2 == pytest.approx(1 - np.var(y - found.predict(x)) / np.var(y))


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([0.4], [3.0]),
        (np.full(5, 0.4), np.arange(5.0)),
        (np.repeat(DISTANCES, 3), np.full(27, 0.1)),
        (np.repeat(DISTANCES, 3), np.zeros(27)),
        (np.repeat(DISTANCES, 4), np.tile([0.3, 0.1 + 0.2], 18)),
        (np.repeat(DISTANCES, 4), np.tile([10 - 1e-7, 10 + 1e-7], 18)),
        (np.tile([0.3, 0.1 + 0.2], 4), np.arange(8.0)),
    ],
    ids=[
        "no trial",
        "one trial",
        "one distance",
        "constant",
        "silent",
        "constant up to the last bit",
        "constant up to rounding",
        "one distance up to the last bit",
    ],
)
def test_what_trials_cannot_determine_is_nan(fit, x, y):
    assert np.isnan(astuple(fit(x, y))).all()


def test_too_few_trials_for_one_fit_may_do_for_another():
    x, y = [0.0, 1.0, 2.0], [1.0, 2.0, 4.0]
    assert np.isnan(astuple(anova(x, y))).all()
    assert np.isnan(astuple(fit_gaussian(x, y))).all()
    assert fit_line(x, y).slope == pytest.approx(1.5)


def test_gaussian_bounds_without_inside_are_nan():
    x = np.repeat(DISTANCES, 2)
    assert np.isnan(fit_gaussian(x, -10 - x**2).amplitude)
    assert np.isnan(fit_gaussian(x / 1000, 10 - x**2).amplitude)
    assert np.isfinite(fit_gaussian(x / 50, 10 - x**2).amplitude)


def test_no_convergence_is_nan(axis, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("Optimal parameters not found")

    monkeypatch.setattr("core.statistics.tuning_curves.curve_fit", fail)
    assert np.isnan(astuple(fit_gaussian(*axis))).all()


@pytest.mark.parametrize("fit", [*FITS, level_means])
def test_bad_trials_are_refused(fit):
    with pytest.raises(SampleError, match="expected one rate per distance, found 2 for 3"):
        fit([0, 1, 2], [1.0, 2.0])
    with pytest.raises(SampleError, match="expected rates that are finite numbers, found nan"):
        fit([0, 1, 2], [1.0, np.nan, 2.0])
    with pytest.raises(SampleError, match="expected distances that are finite numbers, found inf"):
        fit([0, np.inf, 2], [1.0, 2.0, 2.0])
    with pytest.raises(SampleError, match="a column of numbers, found 'where' of object"):
        fit(pd.Series(["a", "b"], dtype=object, name="where"), [1, 2])


@pytest.mark.parametrize(
    ("curve", "flags"),
    [
        (np.linspace(0, 1, 100), "unimodal monotonic"),
        (np.linspace(1, 0, 100), "unimodal monotonic"),
        (np.sin(np.linspace(0, np.pi, 100)), "unimodal bellshaped"),
        (10 * np.cos(np.linspace(0, 2 * np.pi, 100)), ""),
        (10 * np.sin(np.linspace(0, 2.2 * np.pi, 100)), ""),
        ([1, 2, 3, 2.995], "unimodal monotonic bellshaped"),
        ([1, 2, 3, 2.98], "unimodal bellshaped"),
        ([0, 0.01, 0, 0.01, 0], "unimodal monotonic bellshaped"),
        ([5.0], "unimodal monotonic"),
        ([5.0, 5.0], "unimodal monotonic"),
        ([1.0, np.nan, 2.0], ""),
        ([np.nan], ""),
    ],
)
def test_shapes_of_known_curves(curve, flags):
    shape = shape_flags(np.array(curve))
    found = [name for name in ("unimodal", "monotonic", "bellshaped") if getattr(shape, name)]
    assert found == flags.split()


@given(arrays.arrays(float, st.integers(2, 20), elements=st.floats(-100, 100)))
def test_shapes_of_mirrored_curves_and_of_sorted_ones(curve):
    shape, reverse = shape_flags(curve), shape_flags(curve[::-1])
    assert shape.monotonic == reverse.monotonic
    if len(set(curve)) == len(curve):
        assert shape == reverse
    assert not shape.bellshaped or shape.unimodal
    assert shape_flags(np.sort(curve)).monotonic


def test_a_curve_without_points_is_refused():
    with pytest.raises(SampleError, match="at least one point, found none"):
        shape_flags(np.array([]))

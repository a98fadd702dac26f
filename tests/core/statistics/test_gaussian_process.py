"""The process at the cost of its levels, against the dense formula and against scikit-learn."""

import warnings
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import gaussian_process as peer

from core.errors import SampleError
from core.statistics.gaussian_process import fit_gpr, log_likelihood
from core.statistics.tuning_curves import level_means

DISTANCES = np.array([-0.4, -0.32, -0.24, -0.16, 0, 0.16, 0.24, 0.32, 0.4])


def axis(seed):
    """Noisy trials on a bump, unequally many at each distance."""
    rng = np.random.default_rng(seed)
    x = np.repeat(DISTANCES, rng.integers(1, 8, 9))
    bump = rng.uniform(0, 150) * np.exp(-((x - rng.uniform(-0.4, 0.4)) ** 2) / 0.1)
    return x, 50 + bump + rng.normal(0, 20, len(x))


def dense_covariance(x, c, length, s):
    return c * np.exp(-0.5 * ((x[:, None] - x) / length) ** 2) + s * np.eye(len(x))


seeds = st.integers(0, 10**6)
parameters = st.tuples(st.floats(1, 1e5), st.floats(0.02, 10), st.floats(10, 1e4))


@given(seeds, parameters)
def test_the_likelihood_is_that_of_all_trials(seed, values):
    x, y = axis(seed)
    found, _ = log_likelihood(level_means(x, y), np.log(values))
    normal = stats.multivariate_normal(np.zeros(len(x)), dense_covariance(x, *values))
    assert found == pytest.approx(normal.logpdf(y), rel=1e-9)


@given(seeds, parameters)
def test_the_gradient_is_that_of_finite_differences(seed, values):
    levels, at = level_means(*axis(seed)), np.log(values)
    _, gradient = log_likelihood(levels, at)
    steps = 1e-4 * np.eye(3)
    expected = [
        (log_likelihood(levels, at + step)[0] - log_likelihood(levels, at - step)[0]) / 2e-4
        for step in steps
    ]
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-3)


def test_predictions_are_those_of_all_trials():
    x, y = axis(0)
    process = fit_gpr(x, y, rng=0, n_restarts=0)
    values = process.signal_variance, process.length_scale, process.noise_variance
    at = np.linspace(-0.5, 0.5, 7)
    cross = dense_covariance(np.concatenate([at, x]), *values)[: len(at), len(at) :]
    inverse = np.linalg.inv(dense_covariance(x, *values))
    mean, std = process.predict(at)
    np.testing.assert_allclose(mean, cross @ inverse @ y, rtol=1e-8)
    variance = values[0] + values[2] - np.diag(cross @ inverse @ cross.T)
    np.testing.assert_allclose(std, np.sqrt(variance), rtol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_the_fit_is_that_of_scikit_learn(seed):
    x, y = axis(seed)
    kernels, levels = peer.kernels, level_means(x, y)
    v, w = y.var(), np.nanmean(levels.sd**2)
    kernel = kernels.ConstantKernel(v, (0.01 * v, 100 * v)) * kernels.RBF(0.08, (1e-2, 1e2))
    kernel += kernels.WhiteKernel(0.1 * w, (0.01 * w, 10 * w))
    regressor = peer.GaussianProcessRegressor(
        kernel, alpha=0, n_restarts_optimizer=10, random_state=seed
    )
    with warnings.catch_warnings():
        # that a parameter ends close to its bound
        warnings.simplefilter("ignore")
        regressor.fit(x[:, None], y)
    process = fit_gpr(x, y, rng=seed)
    theirs = regressor.log_marginal_likelihood_value_
    assert log_likelihood(levels, regressor.kernel_.theta)[0] == pytest.approx(theirs, rel=1e-10)
    assert process.log_likelihood >= theirs - 1e-6
    grid, mean, std = process.curve()
    expected = regressor.predict(grid[:, None], return_std=True)
    np.testing.assert_allclose(mean, expected[0], atol=1e-2)
    np.testing.assert_allclose(std, expected[1], atol=1e-2)
    residual = y - regressor.predict(x[:, None])
    assert process.r2 == pytest.approx(1 - np.var(residual) / np.var(y), abs=1e-5)


def test_parameters_stay_in_their_bounds():
    x, y = axis(1)
    process, within = fit_gpr(x, y, rng=0), np.nanmean(level_means(x, y).sd ** 2)
    slack = 1 + 1e-9
    assert 0.01 / slack <= process.signal_variance / y.var() <= 100 * slack
    assert 0.01 / slack <= process.length_scale <= 100 * slack
    assert 0.01 / slack <= process.noise_variance / within <= 10 * slack


def test_restarts_are_seeded_and_never_make_it_worse():
    x, y = axis(2)
    first, alone = fit_gpr(x, y, rng=5), fit_gpr(x, y, rng=5, n_restarts=0)
    assert first.log_likelihood >= alone.log_likelihood
    again = fit_gpr(x, y, rng=np.random.default_rng(5))
    assert again.log_likelihood == first.log_likelihood
    assert again.length_scale == first.length_scale


def test_trials_may_all_be_at_distances_of_their_own():
    x = np.linspace(-1, 1, 30)
    y = 40 + 30 * np.sin(3 * x) + np.random.default_rng(0).normal(0, 2, 30)
    process = fit_gpr(x, y, rng=0, n_restarts=2)
    assert process.r2 > 0.9
    assert process.predict(np.array([0.0]))[0] == pytest.approx(40, abs=3)


def test_the_curve_runs_from_end_to_end():
    grid, mean, std = fit_gpr(*axis(3), rng=0, n_restarts=0).curve()
    assert (grid[0], grid[-1], len(grid)) == (-0.4, 0.4, 100)
    assert mean.shape == std.shape == (100,)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([0.4], [3.0]),
        (np.full(5, 0.4), np.arange(5.0)),
        (np.repeat(DISTANCES, 3), np.full(27, 0.1)),
        (np.repeat(DISTANCES, 4), np.tile([0.3, 0.1 + 0.2], 18)),
        (np.repeat(DISTANCES, 4), np.tile([10 - 1e-7, 10 + 1e-7], 18)),
        (np.tile([0.3, 0.1 + 0.2], 4), np.arange(8.0)),
        (np.repeat(DISTANCES, 3), np.repeat(np.linspace(0.1, 0.9, 9), 3)),
        (np.repeat(DISTANCES, 2), np.arange(18) // 2 + np.tile([0.3, 0.1 + 0.2], 9)),
    ],
    ids=[
        "no trial",
        "one trial",
        "one distance",
        "constant",
        "constant up to the last bit",
        "constant up to rounding",
        "one distance up to the last bit",
        "no noise",
        "no noise but rounding",
    ],
)
def test_what_trials_cannot_determine_is_nan(x, y):
    process = fit_gpr(x, y, rng=0)
    assert np.isnan(astuple(process)[:5]).all()
    grid, mean, std = process.curve(5)
    assert grid.shape == (5,)
    assert np.isnan([mean, std]).all()


@pytest.mark.parametrize("k", [1e-310, 1e-200, 1e200, 1e305])
def test_rates_whose_variance_is_no_number_are_nan(k):
    x, y = axis(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        process = fit_gpr(x, k * y, rng=0)
    assert np.isnan(astuple(process)[:5]).all()


@pytest.mark.parametrize("k", [1e-90, 1e-6, 1e6, 1e90])
def test_the_fit_does_not_depend_on_the_unit_of_rate(k):
    x, y = axis(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        process, other = (fit_gpr(x, rates, rng=0, n_restarts=2) for rates in (y, k * y))
    assert other.r2 == pytest.approx(process.r2)
    expected = process.log_likelihood - len(y) * np.log(k)
    assert other.log_likelihood == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(other.curve()[1] / k, process.curve()[1], rtol=1e-4)


def test_bad_trials_are_refused():
    with pytest.raises(SampleError, match="expected one rate per distance, found 2 for 3"):
        fit_gpr([0, 1, 2], [1.0, 2.0], rng=0)
    with pytest.raises(SampleError, match="expected rates that are finite numbers, found nan"):
        fit_gpr([0, 1, 2], [1.0, 2.0, np.nan], rng=0)

import numpy as np
import pytest
from statsmodels.discrete.discrete_model import Logit
from statsmodels.regression.linear_model import OLS

from core.errors import SampleError
from core.statistics.linear_models import least_squares, likelihood_ratio, logit_likelihood


@pytest.fixture
def sample():
    rng = np.random.default_rng(5)
    clusters = rng.integers(0, 14, 80)
    design = np.column_stack([np.ones(80), rng.normal(size=80), rng.choice([-1.0, 1.0], 80)])
    outcome = design @ [0.4, 0.8, 0.0] + rng.normal(size=14)[clusters] + rng.normal(size=80)
    return outcome, design, clusters


def test_least_squares_is_that_of_statsmodels(sample):
    outcome, design, _ = sample
    fit, peer = least_squares(outcome, design), OLS(outcome, design).fit()
    np.testing.assert_allclose(fit.coefficients, peer.params)
    np.testing.assert_allclose(fit.covariance, peer.cov_params())
    for column in range(3):
        test = fit.t_test(column)
        np.testing.assert_allclose(test, [peer.tvalues[column], peer.pvalues[column]], rtol=1e-8)
        np.testing.assert_allclose(fit.interval(column), peer.conf_int()[column])


def test_errors_by_cluster_are_those_of_statsmodels(sample):
    outcome, design, clusters = sample
    fit = least_squares(outcome, design, clusters)
    peer = OLS(outcome, design).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    np.testing.assert_allclose(fit.covariance, peer.cov_params())
    assert fit.freedom == len(np.unique(clusters)) - 3
    constraint = np.eye(3)[1:]
    assert fit.wald([1, 2]).statistic == pytest.approx(float(peer.f_test(constraint).fvalue))


def test_more_coefficients_than_clusters_are_refused():
    design = np.column_stack([np.ones(6), np.arange(6.0)])
    with pytest.raises(SampleError, match="more than 2 independent observations"):
        least_squares(np.arange(6.0), design, np.array([0, 0, 0, 1, 1, 1]))


def test_columns_that_depend_on_each_other_are_refused():
    with pytest.raises(SampleError, match="columns that depend on each other"):
        least_squares(np.arange(6.0), np.ones((6, 2)))


def test_the_likelihood_ratio_is_that_of_statsmodels(sample):
    noise, design, _ = sample
    outcome = noise > 0.5
    full, rest = Logit(outcome, design).fit(disp=0), Logit(outcome, design[:, :2]).fit(disp=0)
    assert logit_likelihood(outcome, design) == pytest.approx(full.llf)
    test = likelihood_ratio(outcome, design, [2])
    assert test.statistic == pytest.approx(2 * (full.llf - rest.llf))


def test_separable_outcomes_have_the_likelihood_of_certainty():
    design = np.column_stack([np.ones(10), np.arange(10.0)])
    assert logit_likelihood(np.arange(10) > 4, design) == pytest.approx(0, abs=1e-6)

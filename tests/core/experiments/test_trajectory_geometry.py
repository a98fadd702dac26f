"""Geometry of trajectories, against slower computations, closed forms and simulated walks."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SampleError
from core.experiments.optimizer_benchmark.trajectory_geometry import (
    cosine_fits,
    covariance_summary,
    mean_angle,
    mean_coordinate_std,
    norm_growth,
    principal_components,
    random_walk_variance,
)


@pytest.fixture(scope="module")
def walk():
    """An isotropic random walk of 75 points, the first at zero."""
    steps = np.random.default_rng(0).standard_normal((74, 20_000))
    return np.concatenate([np.zeros((1, 20_000)), steps]).cumsum(axis=0)


def test_components_are_those_of_a_singular_value_decomposition():
    codes = np.random.default_rng(1).standard_normal((9, 30)).cumsum(axis=0)
    centred = codes - codes.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    found = principal_components(codes)
    assert found.explained == pytest.approx((s**2 / (s**2).sum())[:8], rel=1e-9)
    assert np.abs(found.projections) == pytest.approx(np.abs(u * s)[:, :8], rel=1e-6, abs=1e-9)
    assert (found.projections[0] >= 0).all()


def test_a_random_walk_has_the_variance_and_the_cosines_that_theory_says(walk):
    found = principal_components(walk)
    assert found.explained[:10] == pytest.approx(random_walk_variance(75)[:10], rel=0.06)
    fits = cosine_fits(found, [1, 2, 3, 5]).set_index("PCi")
    assert (fits["Rcorr"] > 0.98).all()
    assert (fits["Rcorr_init"] > 0.98).all()
    assert list(fits["omega"]) == pytest.approx([0.5, 1, 1.5, 2.5], rel=0.05)
    slope, r2 = norm_growth(walk)
    assert slope == pytest.approx(20_000, rel=0.05)
    assert r2 > 0.999


def test_theory_is_normalised_and_has_its_limit():
    for n in (3, 75, 1000):
        assert random_walk_variance(n).sum() == pytest.approx(1)
    k = np.arange(1, 6)
    assert random_walk_variance(5000)[:5] == pytest.approx(6 / (np.pi * k) ** 2, rel=1e-5)


def test_a_cosine_is_found_again():
    x = np.arange(75) / 75
    codes = 3 * np.cos(2 * np.pi * 1.1 * (x + 0.05))[:, None] * np.ones((1, 4)) / 2
    (fit,) = cosine_fits(principal_components(codes), [1]).itertuples()
    assert fit.Rcorr == pytest.approx(1, abs=1e-6)
    assert (fit.A, fit.omega) == pytest.approx((3, 1.1), rel=1e-3)
    assert fit.expvar == pytest.approx(1)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 8), scale=st.floats(1e-3, 1e3))
def test_the_mean_angle_is_that_of_all_pairs(seed, n, scale):
    codes = scale * (np.random.default_rng(seed).standard_normal((n, 5)) + 0.3)
    unit = codes / np.linalg.norm(codes, axis=1, keepdims=True)
    cosines = [unit[i] @ unit[j] for i, j in combinations(range(n), 2)]
    assert mean_angle(codes) == pytest.approx(np.degrees(np.arccos(np.mean(cosines))), abs=1e-4)


def test_one_code_has_no_angle_and_no_spread():
    assert np.isnan(mean_angle(np.ones((1, 3))))
    assert np.isnan(mean_coordinate_std(np.ones((1, 3))))
    assert mean_coordinate_std(np.array([[0.0, 1.0], [2.0, 1.0]])) == pytest.approx(np.sqrt(2) / 2)


def test_the_summary_of_a_covariance_is_that_of_its_matrix():
    rows = np.random.default_rng(2).standard_normal((5, 5))
    covariance = rows @ rows.T + np.eye(5)
    found = covariance_summary(np.linalg.eigvalsh(covariance))
    assert found["condition"] == pytest.approx(np.linalg.cond(covariance))
    norm = np.linalg.norm
    expected = norm(covariance - np.eye(5)) ** 2 / norm(covariance) ** 2
    assert found["deviation"] == pytest.approx(expected)


@pytest.mark.parametrize("codes", [np.zeros((2, 4)), np.zeros(4), np.full((4, 4), np.nan)])
def test_what_is_no_trajectory_is_said(codes):
    with pytest.raises(SampleError, match="at least 3 generations"):
        principal_components(codes)

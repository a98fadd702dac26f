"""CholeskyCMAES: the update it promises, and its rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.utils.cholesky_factor import Factor
from core.utils.Optimizers import CholeskyCMAES


@pytest.mark.parametrize(
    ("n", "population", "mueff", "cs", "damps", "chi_n"),
    [
        (128, 25, 7.2839, 0.192604, 1.1926, 11.291644),
        (256, 28, 8.1059, 0.151062, 1.15106, 15.984387),
        (4096, 40, 11.3095, 0.0499229, 1.04992, 63.996094),
    ],
)
def test_constants_are_those_of_the_recordings(n, population, mueff, cs, damps, chi_n):
    optimizer = CholeskyCMAES(n)
    assert optimizer.lambda_ == population
    found = [optimizer.mueff, optimizer.cs, optimizer.damps, optimizer.chiN]
    np.testing.assert_allclose(found, [mueff, cs, damps, chi_n], rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(4, 40), st.integers(0, 2**31))
def test_an_update_adds_the_path_to_the_covariance(n, seed):
    rng = np.random.default_rng(seed)
    factor = Factor(n)
    for _ in range(n):
        whitened, c1 = rng.normal(size=n), 0.05
        before, path = factor.matrix, factor.right_multiply(whitened)
        shrink = factor.update(whitened, path, c1)
        after = factor.matrix
        np.testing.assert_allclose(
            after.T @ after, (1 - c1) * before.T @ before + c1 * np.outer(path, path), atol=1e-9
        )
        np.testing.assert_allclose(shrink * whitened @ after, path, atol=1e-9)


def test_updates_come_every_eleven_generations():
    optimizer = CholeskyCMAES(40, random_seed=0)
    codes, updates = np.zeros((1, 40)), []
    for call in range(34):
        before = optimizer._factor.n_updates
        codes = optimizer.step(codes.sum(axis=1), codes)
        if optimizer._factor.n_updates > before:
            updates.append(call)
    assert updates == [11, 22, 33]


def test_without_adaptation_the_factor_stays_the_identity():
    optimizer = CholeskyCMAES(40, adapt=False, Aupdate_freq=0, random_seed=0)
    codes = np.zeros((1, 40))
    for _ in range(20):
        codes = optimizer.step(codes.sum(axis=1), codes)
    np.testing.assert_array_equal(optimizer.A, np.eye(40))


def test_same_seed_same_codes_and_no_global_state():
    before = np.random.get_state()[1].copy()  # noqa: NPY002

    def run(seed):
        optimizer = CholeskyCMAES(16, random_seed=seed)
        codes = optimizer.step(np.zeros(1), np.zeros((1, 16)))
        return optimizer.step(codes.sum(axis=1), codes)

    np.testing.assert_array_equal(run(3), run(3))
    assert not np.array_equal(run(3), run(4))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_unknown_scores_rank_last():
    optimizer = CholeskyCMAES(4, random_seed=0)
    codes = np.arange(12.0).reshape(3, 4)
    optimizer.step(np.array([np.nan, 1.0, 0.0]), codes)
    weights = optimizer.weights[:3]
    np.testing.assert_allclose(optimizer.xmean, weights @ codes[[1, 2, 0]] / weights.sum())


def test_shapes_that_do_not_fit_are_refused():
    optimizer = CholeskyCMAES(4, random_seed=0)
    with pytest.raises(ValueError, match="3 scores for codes of shape"):
        optimizer.step(np.zeros(3), np.zeros((2, 4)))
    codes = optimizer.step(np.zeros(1), np.zeros((1, 4)))
    with pytest.raises(ValueError, match="expected 5 to 10 codes"):
        optimizer.step(np.zeros(2), codes[:2])

"""CholeskyCMAES: the update it promises, and its rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.optimizers import cholesky_factor
from core.optimizers.cholesky_factor import Factor
from core.utils.Optimizers import CholeskyCMAES

REFERENCE = """
   2  7  3  2.2548 0.666667   0.514986  0.171573    1.51499  1.254273  0.58565
   8 13  6  3.9809 0.333333   0.413632  0.0225664   1.41363  2.742143  0.38183
  10 13  6  3.9809 0.285714   0.386857  0.015351    1.38686  3.084727  0.38183
  16 16  8  4.8409 0.2        0.35486   0.00659511  1.35486  3.938244  0.32844
  32 19  9  5.6476 0.111111   0.295826  0.0017913   1.29583  5.612923  0.29068
 128 25 12  7.2839 0.030303   0.192604  1.19417e-4  1.1926   11.291644 0.23767
 256 28 14  8.1059 0.0153846  0.151062  3.01832e-5  1.15106  15.984387 0.21835
 500 30 15  8.6431 0.00793651 0.116199  7.95494e-6  1.1162   22.349504 0.20743
 800 32 16  9.1788 0.00497512 0.0967511 3.11398e-6  1.09675  28.275435 0.19767
4096 40 20 11.3095 9.7561e-4  0.0499229 1.19127e-7  1.04992  63.996094 0.16712
"""
"""N, lambda, mu, mueff, cc, cs, c1, damps, chiN and the first weight of the published class."""


@pytest.mark.parametrize("row", REFERENCE.strip().splitlines(), ids=lambda row: row.split()[0])
def test_constants_are_the_published_ones(row):
    n, *expected = map(float, row.split())
    o = CholeskyCMAES(int(n))
    found = [o.lambda_, o.mu, o.mueff, o.cc, o.cs, o.c1, o.damps, o.chiN, o.weights[0]]
    np.testing.assert_allclose(found, expected, rtol=3e-5)


def test_the_factored_form_follows_the_dense_one(monkeypatch):
    """Also where it becomes dense itself, after n / 2 updates, under fast learning."""
    axes = np.geomspace(0.1, 10, 64)

    def codes(dense_up_to):
        monkeypatch.setattr(cholesky_factor, "DENSE_UP_TO", dense_up_to)
        optimizer = CholeskyCMAES(
            64, None, 3.0, np.zeros(64), 0, random_seed=0, optim_params={"c1": 0.02}
        )
        codes = optimizer.get_init_pop()
        for _ in range(100):
            codes = optimizer.step(-(np.square(codes - 1) * axes).sum(axis=1), codes)
        return codes

    dense, factored = codes(64), codes(0)
    np.testing.assert_allclose(factored, dense, rtol=0, atol=1e-9 * np.abs(dense).max())


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


@pytest.mark.parametrize(
    ("freq", "first", "n_updates"), [(0, [1, 2, 3], 99), (1, [2, 4, 6], 49), (10, [11, 22, 33], 9)]
)
def test_updates_come_one_generation_later_than_the_name_says(freq, first, n_updates):
    optimizer = CholeskyCMAES(40, Aupdate_freq=freq, random_seed=0)
    codes, updates = np.zeros((1, 40)), []
    for call in range(100):
        before = optimizer._factor.n_updates
        codes = optimizer.step(codes.sum(axis=1), codes)
        if optimizer._factor.n_updates > before:
            updates.append(call)
    assert updates[:3] == first
    assert len(updates) == n_updates


def test_driven_by_noise_alone_it_moves_as_published():
    """75 generations in fc6's space on random scores: means and 4 SD of 12 runs of the original."""
    rng = np.random.default_rng(0)
    optimizer = CholeskyCMAES(4096, 40, 3.0, np.zeros(4096), random_seed=1)
    codes, means, sigmas, spreads = np.zeros((1, 4096)), [], [], []
    for _ in range(75):
        means.append(codes.mean(axis=0))
        spreads.append(codes.std(axis=0, ddof=1).mean() if len(codes) > 1 else 0)
        norm = np.linalg.norm(codes, axis=1).mean()
        codes = optimizer.step(rng.standard_normal(len(codes)), codes)
        sigmas.append(optimizer.sigma)
    squared_norms = np.square(means).sum(axis=1)
    assert np.linalg.norm(optimizer.xmean) == pytest.approx(390.6, abs=4 * 5.3)
    assert norm == pytest.approx(417.1, abs=4 * 5.7)
    assert np.corrcoef(np.arange(75), squared_norms)[0, 1] ** 2 == pytest.approx(0.998, abs=0.003)
    np.testing.assert_allclose(
        np.array(sigmas)[[0, 1, 10, 25, 50, 74]], [3, 2.904, 2.504, 2.347, 2.308, 2.314], rtol=0.06
    )
    np.testing.assert_allclose([spreads[1], spreads[74]], [2.978, 2.302], rtol=0.06)
    eigenvalues = optimizer.covariance_eigenvalues()
    assert eigenvalues[0] == pytest.approx((1 - optimizer.c1) ** 6, rel=1e-12)
    assert eigenvalues[-1] / eigenvalues[0] == pytest.approx(1.0001733, abs=2e-5)


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

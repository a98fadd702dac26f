"""CholeskyCMAES in factored form against the same algorithm with dense matrices.

The dense peer keeps A and its inverse as arrays, as the published class does. Both see the same
draws; the largest difference between their codes is printed with the ratio.
"""

import time

import numpy as np

from core.utils.cholesky_cmaes import CholeskyCMAES

N, N_GENERATIONS = 4096, 23


class Dense:
    """Rank-one Cholesky updates on (N, N) arrays."""

    def __init__(self, like: CholeskyCMAES, rng: np.random.Generator):
        self.like, self.rng = like, rng
        self.mean = np.zeros(N)
        self.ps, self.pc, self.sigma = np.zeros(N), np.zeros(N), like.sigma
        self.a, self.inverse = np.eye(N), np.eye(N)
        self.calls = self.last_update = 0

    def step(self, scores: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """One generation."""
        c = self.like
        best = np.argsort(-scores, kind="stable")[: c.mu]
        if self.calls > 0:
            self.mean = c.weights @ codes[best]
            z = c.weights @ self.z[best]
            self.ps = (1 - c.cs) * self.ps + np.sqrt(c.cs * (2 - c.cs) * c.mueff) * z
            self.pc = (1 - c.cc) * self.pc + np.sqrt(c.cc * (2 - c.cc) * c.mueff) * (z @ self.a)
            self.sigma *= np.exp(c.cs / c.damps * (np.linalg.norm(self.ps) / c.chiN - 1))
            if (self.calls - self.last_update) * c.lambda_ > c.update_crit:
                self.last_update = self.calls
                self._update(c.c1)
        self.calls += 1
        self.z = self.rng.standard_normal((c.lambda_, N))
        return self.mean + self.sigma * self.z @ self.a

    def _update(self, c1: float) -> None:
        v = self.pc @ self.inverse
        h = v @ v
        s, shrink = np.sqrt(1 + h * c1 / (1 - c1)), np.sqrt(1 - c1)
        self.a = shrink * (self.a + (s - 1) / h * np.outer(v, self.pc))
        column = self.inverse @ v
        self.inverse = (self.inverse - (1 - 1 / s) / h * np.outer(column, v)) / shrink


def compare() -> tuple[float, float, float]:
    """Seconds of the dense and of the factored optimizer, and their largest relative difference."""
    target = np.random.default_rng(1).standard_normal(N)
    runs = []
    for dense in (True, False):
        factored = CholeskyCMAES(
            N,
            init_code=np.zeros(N),
            random_seed=np.random.default_rng(0),
            optim_params={"c1": 1e-4},
        )
        optimizer = Dense(factored, np.random.default_rng(0)) if dense else factored
        codes, seconds = np.zeros((1, N)), 0.0
        for _ in range(N_GENERATIONS):
            scores = -np.square(codes - target).sum(axis=1)
            start = time.perf_counter()
            codes = optimizer.step(scores, codes)
            seconds += time.perf_counter() - start
        runs.append((seconds, codes))
    (dense_seconds, dense_codes), (seconds, codes) = runs
    difference = np.abs(codes - dense_codes).max() / np.abs(dense_codes).max()
    return dense_seconds, seconds, float(difference)


def report() -> str:
    """One line."""
    dense, factored, difference = compare()
    return (
        f"CholeskyCMAES, N = {N}, {N_GENERATIONS} generations: dense {dense:.2f} s, factored "
        f"{factored:.2f} s, {dense / factored:.0f}x faster; codes differ by {difference:.0e}"
    )

"""Cholesky CMA-ES of many independent runs at once, as the alignment experiment uses it.

All runs have the same dimension and population, so they update their covariance in the same calls.
Rows are points; the covariance of a run is ``A.T @ A``.
"""

from math import sqrt

import torch

from core.optimizers.cma_constants import cma_constants

UPDATE_FACTOR = 1
"""The covariance is updated once more than this many populations were drawn since the last time."""


class BatchedCholeskyCMAES:
    """Rank-one Cholesky CMA-ES of n runs in d dimensions; maximises.

    Parameters
    ----------
    start
        ``(n, d)`` starting points, float64. The first call scores these alone.
    sigma
        First step size.
    rngs
        Source of every run's samples.

    Attributes
    ----------
    population : ``(n, lambda_, d)``
        The points to score next; before the first call ``(n, 1, d)``, the starting points.
    """

    def __init__(self, start: torch.Tensor, rngs: list[torch.Generator], sigma: float = 0.5):
        n, d = start.shape
        self.rngs = rngs
        self.constants = cma_constants(d)
        self.lambda_ = self.constants.lambda_
        self.weights = torch.from_numpy(self.constants.weights)
        self.sigma = torch.full((n, 1, 1), sigma, dtype=torch.float64)
        self.A = torch.eye(d, dtype=torch.float64).repeat(n, 1, 1)
        self.inverse = self.A.clone()
        self.ps = torch.zeros(n, 1, d, dtype=torch.float64)
        self.pc = torch.zeros(n, 1, d, dtype=torch.float64)
        self.mean = start[:, None]
        self.population = self.mean
        self.draws = None
        self.n_drawn = self.n_at_update = 0

    def step(self, scores: torch.Tensor) -> None:
        """Take in the scores of the population and draw the next one.

        Parameters
        ----------
        scores : (n, lambda_)
            One score per point; a NaN ranks last.
        """
        if self.draws is not None:
            self._update(scores)
        d = self.mean.shape[2]
        self.draws = torch.stack(
            [torch.randn(self.lambda_, d, dtype=torch.float64, generator=rng) for rng in self.rngs]
        )
        self.population = self.mean + self.sigma * (self.draws @ self.A)
        self.n_drawn += self.lambda_

    def _update(self, scores: torch.Tensor) -> None:
        c = self.constants
        scores = torch.where(scores.isnan(), -torch.inf, scores)
        best = scores.argsort(dim=1, descending=True, stable=True)[:, : c.mu, None]
        chosen = best.expand(-1, -1, self.mean.shape[2])
        self.mean = (self.weights @ self.population.gather(1, chosen))[:, None]
        z = (self.weights @ self.draws.gather(1, chosen))[:, None]
        self.ps = (1 - c.cs) * self.ps + sqrt(c.cs * (2 - c.cs) * c.mueff) * z
        self.pc = (1 - c.cc) * self.pc + sqrt(c.cc * (2 - c.cc) * c.mueff) * (z @ self.A)
        length = self.ps.norm(dim=2, keepdim=True)
        self.sigma = self.sigma * torch.exp(c.cs / c.damps * (length / c.chi - 1))
        if self.n_drawn - self.n_at_update > UPDATE_FACTOR * self.lambda_:
            self.n_at_update = self.n_drawn
            self._update_factor(c.c1)

    def _update_factor(self, c1: float) -> None:
        """Rank-one update of the Cholesky factor and of its inverse."""
        v = self.pc @ self.inverse
        n = v.square().sum(dim=2, keepdim=True)
        shrink = sqrt(1 - c1)
        q = torch.sqrt(1 + n * c1 / (1 - c1))
        self.A = shrink * self.A + shrink / n * (q - 1) * (v.mT @ self.pc)
        column = self.inverse @ v.mT
        self.inverse = self.inverse / shrink - (1 - 1 / q) / (shrink * n) * (column @ v)

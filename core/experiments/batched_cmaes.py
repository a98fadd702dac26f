"""Cholesky CMA-ES of many independent runs at once, as the alignment experiment uses it.

All runs have the same dimension and population, so they update their covariance in the same calls.
Rows are points; the covariance of a run is ``A.T @ A``.
"""

from math import floor, log, log2, sqrt

import torch

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
    generators
        Source of every run's samples.

    Attributes
    ----------
    population : ``(n, lambda_, d)``
        The points to score next; before the first call ``(n, 1, d)``, the starting points.
    """

    def __init__(self, start: torch.Tensor, generators: list[torch.Generator], sigma: float = 0.5):
        n, d = start.shape
        self.generators = generators
        self.lambda_ = 4 + floor(3 * log2(d))
        self.mu = self.lambda_ // 2
        ranks = torch.arange(1, self.mu + 1, dtype=torch.float64)
        weights = log(self.lambda_ / 2 + 0.5) - torch.log(ranks)
        self.weights = weights / weights.sum()
        mueff = 1 / self.weights.square().sum().item()
        self.cc = 4 / (d + 4)
        self.cs = sqrt(mueff) / (sqrt(mueff) + sqrt(d))
        self.c1 = 2 / (d + sqrt(2)) ** 2
        self.damps = 1 + self.cs + 2 * max(0.0, sqrt(max((mueff - 1) / (d + 1), 0)) - 1)
        self.chi = sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d**2))
        self.mueff = mueff
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
        """Take in the scores ``(n, lambda_)`` of the population and draw the next one."""
        if self.draws is not None:
            self._update(scores)
        d = self.mean.shape[2]
        self.draws = torch.stack(
            [
                torch.randn(self.lambda_, d, dtype=torch.float64, generator=generator)
                for generator in self.generators
            ]
        )
        self.population = self.mean + self.sigma * (self.draws @ self.A)
        self.n_drawn += self.lambda_

    def _update(self, scores: torch.Tensor) -> None:
        best = scores.argsort(dim=1, descending=True, stable=True)[:, : self.mu, None]
        chosen = best.expand(-1, -1, self.mean.shape[2])
        self.mean = (self.weights @ self.population.gather(1, chosen))[:, None]
        z = (self.weights @ self.draws.gather(1, chosen))[:, None]
        self.ps = (1 - self.cs) * self.ps + sqrt(self.cs * (2 - self.cs) * self.mueff) * z
        step = sqrt(self.cc * (2 - self.cc) * self.mueff)
        self.pc = (1 - self.cc) * self.pc + step * (z @ self.A)
        length = self.ps.norm(dim=2, keepdim=True)
        self.sigma = self.sigma * torch.exp(self.cs / self.damps * (length / self.chi - 1))
        if self.n_drawn - self.n_at_update > UPDATE_FACTOR * self.lambda_:
            self.n_at_update = self.n_drawn
            self._update_factor()

    def _update_factor(self) -> None:
        """Rank-one update of the Cholesky factor and of its inverse."""
        v = self.pc @ self.inverse
        n = v.square().sum(dim=2, keepdim=True)
        shrink = sqrt(1 - self.c1)
        q = torch.sqrt(1 + n * self.c1 / (1 - self.c1))
        self.A = shrink * self.A + shrink / n * (q - 1) * (v.mT @ self.pc)
        column = self.inverse @ v.mT
        self.inverse = self.inverse / shrink - (1 - 1 / q) / (shrink * n) * (column @ v)

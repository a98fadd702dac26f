"""Evolution strategy for spike counts: mirrored samples, ranks with ties, small steps per image.

Codes are rows, shown in pairs ``m + sigma z, m - sigma z`` (Brockhoff et al. 2010), so that what is
even in z cancels in the estimate of the gradient. All ranks count, the bad as well as the good, as
normal scores; equal scores get equal weights, and a silent generation moves nothing. The mean moves
by a fraction of sigma for each image, so that the noise of one trial is averaged over generations
(a learning rate below 1, Hansen et al. 2009), and sigma stays.

The fraction follows the length of the path of successive gradients, as the step size of CMA-ES
does (Hansen & Ostermeier 2001): on a noisy round bowl the best step leaves them uncorrelated. While
they agree, the optimum is far for the noise there is, and the fraction is as large as it may be;
where they turn back it shrinks. ``python -m benchmarks.spike_counts`` sets it beside other
strategies.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from core.computing.array_backend import NUMPY_DEVICE, Array, backend_of
from core.computing.random_source import Draw, Randomness, RandomSource
from core.errors import ScoreError, SettingError
from core.optimizers.cma_constants import default_population, rank_weights
from core.optimizers.protocol import Optimizer, State, one_code
from core.settings import positive_number, whole

if TYPE_CHECKING:
    import torch

LEARNING_RATE = 0.04
"""Largest step of the mean for each image, in sigma, on the 256 numbers that it was tuned on."""

LEAST_SHARE = 0.5
"""Of the learning rate, to which it shrinks at most."""

PATH_RATE, DAMPING = 0.1, 0.3
"""Weight of a generation in the path, and how fast the learning rate follows the path's length."""

N_AT_MOST = 50
"""Images of a generation that the step grows with: it is sigma times the gradient at most."""


class MirroredES(Optimizer):
    """Maximise (or minimise) noisy scores over codes of `space_dimen` numbers.

    Parameters
    ----------
    space_dimen
        Length N of a code.
    population_size
        lambda, an even number; by default ``4 + floor(3 log2 N)``, made even.
    init_sigma
        Spread of the codes around the mean, in units of the code; it stays.
    init_code : (N,) or (1, N), optional
        Mean of the first codes. Without it the caller chooses these, at least two, and the mean
        becomes the rank-weighted mean of their better half.
    maximize
        Whether larger scores are better.
    random_seed
        Seed or generator of the samples.
    learning_rate
        Step of the mean for each image, in sigma, at first and at most; half of it at least.
    device
        Where it computes: with NumPy by default, with torch on a named device, on CUDA when present
        for None.
    draw
        Function of a shape that returns the normal samples, in place of the generator.

    Attributes
    ----------
    xmean : (N,) or None
        Mean of the next samples: what an experimenter reports, and not the best single trial.
    sigma
        As given.
    rate
        Learning rate of the last step.

    Raises
    ------
    SettingError, CodeError
        If a setting is out of its range, or `init_code` is not one code.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> optimizer = MirroredES(8, init_sigma=0.5, init_code=np.zeros(8), random_seed=0)
    >>> codes = optimizer.get_init_pop()
    >>> for _ in range(200):
    ...     rates = 50 * np.exp(-np.square(codes - 1).sum(axis=1) / 8)
    ...     codes = optimizer.step(rng.poisson(rates), codes)
    >>> bool(np.abs(optimizer.xmean - 1).max() < 0.4)
    True
    """

    def __init__(
        self,
        space_dimen: int,
        population_size: int | None = None,
        init_sigma: float = 0.2,
        init_code: Array | None = None,
        maximize: bool = True,
        random_seed: Randomness = None,
        *,
        learning_rate: float = LEARNING_RATE,
        device: "str | torch.device | None" = NUMPY_DEVICE,
        draw: Draw | None = None,
    ):
        self.space_dimen = whole(space_dimen, "space_dimen", at_least=1)
        if population_size is None:
            population_size = 2 * (default_population(self.space_dimen) // 2)
        self.lambda_ = whole(population_size, "population_size", at_least=2)
        if self.lambda_ % 2:
            raise SettingError(
                path="population_size", expected="an even number of codes", found=self.lambda_
            )
        self.sigma = positive_number(init_sigma, "init_sigma")
        self.learning_rate = positive_number(learning_rate, "learning_rate")
        self.maximize = maximize
        self.backend = backend_of(device)
        self._rate = self.learning_rate
        self._path = self.backend.zeros(self.space_dimen)
        self._source = RandomSource(random_seed, self.backend, draw)
        start = one_code(init_code, self.space_dimen, self.backend)
        self.xmean = None if start is None else start[0]
        self._first = None if start is None else self._sample()
        self.population = self._first

    @property
    def rate(self) -> float:
        """Learning rate of the last step."""
        return float(self._rate)

    def _first_population(self) -> Array | None:
        """The first generation, (lambda_, N), around `init_code`."""
        return self._first

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit."""
        return super().settings() | {
            "init_sigma": self.sigma,
            "learning_rate": self.learning_rate,
        }

    def check_generation(self, n: int) -> None:
        """Refuse fewer than two codes, or more than were proposed; a short block teaches less."""
        if n < 2 or (n > self.lambda_ and self.xmean is not None):
            raise ScoreError(expected=f"2 to {self.lambda_} codes of the last population", found=n)

    def _next(self, scores: Array, codes: Array) -> Array:
        n = len(codes)
        if self.xmean is None:
            best = codes[self._ranked(scores)[: n // 2]]
            self.xmean = self.backend.numbers(rank_weights(n // 2, n / 2)) @ best
            return self._sample()
        weights = self._weights(scores)
        gradient = weights @ (codes - self.xmean) / self.sigma
        self._follow(gradient, weights @ weights)
        self.xmean = self.xmean + self._rate * min(1, N_AT_MOST / n) * self.sigma * gradient
        return self._sample()

    def _follow(self, gradient: Array, squared_weights: Array) -> None:
        """Adapt the learning rate to the path; without signal the gradient has unit variance."""
        xp, kept = self.backend.xp, 1 - PATH_RATE
        unit = gradient / xp.sqrt(xp.where(squared_weights > 0, squared_weights, 1.0))
        self._path = kept * self._path + math.sqrt(1 - kept**2) * unit
        expected = 1 - kept ** (2 * (self.istep + 1))
        excess = self._path @ self._path / self.space_dimen - expected
        least = LEAST_SHARE * self.learning_rate
        self._rate = xp.clip(self._rate * xp.exp(DAMPING * excess), least, self.learning_rate)

    def _weights(self, scores: Array) -> Array:
        """Normal score of each code's rank; equal scores share theirs, unknown ones are last."""
        xp = self.backend.xp
        signed = scores if self.maximize else -scores
        signed = xp.where(xp.isfinite(signed), signed, -xp.inf)
        below = (signed[:, None] > signed).sum(1)
        equal = (signed[:, None] == signed).sum(1)
        n = len(signed)
        halves = self.backend.numbers(ndtri((np.arange(2 * n - 1) / 2 + 0.5) / n))
        return halves[2 * below + equal - 1]

    def _sample(self) -> Array:
        """Codes (lambda_, N) in pairs, so that a block that is cut short keeps its pairs."""
        z = self._source.normal((self.lambda_ // 2, self.space_dimen))
        both = self.backend.xp.stack([z, -z], 1).reshape(self.lambda_, self.space_dimen)
        return self.xmean + self.sigma * both

    def _state(self) -> dict[str, Any]:
        mean = {} if self.xmean is None else {"xmean": self.xmean}
        adapted = {"rate": self._rate, "path": self._path}
        return mean | adapted | {"generator": self._source.state()}

    def _load_state(self, state: State) -> None:
        self._source.load_state(state["generator"])
        numbers = self.backend.numbers
        self.xmean = numbers(state["xmean"]) if "xmean" in state else None
        self._rate, self._path = numbers(state["rate"]), numbers(state["path"])

"""Covariance-matrix adaptation by rank-one Cholesky updates (after Krause & Igel 2015).

Codes are rows: a population is (lambda, N), sampling is ``X = m + sigma Z A`` and the covariance is
``A^T A``. Population size and rates are those of `core.optimizers.cma_constants`; the factor A is
that of `core.optimizers.cholesky_factor`, which forms no N x N matrix at the dimensions of image
generators. Numbers of equations are those of Hansen's tutorial (arXiv 1604.00772).
"""

import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.computing.array_backend import NUMPY_DEVICE, Array, backend_of
from core.computing.random_source import Draw, Randomness, RandomSource
from core.errors import ScoreError, SettingError
from core.optimizers.cholesky_factor import Factor
from core.optimizers.cma_constants import cma_constants
from core.optimizers.protocol import Optimizer, State, as_part, one_code, part_of
from core.settings import positive_number

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)


class CholeskyCMAES(Optimizer):
    """Maximise (or minimise) a score over codes of `space_dimen` numbers.

    One call is one generation: hand in the scores of the codes that were shown, get the next codes.

    Parameters
    ----------
    space_dimen
        Length N of a code.
    population_size
        lambda; by default ``4 + floor(3 log2 N)``.
    init_sigma
        Initial step size, in units of the code.
    init_code : (N,) or (1, N), optional
        Mean after the first call. Without it the first call takes the rank-weighted mean of the
        codes handed in.
    Aupdate_freq
        A is updated every ``Aupdate_freq + 1`` generations (the published comparison is strict), so
        0 updates every generation; None spaces the updates by ``1 / (10 c1 N)`` generations.
    maximize
        Whether larger scores are better.
    random_seed
        Seed or generator of the samples.
    optim_params
        May override ``cc``, ``cs``, ``c1``; other keys are ignored.
    adapt
        False keeps A at the identity.
    device
        Where it computes: with NumPy by default, with torch on a named device, on CUDA when present
        for None. On a GPU nothing is waited for: scores and codes that are there stay there.
    draw
        Function of a shape that returns the normal samples, in place of the generator.

    Attributes
    ----------
    xmean, sigma
        Mean (N,) and step size of the next samples.
    ps, pc : (N,)
        Evolution paths of the step size and of the covariance.

    Raises
    ------
    SettingError, CodeError
        If a setting is out of its range, or `init_code` is not one code.

    Examples
    --------
    >>> optimizer = CholeskyCMAES(8, init_code=np.zeros(8), init_sigma=1.0, random_seed=0)
    >>> codes = np.zeros((1, 8))
    >>> for _ in range(60):
    ...     codes = optimizer.step(-np.square(codes - 2).sum(axis=1), codes)
    >>> bool(np.abs(optimizer.xmean - 2).max() < 0.1)
    True
    """

    def __init__(
        self,
        space_dimen: int,
        population_size: int | None = None,
        init_sigma: float = 3.0,
        init_code: Array | None = None,
        Aupdate_freq: float | None = 10,  # noqa: N803 (published name)
        maximize: bool = True,
        random_seed: Randomness = None,
        optim_params: Mapping[str, float] | None = None,
        *,
        adapt: bool = True,
        device: "str | torch.device | None" = NUMPY_DEVICE,
        draw: Draw | None = None,
    ):
        n = int(space_dimen)
        self.space_dimen = n
        self.backend = backend_of(device)
        self.maximize = maximize
        self.adapt = adapt
        self.init_sigma = positive_number(init_sigma, "init_sigma")
        self.init_code = one_code(init_code, n, self.backend)
        self.xmean = self.backend.zeros(n)
        self._source = RandomSource(random_seed, self.backend, draw)
        self._search_in(n, population_size, Aupdate_freq, optim_params)

    def _search_in(
        self,
        n: int,
        population_size: int | None,
        update_freq: float | None,
        optim_params: Mapping[str, float] | None,
    ) -> None:
        """Set up a search of `n` dimensions, which need not be those of the code."""
        constants = cma_constants(n, population_size, optim_params)
        self.lambda_, self.mu = constants.lambda_, constants.mu
        self.weights = self.backend.numbers(constants.weights)
        self.mueff = constants.mueff
        self.cc, self.cs, self.c1 = constants.cc, constants.cs, constants.c1
        self.damps, self.chiN = constants.damps, constants.chi
        if update_freq is not None and not update_freq >= 0:
            raise SettingError(
                path="Aupdate_freq", expected="at least 0, or None", found=f"{update_freq!r}"
            )
        self.update_crit = (
            self.lambda_ / (10 * self.c1 * n) if update_freq is None else update_freq * self.lambda_
        )
        self._n = n
        self._sigma = self.init_sigma
        self.ps, self._path, self._whitened = (self.backend.zeros(n) for _ in range(3))
        self.counteval = self.eigeneval = 0
        self._factor = Factor(n, self.backend)
        self._z = self.backend.zeros(0, n)

    @property
    def sigma(self) -> float:
        """Step size of the next samples, in units of the code."""
        return float(self._sigma)

    @property
    def pc(self) -> Array:
        """Evolution path of the covariance, (N,)."""
        return self._in_code_space(self._path)

    @property
    def A(self) -> np.ndarray:  # noqa: N802 (the paper's symbol)
        """Factor of the covariance, (N, N); formed on request."""
        return self._factor.matrix

    @property
    def Ainv(self) -> np.ndarray:  # noqa: N802
        """Inverse of `A`, (N, N); formed on request."""
        return self._factor.inverse

    def covariance_eigenvalues(self) -> np.ndarray:
        """Eigenvalues of ``A^T A``, without the step size, (N,) ascending; computed on request."""
        return self._factor.covariance_eigenvalues()

    def _first_population(self) -> Array | None:
        """`init_code` as (1, N), None if there is none."""
        return self.init_code

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit."""
        return super().settings() | {
            "init_sigma": self.init_sigma,
            "adapt": self.adapt,
            "update_crit": self.update_crit,
            "cc": self.cc,
            "cs": self.cs,
            "c1": self.c1,
        }

    def _next(self, scores: Array, codes: Array) -> Array:
        z = self._source.normal((self.lambda_, self._n))  # before anything moves: it may refuse
        if self.istep == 0:
            self._start(codes[self._ranked(scores)])
        else:
            self._learn(codes, self._ranked(scores)[: self.mu])
        self._z = z
        self.counteval += self.lambda_
        codes = self._in_code_space(self._factor.right_multiply(self._z))
        codes *= self._sigma
        codes += self.xmean
        return codes

    def check_generation(self, n: int) -> None:
        """Refuse fewer codes than are selected, or more than were proposed."""
        if self.istep > 0 and not self.mu <= n <= len(self._z):
            raise ScoreError(
                expected=f"{self.mu} to {len(self._z)} codes of the last population", found=n
            )

    def _in_code_space(self, rows: Array) -> Array:
        """Rows of the search space (..., n) as rows of the code's space."""
        return rows

    def _start(self, ranked_codes: Array) -> None:
        if self.init_code is not None:
            self.xmean = self.init_code[0]
            return
        weights = self.weights[: len(ranked_codes)]
        self.xmean = weights @ ranked_codes[: self.mu] / weights.sum()

    def _learn(self, codes: Array, best: Array) -> None:
        xp = self.backend.xp
        self.xmean = self.weights @ codes[best]  # eq. 42, with a learning rate of 1
        z = self.weights @ self._z[best]  # eq. 41, before it is turned by the factor
        # eq. 43
        self.ps = (1 - self.cs) * self.ps + math.sqrt(self.cs * (2 - self.cs) * self.mueff) * z
        gain = math.sqrt(self.cc * (2 - self.cc) * self.mueff)
        self._whitened = (1 - self.cc) * self._whitened + gain * z
        # eq. 45
        self._path = (1 - self.cc) * self._path + gain * self._factor.right_multiply(z)
        length = xp.sqrt(self.ps @ self.ps)
        # eq. 44
        self._sigma = self._sigma * xp.exp(self.cs / self.damps * (length / self.chiN - 1))
        if self.adapt and self.counteval - self.eigeneval > self.update_crit:
            self.eigeneval = self.counteval
            # eq. 47 with the rank-one term alone
            shrink = self._factor.update(self._whitened, self._path, self.c1)
            self._whitened = self._whitened * shrink
            logger.debug("step %d: factor updated", self.istep)

    def _state(self) -> dict[str, Any]:
        return {
            "xmean": self.xmean,
            "sigma": self._sigma,
            "ps": self.ps,
            "path": self._path,
            "whitened": self._whitened,
            "z": self._z,
            "counteval": self.counteval,
            "eigeneval": self.eigeneval,
            "generator": self._source.state(),
            **as_part("factor", self._factor.state()),
        }

    def _load_state(self, state: State) -> None:
        self._source.load_state(state["generator"])
        numbers = self.backend.numbers
        self.xmean, self.ps = numbers(state["xmean"]), numbers(state["ps"])
        self._path, self._whitened = numbers(state["path"]), numbers(state["whitened"])
        self._z, self._sigma = numbers(state["z"]), numbers(state["sigma"])
        self.counteval, self.eigeneval = int(state["counteval"]), int(state["eigeneval"])
        self._factor.load_state(part_of(state, "factor"))

"""Covariance-matrix adaptation by rank-one Cholesky updates (after Krause & Igel 2015).

Codes are rows: a population is (lambda, N), sampling is ``X = m + sigma Z A`` and the covariance is
``A^T A``. Population size and rates are those of `core.utils.cma_constants`.

The factor after k updates is ``A = alpha (I + V^T Q)`` with V, Q of shape (k, N), so no N x N
matrix is formed until k reaches N / 2.
"""

import logging
from collections.abc import Callable, Mapping

import numpy as np

from core.utils.cma_constants import cma_constants

logger = logging.getLogger(__name__)

DENSE_UP_TO = 32
"""Dimension up to which the factor is an ordinary matrix from the start."""


class Factor:
    """The matrix A, starting at the identity and multiplied by rank-one updates from the left."""

    def __init__(self, n: int):
        self.n = n
        self.n_updates = 0
        self._alpha = 1.0
        self._v = np.empty((0, n))
        self._q = np.empty((0, n))
        self._dense = np.eye(n) if n <= DENSE_UP_TO else None

    def right_multiply(self, z: np.ndarray) -> np.ndarray:
        """``z A`` for rows z, (..., N)."""
        if self._dense is not None:
            return z @ self._dense
        if self.n_updates == 0:
            return z.copy()
        k = self.n_updates
        return self._alpha * (z + (z @ self._v[:k].T) @ self._q[:k])

    def update(self, whitened: np.ndarray, path: np.ndarray, c1: float) -> float:
        """Make ``A^T A`` equal ``(1 - c1) A^T A + c1 path^T path``; the path is ``whitened A``.

        Returns
        -------
        float
            Factor by which the whitened path shrinks, since the path is now seen through the new A.
        """
        squared_length = whitened @ whitened
        shrink = np.sqrt(1 - c1)
        if squared_length == 0:
            self._scale(shrink)
            return 1 / shrink
        stretch = np.sqrt(1 + squared_length * c1 / (1 - c1))
        gain = (stretch - 1) / squared_length
        if self._dense is None and self.n_updates >= self.n // 2:
            self._dense = self.matrix
        if self._dense is not None:
            self._dense = shrink * (self._dense + gain * np.outer(whitened, path))
        else:
            self._append(whitened, gain / self._alpha * path)
            self._alpha *= shrink
        self.n_updates += 1
        return 1 / (shrink * stretch)

    @property
    def matrix(self) -> np.ndarray:
        """A, (N, N)."""
        if self._dense is not None:
            return self._dense.copy()
        k = self.n_updates
        return self._alpha * (np.eye(self.n) + self._v[:k].T @ self._q[:k])

    def _scale(self, shrink: float) -> None:
        if self._dense is not None:
            self._dense *= shrink
        else:
            self._alpha *= shrink

    def _append(self, v: np.ndarray, q: np.ndarray) -> None:
        k = self.n_updates
        if k == len(self._v):
            grown = np.empty((max(8, 2 * k) - k, self.n))
            self._v = np.concatenate([self._v, grown])
            self._q = np.concatenate([self._q, grown])
        self._v[k], self._q[k] = v, q


class CholeskyCMAES:
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
        A is updated every ``Aupdate_freq + 1`` generations (the published comparison is strict);
        None spaces the updates by ``1 / (10 c1 N)`` generations.
    maximize
        Whether larger scores are better.
    random_seed
        Seed or generator of the samples.
    optim_params
        May override ``cc``, ``cs``, ``c1``.
    adapt
        False keeps A at the identity.
    draw
        Function of a shape that returns the normal samples, in place of the generator.

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
        init_code: np.ndarray | None = None,
        Aupdate_freq: float | None = 10,  # noqa: N803 (published name)
        maximize: bool = True,
        random_seed: int | np.random.Generator | np.random.RandomState | None = None,
        optim_params: Mapping[str, float] | None = None,
        *,
        adapt: bool = True,
        draw: Callable[[tuple[int, int]], np.ndarray] | None = None,
    ):
        n = int(space_dimen)
        self.space_dimen = n
        constants = cma_constants(n, population_size, optim_params)
        self.lambda_, self.mu = constants.lambda_, constants.mu
        self.weights, self.mueff = constants.weights, constants.mueff
        self.cc, self.cs, self.c1 = constants.cc, constants.cs, constants.c1
        self.damps, self.chiN = constants.damps, constants.chi
        self.update_crit = (
            self.lambda_ / (10 * self.c1 * n)
            if Aupdate_freq is None
            else Aupdate_freq * self.lambda_
        )
        self.maximize = maximize
        self.adapt = adapt
        self.sigma = float(init_sigma)
        self.init_code = None if init_code is None else np.reshape(init_code, (1, n)).astype(float)
        self.xmean = np.zeros(n)
        self.ps, self.pc = np.zeros(n), np.zeros(n)
        self.counteval = self.eigeneval = self.istep = 0
        self._whitened = np.zeros(n)
        self._factor = Factor(n)
        self._draw = draw or _normal_draw(random_seed)
        self._z = np.empty((0, n))

    def get_init_pop(self) -> np.ndarray | None:
        """`init_code` as (1, N), None if there is none."""
        return self.init_code

    @property
    def A(self) -> np.ndarray:  # noqa: N802 (the paper's symbol)
        """Factor of the covariance, (N, N); formed on request."""
        return self._factor.matrix

    @property
    def Ainv(self) -> np.ndarray:  # noqa: N802
        """Inverse of `A`, (N, N); formed on request."""
        return np.linalg.inv(self._factor.matrix)

    def step(self, scores: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Learn from one generation and sample the next.

        Parameters
        ----------
        scores : (B,)
            One score per code; a NaN ranks last.
        codes : (B, N)
            From the second call on, row j must be the code that the previous call returned in row
            j, and B at least ``mu``; the first generation may have any size.

        Returns
        -------
        (lambda, N) float64

        Raises
        ------
        ValueError
            If the shapes do not fit.
        """
        scores = np.asarray(scores, dtype=float).reshape(-1)
        codes = np.asarray(codes, dtype=float)
        if codes.shape != (len(scores), self.space_dimen) or len(scores) == 0:
            raise ValueError(
                f"expected one score per code of length {self.space_dimen}, found {len(scores)} "
                f"scores for codes of shape {codes.shape}."
            )
        order = np.argsort(-scores if self.maximize else scores, kind="stable")
        if self.istep == 0:
            self._start(codes[order])
        else:
            if not self.mu <= len(scores) <= len(self._z):
                raise ValueError(
                    f"expected {self.mu} to {len(self._z)} codes of the last population, found "
                    f"{len(scores)}."
                )
            self._learn(codes, order[: self.mu])
        self._z = self._draw((self.lambda_, self.space_dimen))
        self.counteval += self.lambda_
        self.istep += 1
        return self.xmean + self.sigma * self._factor.right_multiply(self._z)

    def step_simple(self, scores: np.ndarray, codes: np.ndarray, verbosity: int = 1) -> np.ndarray:
        """Published name of `step`; `verbosity` is ignored (logging decides)."""
        return self.step(scores, codes)

    def _start(self, ranked_codes: np.ndarray) -> None:
        if self.init_code is not None:
            self.xmean = self.init_code[0]
            return
        weights = self.weights[: len(ranked_codes)]
        self.xmean = weights @ ranked_codes[: self.mu] / weights.sum()

    def _learn(self, codes: np.ndarray, best: np.ndarray) -> None:
        self.xmean = self.weights @ codes[best]
        z = self.weights @ self._z[best]
        self.ps = (1 - self.cs) * self.ps + np.sqrt(self.cs * (2 - self.cs) * self.mueff) * z
        gain = np.sqrt(self.cc * (2 - self.cc) * self.mueff)
        self._whitened = (1 - self.cc) * self._whitened + gain * z
        self.pc = (1 - self.cc) * self.pc + gain * self._factor.right_multiply(z)
        self.sigma *= np.exp(self.cs / self.damps * (np.linalg.norm(self.ps) / self.chiN - 1))
        if self.adapt and self.counteval - self.eigeneval > self.update_crit:
            self.eigeneval = self.counteval
            self._whitened *= self._factor.update(self._whitened, self.pc, self.c1)
            logger.debug("step %d: factor updated, sigma %.3g", self.istep, self.sigma)


def _normal_draw(
    seed: int | np.random.Generator | np.random.RandomState | None,
) -> Callable[[tuple[int, int]], np.ndarray]:
    if isinstance(seed, np.random.RandomState):
        return lambda shape: seed.standard_normal(shape)
    return np.random.default_rng(seed).standard_normal

"""Population size and rates of the Cholesky CMA-ES, as functions of the dimension.

The cumulation constant ``cs`` is far larger than the textbook value; that is what makes the step
size adapt within an experiment, and it is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import SettingError

RATES = ("cc", "cs", "c1")
"""Constants that a caller may choose."""


@dataclass(frozen=True)
class CMAConstants:
    """What a run of dimension N and population lambda keeps fixed (after Krause & Igel 2015).

    Attributes
    ----------
    lambda_, mu
        Codes in a population, and how many of the best make the next mean.
    weights : (mu,)
        Of the best codes, best first; they sum to 1.
    mueff
        Effective number of them.
    cc, cs, c1
        Rates of the two evolution paths and of the covariance.
    damps, chi
        Damping of the step size, and the expected norm of a standard normal vector.
    """

    lambda_: int
    mu: int
    weights: np.ndarray
    mueff: float
    cc: float
    cs: float
    c1: float
    damps: float
    chi: float


def cma_constants(
    n: int, population_size: int | None = None, overrides: Mapping[str, float] | None = None
) -> CMAConstants:
    """Constants of dimension `n`; `overrides` may hold ``cc``, ``cs`` and ``c1``.

    Parameters
    ----------
    n
        Dimension of the search.
    population_size
        lambda; by default that of `default_population`.
    overrides
        May hold ``cc``, ``cs`` and ``c1``; other keys are ignored.

    Raises
    ------
    SettingError
        If the dimension is below 1, the population below 2, or an override not in (0, 1).

    Examples
    --------
    >>> cma_constants(4096).lambda_, cma_constants(4096).mu
    (40, 20)
    """
    if n < 1:
        raise SettingError(expected="codes of at least one number", found=n)
    lambda_ = default_population(n) if population_size is None else population_size
    if not isinstance(lambda_, int | np.integer) or lambda_ < 2:
        raise SettingError(
            path="population_size",
            expected="a whole number of at least 2, so that there is one to choose",
            found=f"{lambda_!r}",
        )
    half = lambda_ / 2
    mu = int(half)
    weights = rank_weights(mu, half)
    mueff = 1 / np.square(weights).sum()  # eq. 8 of Hansen's tutorial (arXiv 1604.00772)
    given = {name: _rate(value, name) for name, value in (overrides or {}).items() if name in RATES}
    cs = given.get("cs", np.sqrt(mueff) / (np.sqrt(mueff) + np.sqrt(n)))
    return CMAConstants(
        lambda_=lambda_,
        mu=mu,
        weights=weights,
        mueff=mueff,
        cc=given.get("cc", 4 / (n + 4)),
        cs=cs,
        c1=given.get("c1", 2 / (n + np.sqrt(2)) ** 2),
        damps=1 + cs + 2 * max(0.0, np.sqrt((mueff - 1) / (n + 1)) - 1),
        chi=np.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n**2)),
    )


def _rate(value: float, name: str) -> float:
    if not (0 < value < 1 or (value == 1 and name != "c1")):
        raise SettingError(path=name, expected="a rate between 0 and 1", found=f"{value!r}")
    return value


def rank_weights(n: int, half: float) -> np.ndarray:
    """Weights of codes by rank, best first, (n,): ``ln(half + 1/2) - ln i``, scaled to sum 1.

    `half` is half the population, or the number that is selected; it need not be whole. Ranks past
    it weigh nothing.

    Parameters
    ----------
    n
        Codes that are ranked.
    half
        Half the population, or the number that is selected; need not be whole. Ranks past
        it weigh nothing.

    Examples
    --------
    >>> rank_weights(4, 2.5).round(3)
    array([0.73, 0.27, 0.  , 0.  ])
    """
    weights = np.zeros(n)
    n_selected = min(int(half), n)
    weights[:n_selected] = np.log(half + 0.5) - np.log(np.arange(1, n_selected + 1))
    return weights / weights.sum()


def default_population(n: int) -> int:
    """lambda = 4 + floor(3 log2 N); log base 2, unlike the textbook's natural logarithm.

    Examples
    --------
    >>> [default_population(n) for n in (128, 256, 4096)]
    [25, 28, 40]
    """
    return 4 + int(3 * np.log2(n))

"""Where evolutions start: of the paired comparison (Wang & Ponce 2026), and of any generator."""

import numpy as np

from core.computing.array_backend import to_host
from core.errors import PromiseError
from core.generators.validation import ImageGenerator
from core.spaces import CODE_LENGTHS, N_NOISE, TRUNCATION


def start_code(generator: str, rng: np.random.Generator) -> np.ndarray:
    """A random first code, (1, n): of BigGAN truncated noise and class zero, of fc6 normal numbers.

    Parameters
    ----------
    generator
        ``BigGAN`` or ``fc6``.
    rng
        Source of the random numbers.

    Examples
    --------
    >>> code = start_code("BigGAN", np.random.default_rng(0))
    >>> code.shape, bool(np.abs(code).max() <= 1.4), bool(code[:, 128:].any())
    ((1, 256), True, False)
    """
    if generator == "fc6":
        return rng.standard_normal((1, CODE_LENGTHS["fc6"]))
    from scipy import stats  # takes a second, which fc6 need not wait for

    noise = TRUNCATION * stats.truncnorm.rvs(-2, 2, size=(1, N_NOISE), random_state=rng)
    return np.concatenate([noise, np.zeros((1, N_NOISE))], axis=1)


N_SAMPLED = 100
"""Codes whose standard deviation says how long a generator's codes are."""

SHARE = 0.3
"""First step over the standard deviation of codes, about that of BigGAN's presets."""


def sampled_codes(generator: ImageGenerator, n: int, rng: int) -> np.ndarray:
    """Codes that a generator samples, as rows for an optimizer.

    Parameters
    ----------
    generator
        Any generator.
    n
        How many.
    rng
        Seed.

    Returns
    -------
    (n, D) float64
    """
    return to_host(generator.sample(n, rng=rng)).astype(float).reshape(n, -1)


def first_sigma(generator: ImageGenerator) -> float:
    """A first step for evolutions with a generator, in units of a code's value.

    Raises
    ------
    PromiseError
        If all codes that it samples are the same.

    Examples
    --------
    >>> from core.generators.small import SmallGenerator  # whose codes are standard normal
    >>> round(first_sigma(SmallGenerator()), 2)
    0.3
    """
    spread = float(sampled_codes(generator, N_SAMPLED, 0).std(axis=0).mean())
    if not spread > 0:
        raise PromiseError(
            path=type(generator).__name__,
            expected="`sample` to give codes that differ, which say how far a first step should go",
            found="the same codes",
            advice="or say how far as --sigma",
        )
    return SHARE * spread

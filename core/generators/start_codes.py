"""Where evolutions of the paired comparison start (Wang & Ponce 2026)."""

import numpy as np

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

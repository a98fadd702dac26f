"""Sets of random codes by kind: image k of a set is the same whatever its size and the batches.

Codes are drawn in blocks of 1000, each from a generator of its own.
"""

from collections.abc import Callable

import numpy as np
import torch

from core.errors import SettingError
from core.generators import Generator
from core.settings import whole
from core.spaces import N_NOISE, TRUNCATION

PER_BLOCK = 1000
"""Codes that share a random generator."""

EVOLUTION_NOISE = 0.08
"""Standard deviation of all values of a BigGAN code that imitates a started evolution."""

TEXTURE_NOISE = 4.0
"""Standard deviation of a DeePSim code, which gives its images the contrast of evolved ones."""

TRUNCATED_AT = 2.0


def _normal(spread: float) -> Callable[..., np.ndarray]:
    return lambda rng, n, dim, _classes: spread * rng.standard_normal((n, dim))


def _truncated(rng: np.random.Generator, n: int, dim: int, classes: np.ndarray) -> np.ndarray:
    from scipy import stats  # takes a second, which other kinds need not wait for

    size = (n, N_NOISE)
    noise = stats.truncnorm.rvs(-TRUNCATED_AT, TRUNCATED_AT, size=size, random_state=rng)
    return _with_class(rng, TRUNCATION * noise, classes)


def _of_class(spread: float) -> Callable[..., np.ndarray]:
    def draw(rng: np.random.Generator, n: int, dim: int, classes: np.ndarray) -> np.ndarray:
        return _with_class(rng, spread * rng.standard_normal((n, N_NOISE)), classes)

    return draw


def _with_class(rng: np.random.Generator, noise: np.ndarray, classes: np.ndarray) -> np.ndarray:
    return np.concatenate([noise, classes[rng.integers(len(classes), size=len(noise))]], axis=1)


KINDS: dict[str, tuple[str, Callable[..., np.ndarray]]] = {
    "DeePSim_4std": ("DeePSim", _normal(TEXTURE_NOISE)),
    "BigGAN_trunc07": ("BigGAN", _truncated),
    "BigGAN_std_008": ("BigGAN", _normal(EVOLUTION_NOISE)),
    "BigGAN_1000cls_std07": ("BigGAN", _of_class(0.7)),
    "BigGAN_1000cls_std10": ("BigGAN", _of_class(1.0)),
    "BigGAN_norm_std07": ("BigGAN", _normal(0.7)),
    "small_4std": ("small", _normal(TEXTURE_NOISE)),
    "random_CNN_std1": ("random CNN", _normal(1.0)),
}
"""By kind: the generator that it is for, and how codes are drawn."""


def codes_of_kind(kind: str, n: int, generator: Generator, seed: int = 0) -> np.ndarray:
    """The first codes of a set.

    Parameters
    ----------
    kind
        One of `KINDS`.
    n
        How many.
    generator
        For the length of a code, and the embeddings of BigGAN's classes.
    seed
        Of the set.

    Returns
    -------
    (n, dim) float32

    Raises
    ------
    SettingError
        If there is no such kind.

    Examples
    --------
    >>> from core.generators import SmallGenerator
    >>> few, many = (codes_of_kind("small_4std", n, SmallGenerator()) for n in (3, 1500))
    >>> np.array_equal(few, many[:3]), many.shape
    (True, (1500, 256))
    """
    if kind not in KINDS:
        raise SettingError(path="kind", expected=f"one of {', '.join(KINDS)}", found=f"{kind!r}")
    draw, dim = KINDS[kind][1], generator.latent_dim
    classes = class_embeddings(generator)
    blocks = [
        draw(np.random.default_rng([seed, block]), PER_BLOCK, dim, classes)
        for block in range(-(-whole(n, "n", 0) // PER_BLOCK))
    ]
    codes = np.concatenate([np.empty((0, dim)), *blocks])[:n]
    return codes.astype(np.float32)


def class_embeddings(generator: Generator) -> np.ndarray:
    """Embeddings of a generator's classes, (n_classes, length); (0, 0) where it has none."""
    network = getattr(generator, "BigGAN", None)
    if network is None:
        return np.empty((0, 0))
    return network.embeddings.weight.detach().double().cpu().numpy().T


def started_codes(name: str, n: int, generator: Generator, seed: int) -> torch.Tensor:
    """Codes from which a gradient ascent or an inversion starts, on the generator's device.

    Parameters
    ----------
    name
        Name of the generator; BigGAN's codes get noise of standard deviation 0.7 and a random
        class, the others are standard normal.
    n
        How many.
    generator
        The generator.
    seed
        Of the codes.
    """
    kind = {"BigGAN": "BigGAN_1000cls_std07", "DeePSim": "DeePSim_4std", "small": "small_4std"}
    codes = codes_of_kind(kind.get(name, "random_CNN_std1"), n, generator, seed)
    codes = codes / TEXTURE_NOISE if name in ("DeePSim", "small") else codes
    return generator.as_codes(codes)

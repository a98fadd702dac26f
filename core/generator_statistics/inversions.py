"""Photographs as a generator can make them: inversion by Adam, many at once, and likeness."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from core.contract import ext1
from core.errors import ImageError
from core.generator_statistics.codes import class_embeddings, codes_of_kind, started_codes
from core.generators import Generator, invert
from core.generators.inversion import falling_by_a_thousandth
from core.settings import whole
from core.spaces import N_NOISE
from core.statistics.similarity import correlation

N_ITERATIONS = 401
"""Steps of Adam, as published."""

LEARNING_RATES = {"BigGAN": 0.01}
"""Learning rate of Adam by generator, where it is not that of DeePSim; the paper states none."""

OTHER_RATE = 0.1

AT_A_TIME = 32
"""Targets that are inverted together."""


class Inversions(NamedTuple):
    """What became of target photographs.

    Attributes
    ----------
    table
        Columns of `core.contract.ext1.INVERSION`, a row for each target.
    images : (n, 3, H, W) float32
        The generator's images of them.
    codes : (n, ...) float32
        Their codes.
    """

    table: pd.DataFrame
    images: torch.Tensor
    codes: torch.Tensor


def invert_photographs(
    generator: Generator,
    targets: torch.Tensor,
    name: str,
    *,
    identities: Sequence[str] | None = None,
    categories: Sequence[str] | None = None,
    n_iterations: int = N_ITERATIONS,
    learning_rate: float | None = None,
    at_a_time: int = AT_A_TIME,
    seed: int = 0,
) -> Inversions:
    """Codes whose images resemble photographs, by the published schedule.

    Adam moves the code along the mean squared error of the pixels; its rate falls by 0.1 % a step.
    What a target becomes does not depend on the others.

    Parameters
    ----------
    generator
        Makes the images; must be differentiable.
    targets : (n, 3, H, W)
        Photographs in [0, 1], of the size that the generator makes.
    name
        Name of the generator, which decides where codes start and the learning rate.
    identities, categories
        Of each target, for the table.
    n_iterations
        Steps of Adam.
    learning_rate
        Of its first step; by default 0.01 for BigGAN and 0.1 for the others.
    at_a_time
        Targets that are in memory together.
    seed
        Of the codes to start from.

    Returns
    -------
    Inversions

    Raises
    ------
    ImageError
        If there is no target, or targets have another size than the generator's images.

    Examples
    --------
    >>> from core.generators import SmallGenerator
    >>> G = SmallGenerator(8, 16)
    >>> made = G.images(2 * G.sample(3, rng=0))
    >>> found = invert_photographs(G, made, "small", n_iterations=200)
    >>> bool((found.table["pearson_r"] > 0.99).all())
    True
    """
    if len(targets) == 0:
        raise ImageError(path="targets", expected="at least one photograph", found="none")
    whole(at_a_time, "at_a_time", at_least=1)
    rate = learning_rate or LEARNING_RATES.get(name, OTHER_RATE)
    starts = inversion_starts(generator, name, len(targets), seed)
    found = [
        invert(
            generator,
            targets[first : first + at_a_time],
            starts[first : first + at_a_time],
            learning_rate=rate,
            n_steps=whole(n_iterations, "n_iterations", at_least=1),
            schedule=falling_by_a_thousandth,
            shows_progress=True,
        )
        for first in range(0, len(targets), at_a_time)
    ]
    images, codes, errors = (
        torch.cat([part[number] for part in found]).float().cpu() for number in (1, 0, 2)
    )
    before = generator.images(starts, device="cpu")
    targets = targets.float().cpu()
    table = pd.DataFrame(
        {
            "image_id": _names(identities, len(targets), "image"),
            "category": _names(categories, len(targets), ""),
            "generator": name,
            "seed": seed,
            "lr": rate,
            "n_iter": n_iterations,
            "mse_init": (before - targets).square().mean((1, 2, 3)).numpy(),
            "mse_final": errors.numpy(),
            "pearson_r": pixel_correlations(targets, images),
        }
    )
    return Inversions(table[[c.name for c in ext1.INVERSION.columns]], images, codes)


def inversion_starts(generator: Generator, name: str, n: int, seed: int) -> torch.Tensor:
    """Codes from which inversions start; for BigGAN truncated noise and the mean of all classes.

    Parameters
    ----------
    generator
        The generator.
    name
        Its name.
    n
        How many.
    seed
        Of the codes; code k is the same whatever `n` is.
    """
    if name != "BigGAN":
        return started_codes(name, n, generator, seed)
    codes = codes_of_kind("BigGAN_trunc07", n, generator, seed)
    codes[:, N_NOISE:] = class_embeddings(generator).mean(axis=0)
    return generator.as_codes(codes)


def pixel_correlations(first: torch.Tensor, second: torch.Tensor) -> np.ndarray:
    """Pearson's r of all values of each pair of images; NaN where one is constant.

    Parameters
    ----------
    first, second : (n, 3, H, W)
        Images.

    Returns
    -------
    (n,)

    Examples
    --------
    >>> image = torch.rand(1, 3, 8, 8)
    >>> pixel_correlations(image, 0.5 * image + 0.1).round(5)
    array([1.])
    """
    return correlation(*(i.detach().cpu().flatten(1).double().numpy() for i in (first, second)))


def _names(given: Sequence[str] | None, n: int, prefix: str) -> list[str]:
    if given is None:
        return [f"{prefix}_{number:03d}" if prefix else "unknown" for number in range(n)]
    if len(given) != n:
        raise ImageError(path="names", expected=f"one for each of {n} targets", found=len(given))
    return list(given)

"""Optimizers that evolve latent codes, under their published names.

What the project itself uses is `core.optimizers`, with one registry of them all.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.computing.array_backend import NUMPY_DEVICE
from core.computing.random_source import Randomness
from core.errors import SettingError
from core.optimizers.cholesky import CholeskyCMAES
from core.optimizers.cma_constants import rank_weights
from core.optimizers.composed import concat_wrapper, fix_param_wrapper
from core.optimizers.genetic import Genetic
from core.optimizers.hessian import HessCMAES
from core.optimizers.presets import BENCHMARK, make_optimizer, names_of
from core.optimizers.protocol import Optimizer
from core.optimizers.sphere import SphereCMA
from core.spaces import CODE_LENGTHS

if TYPE_CHECKING:
    import torch

__all__ = [
    "CholeskyCMAES",
    "Genetic",
    "HessCMAES",
    "SphereCMA",
    "ZOHA_Sphere_lr_euclid",
    "concat_wrapper",
    "fix_param_wrapper",
    "label2optimizer",
    "rankweight",
]

ANY = "any"
"""What is said for codes of any generator, in place of one of the paper's."""

ZOHA_Sphere_lr_euclid = SphereCMA
"""Published name of `SphereCMA`."""


def rankweight(lambda_: int, mu: float | None = None) -> np.ndarray:
    """Published form of `core.optimizers.cma_constants.rank_weights`.

    Parameters
    ----------
    lambda_
        Codes that are ranked.
    mu
        How many of the best count; half of them by default. Need not be whole.

    Returns
    -------
    (lambda_,)
        Weights, best first, of sum 1.
    """
    return rank_weights(lambda_, lambda_ / 2 if mu is None else mu)


def label2optimizer(
    methodlabel: str,
    init_code: np.ndarray,
    GAN: str = "BigGAN",
    Hdata: Mapping[str, np.ndarray] | None = None,
    *,
    random_seed: Randomness = None,
    device: "str | torch.device | None" = NUMPY_DEVICE,
) -> Optimizer:
    """The optimizer of a published label, starting at a code.

    Parameters
    ----------
    methodlabel
        One of the labels of the generator, such as ``CholCMA`` or ``HessCMA800``.
    init_code : (1, 256) for BigGAN, (1, 4096) for fc6, (1, N) for any
        Where it starts. Labels of ``any`` take its length only: CMA-ES starts at zero, the genetic
        algorithm and the sphere at random codes.
    GAN
        "BigGAN", "fc6", or "any": then the label is one of the benchmark's, ``Genetic``,
        ``CholeskyCMAES``, ``pycma``, ``pycmaDiagonal``, ``ZOHA_Sphere_exp`` or ``ZOHA_Sphere_inv``.
    Hdata
        Arrays of the generator's Hessian archive, for labels that begin with Hess.
    random_seed
        Seed or generator of the samples.
    device
        Where it computes: with NumPy by default.

    Returns
    -------
    Optimizer

    Raises
    ------
    SettingError
        If the generator or label is not known; lists those that are.
    MissingFileError
        If a label needs `Hdata` and there is none, or it lacks an array.
    CodeError
        If `init_code` is not one code of the generator.

    Examples
    --------
    >>> optimizer = label2optimizer("CholCMA_class", np.zeros((1, 256)), random_seed=0)
    >>> optimizer.lambda_, optimizer.space_dimen
    (25, 256)
    >>> label2optimizer("Genetic", np.zeros((1, 12)), "any").space_dimen
    12
    """
    of_any = GAN == ANY
    known = list(BENCHMARK) if of_any else names_of(GAN)
    if methodlabel not in known:
        raise SettingError(
            path=f"optimizer of {GAN}",
            expected=f"one of {', '.join(known)}",
            found=f"{methodlabel!r}",
        )
    return make_optimizer(
        methodlabel if of_any else f"{GAN}/{methodlabel}",
        np.atleast_1d(init_code).shape[-1] if of_any else CODE_LENGTHS[GAN],
        init_code=init_code,
        hessian=Hdata,
        random_seed=random_seed,
        device=device,
    )

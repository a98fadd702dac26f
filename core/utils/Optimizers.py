"""Optimizers that evolve latent codes, under their published names."""

import numpy as np

from core.optimizers.cholesky import CholeskyCMAES
from core.optimizers.cma_constants import rank_weights
from core.optimizers.composed import concat_wrapper, fix_param_wrapper
from core.optimizers.genetic import Genetic
from core.optimizers.hessian import HessCMAES
from core.optimizers.presets import label2optimizer
from core.optimizers.sphere import SphereCMA

ZOHA_Sphere_lr_euclid = SphereCMA
"""Published name of `SphereCMA`."""


def rankweight(lambda_: int, mu: float | None = None) -> np.ndarray:
    """Published form of `rank_weights`: of `lambda_` codes the best `mu` count, or half of them."""
    return rank_weights(lambda_, lambda_ / 2 if mu is None else mu)


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

"""Optimizers that evolve latent codes, under their published names."""

import numpy as np

from core.utils.cholesky_cmaes import CholeskyCMAES
from core.utils.cma_constants import rank_weights
from core.utils.genetic import Genetic
from core.utils.hess_cmaes import HessCMAES
from core.utils.optimizer_presets import label2optimizer
from core.utils.optimizer_wrappers import concat_wrapper, fix_param_wrapper
from core.utils.sphere_cma import SphereCMA

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

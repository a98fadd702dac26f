"""Receptive fields of network units by gradients, under their published names."""

from core.probing.receptive_field import (
    GAN_grad_RF_estimate,
    get_center_pos_and_rf,
    grad_population_RF_estimate,
    grad_population_RF_estimates,
    grad_RF_estimate,
    grad_RF_estimate_units,
    gradient_maps,
)
from core.probing.receptive_field_fit import (
    GaussianFit,
    fit_2dgauss,
    gradmap2RF_square,
    show_gradmap,
    twoD_Gaussian,
)

__all__ = [
    "GAN_grad_RF_estimate",
    "GaussianFit",
    "fit_2dgauss",
    "get_center_pos_and_rf",
    "grad_RF_estimate",
    "grad_RF_estimate_units",
    "grad_population_RF_estimate",
    "grad_population_RF_estimates",
    "gradient_maps",
    "gradmap2RF_square",
    "show_gradmap",
    "twoD_Gaussian",
]

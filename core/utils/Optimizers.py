"""Optimizers that evolve latent codes, under their published names."""

from core.utils.cholesky_cmaes import CholeskyCMAES

__all__ = ["CholeskyCMAES"]

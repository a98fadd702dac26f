"""Codes of given images, under their published names."""

from core.generators.inversion import GAN_invert, GAN_invert_with_scheduler, Schedule

__all__ = ["GAN_invert", "GAN_invert_with_scheduler", "Schedule"]

"""Colormaps by name, as published."""

from core.plotting.colormaps import inferno, magma, parula, plasma, viridis

__all__ = ["inferno", "magma", "parula", "plasma", "viridis"]

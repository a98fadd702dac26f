"""Colormaps by name, as published."""

from core.plotting.colormaps import inferno, magma, parula, plasma, viridis

__all__ = ["cmaps", "inferno", "magma", "parula", "plasma", "viridis"]

cmaps = {colormap.name: colormap for colormap in (magma, inferno, plasma, viridis, parula)}
"""The five by name."""

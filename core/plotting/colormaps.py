"""MATLAB's colormap parula, and matplotlib's viridis, plasma, inferno and magma, by name.

Nothing is registered with matplotlib: pass the colormap itself, as in ``imshow(x, cmap=parula)``.
"""

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap

__all__ = ["inferno", "magma", "parula", "plasma", "viridis"]

parula = ListedColormap(
    np.loadtxt(Path(__file__).with_name("parula.csv"), delimiter=",", skiprows=1), name="parula"
)
"""MATLAB's default colormap of 64 entries."""

viridis, plasma, inferno, magma = (
    colormaps[name] for name in ("viridis", "plasma", "inferno", "magma")
)

"""Plotting and saving helpers, under their published names."""

from core.images.grids import save_imgrid, save_imgrid_by_row, show_imgrid, to_imgrid
from core.plotting.style import (
    SIMULATED_NOTICE,
    STYLE,
    THREAD_COLORS,
    apply_style,
    freeze_layout,
    mark_simulated,
    mean_band,
    off_axes,
    saveallforms,
    showimg,
    significance_dots,
)

__all__ = [
    "SIMULATED_NOTICE",
    "STYLE",
    "THREAD_COLORS",
    "apply_style",
    "freeze_layout",
    "mark_simulated",
    "mean_band",
    "off_axes",
    "save_imgrid",
    "save_imgrid_by_row",
    "saveallforms",
    "show_imgrid",
    "showimg",
    "significance_dots",
    "to_imgrid",
]

"""How the project's figures look."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "colormaps": ["parula"],
        "looks": ["Look"],
        "statistics": [
            "paired_strip_plot",
            "scatter_corr",
            "shaded_errorbar",
            "shaded_errorbar_arr",
        ],
        "style": [
            "THREAD_COLORS",
            "apply_style",
            "freeze_layout",
            "mark_simulated",
            "mean_band",
            "off_axes",
            "saveallforms",
            "showimg",
            "significance_dots",
        ],
        "trajectory": ["visualize_trajectory"],
    },
)

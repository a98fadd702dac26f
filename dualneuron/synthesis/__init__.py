"""Most and least exciting images, made by gradient ascent."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "ascend": ["fourier_ascending", "pixel_ascending"],
        "batch": ["Item", "synthesize"],
        "draws": ["item_generator"],
        "generate": ["DualNeuronDataset", "generate_poles"],
        "presets": ["PRESETS", "FourierPreset", "PixelPreset"],
        "selectivity": ["Selectivity", "dual_selectivity", "plot_dual_selectivity"],
        "visualize": [
            "blend",
            "check_format",
            "clip_percentile",
            "denormalize",
            "estimate_mask",
            "get_mean_mask",
            "plot_group",
            "plot_poles",
            "sequence_animation",
        ],
    },
)

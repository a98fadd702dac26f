"""Metrics in code space: how far images move when codes do, and along which axes."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "at_code": ["metric_tensor"],
        "averages": ["average_metric", "block_metric", "load_average", "project_metric"],
        "axes": ["Steps", "equidistant_steps", "steps_to_distances", "traverse"],
        "consistency": ["Consistency", "amplification", "consistency_of", "off_diagonal"],
        "controls": ["shuffle_weights"],
        "coordinates": ["EigenCoordinates"],
        "distances": [
            "DISTANCES",
            "FeatureDistance",
            "PerceptualDistance",
            "PixelDistance",
            "lpips_distance",
            "network_distance",
        ],
        "inversion": ["compare_inversions", "gains"],
        "leading": ["leading_metric"],
        "local_map": ["LocalMap"],
        "metric": ["Metric"],
        "saved": ["load_metric", "save_metric"],
        "spectra": [
            "dimensions",
            "mean_spectrum",
            "noise_floor",
            "null_counts",
            "power_along_axes",
        ],
        "trajectories": ["AxisAlignment", "axis_amplitudes", "axis_alignment"],
        "stimuli": ["AxisImages", "save_stimuli", "stimulus_set"],
    },
)

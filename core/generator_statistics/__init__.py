"""What generators can and cannot make: image sets compared, photographs inverted, units driven."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "activation": ["UnitScores", "ascent_table", "ascent_tasks", "ascents"],
        "codes": ["codes_of_kind"],
        "features": [
            "FeatureExtractor",
            "efficientnet_features",
            "inception_features",
            "set_features",
        ],
        "frechet": [
            "FeatureStatistics",
            "Frechet",
            "bootstrap_error",
            "frechet_distance",
            "frechet_of_features",
            "load_statistics",
            "save_statistics",
        ],
        "image_sets": [
            "ImageSet",
            "array_set",
            "crop_set",
            "folder_set",
            "generated_set",
            "noise_set",
        ],
        "low_level": [
            "SpectrumSummary",
            "image_statistics",
            "radial_spectra",
            "set_statistics",
        ],
        "inversions": ["Inversions", "invert_photographs", "pixel_correlations"],
        "objectness": [
            "Detections",
            "Detector",
            "Recognisability",
            "TorchvisionDetector",
            "objectness_table",
        ],
        "photographs": ["bundled_photographs", "random_crops"],
        "summaries": [
            "activation_comparisons",
            "compare_objectness",
            "detection_summary",
            "inversion_test",
            "statistic_summary",
            "unit_comparisons",
        ],
        "surrogates": ["RandomCNN", "generator_by_name"],
        "yolo_results": ["SavedDetector", "read_yolo_results"],
    },
)

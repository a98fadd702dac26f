"""The authors' Neural Evolution Explorer: block averages of all 170 real experiments."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "averages": ["BlockAverages"],
        "files": ["Files", "files_in_folder"],
        "images": ["check_images", "read_images"],
        "reading": ["read_explorer"],
        "store": ["load_averages", "save_averages", "stated_origin"],
        "trials": ["TrialCounts", "trial_counts"],
        "valid": ["valid_experiments"],
        "writing": ["write_explorer"],
    },
)

"""What is computed from paired evolutions."""

from core.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "cohort": ["Cohort", "gather", "gather_all", "metadata_table", "summarise"],
        "psth_similarity": ["psth_differences"],
        "shown_images": ["evolved_images", "reference_images", "trial_rates"],
        "trajectories": [
            "BlockMeans",
            "Moments",
            "pad_all",
            "psth_trajectory",
            "response_trajectory",
            "window_trajectories",
        ],
    },
)

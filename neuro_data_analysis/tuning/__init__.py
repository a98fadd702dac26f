"""Tuning along the axes of latent spaces (Figure 6)."""

from core.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "axes": ["Tuning", "averages", "read_tuning", "single_trials"],
        "hessian_recordings": ["HessianRecordings", "open_hessian_recordings"],
        "synopsis": ["TunedUnit", "peak_table", "shape_table"],
    },
)

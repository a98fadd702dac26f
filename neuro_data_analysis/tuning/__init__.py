"""Tuning along the axes of latent spaces (Figure 6)."""

from core.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "axes": ["Axis", "Tuning", "averages", "read_tuning", "single_trials"],
        "hessian_recordings": ["open_hessian_recordings"],
        "synopsis": ["fit_axis", "peak_table", "shape_table"],
    },
)

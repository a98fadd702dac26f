"""Optimizers beside each other, and beside the published ones."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "designs": ["DESIGNS", "Design"],
        "runs": ["noise_driven_run", "unit_run"],
        "trajectory_geometry": ["principal_components"],
    },
)

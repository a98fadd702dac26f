"""Evolution in random invertible networks (Extended Data Figure 5C)."""

from core.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "data": ["alignment_data"],
        "realnvp": ["RealNVPs"],
        "runs": ["alignment_tables", "make_runs", "run_adam", "run_cmaes"],
    },
)

"""How linear network units are in a latent code (Extended Data Figure 5D-E)."""

from core.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "data": ["compute", "read_eigenvectors"],
        "regressions": ["linearity_results"],
    },
)

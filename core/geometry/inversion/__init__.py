"""Codes of given images: ways to search for them, and what coordinates of a metric are worth."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "comparison": ["BASES", "METHODS", "Effort", "compare_inversions", "gains"],
        "searches": ["cma", "lbfgs"],
    },
)

"""The claims of the paper's abstract as a table, each tested on recordings or on block averages."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "catalogue": ["CLAIMS", "Claim"],
        "drift": ["corrected"],
        "effects": ["Effect", "decide"],
        "observations": ["Observations", "observe_averages", "observe_recordings"],
        "table": ["claims_table"],
        "timing": ["crossing_time"],
    },
)

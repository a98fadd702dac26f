"""Paired evolutions for the neurons of a twin: the paper's experiment, without an animal."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {"responses": ["TwinResponses"], "run": ["PairedSettings", "run_paired"]},
)

"""Simulated recordings: a stand-in for people and machines without the real ones.

Neurons are defined on the features of two caricature image spaces, and their evolutions are really
run with the recordings' own optimizer on noisy simulated spikes; success, time constants and tuning
come out of that loop and are never drawn. Everything made here is labelled SIMULATED.

Model, choices and outcome: docs/simulation.md.
"""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__, {"run": ["export_simulated", "simulate_recordings"], "world": ["World", "make_world"]}
)

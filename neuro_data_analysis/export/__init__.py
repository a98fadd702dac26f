"""Recordings in, source data out: one module per figure, each writing through the contract.

``python -m neuro_data_analysis.export`` runs them all.
"""

from core.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__, {"contents": ["Contents"], "inputs": ["Inputs"], "run": ["export_all", "export_to"]}
)

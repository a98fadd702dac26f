"""Semantic axes: from what excites a neuron least to what excites it most, in an embedding."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "axis": ["semantic_axis"],
        "embedding": ["embed_function", "load_dreamsim", "shown_to_guide"],
        "sim": ["embeddings"],
    },
)

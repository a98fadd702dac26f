"""The twins: networks that predict the response of every recorded neuron to an image."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "activations": [
            "ActivationExtractor",
            "count_units",
            "get_layer_info",
            "get_spatial_activation",
        ],
        "ensemble": ["NO_ROOM", "Twin"],
        "nets": [
            "V1GrayTaskDriven",
            "V4ColorTaskDriven",
            "V4GrayTaskDriven",
            "load_model",
            "model_summary",
        ],
        "published_state": ["load_published"],
    },
)

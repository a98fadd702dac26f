"""Screening: responses to many images, sorted for every neuron, and what is read from them."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "ordering": ["Ends", "stable_order"],
        "reading": ["ordered", "screen_facts"],
        "run": ["activations", "screen_activations"],
        "sets": ["ImagenetImages", "RenderedImages", "open_images"],
        "transforms": [
            "ClipTransform",
            "EnsureRGB",
            "ImageTransforms",
            "MaskTransform",
            "NormTransform",
        ],
        "utils": [
            "compute_population_statistics",
            "gini",
            "load_poles",
            "sample_activations_adaptively",
        ],
        "visualize": [
            "plot_neuron_activation",
            "plot_neuron_poles",
            "plot_population_statistics",
            "sampled_images_animation",
            "visualize_adaptive_sampling",
        ],
    },
)

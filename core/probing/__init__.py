"""Looking into a network: layers, hooks, units and their receptive fields."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "code_scores": ["image_scores"],
        "fetchers": ["featureFetcher", "featureFetcher_module", "featureFetcher_recurrent"],
        "layer_table": [
            "get_module_name_shapes",
            "get_module_names",
            "register_hook_by_module_name",
            "register_hook_by_module_names",
        ],
        "layers": ["find_layer", "layer_calls", "layer_names"],
        "receptive_field": [
            "CentralField",
            "central_field",
            "generator_images",
            "gradient_maps",
            "noise_images",
            "population_maps",
            "unit_maps",
        ],
        "receptive_field_fit": ["GaussianFit", "fit_2dgauss", "gradmap2RF_square"],
        "recording": ["Hooks", "recording_hook"],
        "scorer": ["Scorer"],
        "short_layer_names": ["get_layer_names", "layername_dict"],
        "unit_responses": ["UnitResponses"],
        "validation": ["validate_scorer"],
    },
)

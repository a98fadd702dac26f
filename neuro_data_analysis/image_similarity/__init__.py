"""How alike evolved images are in image networks (Figure 3G)."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "columns": ["cosine_columns", "masked_columns", "similarity", "swapped_columns"],
        "comparison": ["distance", "map_similarity", "masked_similarity", "token_similarity"],
        "covariance": ["CovarianceTensor", "covariance_similarity", "covariance_tensors"],
        "features": ["FEATURES", "Feature", "FeatureSet"],
        "masks": ["feature_mask", "masked_mean"],
        "networks": ["FeatureNetwork", "image_features", "load_feature_network"],
        "prototypes": ["Prototypes", "find_prototypes", "read_prototypes"],
    },
)

"""Level sets of tuning maps: their topology, its reliability, and the geometry of contours."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "contours": [
            "Contour",
            "arc_lengths",
            "contours_at",
            "geodesic_curvature",
            "resample_curve",
        ],
        "counting": ["LevelCounts", "level_counts"],
        "curve_geometry": ["LevelSetGeometry", "level_set_geometry"],
        "descriptors": ["Kent", "fit_kent", "map_volume", "peak_direction", "roughness"],
        "domains": ["Domain", "collapse_poles", "domain"],
        "figures": ["draw_level_curves", "draw_progression"],
        "isotropy": ["RbfSummary", "rbf_summary"],
        "level_images": ["LevelImages", "find_level_images"],
        "merge_trees": ["MergeTree", "merge_tree"],
        "noise_control": [
            "BootstrapSignature",
            "Reliability",
            "SplitHalf",
            "bootstrap_signature",
            "permutation_null",
            "reliability",
            "split_half",
        ],
        "population": ["Trend", "embed_signatures", "population_trend"],
        "sampling": ["evolution_basis", "level_curve_images", "sample_map"],
        "signature": [
            "TopologySignature",
            "lowest_single_level",
            "morse_counts",
            "persistence_pairs",
            "signature_auc",
            "topology_signature",
        ],
        "smoothing": [
            "interpolate_sphere",
            "smooth_harmonics",
            "smooth_sphere",
            "smoothing_factor",
        ],
        "sphere_grid": [
            "GRID_ANGLES",
            "grid_vectors",
            "node_areas",
            "sphere_codes",
            "unit_vectors",
        ],
        "tuning_maps": ["TuningMap", "map_of_trials"],
    },
)

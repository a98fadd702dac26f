"""Level sets of tuning maps: their topology, its reliability, and the geometry of contours."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "counting": ["LevelCounts", "level_counts"],
        "domains": ["Domain", "collapse_poles", "domain"],
        "merge_trees": ["MergeTree", "merge_tree"],
        "signature": [
            "TopologySignature",
            "lowest_single_level",
            "morse_counts",
            "persistence_pairs",
            "signature_auc",
            "topology_signature",
        ],
        "sphere_grid": ["GRID_ANGLES", "node_areas", "sphere_codes", "unit_vectors"],
    },
)

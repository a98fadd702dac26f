"""Recorded tuning maps on spheres of codes (OSF gpzm5), and their signatures by area."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "recorded": ["RecordedMap", "read_recorded_maps"],
        "signatures": ["map_indices", "signature_table"],
    },
)

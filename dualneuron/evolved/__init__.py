"""Responses of twins and networks to images that were evolved for real neurons, block by block."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "effects": ["effect_table", "rises", "standardised"],
        "looking": ["Observed", "look_at_evolved"],
        "pictures": ["draw_rises"],
        "viewers": ["Viewer", "network_viewer", "twin_viewer"],
    },
)

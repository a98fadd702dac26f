"""Landscapes of twin neurons: tuning along axes of a generator, maps, and images beside poles."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "axis_tuning": ["AxisTuning", "tuning_along_axes"],
        "beside": ["PolesBeside", "poles_beside_evolved"],
        "compared_maps": ["twin_maps"],
        "paired_folder": ["EvolvedNeurons", "open_evolved"],
    },
)

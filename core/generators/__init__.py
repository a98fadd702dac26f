"""Codes in, images out."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "biggan": ["BigGAN", "load_biggan"],
        "by_name": ["GENERATORS", "load_generator"],
        "deepsim": ["BlendingDeePSim", "DeePSim"],
        "inversion": ["Inversion", "invert"],
        "protocol": ["Generator"],
        "small": ["SmallGenerator"],
        "start_codes": ["start_code"],
        "validation": ["validate_generator"],
    },
)

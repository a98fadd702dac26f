"""Codes in, images out."""

from core.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "biggan": ["BigGAN_wrapper", "loadBigGAN"],
        "deepsim": ["multiZupconvGAN", "upconvGAN"],
        "inversion": ["GAN_invert", "GAN_invert_with_scheduler"],
        "protocol": ["Generator"],
        "small": ["SmallGenerator"],
        "start_codes": ["start_code"],
    },
)

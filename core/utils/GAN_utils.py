"""Generators of images, under their published names."""

from core.utils.biggan import BigGAN_wrapper, loadBigGAN
from core.utils.caffenet import Caffenet
from core.utils.deepsim import (
    RGB_mean,
    ScalarMultiply,
    View,
    load_statedict_from_online,
    model_urls,
    multiZupconvGAN,
    upconvGAN,
)

__all__ = [
    "BigGAN_wrapper",
    "Caffenet",
    "RGB_mean",
    "ScalarMultiply",
    "View",
    "loadBigGAN",
    "load_statedict_from_online",
    "model_urls",
    "multiZupconvGAN",
    "upconvGAN",
]

"""Spectra of images, under their published names."""

from core.images.spectra import (
    calculate_rms_contrast,
    power_spectrum_freq,
    power_spectrum_orientation,
)

__all__ = ["calculate_rms_contrast", "power_spectrum_freq", "power_spectrum_orientation"]

"""What an ascent changes: pixels, or phases of a fixed magnitude spectrum; B images at once."""

import torch

from dualneuron.synthesis.ops import gaussian_blur, in_range, recorrelate_colors
from dualneuron.synthesis.presets import FourierPreset, PixelPreset
from dualneuron.synthesis.spectrum import image_of

MOMENTUM = 0.9


class Pixels:
    """Images as sigmoids of free numbers; gradient ascent with momentum, gradients blurred.

    Parameters
    ----------
    preset
        Settings.
    start : (B, C, H, W)
        First numbers, where the ascent computes.
    """

    def __init__(self, preset: PixelPreset, start: torch.Tensor):
        self.preset = preset
        self.values = start.clone().requires_grad_()
        self.optimizer = torch.optim.SGD([self.values], preset.learning_rate, momentum=MOMENTUM)

    def images(self) -> torch.Tensor:
        """Images (B, C, H, W) of the present numbers."""
        return in_range(self.values, self.preset.values_range, "sigmoid")

    def step(self, learning_rate: float) -> None:
        """Follow the gradient."""
        self.values.grad = gaussian_blur(self.values.grad)
        _step(self.optimizer, learning_rate)


class Phases:
    """Images of a magnitude spectrum and free phases; Adam.

    Parameters
    ----------
    preset
        Settings.
    magnitude : (C, H, W)
        Unshifted magnitudes.
    start : (B, C, H, W)
        First phases in radians, where the ascent computes.
    """

    def __init__(self, preset: FourierPreset, magnitude: torch.Tensor, start: torch.Tensor):
        self.preset = preset
        self.magnitude = magnitude.to(start)
        self.phases = start.clone().requires_grad_()
        self.optimizer = torch.optim.Adam([self.phases], preset.learning_rate)

    def images(self) -> torch.Tensor:
        """Images (B, C, H, W) of the present phases."""
        image = image_of(self.magnitude, self.phases, self.preset.hermitian)
        return in_range(recorrelate_colors(image), self.preset.values_range, self.preset.range_fn)

    def step(self, learning_rate: float) -> None:
        """Follow the gradient."""
        _step(self.optimizer, learning_rate)


def _step(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    optimizer.zero_grad()

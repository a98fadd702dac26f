"""A generator that costs nothing: coloured blobs, for trials where the pictures do not matter."""

import numpy as np
import torch
from torch import nn

from core.computing.devices import device_of
from core.computing.random_source import Randomness, standard_normal
from core.generators.protocol import Generator

GRID = 12
"""Blobs across and down."""

SEED = 0
"""Seed of the random weights, which are the same everywhere."""


class SmallGenerator(Generator):
    """Images of 12 x 12 x 3 smoothed values, each a logistic function of a projection of the code.

    Codes of norm ``2 sqrt(n)`` give logits of standard deviation 1.

    Parameters
    ----------
    n
        Length of a code.
    size
        Pixels of an image across and down.

    Examples
    --------
    >>> SmallGenerator().images(torch.zeros(2, 256)).mean()
    tensor(0.5000)
    """

    batch_size = 1024

    def __init__(self, n: int = 256, size: int = 64):
        super().__init__()
        self.latent_shape = (n,)
        weights = np.random.default_rng(SEED).standard_normal((3 * GRID**2, n)) / (2 * np.sqrt(n))
        self.linear = nn.Linear(n, len(weights), bias=False)
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(weights))
        self.resize = nn.Upsample((size, size), mode="bilinear", align_corners=False)

    def sample(self, n: int = 1, *, rng: Randomness = None) -> torch.Tensor:
        """Standard normal codes (n, length)."""
        return standard_normal((n, *self.latent_shape), device_of(self), rng)

    def visualize(self, codes: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        """Images (B, 3, size, size) in [0, scale]."""
        logits = self.linear(codes).reshape(-1, 3, GRID, GRID)
        return scale * torch.sigmoid(self.resize(logits))

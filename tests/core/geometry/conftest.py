"""The generators and distances of the golden vectors, whose weights come with them."""

from pathlib import Path

import numpy as np
import pytest
import pytorch_pretrained_biggan as library
import torch
from torch import nn

from core.computing.random_source import torch_draws_from
from core.generators import BigGAN
from core.generators.biggan import settle_spectral_norms
from core.geometry import PerceptualDistance, PixelDistance

VECTORS = Path(__file__).parents[2] / "data" / "geometry.npz"


class Tanh(nn.Module):
    """``sigmoid(W2 tanh(W1 z + b1) + b2)`` as images of 3 x 4 x 4; not linear anywhere."""

    def __init__(self, golden):
        super().__init__()
        for name in ("W1", "b1", "W2", "b2"):
            self.register_buffer(name, torch.from_numpy(golden[f"geo_mlp_{name}"]))

    def forward(self, codes):
        hidden = torch.tanh(codes @ self.W1.T + self.b1)
        return torch.sigmoid(hidden @ self.W2.T + self.b2).reshape(-1, 3, 4, 4)


class Maps(nn.Module):
    """One rectified convolution behind the scaling of LPIPS."""

    def __init__(self, golden):
        super().__init__()
        self.register_buffer("kernel", torch.from_numpy(golden["geo_mlp_perc_K"]))
        self.register_buffer("bias", torch.from_numpy(golden["geo_mlp_perc_b"]))
        for name, values in {
            "shift": (-0.030, -0.088, -0.188),
            "scale": (0.458, 0.448, 0.450),
        }.items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float64)[:, None, None])

    def forward(self, images):
        scaled = (2 * images - 1 - self.shift) / self.scale
        return [torch.relu(nn.functional.conv2d(scaled, self.kernel, self.bias, padding=1))]


class Strided(nn.Module):
    """Two transposed convolutions behind a projection; pixels are cut off where `clamps`."""

    def __init__(self, golden, clamps):
        super().__init__()
        for name in ("W", "b", "K", "bk"):
            self.register_buffer(name, torch.from_numpy(golden[f"geo_conv_{name}"]))
        self.clamps = clamps

    def forward(self, codes):
        leaky = lambda x: nn.functional.leaky_relu(x, 0.3)  # noqa: E731
        up = lambda x: nn.functional.conv_transpose2d(x, self.K, self.bk, 2, 1)  # noqa: E731
        hidden = leaky(codes @ self.W.T + self.b).reshape(-1, 3, 2, 2)
        images = (up(leaky(up(hidden))) + 1) / 2
        return images.clamp(0, 1) if self.clamps else images


@pytest.fixture(scope="session")
def golden():
    with np.load(VECTORS) as vectors:
        return dict(vectors)


@pytest.fixture(scope="session")
def tanh(golden):
    return Tanh(golden)


@pytest.fixture(scope="session")
def strided(golden):
    return {clamps: Strided(golden, clamps) for clamps in (False, True)}


@pytest.fixture(scope="session")
def distances(golden):
    weights = [torch.from_numpy(golden["geo_mlp_perc_w"])]
    return {
        "mse": PixelDistance(),
        "perc": PerceptualDistance(Maps(golden), weights, name="one convolution"),
    }


@pytest.fixture
def biggan():
    """A small one of random weights, 128 x 128 pixels."""
    with torch_draws_from(0):
        model = library.BigGAN(library.BigGANConfig(output_dim=128, channel_width=8))
    nn.init.ones_(model.generator.bn.weight)
    nn.init.zeros_(model.generator.bn.bias)
    settle_spectral_norms(model)
    return BigGAN(model)

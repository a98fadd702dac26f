"""Inputs that look random and come from an integer hash, as the golden vectors were made."""

from pathlib import Path

import numpy as np
import pytest


def unit(t: int, n: int, seed: int = 1) -> np.ndarray:
    """First `n` values, in [0, 1), of tensor number `t`."""
    i = np.arange(n, dtype=np.uint64)
    start = (t + 1) * 2246822519 + seed * 3266489917 + 374761393
    x = (i * np.uint64(2654435761) + np.uint64(start % 2**32)).astype(np.uint32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(2146121005)
    x ^= x >> np.uint32(15)
    x *= np.uint32(2221713035)
    x ^= x >> np.uint32(16)
    return x / 2.0**32


def signed(t: int, n: int, seed: int = 1) -> np.ndarray:
    """The same values, spread over [-1, 1)."""
    return 2 * unit(t, n, seed) - 1


@pytest.fixture(scope="session")
def hashed_unit():
    """``hashed_unit(t, n, seed=1)``: float64 (n,), in [0, 1)."""
    return unit


@pytest.fixture(scope="session")
def hashed_signed():
    """``hashed_signed(t, n, seed=1)``: float64 (n,), in [-1, 1)."""
    return signed


def fan_in(module) -> float:
    """Inputs that add up to one output of a linear or convolutional layer."""
    weight = module.weight
    if weight.dim() == 2:
        return weight.shape[1]
    kernel = weight[0, 0].numel()
    if type(module).__name__ == "ConvTranspose2d":
        return weight.shape[0] * kernel / module.stride[0] ** 2
    return weight.shape[1] * kernel


@pytest.fixture(scope="session")
def fill():
    """``fill(network, last=1.0)``: hashed weights that keep activations level."""
    import torch

    def fill(network, last=1.0):
        names = list(network.state_dict())
        weights = [name for name in names if name.endswith("weight")]
        state = {}
        for t, name in enumerate(names):
            module = network.get_submodule(name.rpartition(".")[0])
            values = signed(t, network.state_dict()[name].numel())
            if name.endswith("weight"):
                values *= 1.35 * np.sqrt(3 / fan_in(module)) * (last if name == weights[-1] else 1)
            else:
                values *= 0.1
            state[name] = torch.tensor(values, dtype=torch.float32).reshape(
                network.state_dict()[name].shape
            )
        network.load_state_dict(state)
        return network.eval().requires_grad_(False)

    return fill


@pytest.fixture(scope="session")
def golden_networks():
    """Golden vectors of generators, scorers, hooks and receptive fields."""
    folder = Path(__file__).parent / "data"
    with np.load(folder / "networks.npz", allow_pickle=False) as file:
        return dict(file)


def _networks():
    from torch import nn

    class TinyNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(3, 4, 5, 2, 2),
                nn.ReLU(),
                nn.Conv2d(4, 6, 3, 2, 1),
                nn.ReLU(),
                nn.Conv2d(6, 8, 3, 1, 1),
                nn.ReLU(),
            )
            self.pool = nn.AdaptiveAvgPool2d(1)
            self.fc = nn.Linear(8, 5)

        def forward(self, x):
            return self.fc(self.pool(self.features(x)).flatten(1))

    class LinNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(3, 4, 5, 1, 2), nn.Conv2d(4, 6, 3, 2, 1))
            self.fc = nn.Linear(6, 2)

        def forward(self, x):
            return self.fc(self.features(x).mean((2, 3)))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(4, 4, 3, 1, 1)
            self.relu = nn.ReLU()
            self.conv2 = nn.Conv2d(4, 4, 3, 1, 1)

        def forward(self, x):
            return self.relu(self.conv2(self.relu(self.conv1(x))) + x)

    class NestNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential()
            self.stem.add_module("conv", nn.Conv2d(3, 4, 3, 2, 1))
            self.stem.add_module("act", nn.ReLU())
            self.stages = nn.ModuleList([Block(), Block()])
            self.head = nn.Linear(4, 3)

        def forward(self, x):
            x = self.stem(x)
            for stage in self.stages:
                x = stage(x)
            return self.head(x.mean((2, 3)))

    return {"tinynet": TinyNet, "linnet": LinNet, "nestnet": NestNet}


@pytest.fixture
def network(fill):
    """``network("tinynet")``: one of the small test networks, filled from the hash."""
    return lambda name: fill(_networks()[name]())

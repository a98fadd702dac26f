"""The checksum of a network: hashed once, and again when a tensor was written to or replaced."""

import pytest
import torch
from torch import nn

from core.computing import checksums
from core.computing.checksums import checksum


@pytest.fixture
def network():
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).requires_grad_(False).eval()


def test_it_is_that_of_the_names_and_values(network):
    twin = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    assert checksum(twin) != checksum(network)
    twin.load_state_dict(network.state_dict())
    assert checksum(twin) == checksum(network)


def test_it_is_hashed_once(network, monkeypatch):
    expected = checksum(network)
    monkeypatch.setattr(checksums, "_state_sha256", None)
    assert checksum(network) == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda network: network[0].weight.add_(1),
        lambda network: network[0].bias.__setitem__(0, 9.0),
        lambda network: network[1].running_mean.add_(1),
        lambda network: setattr(network[0], "weight", nn.Parameter(torch.zeros(2, 3))),
        lambda network: setattr(network[0].weight, "data", torch.ones(2, 3)),
        lambda n: n.load_state_dict({k: v + 1 for k, v in n.state_dict().items()}),
        lambda network: network.double(),
        lambda network: network.register_buffer("more", torch.ones(1)),
    ],
)  # fmt: skip
def test_a_change_changes_it(network, change):
    before, kept = checksum(network), network[0].weight
    change(network)
    after = checksum(network)
    assert after != before
    assert after == checksums._state_sha256(network)
    assert kept is not None

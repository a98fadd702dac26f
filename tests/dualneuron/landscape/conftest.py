"""The folder of paired evolutions of `tests/dualneuron/paired`, and neurons that are linear."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.experiments.evolution.paired import PairedDescription
from dualneuron.landscape.paired_folder import EvolvedNeurons
from dualneuron.paired import TwinResponses
from dualneuron.twins.nets import V1GrayTaskDriven
from tests.dualneuron.paired.conftest import evolved, twin

__all__ = ["evolved", "linear", "twin"]

SPACES = ("small for fc6", "small for BigGAN")


class LinearMember(torch.nn.Module):
    """Neurons that answer with the projection of an image on their weights (n, 93, 93)."""

    core = None

    def __init__(self, weights):
        super().__init__()
        self.weights = torch.nn.Parameter(weights, requires_grad=False)

    def forward(self, images, neurons=None):
        weights = self.weights if neurons is None else self.weights[neurons]
        return torch.einsum("bchw,nhw->bn", images, weights) / 3

    def one_each(self, images, neurons):
        return torch.einsum("bchw,bhw->b", images, self.weights[neurons]) / 3


class Fixed:
    """A generator whose images are those that it was given, whatever the codes."""

    latent_shape = (2,)

    def __init__(self, images):
        self.fixed = images

    def images(self, codes, *, scale=1.0):
        return scale * self.fixed[: len(codes)]


def thread():
    return SimpleNamespace(
        codes=np.zeros((3, 2), np.float32),
        scores_clean=np.array([0.0, 2.0, 1.0]),
        generations=np.array([0, 0, 1]),
    )


@pytest.fixture
def linear():
    """Two neurons whose weights are smooth; the first thread shows them, the second their negative.

    Returns the neurons, with weights of norm 0.5 as a twin's images (2, 93, 93).
    """
    rows, columns = np.mgrid[:93, :93] / 93 * 2 * np.pi
    weights = torch.tensor(np.stack([np.sin(2 * rows), np.sin(3 * columns)]), dtype=torch.float32)
    weights = weights / weights.flatten(1).norm(dim=1)[:, None, None] / 2
    made = V1GrayTaskDriven(untrained=True, centered=True, device="cpu")
    made.members = torch.nn.ModuleList([LinearMember(weights.repeat(229, 1, 1))])
    respond = TwinResponses(made, [0, 1])
    pictures = (124.54466 / 255 + 10 * weights)[:, None].expand(-1, 3, -1, -1)
    opposite = (124.54466 / 255 - 10 * weights)[:, None].expand(-1, 3, -1, -1)
    records = tuple(SimpleNamespace(threads=(thread(), thread())) for _ in range(2))
    described = PairedDescription("V1GrayTaskDriven", "V1", SPACES, 0, "DIGITAL TWINS, linear")
    return EvolvedNeurons(described, respond, records, (Fixed(pictures), Fixed(opposite)))

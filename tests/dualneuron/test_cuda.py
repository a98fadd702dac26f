"""Twins and synthesis on a GPU give what they give on the CPU."""

from dataclasses import replace

import pytest
import torch

from dualneuron.synthesis.batch import Item, synthesize
from dualneuron.synthesis.presets import V1_NOTEBOOK
from dualneuron.twins import V1GrayTaskDriven
from dualneuron.twins.nets import TWIN_MAKERS

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")


@pytest.fixture(autouse=True)
def exact_convolutions(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)


@pytest.mark.parametrize("name", TWIN_MAKERS)
def test_responses_are_those_of_the_cpu(name):
    host, there = (TWIN_MAKERS[name](True, True, True, device=d) for d in ("cpu", "cuda"))
    images = 0.2 * torch.randn(4, *host.image_shape, generator=torch.Generator().manual_seed(0))
    responses = there(images.cuda())
    assert responses.is_cuda
    torch.testing.assert_close(responses.cpu(), host(images), atol=2e-4, rtol=1e-4)
    ids = [0, 5, 100, 300]
    torch.testing.assert_close(there.one_each(images.cuda(), ids), responses[range(4), ids])
    assert there.grey_baseline().device.type == "cpu"


def test_poles_of_a_seed_are_those_of_the_cpu():
    items = [Item(neuron, pole) for neuron in (3, 40) for pole in ("least", "most")]
    few = replace(V1_NOTEBOOK, total_steps=6)
    host, there = (
        synthesize(V1GrayTaskDriven(True, True, True, device=device), items, few)
        for device in ("cpu", "cuda")
    )
    for one, other in zip(host, there, strict=True):
        torch.testing.assert_close(other["image"], one["image"], atol=1e-3, rtol=0)
        assert other["objective"] == pytest.approx(one["objective"], rel=1e-3)

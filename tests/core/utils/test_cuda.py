"""The same results on a GPU, and nothing leaves it before it is asked for."""

import numpy as np
import pytest
import torch

from core.utils.CNN_scorers import TorchScorer
from core.utils.GAN_utils import BigGAN_wrapper, loadBigGAN, upconvGAN
from core.utils.grad_RF_estim import grad_RF_estimate_units
from core.utils.image_networks import load_network

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")


@pytest.fixture(autouse=True)
def exact_convolutions(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)


@pytest.mark.parametrize("make", [
    lambda: upconvGAN("fc6", pretrained=False, device="cpu"),
    lambda: BigGAN_wrapper(loadBigGAN("biggan-deep-128", pretrained=False, device="cpu")),
])  # fmt: skip
def test_images_are_those_of_the_cpu_and_stay_where_they_are_made(make):
    generator = make()
    codes = generator.sample_vector(3, generator=torch.Generator().manual_seed(0))
    expected = generator.visualize_batch(codes)
    generator.cuda()
    images = generator.visualize_batch(codes, B=2, device=None)
    assert images.is_cuda
    torch.testing.assert_close(images.cpu(), expected, atol=1e-3, rtol=0)
    assert not generator.visualize_batch(codes.cuda()).is_cuda
    assert isinstance(generator.render(codes.numpy())[0], np.ndarray)


def test_scores_and_recordings_are_those_of_the_cpu():
    images = torch.rand(5, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    results = []
    for device in ("cpu", "cuda"):
        with TorchScorer("efficientnet_lite0", ".Linearfc", 7, device=device) as scorer:
            scorer.set_recording([".head"])
            scores, recordings = scorer.score_tsr(images.to(device), B=2)
            results.append((scores, recordings[".head"]))
    for on_cpu, on_gpu in zip(*results, strict=True):
        np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-2 * np.abs(on_cpu).max())


def test_receptive_fields_are_those_of_the_cpu():
    units = [(channel, 3, 3) for channel in range(70)]
    maps = []
    for device in ("cpu", "cuda"):
        model = load_network("efficientnet_lite0", device=device).model
        noise = torch.Generator().manual_seed(0)
        maps.append(
            grad_RF_estimate_units(
                model, ".blocks.InvertedResidual5", units, (3, 112, 112), reps=2, generator=noise
            )
        )
    np.testing.assert_allclose(maps[1], maps[0], atol=1e-2 * maps[0].max())

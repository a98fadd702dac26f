"""The same results on a GPU, and nothing leaves it before it is asked for."""

import numpy as np
import pytest
import torch

from core.networks.zoo import load_network
from core.utils.CNN_scorers import TorchScorer
from core.utils.GAN_utils import BigGAN_wrapper, loadBigGAN, upconvGAN
from core.utils.grad_RF_estim import grad_RF_estimate_units
from core.utils.Optimizers import CholeskyCMAES, Genetic, HessCMAES, SphereCMA

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
    codes = generator.sample(3, rng=torch.Generator().manual_seed(0))
    expected = generator.images(codes)
    generator.cuda()
    images = generator.images(codes, batch_size=2)
    assert images.is_cuda
    torch.testing.assert_close(images.cpu(), expected, atol=1e-3, rtol=0)
    assert not generator.images(codes.cuda(), device="cpu").is_cuda
    assert isinstance(generator.render(codes.numpy())[0], np.ndarray)


@pytest.mark.parametrize("make", [
    lambda **options: CholeskyCMAES(64, 8, 1.0, np.ones(64), Aupdate_freq=0, **options),
    lambda **options: HessCMAES(64, 8, cutoff=40, init_code=np.ones(64), **options),
    lambda **options: SphereCMA(64, 8, 4, **options),
])  # fmt: skip
def test_optimizers_give_the_codes_of_the_cpu_and_never_wait(make):
    results = []
    for device in ("cpu", "cuda"):
        rng = np.random.default_rng(0)
        draws = [torch.from_numpy(rng.standard_normal((8, 64))).to(device) for _ in range(40)]
        stored = iter(draws)
        optimizer = make(
            device=device, draw=lambda shape, stored=stored: next(stored)[:, : shape[1]]
        )
        codes = torch.from_numpy(np.random.default_rng(1).standard_normal((9, 64))).to(device)
        # of codes on a sphere, squared norms would differ, and rank them, by rounding alone
        target = torch.linspace(-1, 1, 64, dtype=torch.float64, device=device)
        codes = optimizer.step(codes @ target, codes)
        torch.cuda.set_sync_debug_mode("error" if device == "cuda" else "default")
        try:
            for _ in range(20):
                codes = optimizer.step(codes @ target, codes)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        assert codes.device.type == device
        results.append(codes.cpu())
    torch.testing.assert_close(*results, rtol=1e-9, atol=1e-9)


def test_a_genetic_optimizer_never_waits():
    optimizer = Genetic(64, 8, 0.25, 0.75, 2, n_conserve=2, random_seed=0, device="cuda")
    codes = optimizer.get_init_pop()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(20):
            codes = optimizer.step(-codes.square().sum(dim=1), codes)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert codes.is_cuda


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
                model, ".blocks.InvertedResidual5", units, (3, 112, 112), reps=2, rng=noise
            )
        )
    np.testing.assert_allclose(maps[1], maps[0], atol=1e-2 * maps[0].max())

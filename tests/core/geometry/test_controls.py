"""Networks with shuffled weights."""

import numpy as np
import torch
from torch import nn

from core.computing.random_source import torch_draws_from
from core.geometry import shuffle_weights


def network():
    with torch_draws_from(0):
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(5, 5)).eval()


def test_every_tensor_keeps_its_values_in_another_order():
    model = network()
    model[1].running_mean.copy_(torch.arange(4.0))
    shuffled = shuffle_weights(model, rng=1)
    for name in ("0.weight", "0.bias", "2.weight", "1.running_mean"):
        before, after = (net.state_dict()[name].flatten() for net in (model, shuffled))
        torch.testing.assert_close(before.sort().values, after.sort().values)
        assert not torch.equal(before, after), name
    assert shuffled.state_dict()["1.num_batches_tracked"] == 0


def test_the_seed_decides_and_buffers_may_stay():
    model = network()
    model[1].running_mean.copy_(torch.arange(4.0))
    first, second = (shuffle_weights(model, rng=3, include_buffers=False) for _ in range(2))
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(first[1].running_mean, torch.arange(4.0))


def test_the_control_of_biggan_has_norms_of_1_and_finite_images(biggan):
    biggan.visualize(biggan.sample(1, rng=0))  # a pass with gradients, which cannot be copied
    shuffled = shuffle_weights(biggan, rng=0)
    shuffled.visualize(shuffled.sample(1, rng=0))
    norms = [
        float(torch.linalg.matrix_norm(module.weight.detach().flatten(1), 2))
        for module in shuffled.modules()
        if hasattr(module, "weight_orig")
    ]
    np.testing.assert_allclose(norms, 1, atol=0.1)
    assert torch.isfinite(shuffled.images(shuffled.sample(2, rng=0))).all()

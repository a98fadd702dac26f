"""Inverting images of a generator."""

import pytest
import torch
from torch import nn

from core.computing.random_source import standard_normal
from core.errors import CodeError, ImageError
from core.generators.protocol import Generator
from core.utils.GAN_invert_utils import GAN_invert, GAN_invert_with_scheduler


class Linear(Generator):
    """Images that are linear in the code, so that inversion has one answer."""

    latent_shape = (6,)
    batch_size = 8

    def __init__(self):
        super().__init__()
        self.map = nn.Linear(6, 3 * 4 * 5, bias=False)
        nn.init.orthogonal_(self.map.weight)
        self.requires_grad_(False)

    def sample(self, n=1, *, rng=None):
        return standard_normal((n, 6), torch.device("cpu"), rng)

    def visualize(self, code, *, scale=1.0):
        return self.map(self.as_codes(code)).reshape(-1, 3, 4, 5) * scale


@pytest.fixture
def linear():
    torch.manual_seed(0)
    return Linear()


@pytest.mark.parametrize("function", [GAN_invert, GAN_invert_with_scheduler])
def test_the_codes_of_images_are_found(linear, function):
    codes = torch.randn(3, 6, generator=torch.Generator().manual_seed(1))
    found, images, *error = function(
        linear, linear.visualize(codes), lr=0.05, max_iter=1500, print_progress=False
    )
    torch.testing.assert_close(found, codes, atol=2e-3, rtol=0)
    torch.testing.assert_close(images, linear.visualize(found))
    if error:
        assert error[0].shape == (3,)
        assert error[0].max() < 1e-6


def test_the_start_and_the_scheduler_are_used(linear):
    target = linear.visualize(torch.ones(2, 6))
    start = torch.zeros(2, 6)
    found, _, error = GAN_invert(linear, target, start, max_iter=0, print_progress=False)
    torch.testing.assert_close(found, start)
    torch.testing.assert_close(error, target.square().mean((1, 2, 3)))
    seen = []

    def scheduler(optimizer):
        seen.append(optimizer)
        return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.0, total_iters=100)

    found, _ = GAN_invert_with_scheduler(
        linear, target, start, scheduler, max_iter=3, print_progress=False
    )
    assert len(seen) == 1
    torch.testing.assert_close(found, start)


def test_images_and_codes_that_do_not_fit(linear):
    with pytest.raises(
        ImageError, match=r"expected 1 images of shape \(3, 4, 5\), found \(1, 3, 9"
    ):
        GAN_invert(linear, torch.zeros(1, 3, 9, 9))
    with pytest.raises(ImageError, match="expected 2 images"):
        GAN_invert(linear, torch.zeros(3, 3, 4, 5), torch.zeros(2, 6))
    for bad in (torch.full((1, 3, 4, 5), 200.0), torch.full((1, 3, 4, 5), torch.nan)):
        with pytest.raises(ImageError, match=r"expected images in \[0, 1\]"):
            GAN_invert(linear, bad)
    with pytest.raises(CodeError, match="expected finite codes"):
        GAN_invert(linear, torch.zeros(1, 3, 4, 5), torch.full((1, 6), torch.nan))
    with pytest.raises(CodeError, match=r"\(B, 6\), found \(1, 7\)"):
        GAN_invert(linear, torch.zeros(1, 3, 4, 5), torch.zeros(1, 7))

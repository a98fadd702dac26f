"""Latent codes whose images resemble given ones, found by gradient descent."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.optim.lr_scheduler import ExponentialLR, LRScheduler

from core.computing.devices import device_of, dtype_of
from core.computing.random_source import Randomness
from core.errors import CodeError, ImageError
from core.generators.protocol import Generator
from core.images.range import check_range
from core.progress import progress

Schedule = Callable[[torch.optim.Optimizer], LRScheduler]
"""Makes a schedule of the learning rate for an optimizer."""


class Inversion(NamedTuple):
    """Codes of target images.

    Attributes
    ----------
    codes : (B, *latent_shape)
    images : (B, 3, H, W)
        Images of the codes, in [0, 1].
    errors : (B,)
        Mean squared error of each image.
    """

    codes: torch.Tensor
    images: torch.Tensor
    errors: torch.Tensor


def falling_by_a_thousandth(optimizer: torch.optim.Optimizer) -> LRScheduler:
    """Schedule under which the learning rate falls by 0.1 % a step, as published."""
    return ExponentialLR(optimizer, 0.999)


def invert(
    generator: Generator,
    target: torch.Tensor,
    start: torch.Tensor | None = None,
    *,
    learning_rate: float = 2e-3,
    weight_decay: float = 0,
    n_steps: int = 5000,
    schedule: Schedule | None = None,
    shows_progress: bool = False,
    rng: Randomness = None,
) -> Inversion:
    """Codes that reproduce images; Adam on each image's mean squared error.

    Errors are summed over images, so that many targets get the codes that each alone gets.

    Parameters
    ----------
    generator
        Makes the images; must be differentiable.
    target : (B, 3, H, W)
        Images in [0, 1], of the size that the generator makes; or one image for all codes.
    start : (B, *latent_shape), optional
        Codes to start from; by default a random one for each image.
    learning_rate
        Learning rate of Adam.
    weight_decay
        Weight decay of Adam, which pulls codes towards zero.
    n_steps
        Steps of Adam.
    schedule
        Makes a schedule of the learning rate; by default it stays as it is.
    shows_progress
        Show a progress bar on a terminal.
    rng
        Source of the random start.

    Returns
    -------
    Inversion

    Raises
    ------
    ImageError
        If the images do not have the generator's size.
    CodeError
        If the codes to start from are not finite.

    Examples
    --------
    >>> from core.generators.small import SmallGenerator
    >>> G = SmallGenerator(8, 16)
    >>> found = invert(G, G.images(G.sample(2, rng=0)), rng=1, learning_rate=0.1, n_steps=300)
    >>> bool(found.errors.max() < 1e-4)
    True
    """
    target = _as_target(generator, target)
    if start is None:
        start = generator.sample(len(target), rng=rng)
    codes = generator.as_codes(start).detach().clone().requires_grad_(True)
    if not torch.isfinite(codes).all():
        raise CodeError(expected="finite codes to start from", found="NaN or infinity")
    with torch.no_grad():
        size = generator.visualize(codes[:1]).shape[1:]
    if target.shape[1:] != size or len(target) not in (1, len(codes)):
        raise ImageError(
            expected=f"{len(codes)} images of shape {tuple(size)}", found=tuple(target.shape)
        )
    target = target.expand(len(codes), -1, -1, -1)
    adam = torch.optim.Adam([codes], lr=learning_rate, weight_decay=weight_decay)
    scheduler = None if schedule is None else schedule(adam)
    steps = range(n_steps)
    for _ in progress(steps, n_steps, "inverting images") if shows_progress else steps:
        adam.zero_grad()
        with torch.enable_grad():
            _errors(generator.visualize(codes), target).sum().backward()
        adam.step()
        if scheduler is not None:
            scheduler.step()
    with torch.no_grad():
        images = generator.visualize(codes)
    return Inversion(codes.detach(), images, _errors(images, target))


def _as_target(generator: Generator, target: torch.Tensor) -> torch.Tensor:
    target = torch.as_tensor(target)
    if target.dim() != 4 or not target.is_floating_point():
        raise ImageError(
            expected="images (B, 3, H, W) of floating-point numbers",
            found=f"{tuple(target.shape)} of {target.dtype}",
        )
    target = target.to(device_of(generator), dtype_of(generator))
    check_range(target)
    return target


def _errors(images: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (images - target).square().mean((1, 2, 3))

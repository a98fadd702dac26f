"""Latent codes whose images resemble given ones.

`invert` compares, repeats and keeps the best; a `Search` moves the codes. Adam is here, others are
in `core.geometry.inversion`.
"""

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
from core.settings import positive_number, whole

Schedule = Callable[[torch.optim.Optimizer], LRScheduler]
"""Makes a schedule of the learning rate for an optimizer."""

Distance = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Distances (B,) of two batches of images, which can be differentiated."""

Losses = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Distances (N,) of the images of codes (N, ...) from targets, by the number of each's row (N,)."""

Search = Callable[[Losses, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""From losses and codes (B, ...), a row for each image, to better codes and the losses on the way
(n_steps + 1, B), the first and the last included."""


class Inversion(NamedTuple):
    """Codes of target images.

    Attributes
    ----------
    codes : (B, *latent_shape)
    images : (B, 3, H, W)
        Images of the codes, in [0, 1].
    errors : (B,)
        Distance of each image from its target: by default the mean squared error.
    all_errors : (B, starts_per_image)
        The same of every start.
    history : (n_steps + 1, B, starts_per_image)
        Errors on the way.
    """

    codes: torch.Tensor
    images: torch.Tensor
    errors: torch.Tensor
    all_errors: torch.Tensor
    history: torch.Tensor


def falling_by_a_thousandth(optimizer: torch.optim.Optimizer) -> LRScheduler:
    """Schedule under which the learning rate falls by 0.1 % a step, as published."""
    return ExponentialLR(optimizer, 0.999)


def mean_squared_errors(images: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of each pair of images, (B,).

    Parameters
    ----------
    images, others : (B, 3, H, W)

    Examples
    --------
    >>> mean_squared_errors(torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4))
    tensor([1., 1.])
    """
    return (images - others).square().mean((1, 2, 3))


def invert(
    generator: Generator,
    target: torch.Tensor,
    start: torch.Tensor | None = None,
    *,
    distance: Distance = mean_squared_errors,
    search: Search | None = None,
    starts_per_image: int = 1,
    learning_rate: float = 2e-3,
    weight_decay: float = 0,
    n_steps: int = 5000,
    schedule: Schedule | None = None,
    shows_progress: bool = False,
    rng: Randomness = None,
) -> Inversion:
    """Codes that reproduce images, of many images at once; by default Adam on the squared error.

    Many targets get the codes that each alone gets; as many are in work at a time as the generator
    renders at a time.

    Parameters
    ----------
    generator
        Makes the images; must be differentiable.
    target : (B, 3, H, W)
        Images in [0, 1], of the size that the generator makes; or one image for all codes.
    start : (B * starts_per_image, *latent_shape), optional
        Codes to start from, those of one image together; by default random ones.
    distance
        What is made small.
    search
        Moves the codes in place of Adam, to whom all settings below but `rng` belong.
    starts_per_image
        Starts for each image; the best code is kept.
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
    whole(starts_per_image, "starts_per_image", at_least=1)
    if start is None:
        start = generator.sample(len(target) * starts_per_image, rng=rng)
    codes = generator.as_codes(start).detach().clone()
    if not torch.isfinite(codes).all():
        raise CodeError(expected="finite codes to start from", found="NaN or infinity")
    with torch.no_grad():
        size = generator.visualize(codes[:1]).shape[1:]
    n_images = 1 if len(target) == 1 else len(codes) / starts_per_image
    if target.shape[1:] != size or len(target) != n_images or len(codes) % starts_per_image:
        raise ImageError(
            expected=f"{len(codes) // starts_per_image} images of shape {tuple(size)}",
            found=tuple(target.shape),
        )
    target = target.expand(len(codes) // starts_per_image, -1, -1, -1)

    def losses(some: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return distance(generator.visualize(some), target[rows // starts_per_image])

    if search is None:
        search = adam(learning_rate, weight_decay, n_steps, schedule, shows_progress)
    found = [
        search(lambda some, rows, group=group: losses(some, group[rows]), codes[group])
        for group in torch.arange(len(codes), device=codes.device).split(generator.batch_size)
    ]
    codes, history = (torch.cat(parts, dim) for dim, parts in enumerate(zip(*found, strict=True)))
    all_errors = history[-1].reshape(-1, starts_per_image)
    best = all_errors.argmin(1)
    codes = codes[torch.arange(len(best), device=best.device) * starts_per_image + best]
    return Inversion(
        codes,
        generator.images(codes, scale=1.0),
        all_errors.gather(1, best[:, None])[:, 0],
        all_errors,
        history.reshape(len(history), -1, starts_per_image),
    )


def adam(
    learning_rate: float = 2e-3,
    weight_decay: float = 0,
    n_steps: int = 5000,
    schedule: Schedule | None = None,
    shows_progress: bool = False,
) -> Search:
    """Adam on the sum of losses; its steps are equal along all coordinates.

    Parameters
    ----------
    learning_rate, weight_decay, n_steps, schedule, shows_progress
        As in `invert`.

    Returns
    -------
    Search

    Raises
    ------
    SettingError
        If the learning rate is not above 0.
    """
    positive_number(learning_rate, "learning_rate")

    def search(losses: Losses, codes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        codes = codes.requires_grad_(True)
        rows = torch.arange(len(codes), device=codes.device)
        optimizer = torch.optim.Adam([codes], lr=learning_rate, weight_decay=weight_decay)
        scheduler = None if schedule is None else schedule(optimizer)
        steps, history = range(n_steps), []
        for _ in progress(steps, n_steps, "inverting images") if shows_progress else steps:
            optimizer.zero_grad()
            with torch.enable_grad():
                now = losses(codes, rows)
                now.sum().backward()
            history.append(now.detach())
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
        with torch.no_grad():
            history.append(losses(codes, rows))
        return codes.detach(), torch.stack(history)

    return search


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

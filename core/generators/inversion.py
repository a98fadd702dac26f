"""Latent codes whose images resemble given ones, found by gradient descent."""

from collections.abc import Callable

import torch
from torch.optim.lr_scheduler import ExponentialLR, LRScheduler

from core.computing.devices import device_of, dtype_of
from core.errors import CodeError, ImageError
from core.generators.protocol import Generator, Randomness
from core.images.range import check_range
from core.progress import progress

Schedule = Callable[[torch.optim.Optimizer], LRScheduler]


def GAN_invert(  # noqa: N802
    G: Generator,  # noqa: N803
    target_img: torch.Tensor,
    z_init: torch.Tensor | None = None,
    lr: float = 2e-3,
    weight_decay: float = 0,
    max_iter: int = 5000,
    print_progress: bool = True,
    *,
    generator: Randomness = None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Codes that reproduce images; Adam on each image's mean squared error.

    Parameters
    ----------
    G
        Generator.
    target_img
        ``(B, 3, H, W)`` in [0, 1], of the size that `G` makes; or one image for all codes.
    z_init
        ``(B, *latent_shape)`` codes to start from; by default a random one for each image.
    lr, weight_decay
        Of Adam.
    max_iter
        Steps.
    print_progress
        Show a progress bar on a terminal.
    generator
        Source of the random start.

    Returns
    -------
    z, image, error
        Codes, their images, and (B,) mean squared errors.

    Raises
    ------
    ImageError
        If the images do not have the generator's size.
    """
    return _descend(
        G,
        target_img,
        z_init,
        max_iter,
        torch.sum,
        lambda codes: (torch.optim.Adam([codes], lr=lr, weight_decay=weight_decay), None),
        print_progress,
        generator,
    )


def GAN_invert_with_scheduler(  # noqa: N802
    G: Generator,  # noqa: N803
    target_img: torch.Tensor,
    z_init: torch.Tensor | None = None,
    scheduler: Schedule | None = None,
    lr: float = 1e-2,
    weight_decay: float = 0,
    max_iter: int = 5000,
    print_progress: bool = True,
    *,
    generator: Randomness = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """`GAN_invert` with a falling learning rate, and the error averaged over images as well.

    Parameters
    ----------
    scheduler
        Function that makes a scheduler for an optimizer; by default the rate falls by 0.1 % a
        step.
    G, target_img, z_init, lr, weight_decay, max_iter, print_progress, generator
        As in `GAN_invert`.

    Returns
    -------
    z, image
    """

    def optimizers(codes: torch.Tensor) -> tuple[torch.optim.Optimizer, LRScheduler]:
        adam = torch.optim.Adam([codes], lr=lr, weight_decay=weight_decay)
        return adam, (scheduler or (lambda optimizer: ExponentialLR(optimizer, 0.999)))(adam)

    codes, image, _ = _descend(
        G, target_img, z_init, max_iter, torch.mean, optimizers, print_progress, generator
    )
    return codes, image


def _descend(
    G: Generator,  # noqa: N803
    target: torch.Tensor,
    start: torch.Tensor | None,
    n_steps: int,
    over_images: Callable[[torch.Tensor], torch.Tensor],
    optimizers: Callable[[torch.Tensor], tuple[torch.optim.Optimizer, LRScheduler | None]],
    shows_progress: bool,
    generator: Randomness,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    target = torch.as_tensor(target)
    if target.dim() != 4 or not target.is_floating_point():
        raise ImageError(
            expected="images (B, 3, H, W) of floating-point numbers",
            found=f"{tuple(target.shape)} of {target.dtype}",
        )
    target = target.to(device_of(G), dtype_of(G))
    check_range(target)
    if start is None:
        start = G.sample_vector(len(target), generator=generator)
    codes = G.as_codes(start).detach().clone().requires_grad_(True)
    if not torch.isfinite(codes).all():
        raise CodeError(expected="finite codes to start from", found="NaN or infinity")
    with torch.no_grad():
        size = G.visualize(codes[:1]).shape[1:]
    if target.shape[1:] != size or len(target) not in (1, len(codes)):
        raise ImageError(
            expected=f"{len(codes)} images of shape {tuple(size)}", found=tuple(target.shape)
        )
    target = target.expand(len(codes), -1, -1, -1)
    optimizer, schedule = optimizers(codes)
    steps = range(n_steps)
    for _ in progress(steps, n_steps, "inverting images") if shows_progress else steps:
        optimizer.zero_grad()
        with torch.enable_grad():
            over_images(_errors(G.visualize(codes), target)).backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
    with torch.no_grad():
        image = G.visualize(codes)
    return codes.detach(), image, _errors(image, target)


def _errors(images: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (images - target).square().mean((1, 2, 3))

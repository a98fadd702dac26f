"""Codes of given images, under their published names."""

import torch

from core.computing.random_source import Randomness
from core.generators.inversion import Schedule, falling_by_a_thousandth, invert
from core.generators.protocol import Generator

__all__ = ["GAN_invert", "GAN_invert_with_scheduler"]


def GAN_invert(
    G: Generator,
    target_img: torch.Tensor,
    z_init: torch.Tensor | None = None,
    lr: float = 2e-3,
    weight_decay: float = 0,
    max_iter: int = 5000,
    print_progress: bool = True,
    *,
    rng: Randomness = None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Published form of `core.generators.invert`.

    Parameters
    ----------
    G
        Generator.
    target_img : (B, 3, H, W)
        Images in [0, 1], of the size that `G` makes; or one image for all codes.
    z_init : (B, *latent_shape), optional
        Codes to start from; by default a random one for each image.
    lr
        Learning rate of Adam.
    weight_decay
        Weight decay of Adam.
    max_iter
        Steps.
    print_progress
        Show a progress bar on a terminal.
    rng
        Source of the random start.

    Returns
    -------
    z, image, error
        Codes, their images, and (B,) mean squared errors.
    """
    found = invert(
        G,
        target_img,
        z_init,
        learning_rate=lr,
        weight_decay=weight_decay,
        n_steps=max_iter,
        shows_progress=print_progress,
        rng=rng,
    )
    return found.codes, found.images, found.errors


def GAN_invert_with_scheduler(
    G: Generator,
    target_img: torch.Tensor,
    z_init: torch.Tensor | None = None,
    scheduler: Schedule | None = None,
    lr: float = 1e-2,
    weight_decay: float = 0,
    max_iter: int = 5000,
    print_progress: bool = True,
    *,
    rng: Randomness = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """`GAN_invert` with a falling learning rate.

    The published code averages the error over images as well, which makes weight decay stronger
    the more images there are; here many targets get what each alone gets.

    Parameters
    ----------
    G, target_img, z_init, lr, weight_decay, max_iter, print_progress, rng
        Generator, images, first codes, learning rate and weight decay of Adam, steps, progress bar
        and source of a random start, as in `GAN_invert`.
    scheduler
        Makes a schedule of the learning rate; by default it falls by 0.1 % a step.

    Returns
    -------
    z, image
        Codes and their images.
    """
    found = invert(
        G,
        target_img,
        z_init,
        learning_rate=lr,
        weight_decay=weight_decay,
        n_steps=max_iter,
        schedule=scheduler or falling_by_a_thousandth,
        shows_progress=print_progress,
        rng=rng,
    )
    return found.codes, found.images

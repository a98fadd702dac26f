"""Whether an image generator keeps the promises of `core.generators.Generator`."""

from typing import Protocol

import torch

from core.computing.random_source import Randomness
from core.errors import PromiseError

N_CODES = 3
"""Codes that the promises are tried on."""

SAME = 1e-4
"""Largest difference, in units of white, between images that are called the same."""


class ImageGenerator(Protocol):
    """What is asked of a generator; `core.generators.Generator` gives `images` and checks codes.

    One that is no `torch.nn.Module` may have a method ``identity()`` as well, which says in types
    of JSON what its images depend on, its weights say: an evolution goes on with the same only.
    """

    latent_shape: tuple[int, ...]

    def sample(self, n: int = 1, *, rng: Randomness = None) -> torch.Tensor:
        """Random codes ``(n, *latent_shape)``."""

    def visualize(self, codes: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        """Images ``(n, 3, H, W)`` in [0, scale]."""

    def images(self, codes: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        """The same for many codes, without gradients."""


def validate_generator(generator: ImageGenerator) -> None:
    """Try every promise that evolutions, inversion and receptive fields rely on.

    Parameters
    ----------
    generator
        The generator; a few images are made of random codes. It is not changed.

    Raises
    ------
    PromiseError
        Names the first promise that is broken.

    Examples
    --------
    >>> from core.generators import SmallGenerator
    >>> validate_generator(SmallGenerator(8, 16))

    A generator whose images are 8-bit numbers:

    >>> class Bytes(SmallGenerator):
    ...     def visualize(self, codes, *, scale=1.0):
    ...         return 255 * super().visualize(codes, scale=scale)
    >>> validate_generator(Bytes(8, 16))
    Traceback (most recent call last):
    core.errors.PromiseError: Bytes: expected images in [0, scale], found values from 36.3 to 201 \
for a scale of 1.
    """
    name = type(generator).__name__
    for method in ("sample", "visualize", "images"):
        if not callable(getattr(generator, method, None)):
            raise PromiseError(path=name, expected=f"a method `{method}`", found="none")
    _check_shape(name, getattr(generator, "latent_shape", None))
    codes = _checked_codes(name, generator)
    images = _checked_images(name, generator, codes)
    alone = torch.cat([_visualize(name, generator, code[None]) for code in codes])
    if (alone - images).abs().max() > SAME:
        raise PromiseError(
            path=name,
            expected="the image of a code to be the same alone and among others",
            found=f"differences up to {float((alone - images).abs().max()):.3g}",
        )
    together = generator.images(codes).to(images)
    if together.shape != images.shape or (together - images).abs().max() > SAME:
        raise PromiseError(
            path=name, expected="`images` to give what `visualize` gives", found="other"
        )


def _check_shape(name: str, shape: object) -> None:
    is_shape = isinstance(shape, tuple) and shape and all(isinstance(n, int) for n in shape)
    if not is_shape or min(shape) < 1:
        raise PromiseError(
            path=name, expected="`latent_shape` to be a tuple of whole numbers", found=f"{shape!r}"
        )


def _checked_codes(name: str, generator: ImageGenerator) -> torch.Tensor:
    try:
        codes, again = (generator.sample(N_CODES, rng=0) for _ in range(2))
    except TypeError as error:
        raise PromiseError(
            path=name, expected="`sample(n, rng=seed)` to work", found=error
        ) from None
    expected = (N_CODES, *generator.latent_shape)
    if not isinstance(codes, torch.Tensor) or tuple(codes.shape) != expected:
        found = tuple(codes.shape) if isinstance(codes, torch.Tensor) else type(codes).__name__
        raise PromiseError(path=name, expected=f"`sample(3)` to give codes {expected}", found=found)
    if not codes.is_floating_point() or not torch.isfinite(codes).all():
        raise PromiseError(path=name, expected="finite floating-point codes", found="others")
    if not torch.equal(codes, again):
        raise PromiseError(
            path=name, expected="the same seed to give the same codes", found="others"
        )
    return codes


def _checked_images(name: str, generator: ImageGenerator, codes: torch.Tensor) -> torch.Tensor:
    images = _visualize(name, generator, codes)
    shape = tuple(images.shape)
    if len(shape) != 4 or shape[:2] != (len(codes), 3) or not images.is_floating_point():
        raise PromiseError(
            path=name,
            expected=f"images ({len(codes)}, 3, H, W) of floating-point numbers",
            found=f"{shape} of {images.dtype}",
        )
    for scale in (1.0, 255.0):
        scaled = _visualize(name, generator, codes, scale)
        if not (scaled.min() >= 0 and scaled.max() <= scale):
            raise PromiseError(
                path=name,
                expected="images in [0, scale]",
                found=(
                    f"values from {float(scaled.min()):.3g} to {float(scaled.max()):.3g} for a "
                    f"scale of {scale:g}"
                ),
            )
        if (scaled / scale - images).abs().max() > SAME:
            raise PromiseError(
                path=name,
                expected=(
                    f"a scale of {scale:g} to give {scale:g} times the image, and two calls to "
                    "give the same"
                ),
                found="others",
            )
    return images


def _visualize(
    name: str, generator: ImageGenerator, codes: torch.Tensor, scale: float = 1.0
) -> torch.Tensor:
    try:
        with torch.no_grad():
            images = generator.visualize(codes, scale=scale)
    except TypeError as error:
        raise PromiseError(
            path=name, expected="`visualize(codes, scale=1.0)` to work", found=error
        ) from None
    if not isinstance(images, torch.Tensor):
        raise PromiseError(
            path=name, expected="`visualize` to give a tensor", found=type(images).__name__
        )
    return images

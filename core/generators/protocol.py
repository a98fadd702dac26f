"""What every image generator offers: one protocol, so that any of them can be put for any other.

Codes are tensors ``(B, *latent_shape)`` or flat ``(B, latent_dim)``; one code alone is a batch of
one. Images are ``(B, 3, H, W)`` float32, RGB, in [0, scale].
"""

from abc import ABC, abstractmethod
from math import prod

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device, device_of, dtype_of
from core.errors import CodeError, SettingError

Randomness = torch.Generator | int | None
"""A source of random numbers, a seed, or None for torch's own source."""


class Generator(nn.Module, ABC):
    """Base of generators; a child sets `latent_shape`, `batch_size`, and says how to visualize.

    Attributes
    ----------
    latent_shape
        Shape of one latent code.
    batch_size
        Codes rendered at a time unless a call says otherwise.
    """

    latent_shape: tuple[int, ...]
    batch_size: int

    @property
    def latent_dim(self) -> int:
        """Number of values in one latent code."""
        return prod(self.latent_shape)

    @abstractmethod
    def sample_vector(self, sampn: int = 1) -> torch.Tensor:
        """Random codes ``(sampn, *latent_shape)``."""

    @abstractmethod
    def visualize(self, code: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        """Images ``(B, 3, H, W)`` of codes, differentiable, where the generator is."""

    def visualize_batch(
        self,
        codes: torch.Tensor,
        scale: float = 1.0,
        B: int | None = None,  # noqa: N803
        *,
        device: str | torch.device | None = "cpu",
    ) -> torch.Tensor:
        """Images of many codes without gradients, on the CPU; ``device=None`` leaves them."""
        return self.render_batches(codes, scale, self._batch(B), device)

    def visualize_batch_np(
        self,
        codes: np.ndarray,
        scale: float = 1.0,
        B: int | None = None,  # noqa: N803
    ) -> torch.Tensor:
        """`visualize_batch` of an array of codes."""
        return self.render_batches(codes, scale, self._batch(B), "cpu")

    def render(
        self,
        codes: np.ndarray,
        scale: float = 1.0,
        B: int | None = None,  # noqa: N803
    ) -> list[np.ndarray]:
        """Images of an array of codes as a list of ``(H, W, 3)`` float32 arrays."""
        return as_image_list(self.render_batches(codes, scale, self._batch(B), "cpu"))

    def _batch(self, size: int | None) -> int:
        return self.batch_size if size is None else size

    def as_codes(self, codes: torch.Tensor | np.ndarray) -> torch.Tensor:
        """Codes as the network takes them: on its device, in its precision, ``(B, *latent_shape)``.

        Raises
        ------
        CodeError
            If they have another shape, or are not floating-point numbers.
        """
        takes = f"{type(self).__name__} takes floating-point codes of shape {self.describe_codes()}"
        tensor = codes if isinstance(codes, torch.Tensor) else _from_numbers(codes, takes)
        if not tensor.is_floating_point():
            raise CodeError(f"{takes}; found {tensor.dtype}.")
        if tuple(tensor.shape) == self.latent_shape or tensor.shape == (self.latent_dim,):
            tensor = tensor[None]
        if tuple(tensor.shape[1:]) not in (self.latent_shape, (self.latent_dim,)):
            raise CodeError(f"{takes}; found {tuple(tensor.shape)}.")
        tensor = tensor.to(device_of(self), dtype_of(self))
        return tensor.reshape(-1, *self.latent_shape)

    def describe_codes(self) -> str:
        """The shapes of codes that the generator takes, for messages."""
        shaped = ", ".join(map(str, self.latent_shape))
        flat = f" or (B, {self.latent_dim})" if len(self.latent_shape) > 1 else ""
        return f"(B, {shaped}){flat}"

    def render_batches(
        self,
        codes: torch.Tensor | np.ndarray,
        scale: float,
        batch_size: int,
        device: str | torch.device | None,
        **options: float,
    ) -> torch.Tensor:
        """Images of many codes, `batch_size` at a time, without gradients.

        Parameters
        ----------
        codes
            ``(N, *latent_shape)`` or ``(N, latent_dim)``; N may be 0.
        scale
            Value of white.
        batch_size
            Codes at a time.
        device
            Where the images are collected; None is where the generator is, so that nothing
            leaves it.
        options
            Passed on to `visualize`.

        Returns
        -------
        ``(N, 3, H, W)`` float32

        Raises
        ------
        CodeError
            If codes have a wrong shape or type, or are not finite.
        """
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise CodeError(expected="at least one code at a time", found=f"B={batch_size}")
        codes = self.as_codes(codes)
        bad = (~torch.isfinite(codes)).flatten(1).any(1).nonzero().flatten().tolist()
        if bad:
            raise CodeError(expected="finite codes", found=f"NaN or infinity in code {bad[0]}")
        target = device_of(self) if device is None else choose_device(device)
        images = None
        with torch.no_grad():
            for start in range(0, max(len(codes), 1), batch_size):
                batch = self._visualize_some(codes[start : start + batch_size], scale, options)
                if images is None:
                    shape = (len(codes), *batch.shape[1:])
                    images = torch.empty(shape, dtype=torch.float32, device=target)
                images[start : start + len(batch)] = batch
        return images

    def _visualize_some(
        self, codes: torch.Tensor, scale: float, options: dict[str, float]
    ) -> torch.Tensor:
        """`visualize`, also of no code at all, which tells the size of the images."""
        if len(codes):
            return self.visualize(codes, scale=scale, **options)
        zeros = codes.new_zeros((1, *self.latent_shape))
        return self.visualize(zeros, scale=scale, **options)[:0]


def as_image_list(images: torch.Tensor) -> list[np.ndarray]:
    """``(N, 3, H, W)`` images as N arrays ``(H, W, 3)``.

    Examples
    --------
    >>> [image.shape for image in as_image_list(torch.zeros(2, 3, 4, 5))]
    [(4, 5, 3), (4, 5, 3)]
    """
    return list(images.cpu().numpy().transpose(0, 2, 3, 1))


def standard_normal(
    shape: tuple[int, ...], device: torch.device, generator: Randomness
) -> torch.Tensor:
    """Standard normal numbers; drawn where `generator` lives, then moved to `device`.

    Raises
    ------
    SettingError
        If the number of rows is negative or no whole number.
    """
    if not isinstance(shape[0], int | np.integer) or shape[0] < 0:
        raise SettingError(expected="a number of codes to draw", found=f"{shape[0]!r}")
    generator = as_generator(generator)
    source = device if generator is None else generator.device
    return torch.randn(shape, generator=generator, device=source).to(device)


def as_generator(generator: Randomness) -> torch.Generator | None:
    """A source of randomness: the one given, one with the given seed, or None for torch's own.

    Raises
    ------
    SettingError
        If it is neither.
    """
    if generator is None or isinstance(generator, torch.Generator):
        return generator
    if isinstance(generator, int | np.integer) and generator >= 0:
        return torch.Generator().manual_seed(int(generator))
    raise SettingError(
        path="generator", expected="a torch.Generator or a seed", found=f"{generator!r}"
    )


def _from_numbers(codes: object, takes: str) -> torch.Tensor:
    """Codes that are no tensor, in a form that torch takes."""
    try:
        array = np.asarray(codes)
    except ValueError:
        raise CodeError(f"{takes}; found rows of different lengths.") from None
    if array.dtype.kind != "f":
        raise CodeError(f"{takes}; found {array.dtype}.")
    return torch.from_numpy(array.astype(np.float32 if array.itemsize <= 4 else np.float64))

"""What every image generator offers: one protocol, so that any of them can be put for any other.

Codes are tensors ``(B, *latent_shape)`` or flat ``(B, latent_dim)``; one code alone is a batch of
one. Images are ``(B, 3, H, W)``, RGB, in [0, scale]. A child says how to `sample` codes and how to
`visualize` them; `core.generators.validate_generator` says whether it keeps the promises made here.
"""

from abc import ABC, abstractmethod
from math import prod

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device, device_of, dtype_of
from core.computing.random_source import Randomness
from core.errors import CodeError
from core.generators.validation import ImageGenerator


class Generator(nn.Module, ABC):
    """Base of generators; a child sets `latent_shape`, and says how to sample and to visualize.

    Attributes
    ----------
    latent_shape
        Shape of one latent code.
    batch_size
        Codes rendered at a time unless a call says otherwise.

    Examples
    --------
    >>> class Uniform(Generator):
    ...     latent_shape = (3,)
    ...
    ...     def sample(self, n=1, *, rng=None):
    ...         return standard_normal((n, 3), torch.device("cpu"), rng)
    ...
    ...     def visualize(self, codes, *, scale=1.0):
    ...         return scale * torch.sigmoid(codes)[:, :, None, None].expand(-1, 3, 8, 8)
    >>> from core.computing.random_source import standard_normal
    >>> Uniform().images(np.zeros((5, 3)), scale=255).shape
    torch.Size([5, 3, 8, 8])
    """

    latent_shape: tuple[int, ...]
    batch_size: int = 32

    @property
    def latent_dim(self) -> int:
        """Number of values in one latent code."""
        return prod(self.latent_shape)

    @abstractmethod
    def sample(self, n: int = 1, *, rng: Randomness = None) -> torch.Tensor:
        """Random codes as the generator was made for.

        Parameters
        ----------
        n
            How many; may be 0.
        rng
            A seed, a generator of NumPy or torch, or None for torch's own source.

        Returns
        -------
        (n, *latent_shape) float32
        """

    @abstractmethod
    def visualize(self, codes: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        """Images of codes in one pass, differentiable where the generator is.

        Parameters
        ----------
        codes : (B, *latent_shape) or (B, latent_dim)
            Latent codes.
        scale
            Value of white: 1 or 255.

        Returns
        -------
        (B, 3, H, W)
            RGB in [0, scale].
        """

    def images(
        self,
        codes: torch.Tensor | np.ndarray,
        *,
        scale: float = 1.0,
        batch_size: int | None = None,
        device: str | torch.device | None = None,
        **options: float,
    ) -> torch.Tensor:
        """Images of many codes, some at a time, without gradients.

        Parameters
        ----------
        codes : (n, *latent_shape) or (n, latent_dim)
            Latent codes; n may be 0.
        scale
            Value of white.
        batch_size
            Codes at a time; by default the generator's.
        device
            Where the images are collected; by default where the generator is, so that nothing
            leaves it.
        options
            Passed on to `visualize`.

        Returns
        -------
        (n, 3, H, W) float32

        Raises
        ------
        CodeError
            If codes have a wrong shape or type, or are not finite.
        """
        batch_size = self.batch_size if batch_size is None else batch_size
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise CodeError(expected="at least one code at a time", found=batch_size)
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

    def as_codes(self, codes: torch.Tensor | np.ndarray) -> torch.Tensor:
        """Codes as the network takes them: on its device, in its precision, ``(B, *latent_shape)``.

        Raises
        ------
        CodeError
            If they have another shape, or are not floating-point numbers.
        """
        wanted = {
            "path": type(self).__name__,
            "expected": f"floating-point codes of shape {self.describe_codes()}",
        }
        tensor = codes if isinstance(codes, torch.Tensor) else _from_numbers(codes, wanted)
        if not tensor.is_floating_point():
            raise CodeError(**wanted, found=tensor.dtype)
        if tuple(tensor.shape) == self.latent_shape or tensor.shape == (self.latent_dim,):
            tensor = tensor[None]
        if tuple(tensor.shape[1:]) not in (self.latent_shape, (self.latent_dim,)):
            raise CodeError(**wanted, found=tuple(tensor.shape))
        tensor = tensor.to(device_of(self), dtype_of(self))
        return tensor.reshape(-1, *self.latent_shape)

    def describe_codes(self) -> str:
        """The shapes of codes that the generator takes, for messages."""
        shaped = ", ".join(map(str, self.latent_shape))
        flat = f" or (B, {self.latent_dim})" if len(self.latent_shape) > 1 else ""
        return f"(B, {shaped}){flat}"

    def _visualize_some(
        self, codes: torch.Tensor, scale: float, options: dict[str, float]
    ) -> torch.Tensor:
        """`visualize`, also of no code at all, which tells the size of the images."""
        if len(codes):
            return self.visualize(codes, scale=scale, **options)
        zeros = codes.new_zeros((1, *self.latent_shape))
        return self.visualize(zeros, scale=scale, **options)[:0]


def render(generator: ImageGenerator, codes: torch.Tensor | np.ndarray) -> torch.Tensor:
    """Images of codes as files of evolutions hold them: flat rows of float32.

    Parameters
    ----------
    generator
        A `Generator`, or what keeps its promises.
    codes : (n, latent_dim)
        Latent codes of any floating-point type.

    Returns
    -------
    (n, 3, H, W)
        RGB in [0, 1].

    Examples
    --------
    >>> from core.generators import SmallGenerator
    >>> render(SmallGenerator(8, 16), np.zeros((2, 8))).shape
    torch.Size([2, 3, 16, 16])
    """
    codes = torch.as_tensor(codes).to(torch.float32)
    return generator.images(codes.reshape(-1, *generator.latent_shape))


def as_image_list(images: torch.Tensor) -> list[np.ndarray]:
    """``(N, 3, H, W)`` images as N arrays ``(H, W, 3)``.

    Examples
    --------
    >>> [image.shape for image in as_image_list(torch.zeros(2, 3, 4, 5))]
    [(4, 5, 3), (4, 5, 3)]
    """
    return list(images.cpu().numpy().transpose(0, 2, 3, 1))


def _from_numbers(codes: object, wanted: dict[str, str]) -> torch.Tensor:
    """Codes that are no tensor, in a form that torch takes; `wanted` is for the message."""
    try:
        array = np.asarray(codes)
    except ValueError:
        raise CodeError(**wanted, found="rows of different lengths") from None
    if array.dtype.kind != "f":
        raise CodeError(**wanted, found=array.dtype)
    return torch.from_numpy(array.astype(np.float32 if array.itemsize <= 4 else np.float64))

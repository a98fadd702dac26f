"""Generators that need no weights, for trials of the whole analysis, and all of them by name."""

import itertools

import torch
from torch import nn

from core.computing.devices import choose_device, device_of
from core.computing.random_source import Randomness, standard_normal, torch_draws_from
from core.errors import SettingError
from core.generators import Generator, load_generator

WIDTHS = (128, 64, 32, 16)
"""Channels of the maps of 4, 8, 16 and 32 pixels."""

SEED = 0
"""Seed of the random weights, which are the same everywhere."""

CONTRAST = 1.5
"""Standard deviation of what the final logistic function takes."""


class RandomDCGAN(Generator):
    """Five transposed convolutions of random weights: coloured textures of 64 x 64 pixels.

    Examples
    --------
    >>> generator = RandomDCGAN()
    >>> generator.images(generator.sample(2, rng=0)).shape
    torch.Size([2, 3, 64, 64])
    """

    latent_shape = (128,)
    batch_size = 256

    def __init__(self):
        super().__init__()
        sizes = (*self.latent_shape, *WIDTHS, 3)
        layers = []
        with torch_draws_from(SEED):
            for number, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
                stride, padding = (1, 0) if number == 0 else (2, 1)
                layer = nn.ConvTranspose2d(n_in, n_out, 4, stride, padding, bias=False)
                # each pixel is a sum over 4 of the 16 taps, or over one where the stride is 1
                taps = 1 if number == 0 else 4
                gain = 1.0 if number == 0 else 2.0
                spread = (gain / (n_in * taps)) ** 0.5 * (CONTRAST if n_out == 3 else 1.0)
                nn.init.normal_(layer.weight, std=spread)
                layers += [layer, nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])
        self.eval().requires_grad_(False)

    def sample(self, n: int = 1, *, rng: Randomness = None) -> torch.Tensor:
        """Standard normal codes (n, 128)."""
        return standard_normal((n, *self.latent_shape), device_of(self), rng)

    def visualize(self, codes: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        """Images (B, 3, 64, 64) in [0, scale]."""
        return scale * torch.sigmoid(self.layers(codes.reshape(len(codes), -1, 1, 1)))


LOADED_AS = {"DeePSim": "fc6", "BigGAN": "BigGAN", "small": "small"}
"""Names of this room, and what `core.generators.load_generator` calls them."""

GENERATORS = (*LOADED_AS, "random DCGAN")
"""All names."""


def generator_by_name(
    name: str,
    *,
    pretrained: bool = True,
    weights_dir: str | None = None,
    device: str | torch.device | None = None,
) -> Generator:
    """A generator of this figure.

    Parameters
    ----------
    name
        ``DeePSim`` (fc6), ``BigGAN``, or ``small`` and ``random DCGAN``, which need no weights.
    pretrained
        Load the published weights; otherwise they are random.
    weights_dir
        Folder with weight files, looked at first.
    device
        By default CUDA when present, else the CPU.

    Raises
    ------
    SettingError
        If there is none of that name.
    WeightsError
        If weights are not at hand and cannot be fetched.

    Examples
    --------
    >>> generator_by_name("small", device="cpu").latent_dim
    256
    """
    if name == "random DCGAN":
        return RandomDCGAN().to(choose_device(device))
    if name not in LOADED_AS:
        raise SettingError(
            path="generator", expected=f"one of {', '.join(GENERATORS)}", found=f"{name!r}"
        )
    options = {"pretrained": pretrained, "weights_dir": weights_dir, "device": device}
    return load_generator(LOADED_AS[name], rng=SEED, **options)

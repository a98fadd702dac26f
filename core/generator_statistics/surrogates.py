"""Generators that need no weights, for trials of the whole analysis, and all of them by name."""

import itertools

import torch
from torch import nn

from core.computing.devices import choose_device, device_of
from core.computing.random_source import Randomness, standard_normal, torch_draws_from
from core.errors import SettingError
from core.generators import Generator, load_generator

WIDTHS = (64, 32, 16, 16, 16)
"""Channels of the maps of 4, 8, 16, 32 and 64 pixels."""

SEED = 0
"""Seed of the random weights, which are the same everywhere."""

CONTRAST = 1.5
"""Standard deviation of what the final logistic function takes."""


class RandomCNN(Generator):
    """A linear layer and convolutions of random weights between doublings: soft coloured textures.

    Examples
    --------
    >>> generator = RandomCNN()
    >>> generator.images(generator.sample(2, rng=0)).shape
    torch.Size([2, 3, 64, 64])
    """

    latent_shape = (128,)
    batch_size = 256

    def __init__(self):
        super().__init__()
        with torch_draws_from(SEED):
            layers = [
                nn.Linear(self.latent_dim, WIDTHS[0] * 16, bias=False),
                nn.Unflatten(1, (WIDTHS[0], 4, 4)),
            ]
            for n_in, n_out in itertools.pairwise(WIDTHS):
                layers += [
                    nn.LeakyReLU(0.2),
                    nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
                    nn.Conv2d(n_in, n_out, 3, padding=1, padding_mode="replicate", bias=False),
                ]
            layers += [nn.LeakyReLU(0.2), nn.Conv2d(WIDTHS[-1], 3, 1, bias=False)]
        self.layers = nn.Sequential(*layers)
        self.eval().requires_grad_(False)
        self._settle()

    def _settle(self) -> None:
        """Scale each layer's weights so that what it puts out has SD 1, the last one `CONTRAST`."""
        x = self.sample(64, rng=SEED)
        with_weights = [layer for layer in self.layers if hasattr(layer, "weight")]
        for layer in self.layers:
            x = layer(x)
            if hasattr(layer, "weight"):
                x = x - x.mean((0, *range(2, x.dim())), keepdim=True)
                wanted = CONTRAST if layer is with_weights[-1] else 1.0
                gain = wanted / x.std()
                layer.weight.mul_(gain)
                x = x * gain

    def sample(self, n: int = 1, *, rng: Randomness = None) -> torch.Tensor:
        """Standard normal codes (n, 128)."""
        return standard_normal((n, *self.latent_shape), device_of(self), rng)

    def visualize(self, codes: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        """Images (B, 3, 64, 64) in [0, scale]."""
        return scale * torch.sigmoid(self.layers(codes))


LOADED_AS = {"DeePSim": "fc6", "BigGAN": "BigGAN", "small": "small"}
"""Names of this room, and what `core.generators.load_generator` calls them."""

GENERATORS = (*LOADED_AS, "random CNN")
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
        ``DeePSim`` (fc6), ``BigGAN``, or ``small`` and ``random CNN``, which need no weights.
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
    if name == "random CNN":
        return RandomCNN().to(choose_device(device))
    if name not in LOADED_AS:
        raise SettingError(
            path="generator", expected=f"one of {', '.join(GENERATORS)}", found=f"{name!r}"
        )
    options = {"pretrained": pretrained, "weights_dir": weights_dir, "device": device}
    return load_generator(LOADED_AS[name], rng=SEED, **options)

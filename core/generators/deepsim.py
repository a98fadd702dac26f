"""DeePSim generators: the inverters of nine CaffeNet layers by Dosovitskiy & Brox (2016).

They emit CaffeNet's own input: BGR, 0-255, minus the mean image colour. `forward` puts the channels
into RGB order; `visualize` adds the mean and clips. Each architecture is stated once below, as the
list of its named layers; `RULES` says which names share one.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import chain

import torch
from torch import nn

from core.computing.devices import choose_device, device_of
from core.computing.random_source import Randomness, standard_normal, torch_draws_from
from core.computing.sequential import (
    LEAKY_SLOPE,
    initialise_weights,
    sequential_of,
    without_wrapper_names,
)
from core.download import RemoteFile
from core.errors import CodeError, SettingError
from core.generators.protocol import Generator
from core.images.range import CAFFE_MEAN
from core.weights import WeightFile, locate, read_state

RGB_mean = torch.tensor(CAFFE_MEAN).reshape(1, 3, 1, 1)
"""Mean colour of CaffeNet's training images, RGB, 0-255; shape (1, 3, 1, 1)."""

HOST = "https://huggingface.co/binxu/DeePSim_DosovitskiyBrox2016/resolve/main/"

PIXEL_SD, TANH_INPUT_SD = 40.0, 0.3
"""Spread of a random generator's pixels (0-255), and of what a final tanh takes."""

Layers = list[tuple[str, nn.Module]]


class View(nn.Module):
    """Reshape every sample, C order; the shape may begin with the -1 of the batch axis."""

    def __init__(self, *shape: int | tuple[int, ...]):
        super().__init__()
        shape = tuple(shape[0]) if isinstance(shape[0], tuple | list) else shape
        self.shape = shape[1:] if shape[0] == -1 else shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same numbers in the other shape."""
        return x.reshape(-1, *self.shape)

    def extra_repr(self) -> str:
        """The shape, for the text of the network."""
        return f"{self.shape}"


class ScalarMultiply(nn.Module):
    """Multiply by a constant."""

    def __init__(self, scalar: float):
        super().__init__()
        self.scalar = scalar

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The product."""
        return x * self.scalar

    def extra_repr(self) -> str:
        """The constant, for the text of the network."""
        return f"{self.scalar}"


def _conv(name: str, n_in: int, n_out: int, kernel: int, stride: int, padding: int):
    return name, nn.Conv2d(n_in, n_out, kernel, stride, padding)


def _deconv(name: str, n_in: int, n_out: int, kernel: int, stride: int, padding: int):
    return name, nn.ConvTranspose2d(n_in, n_out, kernel, stride, padding)


def _rectified(*layers: tuple[str, nn.Module]) -> Layers:
    """Every layer followed by its leaky ReLU, named after it (``Rconv6``: ``Rrelu6``)."""
    pairs = (
        [
            (name, layer),
            (
                name.replace("Rconv", "Rrelu") if name.startswith("Rconv") else f"relu_{name}",
                nn.LeakyReLU(LEAKY_SLOPE, inplace=True),
            ),
        ]
        for name, layer in layers
    )
    return list(chain.from_iterable(pairs))


def _decoder() -> Layers:
    """From 8x8 feature maps to the image; the same for the fully connected layers and pool5."""
    return [
        *_rectified(
            _deconv("conv5_1", 256, 512, 3, 1, 1),
            _deconv("deconv4", 512, 256, 4, 2, 1),
            _deconv("conv4_1", 256, 256, 3, 1, 1),
            _deconv("deconv3", 256, 128, 4, 2, 1),
            _deconv("conv3_1", 128, 128, 3, 1, 1),
            _deconv("deconv2", 128, 64, 4, 2, 1),
            _deconv("deconv1", 64, 32, 4, 2, 1),
        ),
        _deconv("deconv0", 32, 3, 4, 2, 1),
    ]


def _fully_connected(n_latent: int = 4096) -> Layers:
    return [
        *_rectified(
            ("defc7", nn.Linear(n_latent, 4096)),
            ("defc6", nn.Linear(4096, 4096)),
            ("defc5", nn.Linear(4096, 4096)),
        ),
        ("reshape", View(256, 4, 4)),
        *_rectified(_deconv("deconv5", 256, 256, 4, 2, 1)),
        *_decoder(),
    ]


def _pool5() -> Layers:
    return [
        *_rectified(
            _conv("Rconv6", 256, 512, 3, 1, 1),
            _conv("Rconv7", 512, 512, 3, 1, 1),
            _conv("Rconv8", 512, 512, 3, 1, 0),
            _deconv("deconv5", 512, 256, 4, 2, 1),
        ),
        *_decoder(),
    ]


def _conv3_and_4() -> Layers:
    return [
        *_rectified(
            _conv("Rconv6", 384, 384, 3, 1, 0),
            _conv("Rconv7", 384, 512, 3, 1, 0),
            _conv("Rconv8", 512, 512, 2, 1, 0),
            _deconv("deconv5", 512, 256, 4, 2, 1),
            _deconv("conv5_1", 256, 256, 3, 1, 1),
            _deconv("deconv4", 256, 128, 4, 2, 1),
            _deconv("conv4_1", 128, 128, 3, 1, 1),
            _deconv("deconv3", 128, 128, 4, 2, 1),
            _deconv("conv3_1", 128, 128, 3, 1, 1),
            _deconv("deconv2", 128, 64, 4, 2, 1),
            _conv("conv2_1", 64, 32, 3, 1, 1),
            _deconv("deconv1", 32, 16, 4, 2, 1),
        ),
        _conv("conv1_1", 16, 3, 3, 1, 1),
        *_tanh_255(),
    ]


def _norm(first: tuple[str, nn.Module], n_first: int) -> Layers:
    return [
        *_rectified(
            first,
            _conv("Rconv7", n_first, 128, 3, 1, 1),
            _conv("Rconv8", 128, 128, 3, 1, 1),
            _deconv("deconv4", 128, 128, 4, 2, 1),
            _conv("conv4_1", 128, 128, 3, 1, 1),
            _deconv("deconv3", 128, 64, 4, 2, 1),
            _conv("conv3_1", 64, 64, 3, 1, 1),
            _deconv("deconv2", 64, 32, 4, 2, 1),
            _conv("conv2_1", 32, 32, 3, 1, 1),
        ),
        _deconv("deconv1", 32, 16, 4, 2, 1),
        _conv("conv1_1", 16, 3, 3, 1, 1),
        *_tanh_255(),
    ]


def _norm1() -> Layers:
    return _norm(_conv("Rconv6", 96, 128, 3, 2, 2), 128)


def _norm2() -> Layers:
    return _norm(_conv("Rconv6", 256, 256, 3, 1, 2), 256)


def _tanh_255() -> Layers:
    return [("tanh", nn.Tanh()), ("scaling", ScalarMultiply(255.0))]


ARCHITECTURES: dict[str, tuple[tuple[int, ...], Callable[[], Layers]]] = {
    "norm1": ((96, 27, 27), _norm1),
    "norm2": ((256, 13, 13), _norm2),
    "conv3": ((384, 13, 13), _conv3_and_4),
    "conv4": ((384, 13, 13), _conv3_and_4),
    "pool5": ((256, 6, 6), _pool5),
    "fc6": ((4096,), _fully_connected),
    "fc6_eucl": ((4096,), _fully_connected),
    "fc7": ((4096,), _fully_connected),
    "fc8": ((1000,), partial(_fully_connected, 1000)),
}
"""name: (shape of a latent code, function that makes the layers)."""

WEIGHT_FILES = {
    name: WeightFile(
        f"upconvGAN_{name}.pt",
        RemoteFile(f"{HOST}upconvGAN_{name}.pt"),
        aliases=(f"upconv/{name}/generator_state_dict.pt",),
    )
    for name in ARCHITECTURES
}
"""Weights of each generator."""


class DeePSim(Generator):
    """A DeePSim generator, published as `core.utils.GAN_utils.upconvGAN`.

    Parameters
    ----------
    name
        The CaffeNet layer that it inverts: norm1, norm2, conv3, conv4, pool5, fc6, fc6_eucl, fc7
        or fc8.
    pretrained
        Load the published weights; otherwise they are random, and images are coloured noise.
    weights_dir
        Folder with the weight files, looked at first.
    device
        Where it computes; by default CUDA when present, else the CPU.
    allow_download
        Whether weights may be fetched.
    rng
        Source of random weights.

    Attributes
    ----------
    name : str
    G : nn.Sequential
        The network, children named as in the original.
    latent_shape, latent_dim
        Shape and number of values of one code.
    codelen : int
        The first entry of `latent_shape`, as published; not the number of values for the
        convolutional layers.

    Raises
    ------
    SettingError
        If there is no generator of that name.
    WeightsError
        If the weights cannot be found, fetched or read.

    Examples
    --------
    >>> G = DeePSim("norm1", pretrained=False, rng=0)
    >>> G.latent_shape, G.latent_dim
    ((96, 27, 27), 69984)
    >>> G.images(G.sample(2, rng=0)).shape
    torch.Size([2, 3, 240, 240])
    >>> DeePSim("fc9")
    Traceback (most recent call last):
    core.errors.SettingError: expected a DeePSim generator, one of norm1, norm2, conv3, conv4, \
pool5, fc6, fc6_eucl, fc7, fc8, found 'fc9'.
    """

    batch_size = 42

    def __init__(
        self,
        name: str = "fc6",
        pretrained: bool = True,
        *,
        weights_dir: str | None = None,
        device: str | torch.device | None = None,
        allow_download: bool = True,
        rng: Randomness = None,
    ):
        super().__init__()
        if name not in ARCHITECTURES:
            raise SettingError(
                expected=f"a DeePSim generator, one of {', '.join(ARCHITECTURES)}",
                found=f"{name!r}",
            )
        device = choose_device(device)
        self.name = name
        self.latent_shape, layers = ARCHITECTURES[name]
        self.codelen = self.latent_shape[0]
        if pretrained:
            path = locate(WEIGHT_FILES[name], folder=weights_dir, allow_download=allow_download)
            self.G = sequential_of(layers, without_wrapper_names(read_state(path)), path)
        else:
            with torch_draws_from(rng):
                self.G = nn.Sequential(OrderedDict(layers()))
                last = TANH_INPUT_SD if hasattr(self.G, "tanh") else PIXEL_SD
                initialise_weights(self.G, last)
        self.register_buffer("RGB_mean", RGB_mean.clone(), persistent=False)
        self.to(device).eval().requires_grad_(False)

    def sample(self, n: int = 1, *, rng: Randomness = None) -> torch.Tensor:
        """Standard normal codes ``(n, *latent_shape)``."""
        return standard_normal((n, *self.latent_shape), device_of(self), rng)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        """Images ``(B, 3, H, W)``, RGB, 0-255 minus the mean colour, not clipped."""
        return self.G(self.as_codes(codes)).flip(1)

    def visualize(self, codes: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        """Images ``(B, 3, H, W)``, RGB in [0, scale]; differentiable, flat where clipped."""
        return _clip(self.forward(codes), self.RGB_mean, scale)


class BlendingDeePSim(nn.Module):
    """A DeePSim generator that blends the feature maps of several codes into one image.

    Published as `core.utils.GAN_utils.multiZupconvGAN`.

    Parameters
    ----------
    blendlayer
        Layer after which the maps are summed.
    name
        The DeePSim generator.
    pretrained
        Load the published weights; otherwise they are random.
    options
        Further arguments of `DeePSim`.

    Attributes
    ----------
    preG, posG : nn.Sequential
        The network up to and with, and after, the blend layer.
    c_num : int
        Channels of the blend layer.
    """

    def __init__(
        self,
        blendlayer: str = "conv5_1",
        name: str = "fc6",
        pretrained: bool = True,
        **options: object,
    ):
        super().__init__()
        self.base = DeePSim(name, pretrained, **options)
        names = [child for child, _ in self.base.G.named_children()]
        layer = getattr(self.base.G, blendlayer, None) if blendlayer in names else None
        if not hasattr(layer, "out_channels"):
            raise SettingError(
                expected=f"a convolutional layer of {name} to blend after", found=f"{blendlayer!r}"
            )
        at = names.index(blendlayer) + 1
        self.preG, self.posG = self.base.G[:at], self.base.G[at:]
        self.c_num = layer.out_channels

    def forward(self, codes: torch.Tensor, z_alpha: torch.Tensor) -> torch.Tensor:
        """Images ``(B, 3, H, W)`` as `DeePSim.forward` gives them.

        Parameters
        ----------
        codes
            ``(B, Z, *latent_shape)``: Z codes for each of B images.
        z_alpha
            ``(B, Z, c_num)``: weight of every channel of every code.
        """
        if codes.dim() < 3 or z_alpha.shape != (*codes.shape[:2], self.c_num):
            raise CodeError(
                expected=f"codes (B, Z, ...) and weights (B, Z, {self.c_num})",
                found=f"{tuple(codes.shape)} and {tuple(z_alpha.shape)}",
            )
        n_images, n_codes = codes.shape[:2]
        maps = self.preG(self.base.as_codes(codes.flatten(0, 1)))
        maps = maps.unflatten(0, (n_images, n_codes))
        return self.posG(torch.einsum("bzchw,bzc->bchw", maps, z_alpha.to(maps))).flip(1)

    def visualize(
        self, codes: torch.Tensor, z_alpha: torch.Tensor, scale: float = 1.0
    ) -> torch.Tensor:
        """Images ``(B, 3, H, W)``, RGB in [0, scale]; differentiable."""
        return _clip(self.forward(codes, z_alpha), self.base.RGB_mean, scale)


def _clip(images: torch.Tensor, mean: torch.Tensor, scale: float) -> torch.Tensor:
    return (images + mean).clamp(0, 255) * (scale / 255)

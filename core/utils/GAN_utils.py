"""Generators of images, under their published names and with the published positional arguments.

What the project itself uses is `core.generators`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device
from core.computing.random_source import Randomness
from core.computing.sequential import without_wrapper_names
from core.download import RemoteFile, download
from core.errors import SettingError
from core.generators.biggan import BigGAN, load_biggan
from core.generators.deepsim import (
    WEIGHT_FILES,
    DeePSim,
    RGB_mean,
    ScalarMultiply,
    View,
)
from core.generators.deepsim import (
    BlendingDeePSim as multiZupconvGAN,
)
from core.generators.protocol import as_image_list
from core.networks.caffenet import WEIGHT_FILE, Caffenet
from core.spaces import TRUNCATION
from core.weights import NETWORKS, locate, read_state, torch_hub_checkpoints

__all__ = [
    "BigGAN_wrapper",
    "Caffenet",
    "RGB_mean",
    "ScalarMultiply",
    "View",
    "download_file",
    "loadBigGAN",
    "load_statedict_from_online",
    "model_urls",
    "multiZupconvGAN",
    "upconvGAN",
]

loadBigGAN = load_biggan
"""Published name of `core.generators.load_biggan`."""

_FILES = {**WEIGHT_FILES, "caffenet": WEIGHT_FILE}

model_urls = {name: file.remote.url for name, file in _FILES.items()}
"""Public address of the weights of each generator and of CaffeNet."""


def __getattr__(name: str) -> object:
    """`torchhome`, where weights are kept, and `load_urls`, whether they may be fetched."""
    if name == "torchhome":
        return str(torch_hub_checkpoints())
    if name == "load_urls":
        return not NETWORKS.is_offline()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def download_file(url: str, local_path: str | Path) -> None:
    """Fetch a file, whole or not at all; one that is there already is left as it is.

    Parameters
    ----------
    url
        Its address.
    local_path
        Where to put it.

    Raises
    ------
    DownloadError
        If it cannot be fetched or written.
    """
    download(RemoteFile(url), Path(local_path))


def load_statedict_from_online(
    name: str = "fc6", *, weights_dir: str | None = None, allow_download: bool = True
) -> dict[str, torch.Tensor]:
    """State dict of a DeePSim generator's ``G``, or of CaffeNet's ``net`` (``"caffenet"``).

    Looked for in `weights_dir`, ``$NETWORK_WEIGHTS`` and torch.hub's folder, then fetched.

    Parameters
    ----------
    name
        A generator of `upconvGAN`, or ``"caffenet"``.
    weights_dir
        Folder with the weight files, looked at first.
    allow_download
        Whether the file may be fetched.

    Returns
    -------
    dict
        Tensors by the layers' own names.

    Raises
    ------
    WeightsError
        If the file is nowhere and cannot be fetched, or is damaged.
    SettingError
        If there is no such network.
    """
    if name not in _FILES:
        raise SettingError(expected=f"one of {', '.join(_FILES)}", found=f"{name!r}")
    path = locate(_FILES[name], folder=weights_dir, allow_download=allow_download)
    return without_wrapper_names(read_state(path))


class upconvGAN(DeePSim):
    """`core.generators.DeePSim` with the published methods; see there for what it takes.

    Examples
    --------
    >>> G = upconvGAN("norm1", pretrained=False)
    >>> [image.shape for image in G.render(np.zeros((2, 69984)), 255)]
    [(240, 240, 3), (240, 240, 3)]
    """

    def sample_vector(
        self,
        sampn: int = 1,
        device: str | torch.device | None = None,
        noise_std: float = 1.0,
        *,
        rng: Randomness = None,
    ) -> torch.Tensor:
        """Normal codes.

        Parameters
        ----------
        sampn
            How many.
        device
            Where they go; by default where the generator is.
        noise_std
            Standard deviation.
        rng
            Source of randomness.

        Returns
        -------
        (sampn, *latent_shape) float32
        """
        device = device if device is None else choose_device(device)
        return (self.sample(sampn, rng=rng) * noise_std).to(device=device)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """RGB images of codes with their mean taken off, unbounded; see `RGB_mean`."""
        return super().forward(x)

    def visualize(self, x: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        """Images ``(B, 3, H, W)`` of codes, RGB in [0, scale]; differentiable."""
        return super().visualize(x, scale=scale)

    def visualize_batch(
        self,
        x_arr: torch.Tensor,
        scale: float = 1.0,
        B: int = 42,
        *,
        device: str | torch.device | None = "cpu",
    ) -> torch.Tensor:
        """Images of many codes without gradients.

        Parameters
        ----------
        x_arr : (n, *latent_shape) or (n, latent_dim)
            Codes.
        scale
            Value of white.
        B
            Codes at a time.
        device
            Where images are collected; None leaves them where the generator is.

        Returns
        -------
        (n, 3, H, W) float32
        """
        return self.images(x_arr, scale=scale, batch_size=B, device=device)

    def visualize_batch_np(
        self,
        codes_all_arr: np.ndarray,
        scale: float = 1.0,
        B: int = 42,
        verbose: bool = False,
    ) -> torch.Tensor:
        """`visualize_batch` of an array of codes; `verbose` does nothing."""
        return self.images(codes_all_arr, scale=scale, batch_size=B, device="cpu")

    def render(self, x: np.ndarray, scale: float = 1.0, B: int = 42) -> list[np.ndarray]:
        """Images of an array of codes as a list of ``(H, W, 3)`` float32 arrays in [0, scale]."""
        return as_image_list(self.images(x, scale=scale, batch_size=B, device="cpu"))


class BigGAN_wrapper(BigGAN):
    """`core.generators.BigGAN` with the published methods.

    Where `upconvGAN` takes a scale second, `visualize_batch_np` and `render` take a truncation, as
    published.

    Parameters
    ----------
    BigGAN
        A model of `pytorch_pretrained_biggan`, as `loadBigGAN` gives it.
    """

    def __init__(self, BigGAN: nn.Module):
        super().__init__(BigGAN)

    def sample_vector(
        self,
        sampn: int = 1,
        class_id: int | Sequence[int] | None = None,
        device: str | torch.device | None = None,
        noise_std: float = TRUNCATION,
        *,
        rng: Randomness = None,
    ) -> torch.Tensor:
        """Codes of normal noise (not truncated) and a class embedding.

        Parameters
        ----------
        sampn
            How many.
        class_id
            ImageNet class (0-999) of all codes, or of each; random classes for None.
        device
            Where they go; by default where the model is.
        noise_std
            Standard deviation of the noise.
        rng
            Source of randomness.

        Returns
        -------
        (sampn, 256) float32
        """
        device = device if device is None else choose_device(device)
        return self.sample(sampn, rng=rng, class_id=class_id, noise_std=noise_std).to(device=device)

    def visualize(
        self, code: torch.Tensor, scale: float = 1.0, truncation: float = TRUNCATION
    ) -> torch.Tensor:
        """Images ``(B, 3, H, W)`` of codes, RGB in [0, scale]; differentiable.

        Parameters
        ----------
        code : (B, 256)
            Codes.
        scale
            Value of white.
        truncation
            In (0, 1].

        Returns
        -------
        (B, 3, H, W)
        """
        return super().visualize(code, scale=scale, truncation=truncation)

    def visualize_batch(
        self,
        codes: torch.Tensor,
        scale: float = 1.0,
        B: int = 15,
        truncation: float = TRUNCATION,
        *,
        device: str | torch.device | None = "cpu",
    ) -> torch.Tensor:
        """Images of many codes without gradients.

        Parameters
        ----------
        codes : (n, 256)
            Codes.
        scale
            Value of white.
        B
            Codes at a time.
        truncation
            In (0, 1].
        device
            Where images are collected; None leaves them where the generator is.

        Returns
        -------
        (n, 3, H, W) float32
        """
        return self.images(codes, scale=scale, batch_size=B, device=device, truncation=truncation)

    def visualize_batch_np(
        self,
        codes_all_arr: np.ndarray,
        truncation: float = TRUNCATION,
        B: int = 15,
        *,
        scale: float = 1.0,
    ) -> torch.Tensor:
        """`visualize_batch` of an array of codes; truncation is its second argument."""
        return self.visualize_batch(codes_all_arr, scale, B, truncation)

    def render(
        self,
        codes_all_arr: np.ndarray,
        truncation: float = TRUNCATION,
        B: int = 15,
        *,
        scale: float = 1.0,
    ) -> list[np.ndarray]:
        """The same as a list of ``(H, W, 3)`` float32 arrays in [0, scale]."""
        return as_image_list(self.visualize_batch(codes_all_arr, scale, B, truncation))

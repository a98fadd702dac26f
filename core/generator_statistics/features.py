"""Features of images by which sets are compared, each with a name that stands beside its numbers.

The Fréchet distance is called FID only with the features of `inception_features`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device
from core.computing.random_source import torch_draws_from
from core.errors import ImageError, SampleError
from core.generator_statistics.image_sets import ImageSet
from core.generator_statistics.inception import WEIGHTS, fid_inception
from core.networks.efficientnet_lite0 import efficientnet_lite0
from core.networks.preprocessing import LITE, normalised
from core.settings import whole
from core.weights import WeightSource

LITE0_SIZE = 112
"""Pixels at which EfficientNet-Lite0 sees images; the larger 224 takes three times as long."""

FID = "Inception-v3 (FID)"
"""Name of the features with which a Fréchet distance is an FID."""


@dataclass(frozen=True)
class FeatureExtractor:
    """Numbers (B, dim) of images (B, 3, H, W) in [0, 1].

    Attributes
    ----------
    name
        Stands beside every number made from these features.
    dim
        Numbers of an image.
    preprocessing
        What is done to images first, in words.
    features
        Does both; takes and gives tensors.
    device
        Where images are brought; by default they stay where they are.
    """

    name: str
    dim: int
    preprocessing: str
    features: Callable[[torch.Tensor], torch.Tensor]
    device: torch.device | None = None

    @property
    def distance_name(self) -> str:
        """What the Fréchet distance of these features is called."""
        return "FID" if self.name == FID else f"Fréchet distance ({self.name})"

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        """Features (B, dim) float32.

        Raises
        ------
        ImageError
            If images are not (B, 3, H, W).
        SampleError
            If features are not finite, or not `dim` numbers an image.
        """
        if images.dim() != 4 or images.shape[1] != 3:
            raise ImageError(expected="RGB images (B, 3, H, W)", found=tuple(images.shape))
        with torch.no_grad():
            found = self.features(images.to(self.device, torch.float32)).float().cpu().numpy()
        if found.shape != (len(images), self.dim):
            raise SampleError(
                path=self.name, expected=f"{self.dim} numbers an image", found=found.shape
            )
        if not np.isfinite(found).all():
            bad = int(np.argmax(~np.isfinite(found).all(axis=1)))
            raise SampleError(
                path=self.name, expected="finite features", found=f"NaN or infinity of image {bad}"
            )
        return found


def set_features(images: ImageSet, extractor: FeatureExtractor, path: Path) -> np.ndarray:
    """Features of a whole set, in a file, so that memory does not grow with the set.

    Parameters
    ----------
    images
        The set.
    extractor
        Gives the features.
    path
        NPY file to write.

    Returns
    -------
    (n, dim) float32
        A `numpy.memmap`.

    Raises
    ------
    ImageError
        If the set is empty.
    """
    if not len(images):
        raise ImageError(path=images.name, expected="at least one image", found="none")
    shape = (len(images), extractor.dim)
    features = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    done = 0
    for batch in images.batches():
        features[done : done + len(batch)] = extractor(batch)
        done += len(batch)
    features.flush()
    return features


def efficientnet_features(
    size: int = LITE0_SIZE,
    device: str | torch.device | None = None,
    source: WeightSource | None = None,
) -> FeatureExtractor:
    """The 1280 pooled features of EfficientNet-Lite0, whose weights come as a Python package.

    Parameters
    ----------
    size
        Rows and columns to which images are brought (bilinear, antialiased).
    device
        By default CUDA when present, else the CPU.
    source
        Of the weights; by default the package.
    """
    device = choose_device(device)
    network = (efficientnet_lite0() if source is None else efficientnet_lite0(source)).to(device)
    network.requires_grad_(False)

    def features(images: torch.Tensor) -> torch.Tensor:
        images = normalised(antialiased(images, size), LITE, 1.0)
        return network.pool(network.head(network.blocks(network.stem(images))))

    words = f"bilinear with antialiasing to {size}, (255 x - 127) / 128"
    return FeatureExtractor(f"EfficientNet-Lite0 pool, {size} px", 1280, words, features, device)


def inception_features(
    device: str | torch.device | None = None, source: WeightSource | None = None
) -> FeatureExtractor:
    """The 2048 features of the original FID: torchvision's Inception-v3 with its weights.

    Parameters
    ----------
    device
        By default CUDA when present, else the CPU.
    source
        Where its weights (91 MB) are looked for, and whether they may be fetched.

    Raises
    ------
    WeightsError
        If the weights are not at hand and cannot be fetched.
    """
    device = choose_device(device)
    network = fid_inception(source or WeightSource()).to(device)

    def features(images: torch.Tensor) -> torch.Tensor:
        images = nn.functional.interpolate(
            images, size=(299, 299), mode="bilinear", align_corners=False
        )
        return network(2 * images - 1)

    words = f"bilinear without antialiasing to 299, 2 x - 1 ({WEIGHTS.name})"
    return FeatureExtractor(FID, 2048, words, features, device)


def random_features(dim: int = 32, seed: int = 0, stride: int = 2) -> FeatureExtractor:
    """Mean rectified responses of random filters, for trials.

    Parameters
    ----------
    dim
        Number of filters.
    seed
        Of the filters.
    stride
        Of the convolution.

    Examples
    --------
    >>> random_features(8)(torch.rand(2, 3, 16, 16)).shape
    (2, 8)
    """
    with torch_draws_from(seed):
        filters = nn.Conv2d(3, whole(dim, "dim", 1), 5, stride).requires_grad_(False)
    return FeatureExtractor(
        f"random filters, seed {seed}",
        dim,
        "none",
        lambda images: torch.relu(filters(images)).mean((2, 3)),
    )


def pixel_features(size: int) -> FeatureExtractor:
    """Pixels themselves, brought to `size` rows and columns, for trials.

    Examples
    --------
    >>> pixel_features(4)(torch.rand(2, 3, 16, 16)).shape
    (2, 48)
    """
    words = f"bilinear with antialiasing to {size}"
    return FeatureExtractor(
        f"pixels, {size} px",
        3 * size**2,
        words,
        lambda images: antialiased(images, size).flatten(1),
    )


def antialiased(images: torch.Tensor, size: int) -> torch.Tensor:
    """Images of `size` rows and columns, bilinear, averaging over pixels that fall together.

    Parameters
    ----------
    images : (B, 3, H, W)
        Images.
    size
        Rows and columns.
    """
    if tuple(images.shape[2:]) == (size, size):
        return images
    return nn.functional.interpolate(
        images, size=(size, size), mode="bilinear", align_corners=False, antialias=True
    )

"""What image networks say of images: the features of `features`, computed in batches.

A network of your own needs a `FeatureNetwork` with features of its own. Images are RGB in [0, 1],
or 8-bit.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device, device_of, dtype_of
from core.errors import LayerError, PromiseError, UnknownNetworkError
from core.images.range import check_range
from core.networks.preprocessing import (
    IMAGENET,
    Images,
    Preprocessing,
    as_batch,
    normalised,
    resized,
)
from core.networks.zoo import load_network
from core.own_parts import is_own, own_part
from core.probing.fetchers import featureFetcher
from core.probing.layers import eval_mode, naming_the_input
from core.probing.recording import only_tensor
from neuro_data_analysis.image_similarity.features import FEATURES, Feature, FeatureSet

IMAGE_SIZE = 224
"""Rows and columns of the images that the published networks get here."""


@dataclass(frozen=True)
class FeatureNetwork:
    """A network with its features, and what it wants done to images.

    Attributes
    ----------
    name
        For messages.
    module
        Computes where it is; only its training flags change, and only for a while.
    features
        What is compared.
    preprocessing
        Mean and SD.
    size
        Rows and columns to which images are resized (bilinear); None leaves them as they are.
    """

    name: str
    module: nn.Module
    features: FeatureSet
    preprocessing: Preprocessing = IMAGENET
    size: int | None = IMAGE_SIZE


_TIMM = {"dino": "vit_base_patch16_224.dino"}


def load_feature_network(
    name: str, *, device: str | torch.device | None = None, **options: object
) -> FeatureNetwork:
    """A network of `FEATURES` with its weights, or one of your own.

    Parameters
    ----------
    name
        Which one; or ``module:factory``, a function that makes a `FeatureNetwork` without
        arguments.
    device
        Where it computes; by default CUDA when present, else the CPU.
    options
        Passed on to `core.networks.zoo.load_network` (weights_dir, trusted, ...); not for one of
        your own.

    Raises
    ------
    UnknownNetworkError
        If it is none of them.
    SettingError, PromiseError
        If there is no such function, or it makes something else.
    WeightsError, MissingPackageError
        If its weights or packages cannot be had.
    """
    check_names([name])
    if is_own(name):
        return _own_network(name, device)
    network = load_network(_TIMM.get(name, name), device=device, **options)
    return FeatureNetwork(name, network.model, FEATURES[name], network.preprocessing)


def _own_network(name: str, device: str | torch.device | None) -> FeatureNetwork:
    made = own_part(name)
    if not isinstance(made, FeatureNetwork):
        raise PromiseError(
            path=name,
            expected="a FeatureNetwork (docs/image_similarity.md)",
            found=type(made).__name__,
        )
    made.module.to(choose_device(device))
    return made


def check_names(names: Sequence[str]) -> None:
    """Raise an UnknownNetworkError unless all are names of `FEATURES`, or of the form of your own.

    Examples
    --------
    >>> check_names(["alexnet"])
    >>> check_names(["alexnot"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    core.errors.UnknownNetworkError: expected one of resnet50_linf8, ...found 'alexnot'.
    """
    for name in names:
        if name not in FEATURES and not is_own(name):
            known = ", ".join((*FEATURES, "module:factory"))
            raise UnknownNetworkError(expected=f"one of {known}", found=f"{name!r}")


def image_features(
    network: FeatureNetwork,
    images: Images,
    features: Sequence[Feature] | None = None,
    batch_size: int = 32,
) -> dict[str, np.ndarray]:
    """Features of images, without gradients and in eval mode; hooks and mode are put back.

    Parameters
    ----------
    network
        The network; images are brought to where it is.
    images
        Images of one size, RGB in [0, 1] or 8-bit: tensors or arrays (n, 3, H, W), or arrays
        (H, W, 3).
    features
        By default all of the network's features of single images.
    batch_size
        Images in a forward pass.

    Returns
    -------
    dict
        (n, positions, channels) float64 by name of the feature.

    Raises
    ------
    ImageError
        If there are no images, they have several sizes, hold NaN or are not in [0, 1].
    LayerError
        If the network has no such layer, a layer puts out no tensor (a tuple, say) or one of
        another form, or the network does not take images of this size.

    Examples
    --------
    >>> from neuro_data_analysis.image_similarity.features import at_positions
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> relu = Feature("relu_m", ".ReLU1", at_positions)
    >>> network = FeatureNetwork("net", net, FeatureSet(whole=(relu,)), size=8)
    >>> image_features(network, torch.rand(5, 3, 8, 8))["relu_m"].shape
    (5, 36, 4)
    """
    features = network.features.of_images if features is None else features
    images = as_images(images)
    layers = [feature.layer for feature in features]
    vectors: dict[str, list[np.ndarray]] = {feature.name: [] for feature in features}
    with watching(network, layers) as fetcher:
        for batch in images.split(batch_size):
            outputs = batch_outputs(fetcher, batch, layers, network.preprocessing, network.size)
            for feature in features:
                vectors[feature.name].append(feature.vectors(outputs[feature.layer]))
    return {name: np.concatenate(parts) for name, parts in vectors.items()}


def as_images(images: Images) -> torch.Tensor:
    """Images as one batch (n, 3, H, W) in [0, 1].

    Parameters
    ----------
    images
        What `core.networks.preprocessing.as_batch` takes, or arrays (n, 3, H, W) or (3, H, W).
        8-bit images are divided by 255.

    Raises
    ------
    ImageError
        If there are none, they have several sizes, hold NaN or are not in [0, 1].

    Examples
    --------
    >>> as_images(np.full((8, 8, 3), 255, dtype=np.uint8)).max()
    tensor(1.)
    """
    if isinstance(images, np.ndarray):
        images = images if images.flags.writeable else images.copy()
        if images.dtype.kind in "fu" and _channels_first(images):
            images = torch.tensor(images)
    batch = as_batch(images)
    if batch.dtype == torch.uint8:
        return batch / 255
    check_range(batch)
    return batch


@contextmanager
def watching(network: FeatureNetwork, layers: Sequence[str]) -> Iterator[featureFetcher]:
    """Fetcher that records layers of a network under their names while the block runs.

    Parameters
    ----------
    network
        The network.
    layers
        Dotted names or attribute paths.

    Raises
    ------
    LayerError
        If the network has no such layer; names similar ones.
    """
    with featureFetcher(network.module, print_module=False) as fetcher:
        for layer in dict.fromkeys(layers):
            fetcher.record(layer)
        yield fetcher


def batch_outputs(
    fetcher: featureFetcher,
    images: torch.Tensor,
    keys: Sequence[str],
    preprocessing: Preprocessing = IMAGENET,
    size: int | None = None,
) -> dict[str, torch.Tensor]:
    """What recorded layers put out for one batch of images.

    Parameters
    ----------
    fetcher
        Records them.
    images : (n, 3, H, W)
        Images, RGB in [0, 1].
    keys
        Under which names.
    preprocessing
        Mean and SD.
    size
        Rows and columns to which images are resized (bilinear); None leaves them as they are.

    Returns
    -------
    Outputs (n, ...) by key, where the fetcher keeps them.

    Raises
    ------
    LayerError
        If the network does not take the images, or a layer is not recorded, does not run or does
        not put out one tensor with a row for every image.
    """
    model = fetcher.model
    images = normalised(images.to(device_of(model), dtype_of(model)), preprocessing, scale=1.0)
    images = images if size is None else resized(images, (size, size))
    fetcher.activations.clear()
    with eval_mode(model), torch.no_grad(), naming_the_input(model, [images]):
        model(images)
    return {key: _rows(fetcher[key], key, len(images)) for key in keys}


def _rows(output: object, key: str, n: int) -> torch.Tensor:
    """A layer's output if it is a tensor with `n` rows."""
    output = only_tensor(output, key)
    if output.dim() < 2 or len(output) != n:
        raise LayerError(
            path=key,
            expected=f"an output with a row for each of {n} images",
            found=f"one of shape {tuple(output.shape)}",
        )
    return output


def _channels_first(images: np.ndarray) -> bool:
    return images.ndim in (3, 4) and images.shape[-3] == 3 and images.shape[-1] != 3

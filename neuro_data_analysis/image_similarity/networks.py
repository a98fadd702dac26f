"""What image networks say of images: layers of any network, turned into vectors.

A `Feature` takes a layer's output and gives one vector per image, or one at every position. The
features of Figure 3G are listed by network; a network of your own needs a `FeatureNetwork` with
features of its own. Images are RGB in [0, 1], or 8-bit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device, device_of, dtype_of
from core.contract.fig3 import COVARIANCE_LAYERS
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
from neuro_data_analysis.image_similarity.masks import PUBLISHED_MASKS, masked_mean

IMAGE_SIZE = 224
"""Rows and columns of the images that the published networks get here."""

ToVectors = Callable[[torch.Tensor], torch.Tensor]
"""Output of a layer (n, ...) in, vectors (n, positions, channels) out."""


@dataclass(frozen=True)
class Feature:
    """What is compared of a layer.

    Attributes
    ----------
    name
        Name in the names of columns, say ``resnet_L3_m``.
    layer
        Dotted name or attribute path in the network.
    to_vectors
        One of the functions below, or one like them.
    """

    name: str
    layer: str
    to_vectors: ToVectors

    def vectors(self, output: torch.Tensor) -> np.ndarray:
        """Vectors (n, positions, channels) of a layer's output, float64.

        Raises
        ------
        LayerError
            If the output has another form than the feature expects.
        """
        try:
            return self.to_vectors(output).cpu().double().numpy()
        except LayerError as error:
            raise error.inside(self.layer) from None


@dataclass(frozen=True)
class FeatureSet:
    """The features of a network, by the columns of Figure 3G's table that they go into.

    Attributes
    ----------
    whole
        Features of the whole image.
    centred
        Features under the centre mask, which are compared with another experiment's as well.
    masked
        Features under the other masks.
    covariance
        Layers whose covariance with responses is compared, by the name that their columns use.
    """

    whole: tuple[Feature, ...] = ()
    centred: tuple[Feature, ...] = ()
    masked: tuple[Feature, ...] = ()
    covariance: Mapping[str, str] = field(default_factory=dict)

    @property
    def of_images(self) -> tuple[Feature, ...]:
        """All features of single images."""
        return (*self.whole, *self.centred, *self.masked)


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


def at_positions(output: torch.Tensor) -> torch.Tensor:
    """Maps (n, C, H, W) as one vector at every position, (n, H * W, C).

    Examples
    --------
    >>> at_positions(torch.zeros(2, 4, 7, 7)).shape
    torch.Size([2, 49, 4])
    """
    return with_axes(output, 4, "maps (n, C, H, W)").flatten(2).transpose(1, 2)


def one_vector(output: torch.Tensor) -> torch.Tensor:
    """Everything that a layer says of an image as one vector, (n, 1, C).

    Examples
    --------
    >>> one_vector(torch.zeros(2, 4, 1, 1)).shape
    torch.Size([2, 1, 4])
    """
    return output.flatten(1)[:, None]


def class_token(output: torch.Tensor) -> torch.Tensor:
    """The first of a transformer's tokens (n, T, C), (n, 1, C).

    Examples
    --------
    >>> class_token(torch.zeros(2, 197, 768)).shape
    torch.Size([2, 1, 768])
    """
    return with_axes(output, 3, "tokens (n, T, C)")[:, :1]


def patch_tokens(output: torch.Tensor) -> torch.Tensor:
    """All of a transformer's tokens but the first, (n, T - 1, C).

    Examples
    --------
    >>> patch_tokens(torch.zeros(2, 197, 768)).shape
    torch.Size([2, 196, 768])
    """
    return with_axes(output, 3, "tokens (n, T, C)")[:, 1:]


def under(mask: np.ndarray) -> ToVectors:
    """Function that takes the mean of maps (n, C, H, W) under a mask (H, W), (n, 1, C).

    Examples
    --------
    >>> under(np.ones((7, 7)))(torch.ones(2, 4, 7, 7))[0]
    tensor([[1., 1., 1., 1.]])
    """
    return lambda output: masked_mean(output, mask)[:, None]


MaskedLayers = Mapping[str, tuple[str, Mapping[str, np.ndarray]]]
"""Path of a layer and its masks by kind, by the short name that columns use."""


def masked_features(prefix: str, layers: MaskedLayers, kinds: Sequence[str]) -> tuple[Feature, ...]:
    """Features of layers under masks, called ``<prefix>_<layer><kind>``.

    Parameters
    ----------
    prefix
        Beginning of the features' names.
    layers
        Path of a layer and its masks by kind, by short name.
    kinds
        Kinds of mask, in the order of the features.

    Examples
    --------
    >>> layers = {"L4": ("layer4", PUBLISHED_MASKS["resnet_L4"])}
    >>> [feature.name for feature in masked_features("RNrobust", layers, ("focus", "all"))]
    ['RNrobust_L4focus', 'RNrobust_L4all']
    """
    return tuple(
        Feature(f"{prefix}_{short}{kind}", path, under(masks[kind]))
        for kind in kinds
        for short, (path, masks) in layers.items()
    )


def centred_features(prefix: str, layers: MaskedLayers) -> tuple[Feature, ...]:
    """Features of layers under the centre mask, called ``<prefix>_<layer>``.

    Parameters
    ----------
    prefix
        Beginning of the features' names.
    layers
        Path of a layer and its masks by kind, by short name.
    """
    return tuple(
        Feature(f"{prefix}_{short}", path, under(masks["centre"]))
        for short, (path, masks) in layers.items()
    )


_RESNET = {
    "L3": ("layer3", PUBLISHED_MASKS["resnet_L3"]),
    "L4": ("layer4", PUBLISHED_MASKS["resnet_L4"]),
}
_ALEXNET = {
    "conv4": ("features.9", PUBLISHED_MASKS["alex_conv4"]),
    "conv5": ("features.11", PUBLISHED_MASKS["alex_conv5"]),
}
_VGG16 = {
    "conv4": ("features.22", PUBLISHED_MASKS["vgg_conv4"]),
    "conv5": ("features.29", PUBLISHED_MASKS["vgg_conv5"]),
}
_LITE0 = {
    "b10": ("blocks.10", PUBLISHED_MASKS["resnet_L3"]),
    "b15": ("blocks.15", PUBLISHED_MASKS["resnet_L4"]),
}

FEATURES: dict[str, FeatureSet] = {
    "resnet50_linf8": FeatureSet(
        whole=(
            Feature("resnet_L3_m", "layer3", at_positions),
            Feature("resnet_L4_m", "layer4", at_positions),
            Feature("resnet_avgpool", "avgpool", one_vector),
        ),
        centred=centred_features("resnet", _RESNET),
        masked=masked_features("RNrobust", _RESNET, ("focus", "cent", "all")),
        covariance={layer: layer for layer in COVARIANCE_LAYERS},
    ),
    "alexnet": FeatureSet(
        whole=(
            Feature("alexnet_fc6", "classifier.2", one_vector),
            Feature("alexnet_fc7", "classifier.4", one_vector),
        ),
        masked=masked_features("alex", _ALEXNET, ("cent", "focus", "all")),
    ),
    "vgg16": FeatureSet(masked=masked_features("vgg", _VGG16, ("cent", "focus", "all"))),
    "dino": FeatureSet(
        whole=(
            Feature("vit_cls", "blocks.11", class_token),
            Feature("vit_token_m", "blocks.11", patch_tokens),
        ),
    ),
    "efficientnet_lite0": FeatureSet(
        whole=(
            Feature("effnet_b10_m", "blocks.10", at_positions),
            Feature("effnet_b15_m", "blocks.15", at_positions),
            Feature("effnet_pool", "pool", one_vector),
        ),
        centred=centred_features("effnet", _LITE0),
        masked=masked_features("effnet", _LITE0, ("focus", "cent", "all")),
        covariance={f"effnet_b{block}": f"blocks.{block}" for block in (2, 4, 10, 15)},
    ),
}
"""Features by network. The robust ResNet-50, AlexNet, VGG-16 and DINO's ViT-B/16 have those of the
published table. EfficientNet-Lite0 has what the ResNet has, at layers whose maps have the same
sizes (56, 28, 14 and 7 rows)."""

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


def with_axes(output: torch.Tensor, n_axes: int, words: str, layer: str = "") -> torch.Tensor:
    """A layer's output if it has so many axes.

    Parameters
    ----------
    output
        Output of a layer.
    n_axes
        Number of axes that it must have.
    words
        What is expected, for the message.
    layer
        Name of the layer, for the message.

    Raises
    ------
    LayerError
        If it has another number of axes.

    Examples
    --------
    >>> with_axes(torch.zeros(2, 4), 4, "maps (n, C, H, W)", "fc")
    Traceback (most recent call last):
    core.errors.LayerError: fc: expected maps (n, C, H, W), found an output of shape (2, 4).
    """
    if output.dim() != n_axes:
        found = f"an output of shape {tuple(output.shape)}"
        raise LayerError(path=layer, expected=words, found=found)
    return output


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

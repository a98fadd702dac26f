"""What is compared of an image network: outputs of its layers, turned into vectors.

A `Feature` takes a layer's output and gives one vector per image, or one at every position. Those
of Figure 3G are listed by network.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from core.contract.fig3 import COVARIANCE_LAYERS
from core.errors import LayerError
from neuro_data_analysis.image_similarity.masks import PUBLISHED_MASKS, masked_mean

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

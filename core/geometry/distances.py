"""Distances of images, each the squared distance of features: ``D(x, y) = |F(x) - F(y)|^2``.

This form is what makes the metric exact and cheap: it is ``2 J^T J`` with the Jacobian J of the
features in the code, and no second derivative of the generator is needed (`core.geometry.metric`).
"""

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import nn

from core.computing.torchvision_compat import import_torchvision
from core.errors import SettingError
from core.networks.preprocessing import normalised
from core.networks.zoo import ImageNetwork, load_network
from core.optional import import_package
from core.probing.layers import find_layer
from core.probing.recording import Hooks, recording_hook, whole_layer

LITE0_LAYERS = ("stem", "blocks.2", "blocks.4", "blocks.10", "blocks.15")
"""Layers of EfficientNet-Lite0 before each halving of its maps, and its last one."""

LPIPS_TRUNKS = {"squeeze": "squeezenet1_1", "alex": "alexnet", "vgg": "vgg16"}
"""Networks of the package lpips and torchvision's names of them; all published results: squeeze."""

IMAGE_RANGES = ("unit", "pm1")
"""What LPIPS is given: images in [0, 1], as in published metrics, or in [-1, 1], as is right."""

EPSILON = 1e-10
"""Added to the norm over channels, as in the package lpips."""


class FeatureDistance(nn.Module, ABC):
    """Base of distances: a child says what its features are.

    Attributes
    ----------
    name
        Such as ``"MSE"``; stands in saved files.
    reduction
        How squared differences become a number, in words; stands in saved files.
    """

    name: str
    reduction: str

    @abstractmethod
    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Features ``(B, m)`` of images ``(B, 3, H, W)`` in [0, 1]."""

    def forward(self, images: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Squared distances of pairs of images.

        Parameters
        ----------
        images, others : (B, 3, H, W)
            RGB in [0, 1].

        Returns
        -------
        (B,)
        """
        return (self.features(images) - self.features(others)).square().sum(1)


class PixelDistance(FeatureDistance):
    """Squared difference of pixels: their mean (MSE) or their sum (L2).

    Parameters
    ----------
    reduction
        ``"mean"`` or ``"sum"``, over channels, rows and columns.

    Raises
    ------
    SettingError
        If it is neither.

    Examples
    --------
    >>> PixelDistance("sum")(torch.zeros(1, 3, 4, 4), torch.ones(1, 3, 4, 4))
    tensor([48.])
    """

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        if reduction not in ("mean", "sum"):
            raise SettingError(path="reduction", expected="mean or sum", found=repr(reduction))
        self.name = {"mean": "MSE", "sum": "L2"}[reduction]
        self.reduction = reduction

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Pixels; divided by the root of their number where the mean is wanted."""
        pixels = images.flatten(1)
        return pixels / math.sqrt(pixels.shape[1]) if self.reduction == "mean" else pixels


class PerceptualDistance(FeatureDistance):
    """Difference of a network's maps, normalised over channels, as in LPIPS (Zhang et al. 2018).

    At every position the activations of all channels are scaled to norm 1; weighted squared
    differences are summed over channels, averaged over positions and summed over layers. Where all
    channels are silent the derivative is 0; the package lpips returns NaN there.

    Parameters
    ----------
    layers
        From images ``(B, 3, H, W)`` to a list of maps ``(B, C, h, w)``; a module, so that it is
        brought to the precision of the metric.
    channel_weights
        Weights ``(C,)`` of each layer, not negative; by default 1.
    name
        Name of the distance.

    Raises
    ------
    SettingError
        If a weight is negative: then it is no sum of squares.

    Examples
    --------
    >>> class Edges(nn.Module):
    ...     def forward(self, images):
    ...         return [images.diff(dim=2), images.diff(dim=3)]
    >>> distance = PerceptualDistance(Edges(), name="edges")
    >>> image = torch.rand(1, 3, 8, 8)
    >>> distance(image, 2 * image) < 1e-10, distance(image, image.flip(2)) > 0.1
    (tensor([True]), tensor([True]))
    """

    reduction = "mean over positions, sum over channels and layers"

    def __init__(
        self,
        layers: nn.Module,
        channel_weights: Sequence[torch.Tensor] | None = None,
        *,
        name: str,
    ):
        super().__init__()
        self.layers, self.name = layers, name
        self.n_weighted = len(channel_weights or ())
        for index, weights in enumerate(channel_weights or ()):
            if weights.min() < 0:
                raise SettingError(
                    path=f"{name}, layer {index}",
                    expected="channel weights of 0 or more",
                    found=f"{weights.min():.3g}",
                )
            self.register_buffer(f"weights{index}", weights.detach().clone())

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Normalised maps of all layers, so weighted that squares add up to the distance."""
        parts = []
        for index, maps in enumerate(self.layers(images)):
            maps = _unit_channels(maps.flatten(2)) / math.sqrt(maps[0, 0].numel())
            if self.n_weighted:
                maps = maps * getattr(self, f"weights{index}").sqrt()[:, None]
            parts.append(maps.flatten(1))
        return torch.cat(parts, 1)


def network_distance(
    name: str = "efficientnet_lite0",
    layers: Sequence[str] = LITE0_LAYERS,
    **options: object,
) -> PerceptualDistance:
    """Perceptual distance in the maps of any network, channels weighted alike.

    Images go in at their own size. EfficientNet-Lite0 needs no download.

    Parameters
    ----------
    name
        As `core.networks.load_network` knows it.
    layers
        Names of layers that put out maps.
    options
        Passed on to `load_network`.

    Raises
    ------
    LayerError
        If there is no such layer.
    """
    network = load_network(name, **options)
    for layer in layers:
        find_layer(network.model, layer)
    return PerceptualDistance(_NetworkMaps(network, layers), name=name)


def lpips_distance(
    net: str = "squeeze", image_range: str = "unit", **options: object
) -> PerceptualDistance:
    """LPIPS 0.1 of the package lpips, with its channel weights, trunk weights from torchvision.

    Parameters
    ----------
    net
        One of `LPIPS_TRUNKS`; published metrics use ``"squeeze"``.
    image_range
        One of `IMAGE_RANGES`: ``"unit"`` reproduces published metrics, ``"pm1"`` is what the
        package expects. Stands in the name.
    options
        Passed on to `core.networks.load_network`, which loads the trunk.

    Raises
    ------
    SettingError
        If there is no such trunk or range.
    MissingPackageError
        If lpips is not installed.

    Examples
    --------
    >>> lpips_distance("resnet")
    Traceback (most recent call last):
    core.errors.SettingError: net: expected squeeze, alex or vgg, found 'resnet'.
    """
    if net not in LPIPS_TRUNKS:
        raise SettingError(path="net", expected="squeeze, alex or vgg", found=repr(net))
    if image_range not in IMAGE_RANGES:
        raise SettingError(path="image_range", expected="unit or pm1", found=repr(image_range))
    import_torchvision()  # before lpips does
    lpips = import_package("lpips", "the distance LPIPS", "`pip install lpips` installs it")
    with warnings.catch_warnings(), torch.random.fork_rng([]):
        warnings.simplefilter("ignore")  # lpips uses names that torchvision has replaced
        model = lpips.LPIPS(net=net, pnet_rand=True, verbose=False).requires_grad_(False).eval()
    network = load_network(LPIPS_TRUNKS[net], **options)
    stored = network.model.features.state_dict()
    # lpips cuts the same layers into slices: "slice2.3.weight" is "3.weight"
    trunk = model.net.state_dict()
    model.net.load_state_dict({key: stored[key.partition(".")[2]] for key in trunk})
    weights = [block.model[-1].weight.flatten() for block in model.lins]
    name = "LPIPS" if net == "squeeze" else f"LPIPS {net}"
    return PerceptualDistance(
        _LpipsMaps(model, image_range), weights, name=f"{name} ({image_range})"
    ).to(next(network.model.parameters()).device)


DISTANCES: dict[str, Callable[..., FeatureDistance]] = {
    "MSE": lambda **_options: PixelDistance("mean"),
    "L2": lambda **_options: PixelDistance("sum"),
    "LPIPS": lpips_distance,
    "efficientnet_lite0": network_distance,
}
"""What makes each distance, from keyword arguments of `core.networks.load_network`."""


class _NetworkMaps(nn.Module):
    """Maps of some layers of a network."""

    def __init__(self, network: ImageNetwork, layers: Sequence[str]):
        super().__init__()
        self.model, self.preprocessing, self.layers = network.model, network.preprocessing, layers

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        kept: dict[str, torch.Tensor] = {}
        with Hooks() as hooks:
            for name in self.layers:
                record = recording_hook(kept, name, whole_layer, layer=name, ingraph=True)
                hooks.add(name, find_layer(self.model, name), record)
            self.model(normalised(images, self.preprocessing, 1))
        return [kept[name] for name in self.layers]


class _LpipsMaps(nn.Module):
    """Maps of the trunk of an LPIPS model."""

    def __init__(self, model: nn.Module, image_range: str):
        super().__init__()
        self.scaling, self.trunk, self.is_signed = (
            model.scaling_layer,
            model.net,
            image_range == "pm1",
        )

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        return list(self.trunk(self.scaling(2 * images - 1 if self.is_signed else images)))


def _unit_channels(maps: torch.Tensor) -> torch.Tensor:
    """Maps ``(B, C, positions)`` scaled to norm 1 over channels; silent positions stay silent."""
    squares = maps.square().sum(1, keepdim=True)
    silent = squares == 0
    norm = torch.where(silent, 1.0, squares).sqrt()
    return torch.where(silent, 0.0, maps / (norm + EPSILON))

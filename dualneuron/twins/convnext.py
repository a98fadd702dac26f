"""The core of the V1 twin: ConvNeXtV2-Atto, cut after the downsampling of its second stage.

Woo et al. 2023 (ConvNeXt V2). Everything behind the cut is left out, the final norm included.
Between convolutions tensors are channels-last, (B, H, W, C), where a 1x1 convolution is a matrix
product and the norm over channels is torch's own.
"""

import torch
from torch import nn
from torch.nn import functional

WIDTH, OUT = 40, 80
"""Channels of the first stage, and of the core's maps."""

EPS = 1e-6


class GlobalResponseNorm(nn.Module):
    """Channels divided by their mean norm over the image (ConvNeXt V2, equations 1 to 3).

    The norm reaches over the whole image, so that every response depends a little on all of it.
    """

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, 1, 1, width))
        self.bias = nn.Parameter(torch.empty(1, 1, 1, width))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Change nothing, as an untrained block does."""
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C) to the same shape."""
        squares = maps.square().sum((1, 2), keepdim=True)
        silent = squares == 0  # whose root has no derivative; GELU does give exact zeros
        norms = squares.masked_fill(silent, 1).sqrt().masked_fill(silent, 0)
        relative = norms / (norms.mean(-1, keepdim=True) + EPS)
        return torch.addcmul(self.bias, maps, 1 + self.weight * relative)


class ConvNeXtBlock(nn.Module):
    """A block of ConvNeXt V2: depthwise 7x7, norm, four times as many channels, and back."""

    def __init__(self, width: int):
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, EPS)
        self.pw1 = nn.Linear(width, 4 * width)
        self.grn = GlobalResponseNorm(4 * width)
        self.pw2 = nn.Linear(4 * width, width)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C) to the same shape."""
        seen = self.dwconv(maps.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return maps + self.pw2(self.grn(functional.gelu(self.pw1(self.norm(seen)))))


class _Reduction(nn.Module):
    """A convolution that does not overlap, and a norm over channels before or behind it."""

    def __init__(self, n_in: int, n_out: int, size: int, n_normed: int):
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, size, stride=size)
        self.norm = nn.LayerNorm(n_normed, EPS)


class ConvNeXtCore(nn.Module):
    """Maps of an image: (B, 3, 93, 93) gives (B, 80, 11, 11)."""

    n_channels = OUT

    @staticmethod
    def map_size(rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of the maps of an image."""
        return rows // 4 // 2, columns // 4 // 2

    def __init__(self):
        super().__init__()
        self.stem = _Reduction(3, WIDTH, 4, WIDTH)
        self.blocks = nn.ModuleList(ConvNeXtBlock(WIDTH) for _ in range(2))
        self.down = _Reduction(WIDTH, OUT, 2, WIDTH)
        self.norm = nn.BatchNorm2d(OUT)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Maps (B, 80, H // 8, W // 8) of images (B, 3, H, W)."""
        maps = self.stem.norm(self.stem.conv(images).permute(0, 2, 3, 1))
        for block in self.blocks:
            maps = block(maps)
        maps = self.down.conv(self.down.norm(maps).permute(0, 3, 1, 2))
        return functional.gelu(self.norm(maps))

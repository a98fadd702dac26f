"""Inception-v3 as the original FID has it: torchvision's network with its pooling changed.

The weights were ported from TensorFlow's of 2015 (the file of pytorch-fid). That network leaves
padding out of its averages, and its last block takes the maximum in place of the average.
"""

import torch
from torch import nn

from core.computing.torchvision_compat import import_torchvision
from core.download import RemoteFile
from core.weights import WeightFile, WeightSource

WEIGHTS = WeightFile(
    "pt_inception-2015-12-05-6726825d.pth",
    RemoteFile(
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
        "pt_inception-2015-12-05-6726825d.pth",
        sha256="6726825d",
    ),
)

N_CLASSES = 1008

AVERAGING = (
    *("Mixed_5b", "Mixed_5c", "Mixed_5d"),
    *("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e", "Mixed_7b"),
)
"""Blocks that average over the pixels that are there."""

LAST = "Mixed_7c"
"""Block that takes the maximum."""

BEHIND_FEATURES = ("dropout", "fc")
"""What comes after the features."""


def fid_inception(source: WeightSource) -> nn.Module:
    """Network that gives 2048 features of images (B, 3, 299, 299) in [-1, 1], frozen.

    Parameters
    ----------
    source
        Of its weights; random ones make other features that are good for nothing but trials.

    Raises
    ------
    WeightsError
        If the weights are not at hand and cannot be fetched.
    """
    network = import_torchvision().models.inception_v3(
        weights=None, num_classes=N_CLASSES, aux_logits=False, init_weights=False
    )
    source.load(network, WEIGHTS)
    for name in AVERAGING:
        block = getattr(network, name)
        block.branch_pool = _WithoutPadding(block.branch_pool)
    block = getattr(network, LAST)
    block.branch_pool = _OfMaxima(block.branch_pool)
    block.register_forward_pre_hook(block.branch_pool.remember)
    layers = [child for name, child in network.named_children() if name not in BEHIND_FEATURES]
    return nn.Sequential(*layers, nn.Flatten()).eval().requires_grad_(False)


class _WithoutPadding(nn.Module):
    """A pooling branch that gets averages of 9 pixels, padding included, and corrects them."""

    def __init__(self, branch: nn.Module):
        super().__init__()
        self.branch = branch

    def forward(self, averages: torch.Tensor) -> torch.Tensor:
        inside = nn.functional.avg_pool2d(torch.ones_like(averages[:1, :1]), 3, 1, 1)
        return self.branch(averages / inside)


class _OfMaxima(nn.Module):
    """A pooling branch that takes maxima of its block's input in place of the averages it gets."""

    def __init__(self, branch: nn.Module):
        super().__init__()
        self.branch, self.seen = branch, None

    def remember(self, _block: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        self.seen = inputs[0]

    def forward(self, _averages: torch.Tensor) -> torch.Tensor:
        images, self.seen = self.seen, None
        return self.branch(nn.functional.max_pool2d(images, 3, 1, 1))

"""Responses of a centred V1 twin from no more of its maps than its neurons read.

Centred neurons read the middle position of the last maps. That needs 2 x 2 positions of the second
block, so its last product is left out elsewhere; the norm over the image (GRN), which still needs
all positions, is moved from the maps into the weights of that product. Same numbers up to rounding.
"""

import math

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from dualneuron.twins.convnext import EPS, ConvNeXtBlock, ConvNeXtCore
from dualneuron.twins.ensemble import TwinMember

PATCH = 4
"""Pixels along a side that one position of the first maps sees."""


def reads_middle(member: TwinMember) -> bool:
    """Whether `middle_responses` can answer for a member."""
    return isinstance(member.core, ConvNeXtCore) and member.readout.is_centred


def middle_responses(
    member: TwinMember, images: torch.Tensor, neurons: torch.Tensor
) -> torch.Tensor:
    """Response of one neuron to each image; first derivatives only.

    Parameters
    ----------
    member
        Centred, of the V1 twin, in evaluation mode.
    images : (B, 1, 93, 93)
        Z-scored.
    neurons : (B,) int64
        The neuron of each image, 0-based.

    Returns
    -------
    Tensor (B,)
        As of `TwinMember.one_each`.
    """
    core, readout = member.core, member.readout
    maps = _block(core.blocks[0], _first_maps(core.stem, images))
    maps = _block(core.blocks[1], maps, only_middle=True)
    weight = core.down.conv.weight.permute(2, 3, 1, 0).flatten(0, 2)
    maps = core.down.norm(maps).flatten(1) @ weight + core.down.conv.bias
    features = functional.gelu(core.norm(maps[:, :, None, None])[:, :, 0, 0])
    drive = (features * readout.features[0, :, 0, neurons].T).sum(1) + readout.bias[neurons]
    return functional.elu(drive - 1) + 1


def _first_maps(reduction: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Maps (B, n * n, C) behind the stem, whose patches do not overlap."""
    n = images.shape[-1] // PATCH
    inside = images[:, 0, : n * PATCH, : n * PATCH]
    patches = inside.reshape(-1, n, PATCH, n, PATCH).transpose(2, 3).flatten(3).flatten(1, 2)
    weight = reduction.conv.weight.sum(1).flatten(1)  # three equal channels
    return reduction.norm(functional.linear(patches, weight, reduction.conv.bias))


def _middle(maps: torch.Tensor) -> torch.Tensor:
    """View (B, 2, 2, C) of the positions of maps (B, n * n, C) that the middle of the maps at half
    the resolution sees; slices, since an index would make a GPU wait."""
    n = math.isqrt(maps.shape[1])
    first = n // 2 // 2 * 2
    return maps.view(len(maps), n, n, -1)[:, first : first + 2, first : first + 2]


def _block(block: ConvNeXtBlock, maps: torch.Tensor, only_middle: bool = False) -> torch.Tensor:
    """A block's maps (B, n * n, C), or those at the middle, (B, 4, C)."""
    n = math.isqrt(maps.shape[1])
    square = maps.view(len(maps), n, n, -1).permute(0, 3, 1, 2)
    seen = block.dwconv(square).permute(0, 2, 3, 1).reshape(maps.shape)
    hidden = functional.gelu(block.pw1(block.norm(seen)))
    norms, hidden = _NormsAndMaps.apply(hidden, only_middle)
    relative = norms / (norms.mean(-1, keepdim=True) + EPS)
    scale = 1 + block.grn.weight.flatten() * relative
    bias = block.pw2(block.grn.bias.flatten())
    weight = block.pw2.weight.T * scale[:, :, None]
    passed = _middle(maps).flatten(1, 2) if only_middle else maps
    return passed + torch.baddbmm(bias, hidden, weight)


class _NormsAndMaps(torch.autograd.Function):
    """Norms (B, C) over the positions of maps (B, P, C), and the maps, or those at the middle; the
    gradients of both are joined in one sweep over the maps."""

    @staticmethod
    def forward(ctx, maps: torch.Tensor, only_middle: bool) -> tuple[torch.Tensor, torch.Tensor]:
        norms = maps.square().sum(1).sqrt()
        ctx.save_for_backward(maps, norms)
        ctx.only_middle = only_middle
        return norms, _middle(maps).flatten(1, 2) if only_middle else maps.view_as(maps)

    @staticmethod
    @once_differentiable
    def backward(ctx, of_norms: torch.Tensor, of_maps: torch.Tensor) -> tuple[torch.Tensor, None]:
        maps, norms = ctx.saved_tensors
        each = torch.where(norms > 0, of_norms / norms, 0)[:, None]
        if not ctx.only_middle:
            return torch.addcmul(of_maps, maps, each), None
        gradient = maps * each
        _middle(gradient).add_(of_maps.unflatten(1, (2, 2)))
        return gradient, None

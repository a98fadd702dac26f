"""Responses of a centred V1 twin from no more of its maps than its neurons read.

Centred neurons read the middle position of the last maps. That needs 2 x 2 positions of the second
block, so its last product is left out elsewhere; the norm over the image (GRN), which still needs
all positions, is moved from the maps into the weights of that product. Same numbers up to rounding.
"""

import torch
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
    maps, n = _first_maps(core, images)
    maps = _block(core.blocks[0], maps, n)
    maps = _block(core.blocks[1], maps, n, _middle_positions(n))
    weight = core.down.conv.weight.permute(2, 3, 1, 0).flatten(0, 2)
    maps = core.down.norm(maps).flatten(1) @ weight + core.down.conv.bias
    features = functional.gelu(core.norm(maps[:, :, None, None])[:, :, 0, 0])
    drive = (features * readout.features[0, :, 0, neurons].T).sum(1) + readout.bias[neurons]
    return functional.elu(drive - 1) + 1


def _first_maps(core: ConvNeXtCore, images: torch.Tensor) -> tuple[torch.Tensor, int]:
    """Maps (B, n * n, C) behind the stem, and n; its patches do not overlap."""
    n = images.shape[-1] // PATCH
    inside = images[:, 0, : n * PATCH, : n * PATCH]
    patches = inside.reshape(-1, n, PATCH, n, PATCH).transpose(2, 3).flatten(3).flatten(1, 2)
    weight = core.stem.conv.weight.sum(1).flatten(1)  # three equal channels
    return core.stem.norm(functional.linear(patches, weight, core.stem.conv.bias)), n


def _middle_positions(n: int) -> list[int]:
    """Positions of n x n maps that the middle of the maps at half the resolution sees."""
    first = n // 2 // 2 * 2
    return [row * n + column for row in (first, first + 1) for column in (first, first + 1)]


def _block(
    block: ConvNeXtBlock, maps: torch.Tensor, n: int, positions: list[int] | slice = slice(None)
) -> torch.Tensor:
    """A block's maps (B, n * n, C) at some positions."""
    square = maps.view(len(maps), n, n, -1).permute(0, 3, 1, 2)
    seen = block.dwconv(square).permute(0, 2, 3, 1).reshape(maps.shape)
    hidden = functional.gelu(block.pw1(block.norm(seen)))
    norms = _ChannelNorms.apply(hidden)
    relative = norms / (norms.mean(-1, keepdim=True) + EPS)
    scale = 1 + block.grn.weight.flatten() * relative
    bias = block.pw2(block.grn.bias.flatten())
    weight = block.pw2.weight.T * scale[:, :, None]
    return maps[:, positions] + torch.baddbmm(bias, hidden[:, positions], weight)


class _ChannelNorms(torch.autograd.Function):
    """Norms (B, C) over the positions of (B, P, C), with a backward pass in one sweep."""

    @staticmethod
    def forward(ctx, maps: torch.Tensor) -> torch.Tensor:
        norms = torch.linalg.vector_norm(maps, dim=1)
        ctx.save_for_backward(maps, norms)
        return norms

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        maps, norms = ctx.saved_tensors
        return maps * torch.where(norms > 0, gradient / norms, 0)[:, None]

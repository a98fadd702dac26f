"""The published weight files of the twins, entry by entry.

A file holds one member as the authors' model library named it. It is read strictly: every entry
must be there, in its shape, and no other.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch

from core.errors import WeightsError
from core.weights import load_strictly
from dualneuron.twins.ensemble import TwinMember

READOUT = {"mu": "_mu", "sigma": "sigma", "features": "_features", "bias": "bias"}

BACKBONE = "core.features.backbone.model"

RENAMED = {
    "v1": (
        (r"core\.norm\.(.*)", r"core.features.OutBatchNorm.\1"),
        (r"core\.stem\.conv\.(.*)", rf"{BACKBONE}.embeddings.patch_embeddings.\1"),
        (r"core\.stem\.norm\.(.*)", rf"{BACKBONE}.embeddings.layernorm.\1"),
        (r"core\.down\.norm\.(.*)", rf"{BACKBONE}.encoder.stages.1.downsampling_layer.0.\1"),
        (r"core\.down\.conv\.(.*)", rf"{BACKBONE}.encoder.stages.1.downsampling_layer.1.\1"),
        (r"core\.blocks\.(\d)\.norm\.(.*)", rf"{BACKBONE}.encoder.stages.0.layers.\1.layernorm.\2"),
        (r"core\.blocks\.(\d)\.pw(.*)", rf"{BACKBONE}.encoder.stages.0.layers.\1.pwconv\2"),
        (r"core\.blocks\.(.*)", rf"{BACKBONE}.encoder.stages.0.layers.\1"),
    ),
    "v4": (
        (r"core\.norm\.(.*)", r"core.features.OutBatchNorm.\1"),
        (r"core\.layer3\.0\.(.*)", r"core.features.TaskDriven.0.\1"),
        (r"core\.(.*)", r"core.features.TaskDriven.\1"),
    ),
}
RENAMED["v4g"] = RENAMED["v4"]
"""Our name of an entry, and the published one; the first that matches counts."""

SHOWN = 5
"""Entries that a message names."""


def published_name(twin: str, name: str) -> str:
    """The published name of an entry of a member's state.

    Parameters
    ----------
    twin
        ``v1``, ``v4`` or ``v4g``.
    name
        As `TwinMember.state_dict` has it.

    Examples
    --------
    >>> published_name("v1", "core.blocks.1.pw2.bias")
    'core.features.backbone.model.encoder.stages.0.layers.1.pwconv2.bias'
    >>> published_name("v4", "core.layer3.0.conv1.weight")
    'core.features.TaskDriven.0.conv1.weight'
    """
    if name.startswith("readout."):
        return f"readout.all_sessions.{READOUT[name.removeprefix('readout.')]}"
    matches = (re.sub(f"^{old}$", new, name) for old, new in RENAMED[twin] if re.match(old, name))
    return next(matches)


def load_published(
    member: TwinMember, twin: str, state: Mapping[str, torch.Tensor], source: str | Path
) -> None:
    """Copy a published state into a member.

    Parameters
    ----------
    member
        Takes the weights.
    twin
        ``v1``, ``v4`` or ``v4g``.
    state
        Tensors by published name: 37 entries for V1, 177 for V4.
    source
        Where they come from, for messages.

    Raises
    ------
    WeightsError
        If an entry is missing, unknown, misshapen or not finite; names the first five.
    """
    ours = {published_name(twin, name): name for name in member.state_dict()}
    problems = [f"{name} is missing" for name in sorted(ours.keys() - state.keys())]
    problems += [f"{name} is unknown" for name in sorted(state.keys() - ours.keys())]
    expected = member.state_dict()
    for name in sorted(ours.keys() & state.keys()):
        found, wanted = tuple(state[name].shape), tuple(expected[ours[name]].shape)
        if found != wanted:
            problems.append(f"{name} has shape {found} instead of {wanted}")
    if problems:
        more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise WeightsError(
            path=source,
            expected=f"the {len(ours)} entries of a member of {member.files.folder}",
            found=f"others ({'; '.join(problems[:SHOWN])}{more})",
        )
    load_strictly(member, {ours[name]: tensor for name, tensor in state.items()}, source)

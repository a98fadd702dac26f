"""What the tests of twins share: an image that everybody can compute, and published states."""

import os
from pathlib import Path

import pytest
import torch

from dualneuron.files import twin_files
from dualneuron.twins.ensemble import TwinMember
from dualneuron.twins.published_state import published_name

PUBLISHED = os.environ.get("DUALNEURON_DATA")

needs_weights = pytest.mark.skipif(
    not PUBLISHED or not Path(PUBLISHED, "V1GrayTaskDriven").is_dir(),
    reason="DUALNEURON_DATA names no folder with the published V1 weights",
)


def waves(rows=93, columns=93):
    """An image of sines and cosines, (1, 1, rows, columns)."""
    row, column = torch.arange(float(rows)), torch.arange(float(columns))
    image = 0.25 * torch.sin(0.3 * row)[:, None] + 0.25 * torch.cos(0.2 * column)[None]
    return image[None, None]


def published_state(twin):
    """A state of random weights under the published names."""
    torch.manual_seed(4)
    state = TwinMember(twin, twin_files(twin)).state_dict()
    return {
        published_name(twin, name): torch.rand_like(value.float()).to(value.dtype)
        for name, value in state.items()
    }

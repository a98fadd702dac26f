"""Small sets of images, and models whose responses are known."""

import numpy as np
import pytest
import torch
from PIL import Image


class Means:
    """Responses: mean grey level, its negative, and a constant."""

    image_shape, n_units = (1, 4, 4), 3

    def __init__(self):
        self.n_seen = 0

    def __call__(self, images):
        self.n_seen += len(images)
        means = images.mean((1, 2, 3))
        return torch.stack([means, -means, torch.ones(len(images))], 1)


@pytest.fixture
def means():
    return Means()


@pytest.fixture
def greys(tmp_path):
    """Makes a folder of plain grey PNG files, 4 x 4, in the order of their names."""

    def make(levels, folder="greys"):
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        for number, level in enumerate(levels):
            image = Image.fromarray(np.full((4, 4), level, np.uint8))
            image.save(root / f"scene_{number:03d}.png")
        return root

    return make

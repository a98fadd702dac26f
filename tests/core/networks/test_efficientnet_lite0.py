"""EfficientNet-Lite0: the stated table, padding at any size, and its real weights."""

import numpy as np
import pytest
import torch
from skimage import data
from torch import nn

from core.networks.efficientnet_lite0 import EfficientNetLite0, SameConv2d, efficientnet_lite0
from core.utils.CNN_scorers import TorchScorer
from core.utils.layer_hook_utils import get_module_names

SHAPES = {
    224: {
        ".stem": (32, 112, 112),
        **dict.fromkeys([".blocks.InvertedResidual0"], (16, 112, 112)),
        ".blocks.InvertedResidual2": (24, 56, 56),
        ".blocks.InvertedResidual4": (40, 28, 28),
        ".blocks.InvertedResidual7": (80, 14, 14),
        ".blocks.InvertedResidual10": (112, 14, 14),
        ".blocks.InvertedResidual14": (192, 7, 7),
        ".blocks.InvertedResidual15": (320, 7, 7),
        ".head": (1280, 7, 7),
        ".pool": (1280,),
        ".Linearfc": (1000,),
    },
    112: {
        ".stem": (32, 56, 56),
        ".blocks.InvertedResidual4": (40, 14, 14),
        ".blocks.InvertedResidual11": (192, 4, 4),
        ".head": (1280, 4, 4),
    },
}


@pytest.mark.parametrize("size", SHAPES)
def test_shapes_of_its_layers(size):
    names, _, spec = get_module_names(EfficientNetLite0(), (3, size, size), show=False)
    found = {name: spec[key]["outshape"] for key, name in names.items()}
    assert {name: found[name] for name in SHAPES[size]} == SHAPES[size]


def test_counts():
    model = EfficientNetLite0()
    assert sum(p.numel() for p in model.parameters()) == 4_652_008
    assert len(model.state_dict()) == 296


@pytest.mark.parametrize("size", [7, 8, 9, 14])
@pytest.mark.parametrize("kernel", [3, 5])
def test_same_padding_puts_the_surplus_behind(size, kernel):
    conv = SameConv2d(1, 1, kernel, stride=2, bias=False)
    nn.init.ones_(conv.weight)
    with torch.no_grad():
        found = conv(torch.ones(1, 1, size, size))[0, 0].numpy()
    n = -(-size // 2)
    total = max((n - 1) * 2 + kernel - size, 0)
    starts = np.arange(n) * 2 - total // 2
    inside = np.minimum(starts + kernel, size) - np.maximum(starts, 0)
    np.testing.assert_array_equal(found, np.outer(inside, inside))


@pytest.mark.parametrize(("picture", "classes"), [("chelsea", {281, 282, 285}), ("coffee", {967})])
def test_its_weights_know_a_cat_and_an_espresso(picture, classes):
    image = getattr(data, picture)()
    side = min(image.shape[:2]) * 224 // 256
    top, left = ((n - side) // 2 for n in image.shape[:2])
    crop = image[top : top + side, left : left + side]
    with TorchScorer("efficientnet_lite0", device="cpu") as scorer:
        logits = scorer.model(scorer.preprocess(crop))
    assert int(logits.argmax()) in classes


def test_pretrained_weights_load_and_tell_images_apart():
    model = efficientnet_lite0()
    ramp = torch.linspace(0, 1, 112).expand(1, 3, 112, 112)
    with torch.no_grad():
        logits = model(torch.cat([ramp, 1 - ramp]) * 255 / 128 - 127 / 128)
    assert logits.shape == (2, 1000)
    assert torch.isfinite(logits).all()
    assert logits.std() > 0.3

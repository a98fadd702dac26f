"""Inception's features, torchvision's detectors, EfficientNet-Lite0 as either, and the page."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.computing import torchvision_compat
from core.errors import MissingPackageError, SettingError
from core.generator_statistics.features import efficientnet_features, inception_features
from core.generator_statistics.image_sets import array_set, crop_set, noise_set
from core.generator_statistics.inception import AVERAGING, LAST, fid_inception
from core.generator_statistics.objectness import (
    Recognisability,
    TorchvisionDetector,
    objectness_table,
)
from core.weights import WeightSource

RANDOM = WeightSource(pretrained=False)
PAGE = Path(__file__).parents[3] / "docs" / "generator_statistics.md"


@pytest.fixture(scope="module")
def inception():
    torch.manual_seed(0)
    return fid_inception(RANDOM)


def test_inceptions_averages_leave_padding_out(inception):
    blocks = dict(inception[0].named_modules()) | {
        str(number): block for number, block in enumerate(inception)
    }
    branches = [b.branch_pool for b in blocks.values() if hasattr(b, "branch_pool")]
    assert len(branches) == len(AVERAGING) + len([LAST])
    maps = torch.rand(2, 192, 7, 7)
    averaged = nn.functional.avg_pool2d(maps, 3, 1, 1)
    expected = nn.functional.avg_pool2d(maps, 3, 1, 1, count_include_pad=False)
    first = branches[0]
    torch.testing.assert_close(first(averaged), first.branch(expected))


def test_inceptions_last_block_takes_the_maximum(inception):
    last = [block for block in inception if hasattr(block, "branch_pool")][-1]
    maps = torch.rand(1, 2048, 5, 5)
    expected = last.branch_pool.branch(nn.functional.max_pool2d(maps, 3, 1, 1))
    torch.testing.assert_close(last(maps)[:, -expected.shape[1] :], expected)


def test_inception_gives_2048_features_of_images_of_any_size():
    torch.manual_seed(0)
    extractor = inception_features("cpu", RANDOM)
    assert extractor(torch.rand(2, 3, 64, 64)).shape == (2, 2048)
    assert extractor.distance_name == "FID"


def test_photographs_are_nearer_to_photographs_than_to_noise_in_features():
    extractor = efficientnet_features(device="cpu")
    means = [
        np.concatenate([extractor(batch) for batch in images.batches()]).mean(axis=0)
        for images in (crop_set(24), crop_set(24, seed=1), noise_set("pink", 24, 112))
    ]
    among, apart = (np.square(means[0] - other).sum() for other in means[1:])
    assert apart > 2 * among


def test_a_classifier_recognises_photographs_more_often_than_noise():
    detector = Recognisability(device="cpu")
    tables = [
        objectness_table(images, detector) for images in (crop_set(24), noise_set("pink", 24, 112))
    ]
    rates = [(table["n_objs"] > 0).mean() for table in tables]
    assert rates[0] > 0.5 > 0.2 > rates[1]
    assert tables[0]["confidence"].min() >= 0.25
    assert tables[0]["iou_thr"].isna().all()


def test_torchvision_has_no_detector_of_another_name():
    with pytest.raises(SettingError, match="detector: expected one of fasterrcnn"):
        TorchvisionDetector("yolov8x", "cpu", RANDOM)


@pytest.mark.skipif(not torchvision_compat._kernels_load(), reason="torchvision lacks its kernels")
@pytest.mark.parametrize("name", ["ssdlite320_mobilenet_v3_large", "fcos_resnet50_fpn"])
def test_detectors_of_torchvision_answer_for_each_image(name):
    torch.manual_seed(0)
    detector = TorchvisionDetector(name, "cpu", RANDOM)
    assert detector.class_names[1] == "person"
    assert len(objectness_table(array_set(torch.rand(2, 3, 64, 64), "mine"), detector)) == 2


@pytest.mark.skipif(torchvision_compat._kernels_load(), reason="torchvision has its kernels")
def test_without_its_kernels_a_detector_says_what_is_missing():
    with pytest.raises(MissingPackageError, match="torchvision's compiled kernels"):
        TorchvisionDetector("ssdlite320_mobilenet_v3_large", "cpu", RANDOM)


def test_the_example_of_the_page_runs():
    names = {}
    for example in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        exec(example, names)
    assert 0 < names["error"] < names["distance"].distance
    assert len(names["table"]) == 40

"""Masks of feature maps: the published ones, maps of other sizes, means under a mask."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LayerError, SettingError
from neuro_data_analysis.image_similarity.masks import (
    KINDS,
    PUBLISHED_MASKS,
    feature_mask,
    masked_mean,
)


@pytest.mark.parametrize(
    ("layer", "size", "sums"),
    [
        ("resnet_L4", 7, {"centre": 25, "focus": 16 / 4 + 8 / 2 + 1, "cent": 1, "all": 49}),
        ("resnet_L3", 14, {"centre": 100, "focus": 36, "cent": 4, "all": 196}),
        ("alex_conv4", 13, {"focus": 40 / 2 + 9, "cent": 1, "all": 169}),
        ("alex_conv5", 13, {"focus": 40 / 2 + 9, "cent": 1, "all": 169}),
        ("vgg_conv5", 14, {"focus": 60 / 2 + 4, "cent": 4, "all": 196}),
        ("vgg_conv4", 28, {"focus": 136, "cent": 16, "all": 784}),
    ],
)
def test_sizes_and_sums_of_the_published_masks(layer, size, sums):
    masks = PUBLISHED_MASKS[layer]
    assert {kind: mask.sum() for kind, mask in masks.items()} == sums
    for mask in masks.values():
        assert mask.shape == (size, size)
        assert not mask.flags.writeable
        np.testing.assert_array_equal(mask, mask[::-1])
        np.testing.assert_array_equal(mask, mask.T)


def test_the_focus_rises_in_steps_to_the_middle():
    row = [0, 0.25, 0.5, 1, 0.5, 0.25, 0]
    np.testing.assert_array_equal(PUBLISHED_MASKS["resnet_L4"]["focus"][3], row)
    np.testing.assert_array_equal(PUBLISHED_MASKS["resnet_L3"]["focus"][7], np.repeat(row, 2))
    np.testing.assert_array_equal(
        PUBLISHED_MASKS["alex_conv5"]["focus"][6],
        [0] * 3 + [0.5] * 2 + [1] * 3 + [0.5] * 2 + [0] * 3,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_maps_of_the_resnet_get_its_masks(kind):
    np.testing.assert_array_equal(feature_mask(kind, (7, 7)), PUBLISHED_MASKS["resnet_L4"][kind])
    np.testing.assert_array_equal(feature_mask(kind, (14, 14)), PUBLISHED_MASKS["resnet_L3"][kind])


@given(st.sampled_from(KINDS), st.integers(1, 40), st.integers(1, 40))
def test_a_mask_keeps_its_mean_and_its_symmetry_on_a_map_of_any_size(kind, rows, columns):
    mask = feature_mask(kind, (rows, columns))
    assert mask.shape == (rows, columns)
    assert mask.min() >= 0
    assert mask.max() <= 1 + 1e-12
    np.testing.assert_allclose(mask.mean(), PUBLISHED_MASKS["resnet_L4"][kind].mean())
    np.testing.assert_allclose(mask, mask[::-1, ::-1], atol=1e-12)


def test_a_mask_of_an_unknown_kind_or_size_is_refused():
    with pytest.raises(SettingError, match="expected one of centre, focus, cent, all, found 'mid'"):
        feature_mask("mid", (7, 7))
    with pytest.raises(SettingError, match="with rows and columns"):
        feature_mask("all", (0, 7))


def test_a_mean_under_a_mask_weights_the_positions():
    features = torch.randn(2, 5, 7, 7, generator=torch.Generator().manual_seed(0))
    masks = PUBLISHED_MASKS["resnet_L4"]
    torch.testing.assert_close(masked_mean(features, masks["cent"]), features[:, :, 3, 3])
    torch.testing.assert_close(masked_mean(features, masks["all"]), features.mean((2, 3)))
    focus = masked_mean(features, masks["focus"])
    assert focus.dtype == torch.float32
    slow = sum(
        features[:, :, i, j].double() * masks["focus"][i, j] for i in range(7) for j in range(7)
    )
    torch.testing.assert_close(focus.double(), slow / 9, atol=1e-6, rtol=1e-6)


def test_a_mask_of_another_size_is_refused():
    features = torch.zeros(2, 5, 7, 7)
    with pytest.raises(LayerError, match=r"found \(2, 5, 7, 7\) and a mask of \(14, 14\)"):
        masked_mean(features, np.ones((14, 14)))
    with pytest.raises(LayerError, match=r"expected maps .* found \(2, 5\)"):
        masked_mean(features[..., 0, 0], np.ones((7, 7)))
    with pytest.raises(LayerError, match="not all 0"):
        masked_mean(features, np.zeros((7, 7)))
    with pytest.raises(LayerError, match="not all 0"):
        masked_mean(features, np.full((7, 7), np.nan))


def test_whole_numbers_are_averaged_too():
    features = torch.arange(9).reshape(1, 1, 3, 3)
    assert masked_mean(features, np.eye(3)).item() == pytest.approx(4)

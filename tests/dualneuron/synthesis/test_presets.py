"""Presets: the published table, and what is refused."""

from dataclasses import replace
from inspect import signature

import pytest

from core.errors import SettingError
from dualneuron.synthesis.ascend import fourier_ascending, pixel_ascending
from dualneuron.synthesis.presets import PRESETS, FourierPreset, PixelPreset

PUBLISHED = {
    "v1-batch": (93, 128, 0.05, 0.05, (-1, 1), 4, (1, 1), 12, 0.05, 0.05, 1e-4),
    "v1-notebook": (93, 128, 1.0, 0.05, (-1, 1), 4, (1, 1), 12, 0.05, 0.05, 1e-4),
    "v4-batch": (None, 128, 1.0, 0.08, (-2, 2), 4, (1, 1), 40, 0.05, 0.05, 1e-4),
    "v4-notebook": (None, 128, 1.0, 0.05, (-2, 2), 6, (1, 1), 40, 0.05, 0.05, 1e-4),
    "v4g-notebook": (100, 128, 1.0, 0.05, (-2, 2), 6, (1, 1), 20, 0.05, 0.05, 1e-4),
    "v4-explore": (None, 128, 0.5, 0.1, (-2, 2), 16, (0.1, 1), None, 0.15, 0.15, 0),
    "v4-semantic": (None, 128, 1.0, 0, (-2, 2), 16, (1, 1), 40, 0.2, 0.2, 0),
}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_the_published_ones(name):
    p = PRESETS[name]
    found = (p.image_size, p.total_steps, p.learning_rate, p.noise, p.values_range, p.nb_crops)
    found += (p.box_size, p.target_norm, p.jitter_std, p.reflect_pad_frac, p.tv_weight)
    assert found == PUBLISHED[name]
    assert (p.oversample, p.lr_schedule, p.eta_min) == (1, True, 0)


def test_ranges_and_priors_are_the_published_ones():
    names = [n for n, p in PRESETS.items() if isinstance(p, FourierPreset)]
    found = [(PRESETS[n].range_fn, PRESETS[n].magnitude_path) for n in names]
    assert names == ["v4-batch", "v4-notebook", "v4g-notebook", "v4-explore", "v4-semantic"]
    assert found == [
        *[("sigmoid", "natural_rgb")] * 2,
        ("sigmoid", "natural_gray"),
        ("tanh", "natural_rgb"),
        ("sigmoid", "natural_rgb"),
    ]
    assert PRESETS["v1-batch"].channels == 1
    assert PRESETS["v1-batch"].init_std == 0.05


@pytest.mark.parametrize(
    ("function", "defaults"),
    [(fourier_ascending, FourierPreset(magnitude_path="")), (pixel_ascending, PixelPreset())],
)
def test_defaults_of_the_functions_and_of_presets_agree(function, defaults):
    given = signature(function).parameters
    for name, value in defaults.arguments().items():
        assert name in given
        if name != "magnitude_path":
            assert given[name].default == value, name


def test_the_rate_falls_from_the_first_to_the_last_along_half_a_cosine():
    preset = PixelPreset(learning_rate=2.0, eta_min=0.5, total_steps=4)
    rates = [preset.learning_rate_at(step) for step in range(5)]
    assert rates == pytest.approx([2.0, 1.78033, 1.25, 0.71967, 0.5], abs=1e-5)
    assert replace(preset, lr_schedule=False).learning_rate_at(3) == 2.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"total_steps": -5}, "total_steps: expected a whole number of at least 1, found -5"),
        ({"nb_crops": 0}, "nb_crops: expected a whole number of at least 1"),
        ({"learning_rate": 0}, "learning_rate: expected a number above 0"),
        ({"noise": -0.1}, "noise: expected a number of at least 0, found -0.1"),
        ({"values_range": (1, -1)}, "values_range: expected two numbers, the lower first"),
        ({"values_range": 3}, "values_range: expected two numbers"),
        ({"box_size": (0, 1)}, "box_size: expected a number above 0"),
        ({"box_size": (0.5, 0.2)}, "box_size: expected two shares above 0, the smaller first"),
        ({"target_norm": -1}, "target_norm: expected a number above 0"),
        ({"reflect_pad_frac": 1.5}, "reflect_pad_frac: expected a share below 1"),
        ({"clamp": "wrap"}, "clamp: expected stretch or shift, found 'wrap'"),
        ({"init_std": float("nan")}, "init_std: expected a number of at least 0"),
        ({"image_size": 1}, "image_size: expected a whole number of at least 2"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(SettingError, match=words):
        PixelPreset(**changes)


def test_unknown_choices_of_a_fourier_ascent_are_refused():
    with pytest.raises(SettingError, match="range_fn: expected linear or sigmoid or tanh"):
        FourierPreset(magnitude_path="", range_fn="relu")
    with pytest.raises(SettingError, match="resize: expected bilinear or spectral"):
        FourierPreset(magnitude_path="", resize="nearest")

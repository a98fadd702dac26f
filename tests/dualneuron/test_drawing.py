"""What every picture of DualNeuron has in common."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from core.errors import ImageError, SettingError
from dualneuron.figures import (
    channels_last,
    draw_image,
    finish,
    has_room,
    house_style,
    room_warning,
)


@pytest.fixture
def figure():
    with house_style():
        return plt.subplots(figsize=(2, 1))[0]


def test_a_figure_is_black_with_white_ticks_and_two_spines(figure):
    ax = figure.axes[0]
    assert to_rgb(figure.get_facecolor()) == (0, 0, 0)
    assert to_rgb(ax.get_facecolor()) == to_rgb("#0a0a0a")
    assert [name for name, spine in ax.spines.items() if spine.get_visible()] == ["left", "bottom"]
    assert {tick.get_color() for tick in ax.xaxis.get_ticklines()} == {"white"}
    assert ax.xaxis.get_gridlines()[0].get_alpha() == 0.15
    plt.close(figure)


def test_settings_of_the_reader_do_not_enter():
    with plt.rc_context({"image.origin": "lower", "font.size": 20}):
        with house_style():
            assert plt.rcParams["image.origin"] == "upper"
            assert plt.rcParams["font.size"] == plt.rcParamsDefault["font.size"]
        assert plt.rcParams["font.size"] == 20


def test_a_saved_figure_is_black_whatever_the_settings_of_the_reader_are(figure, tmp_path):
    with plt.rc_context({"savefig.facecolor": "white"}):
        assert finish(figure, save=tmp_path / "new" / "poles.png") is figure
    with Image.open(tmp_path / "new" / "poles.png") as image:
        assert image.convert("RGB").getpixel((0, 0)) == (0, 0, 0)


def test_a_name_without_an_ending_becomes_a_png_and_an_unknown_ending_is_refused(figure, tmp_path):
    finish(figure, save=tmp_path / "poles")
    assert [path.name for path in tmp_path.iterdir()] == ["poles.png"]
    with pytest.raises(SettingError, match=r"poles\.mat: expected png, pdf, .* found \.mat"):
        finish(figure, save=tmp_path / "poles.mat")


def test_pyplot_forgets_figures_that_nobody_can_see(figure):
    finish(figure, show=True)
    assert figure.number not in plt.get_fignums()


def test_channels_go_last_and_what_is_no_image_is_refused():
    image = np.arange(24.0).reshape(3, 2, 4)
    np.testing.assert_array_equal(channels_last(image)[1, 2], image[:, 1, 2])
    tensor = torch.from_numpy(image).requires_grad_()
    np.testing.assert_array_equal(channels_last(tensor), channels_last(image))
    with pytest.raises(ImageError, match=r"image: expected \(1 or 3, H, W\).* found \(2, 9, 9\)"):
        channels_last(np.zeros((2, 9, 9)))


def test_an_image_in_range_is_drawn_as_it_is_and_another_over_its_own_range(figure):
    ax = figure.axes[0]
    inside = draw_image(ax, np.array([[[0.2, 0.6]]]), vmin=0.1, vmax=0.8)
    np.testing.assert_allclose(inside.get_array(), [[0.2, 0.6]])
    assert inside.get_clim() == (0.1, 0.8)
    outside = draw_image(ax, np.array([[-2.0, 0.0, 2.0]]))
    np.testing.assert_allclose(outside.get_array(), [[0, 0.5, 1]])
    np.testing.assert_array_equal(draw_image(ax, np.full((2, 2), 7.0)).get_array(), 0)
    with pytest.raises(ImageError, match="found NaN"):
        draw_image(ax, np.array([[np.nan]]))
    plt.close(figure)


def test_neurons_without_room_below_grey_are_told():
    assert [has_room(value) for value in (0.19, 0.2, None)] == [False, True, True]
    assert room_warning(0.19) == "no room below grey (0.19)"

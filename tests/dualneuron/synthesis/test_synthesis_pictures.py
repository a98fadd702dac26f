"""Pictures of synthesised images."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from PIL import Image
from scipy import ndimage
from skimage.morphology import convex_hull_image

from core.errors import ImageError, SettingError
from dualneuron.figures import AMBER, CYAN, MAGENTA
from dualneuron.synthesis.visualize import (
    blend,
    check_format,
    clip_percentile,
    denormalize,
    estimate_mask,
    get_mean_mask,
    plot_group,
    plot_poles,
    sequence_animation,
)

TRACES = np.linspace(1, 0.1, 5), np.linspace(1, 4, 5)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def images_of(figure):
    return [ax.images[0].get_array() for ax in figure.axes if ax.images]


def texts_of(figure):
    return [text.get_text() for ax in figure.axes for text in (ax.title, *ax.texts)]


def blob(rows, columns, contrast=3.0, size=40):
    image = np.zeros((1, size, size))
    image[:, rows, columns] = contrast
    return image


def test_clipping_takes_a_percentile_off_both_ends():
    values = np.arange(1001.0)
    clipped = clip_percentile(values, p=0.1)
    np.testing.assert_allclose(clipped, [1, *values[1:-1], 999])
    with pytest.raises(SettingError, match="p: expected per cent from 0 to 50, found 60"):
        clip_percentile(values, p=60)


def test_denormalising_is_linear_and_clipped_or_over_the_own_range():
    image = torch.tensor([-9.0, -1.0, 0.0, 1.0, 9.0])
    np.testing.assert_allclose(denormalize(image), [0, 0.2, 0.45, 0.7, 1], rtol=1e-6)
    np.testing.assert_allclose(denormalize(image, boost=2)[1:4], [0, 0.45, 0.95], atol=1e-7)
    for missing in ({"mean": None}, {"std": None}):
        shown = denormalize(image, **missing)
        np.testing.assert_allclose(shown, (image.numpy() + 9) / 18, rtol=1e-6)


def test_a_blend_is_the_image_where_alpha_is_high_and_grey_where_it_is_none():
    image = np.stack([np.full((2, 3), value) for value in (-1.0, 0.0, 1.0)])
    alpha = np.zeros((3, 2, 3))
    alpha[:, 0, 0], alpha[:, 0, 1] = 4.0, 1.0
    shown = blend(image, alpha, alphacut=100)
    assert shown.shape == (2, 3, 3)
    np.testing.assert_allclose(shown[0, 0], [0.2, 0.45, 0.7], rtol=1e-6)
    np.testing.assert_allclose(shown[0, 1], 0.45 + np.array([-0.25, 0, 0.25]) / 4, rtol=1e-6)
    np.testing.assert_allclose(shown[1], 0.45, rtol=1e-6)


def test_alpha_is_cut_above_and_the_background_without_a_mean_is_grey():
    alpha = np.arange(100.0).reshape(1, 10, 10)
    image = np.arange(100.0).reshape(1, 10, 10)
    cut = np.minimum(alpha[0], np.percentile(alpha, 90))
    opacity = cut / cut.max()
    expected = image[0] / 99 * opacity + 0.45 * (1 - opacity)
    np.testing.assert_allclose(blend(image, alpha, mean=None)[..., 0], expected, rtol=1e-6)
    with pytest.raises(ImageError, match="alpha of the size of the image, found 10 and 9"):
        blend(image, alpha[:, :9])


def test_poles_are_two_traces_over_two_images_least_first():
    figure = plot_poles([blob(0, 0), 0.5 * np.ones((1, 4, 4))], TRACES, show=False)
    assert figure.get_size_inches().tolist() == [5, 5]
    assert [text for text in texts_of(figure) if text] == ["Least Exciting", "Most Exciting"]
    lines = [ax.lines[0] for ax in figure.axes[:2]]
    for line, trace, color in zip(lines, TRACES, (MAGENTA, CYAN), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), trace)
        assert line.get_color() == color
    least, most = images_of(figure)
    assert (least.min(), least.max()) == (0, 1)
    np.testing.assert_array_equal(most, 0.5)


def test_the_grey_baseline_is_a_line_and_a_low_pole_without_room_is_flagged():
    images = np.zeros((2, 1, 4, 4))
    figure = plot_poles(images, TRACES, baseline=0.75, show=False)
    assert [ax.lines[1].get_ydata()[0] for ax in figure.axes[:2]] == [0.75, 0.75]
    assert not any("no room" in text for text in texts_of(figure))
    figure = plot_poles(images, TRACES, baseline=0.05, show=False)
    below_least = figure.axes[2].title
    assert below_least.get_text() == "no room below grey (0.05)"
    assert to_hex(below_least.get_color()) == AMBER
    assert sum("no room" in text for text in texts_of(figure)) == 1


def test_one_pole_or_one_trace_is_refused():
    with pytest.raises(ImageError, match=r"two images and two traces.* found 1 and 2 and 2"):
        plot_poles([blob(0, 0)], TRACES, show=False)


@pytest.mark.parametrize(("n_images", "size", "n_cells"), [(7, (10, 4), 10), (1, (10, 2), 5)])
def test_a_group_fills_rows_and_leaves_the_rest_blank(n_images, size, n_cells, rng, tmp_path):
    images = torch.from_numpy(rng.random((n_images, 3, 6, 6)))
    figure = plot_group(images, show=False, save=tmp_path / "group.png")
    assert figure.get_size_inches().tolist() == list(size)
    assert len(figure.axes) == n_cells
    for ax, image in zip(figure.axes, images, strict=False):
        np.testing.assert_array_equal(ax.images[0].get_array(), image.permute(1, 2, 0))
    assert not any(ax.images or ax.axison for ax in figure.axes[n_images:])
    with Image.open(tmp_path / "group.png") as saved:
        assert saved.size == (100 * size[0], 100 * size[1])


def test_a_group_of_none_or_in_no_column_is_refused():
    with pytest.raises(ImageError, match="at least one image, found 0"):
        plot_group([], show=False)
    with pytest.raises(SettingError, match="cols: expected at least one column, found 0"):
        plot_group([blob(0, 0)], cols=0, show=False)


def test_a_mask_is_the_smoothed_square_that_stands_out():
    square = np.zeros((40, 40))
    square[10:20, 15:30] = 1
    image = blob(slice(10, 20), slice(15, 30))
    image[:, 35, 35] = 3  # a smaller spot
    np.testing.assert_allclose(estimate_mask(image), ndimage.gaussian_filter(square, 1), atol=1e-12)


def test_gaps_are_closed_corners_join_and_hollows_are_filled():
    image = blob(slice(10, 14), slice(10, 30))
    image[:, 16:30, 10:14] = 3  # an L, broken by two rows
    image[:, 30:32, 14:16] = -3  # joined at its corner, and dark
    region = np.abs(image[0]) > 0
    region[14:16, 10:14] = True
    np.testing.assert_allclose(
        estimate_mask(image),
        ndimage.gaussian_filter(convex_hull_image(region).astype(float), 1),
        atol=1e-12,
    )


def test_colours_count_by_their_luminance():
    image = np.zeros((20, 20, 3))
    image[5:10, 5:10, 1] = 1  # green
    image[12:17, 2:19, 2] = 1  # blue: larger, and of little luminance
    mask = estimate_mask(image, zscore_thresh=1.0)
    assert mask[7, 7] > 0.9
    assert mask[14, 10] < 0.05


def test_an_image_without_structure_has_an_empty_mask():
    np.testing.assert_array_equal(estimate_mask(np.ones((1, 8, 8))), 0)
    np.testing.assert_array_equal(get_mean_mask([np.ones((1, 8, 8))]), 0)


def test_the_mean_mask_holds_what_a_tenth_of_the_images_show():
    often, seldom = blob(slice(5, 15), slice(5, 15)), blob(slice(25, 35), slice(25, 35))
    mask = get_mean_mask([*[often] * 19, seldom])
    assert mask[10, 10] == 1
    assert mask[30, 30] == 12 / 255  # of one in twenty
    np.testing.assert_allclose(mask * 255, np.rint(mask * 255), atol=1e-9)
    kernel = np.exp(-0.5 * np.arange(-2, 3) ** 2)
    kernel /= kernel.sum()
    column = estimate_mask(often, 1.0)[10, :16] * 19 / 20
    levels = np.where(column > 0.1, 255, np.floor(column * 255))
    expected = np.rint(np.convolve(levels, kernel, "valid"))
    np.testing.assert_array_equal(np.rint(mask[10, 2:14] * 255), expected)


def test_images_of_different_sizes_have_no_mean_mask():
    with pytest.raises(ImageError, match=r"one size, found \[\(30, 30\), \(40, 40\)\]"):
        get_mean_mask([blob(5, 5), blob(5, 5, size=30)])
    with pytest.raises(ImageError, match="at least one image, found 0"):
        get_mean_mask([])


def test_a_film_shows_each_step_with_its_activity(rng, tmp_path):
    images = rng.random((4, 1, 6, 6))
    activities = [0.5, 0.25, -0.125, 1.0]
    figure = sequence_animation(
        images, activities, tmp_path / "film.gif", dpi=40, interval=50, title="V1", show=False
    )
    assert figure.get_size_inches().tolist() == [10, 5]
    assert figure.get_suptitle() == "V1"
    left, right = figure.axes
    for step, (image, activity) in enumerate(zip(images, activities, strict=True)):
        figure.draw_frame(step)
        assert len(left.images) == 1
        np.testing.assert_array_equal(left.images[0].get_array(), image[0])
        assert left.get_title() == f"Step {step}"
        assert left.texts[0].get_text() == f"{activity:.4f} Hz"
        color = MAGENTA if activity < 0 else CYAN
        _, glow, progress, marker = right.lines
        assert {line.get_color() for line in (glow, progress, marker)} == {color}
        np.testing.assert_array_equal(progress.get_ydata(), activities[: step + 1])
        assert (marker.get_xdata(), marker.get_ydata()) == ([step], [activity])
    np.testing.assert_array_equal(right.lines[0].get_ydata(), activities)
    with Image.open(tmp_path / "film.gif") as gif:
        assert (gif.n_frames, gif.size, gif.info["duration"]) == (4, (400, 200), 50)


@pytest.mark.parametrize(("interval", "fps"), [(80, 12), (500, 10), (10, 30)])
def test_a_film_has_ten_to_thirty_frames_a_second(interval, fps):
    figure = sequence_animation(np.zeros((2, 1, 4, 4)), [0, 1], interval=interval, show=False)
    assert figure.fps == fps


def test_images_out_of_range_keep_one_scale_through_the_film():
    figure = sequence_animation(
        [np.full((1, 2, 2), k) for k in (-1.0, 0, 3)], [1, 2, 3], show=False
    )
    greys = []
    for step in range(3):
        figure.draw_frame(step)
        greys.append(figure.axes[0].images[0].get_array()[0, 0])
    assert greys == [0, 0.25, 1]


def test_a_film_towards_a_low_pole_without_room_says_so():
    images = np.zeros((2, 1, 4, 4))
    down, signed, up = (
        sequence_animation(images, activities, baseline=0.1, show=False)
        for activities in ([0.1, 0.05], [-0.1, -0.05], [0.1, 3.0])
    )
    assert "no room below grey (0.1)" in texts_of(down)
    assert "no room below grey (0.1)" in texts_of(signed)
    assert "no room below grey (0.1)" not in texts_of(up)
    assert up.axes[1].lines[-1].get_ydata()[0] == 0.1


def test_a_film_needs_an_activity_for_each_image():
    with pytest.raises(ImageError, match="an activity for each image, found 3 and 2"):
        sequence_animation(np.zeros((3, 1, 4, 4)), [1, 2], show=False)


def test_the_published_layout_of_channels():
    assert check_format(torch.zeros(3, 5, 6)).shape == (5, 6, 3)
    assert check_format(np.zeros((5, 6, 3))).shape == (5, 6, 3)

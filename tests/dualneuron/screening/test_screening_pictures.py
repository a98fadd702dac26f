"""Pictures of a screen."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_hex
from PIL import Image

from core.errors import ImageError, SampleError, SettingError
from dualneuron.figures import AMBER, CYAN, MAGENTA
from dualneuron.screening.utils import compute_population_statistics, sample_activations_adaptively
from dualneuron.screening.visualize import (
    plot_neuron_activation,
    plot_neuron_poles,
    plot_population_statistics,
    sampled_images_animation,
    visualize_adaptive_sampling,
)

N_IMAGES, N_DEAD = 40, 12

RESPONSES = np.where(np.arange(N_IMAGES) < N_DEAD, 0, np.arange(N_IMAGES) / 8).astype(np.float32)
"""Of neuron 0, ascending: to none of twelve images, then in steps of an eighth."""


@pytest.fixture
def images():
    """Items (image, name); an image is all of its index, so that it tells itself."""
    return [(torch.full((1, 2, 2), index / N_IMAGES), "") for index in range(N_IMAGES)]


@pytest.fixture
def indices():
    return np.random.default_rng(0).permutation(N_IMAGES)


@pytest.fixture
def screen(tmp_path, indices):
    """Folders of responses and indices of two neurons; the second has no room below grey."""
    names = [
        f"v1_None_images_{kind}" for kind in ("ordered_responses", "ordered_indices", "screen")
    ]
    responses, order, facts = folders = [tmp_path / name for name in names]
    for folder in folders:
        folder.mkdir()
    for neuron in range(2):
        np.save(responses / f"{neuron}.npy", RESPONSES)
        np.save(order / f"{neuron}.npy", indices)
    (facts / "settings.json").write_text("{}")
    (facts / "summary.json").write_text(json.dumps({"grey_baseline": [1.5, 0.05]}))
    return responses, order


def texts_of(figure):
    return [text.get_text() for ax in figure.axes for text in (ax.title, *ax.texts)]


def test_population_statistics_are_six_histograms_with_their_medians(tmp_path):
    names = ("gini", "max", "mean", "cv", "skewness", "q95")
    table = pd.DataFrame({name: np.arange(101.0) + place for place, name in enumerate(names)})
    table.loc[0, "skewness"] = np.nan  # of a neuron that never changes
    figure = plot_population_statistics(table, show=False, save=tmp_path / "statistics.png")
    assert figure.get_size_inches().tolist() == [12, 8]
    assert [ax.get_xlabel() for ax in figure.axes] == list(names)
    for place, ax in enumerate(figure.axes):
        median = 50 + place + (names[place] == "skewness") / 2
        assert ax.get_legend().get_texts()[0].get_text() == f"Median: {median:.3f}"
        assert ax.lines[0].get_xdata() == [median, median]
        assert len(ax.patches) == 50
        counted = sum(bar.get_height() for bar in ax.patches)
        assert counted == 101 - (names[place] == "skewness")
    assert (tmp_path / "statistics.png").is_file()
    with pytest.raises(SettingError, match=r"df: expected columns gini, max.* found no q95"):
        plot_population_statistics(table.drop(columns="q95"), show=False)


def test_responses_of_a_neuron_ascend_beside_their_mean_and_the_grey_baseline(screen):
    table, _ = compute_population_statistics(screen[0])
    figure = plot_neuron_activation(0, screen[0], table, show=False)
    ax = figure.axes[0]
    curve, mean, grey = ax.lines
    np.testing.assert_array_equal(curve.get_ydata(), RESPONSES)
    assert mean.get_ydata()[0] == RESPONSES.mean()
    assert grey.get_ydata()[0] == 1.5
    row = table[table["neuron_id"] == 0].iloc[0]
    assert ax.get_title() == f"Neuron 0\nGini: {row['gini']:.3f}, max: 4.875"
    assert ax.get_legend().get_title().get_text() == ""
    assert figure.get_size_inches().tolist() == [5, 5]


def test_a_neuron_without_room_is_flagged_by_what_the_screen_noted_or_by_a_number(screen):
    table, _ = compute_population_statistics(screen[0])
    for neuron, given in ((1, None), (0, 0.05)):
        figure = plot_neuron_activation(neuron, screen[0], table, baseline=given, show=False)
        title = figure.axes[0].get_legend().get_title()
        assert title.get_text() == "no room below grey (0.05)"
        assert to_hex(title.get_color()) == AMBER


def test_a_neuron_that_is_not_in_the_table_is_refused(screen):
    table, _ = compute_population_statistics(screen[0])
    with pytest.raises(SettingError, match=r"neuron_id: expected a neuron of the table.* found 9"):
        plot_neuron_activation(9, screen[0], table, show=False)


def test_poles_are_the_lowest_the_first_above_zero_and_the_highest(screen, images, indices):
    figure = plot_neuron_poles(0, images, *screen, show=False)
    assert figure.get_size_inches().tolist() == [16, 6]
    assert figure.get_suptitle() == "Neuron 0"
    axes = np.array(figure.axes).reshape(3, 10)
    for row, first in zip(axes, (0, N_DEAD, N_IMAGES - 10), strict=True):
        for ax, place in zip(row, range(first, first + 10), strict=True):
            assert ax.get_title() == f"{RESPONSES[place]:.6f}"
            assert ax.title.get_color() == (CYAN if RESPONSES[place] > 0 else MAGENTA)
            shown = ax.images[0].get_array()
            np.testing.assert_allclose(shown, indices[place] / N_IMAGES, rtol=1e-6)
    assert [row[0].texts[0].get_text() for row in axes] == ["Lowest", "First above 0", "Highest"]


def test_the_lowest_row_of_a_neuron_without_room_is_flagged(screen, images):
    figure = plot_neuron_poles(1, images, *screen, show=False)
    assert figure.get_suptitle() == "Neuron 1, lowest: no room below grey (0.05)"
    assert to_hex(figure.axes[0].texts[0].get_color()) == AMBER
    assert to_hex(figure.axes[10].texts[0].get_color()) == "#ffffff"


def test_rows_that_are_too_short_end_in_blanks(tmp_path, images):
    for name, values in (("responses", [0, 0, 3.0]), ("indices", [5, 6, 7])):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "0.npy", np.array(values))
    folders = tmp_path / "responses", tmp_path / "indices"
    figure = plot_neuron_poles(0, images, *folders, show=False)
    axes = np.array(figure.axes).reshape(3, 10)
    assert [sum(bool(ax.images) for ax in row) for row in axes] == [3, 1, 3]
    assert not any(ax.axison for ax in axes[1, 1:])


def test_responses_and_indices_of_different_screens_are_refused(screen, images, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    np.save(other / "0.npy", np.arange(7))
    for draw in (plot_neuron_poles, sampled_images_animation):
        with pytest.raises(ImageError, match="an index for each response, found 40 and 7"):
            draw(0, images, screen[0], other, show=False)


def test_sampled_responses_lie_on_the_sorted_curve():
    shuffled = np.random.default_rng(1).permutation(RESPONSES)
    figure = visualize_adaptive_sampling(shuffled, num_samples=5, show=False)
    ax = figure.axes[0]
    curve, samples = ax.lines
    np.testing.assert_array_equal(curve.get_ydata(), RESPONSES)
    _, _, positions = sample_activations_adaptively(shuffled, 5)
    np.testing.assert_array_equal(samples.get_xdata(), positions)
    np.testing.assert_array_equal(samples.get_ydata(), RESPONSES[positions])
    assert ax.get_title() == "5 of 40 images"
    assert (
        visualize_adaptive_sampling(shuffled, show=False).axes[0].get_title() == "28 of 40 images"
    )
    with pytest.raises(SampleError, match="all are equal"):
        visualize_adaptive_sampling(np.ones(5), show=False)


def test_the_film_along_the_order_shows_sampled_images_as_they_rise(
    screen, images, indices, tmp_path
):
    path = tmp_path / "rise.gif"
    figure = sampled_images_animation(
        1, images, *screen, num_samples=4, savename=path, dpi=30, show=False
    )
    _, _, positions = sample_activations_adaptively(RESPONSES, 4)
    left, right = figure.axes
    for frame, place in enumerate(np.sort(positions)):
        figure.draw_frame(frame)
        assert left.get_title() == f"Image {indices[place]}: {RESPONSES[place]:.4f}"
        assert to_hex(left.title.get_color()) == "#ffffff"
        assert len(left.images) == 1
        shown = left.images[0].get_array()
        np.testing.assert_allclose(shown, indices[place] / N_IMAGES, rtol=1e-6)
        assert right.lines[-1].get_xdata() == [place]
        assert right.lines[-1].get_ydata() == [RESPONSES[place]]
    assert right.get_legend().get_title().get_text() == "no room below grey (0.05)"
    with Image.open(path) as gif:
        assert (gif.n_frames, gif.size, gif.info["duration"]) == (4, (300, 150), 200)

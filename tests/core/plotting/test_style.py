"""Figures keep the layout that they were given, and saving draws them once."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from core.plotting.style import (
    HEIGHTS,
    NO_LAYOUT,
    SIMULATED_NOTICE,
    STRIP,
    WATERMARK,
    apply_style,
    freeze_layout,
    mark_simulated,
    saveallforms,
)


def labelled():
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.set(xlabel="a label", ylabel="another", title="a title")
    figure.suptitle("over all")
    return figure


@pytest.fixture
def figure():
    with apply_style():
        yield labelled()
    plt.close("all")


def saved(path):
    with apply_style():
        figure = labelled()
        figure.axes[0].imshow(np.arange(6).reshape(2, 3))
        saveallforms(path, "a", figure)
        plt.close(figure)
    return [(path / f"a.{form}").read_bytes() for form in ("png", "pdf")]


def test_figures_are_the_same_whatever_the_settings_of_the_reader_are(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # no date of making in a PDF
    plain = saved(tmp_path / "plain")
    of_the_reader = {
        "image.origin": "lower",
        "image.cmap": "magma",
        "font.size": 20,
        "axes.grid": True,
        "savefig.dpi": 30,
        "savefig.facecolor": "grey",
    }
    with mpl.rc_context(of_the_reader):
        assert saved(tmp_path / "reader") == plain
        assert mpl.rcParams["font.size"] == 20


def test_a_frozen_figure_is_arranged_as_when_it_is_drawn_and_stays_so(figure, tmp_path):
    twin = labelled()
    twin.draw_without_rendering()
    arranged = twin.axes[0].get_position().bounds
    freeze_layout(figure)
    np.testing.assert_allclose(figure.axes[0].get_position().bounds, arranged, atol=1e-12)
    figure.axes[0].set_ylabel("much longer\nthan it was\nbefore")
    with mpl.rc_context(NO_LAYOUT):
        saveallforms(tmp_path, "frozen", figure, bbox_inches=None)
    np.testing.assert_allclose(figure.axes[0].get_position().bounds, arranged, atol=1e-12)


def test_saving_a_frozen_figure_draws_it_once(figure, tmp_path, monkeypatch):
    drawn = []

    def counting(self, renderer, draw=Figure.draw):
        drawn.append(renderer)
        return draw(self, renderer)

    monkeypatch.setattr(Figure, "draw", counting)
    freeze_layout(figure)
    with mpl.rc_context(NO_LAYOUT):
        saveallforms(tmp_path, "frozen", figure, bbox_inches=None)
    assert len(drawn) == 2


def test_a_figure_without_a_layout_engine_can_be_frozen(tmp_path):
    figure = plt.figure(layout="none")
    freeze_layout(figure)
    assert figure.get_layout_engine() is None
    plt.close(figure)


def heat_map():
    """A map with a colour bar, a number in each cell, and labels."""
    figure, ax = plt.subplots(figsize=(4, 3))
    image = ax.imshow(np.arange(12).reshape(3, 4))
    figure.colorbar(image, label="rate")
    for (row, column), value in np.ndenumerate(image.get_array()):
        ax.text(column, row, f"{value}.0", ha="center", va="center")
    ax.set(xlabel="distance", ylabel="rank", title="class space")
    figure.suptitle("over all")
    figure.legend(["a"], loc="outside lower center")
    return figure


def curves():
    """Lines with a number where the mark would stand first."""
    figure, ax = plt.subplots(figsize=(4, 3))
    ax.plot([0, 1, 0, 1], "k", lw=3)
    ax.text(0.5, HEIGHTS[0], "10 of 10", transform=ax.transAxes, ha="center", va="center")
    figure.suptitle("over all")
    return figure


def pixels(figure):
    freeze_layout(figure)
    with mpl.rc_context(NO_LAYOUT):
        figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


@pytest.fixture
def pair():
    """How a figure looks, and how it looks when it is marked, without the strip above it."""

    def draw(make):
        with apply_style():
            plain, marked = make(), make()
            mark_simulated(marked)
            strip = round(STRIP * marked.dpi)
            return marked, pixels(plain), pixels(marked)[strip:]

    yield draw
    plt.close("all")


def test_the_mark_changes_no_pixel_of_a_heat_map_and_moves_nothing(pair):
    _, plain, marked = pair(heat_map)
    np.testing.assert_array_equal(marked, plain)


def test_the_mark_lies_below_the_data_and_crosses_no_number(pair):
    figure, plain, marked = pair(curves)
    darker = plain.astype(int) - marked
    assert (darker > 0).any(axis=-1).sum() > 500
    # no more than the mark's own grey, and nothing where ink covers it
    assert 0 <= darker.min() <= darker.max() <= 255 * (1 - float(WATERMARK)) + 1
    np.testing.assert_array_equal(marked[plain == 0], 0)
    (ax,) = figure.axes
    number, mark = ax.texts
    assert mark.get_text() == "SIMULATED"
    assert not mark.get_window_extent().overlaps(number.get_window_extent())


def test_a_panel_full_of_text_is_not_crossed(pair):
    def full():
        figure = curves()
        for height in HEIGHTS:
            figure.axes[0].text(0.5, height, "t", transform=figure.axes[0].transAxes, va="center")
        return figure

    figure, plain, marked = pair(full)
    np.testing.assert_array_equal(marked, plain)
    assert figure.texts[-1].get_text() == SIMULATED_NOTICE


@pytest.mark.parametrize("make", [heat_map, curves, labelled])
def test_the_red_line_stands_at_one_place_in_all_figures(make):
    with apply_style():
        figure = make()
        mark_simulated(figure)
    notice = figure.texts[-1]
    x, y = notice.get_position()
    height = figure.get_size_inches()[1]
    assert (notice.get_text(), notice.get_color(), x) == (SIMULATED_NOTICE, "red", 0.5)
    assert (1 - y) * height == pytest.approx(STRIP / 2)
    plt.close("all")

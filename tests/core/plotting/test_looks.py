"""Colours, lines and markers that everyone can tell apart, and the switch to the published look."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from skimage.color import rgb2lab

from core.plotting.looks import LOOKS, PUBLISHED, READABLE
from core.plotting.style import THREAD_COLORS
from core.threads import THREADS
from figure_reproduction.extended1.drawing import COLORS
from figure_reproduction.extended1.image_sets_panel import KIND_COLORS
from figure_reproduction.extended5.alignment_panel import DASHES, MARKERS
from figure_reproduction.options import STYLES

PALETTES = {
    "threads": list(THREAD_COLORS.values()),
    "areas, shapes, parts": READABLE.colors,
    "dimensions": READABLE.dimension_colors,
    "mean": [READABLE.mean_color],
    "fits": ["black", "magenta", "red"],
    "generators": list(COLORS.values()),
    "kinds of images": list(KIND_COLORS.values()),
}

DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
"""What linear RGB becomes without the middle cones (Machado, Oliveira & Fernandes 2009)."""


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast_on_white(color):
    """As WCAG 2 defines it, from 1 to 21."""
    return 1.05 / (linear(color) @ (0.2126, 0.7152, 0.0722) + 0.05)


def without_middle_cones(color):
    """CIELAB of a colour as a deuteranope sees it."""
    seen = np.clip(DEUTERANOPIA @ linear(color), 0, 1)
    return rgb2lab(np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("palette", PALETTES)
def test_every_line_has_a_contrast_of_3_on_white(palette):
    assert min(map(contrast_on_white, PALETTES[palette])) >= 3


def test_the_published_colours_had_not():
    assert min(map(contrast_on_white, PUBLISHED.dimension_colors)) < 1.5
    assert contrast_on_white("black") == pytest.approx(21)


def test_threads_differ_by_line_and_marker_and_for_deuteranopes_by_colour():
    assert len({READABLE.line(thread)["ls"] for thread in THREADS}) == 2
    assert len({READABLE.thread_markers[thread] for thread in THREADS}) == 2
    one, other = (without_middle_cones(THREAD_COLORS[thread]) for thread in THREADS)
    assert np.linalg.norm(one - other) > 60


def test_areas_differ_by_marker_and_for_deuteranopes_by_colour():
    assert len(set(READABLE.markers)) == len(READABLE.markers) == len(READABLE.colors)
    seen = [without_middle_cones(color) for color in READABLE.colors]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 10


def test_dimensions_differ_by_marker_and_by_line():
    n = len(READABLE.dimension_colors)
    assert n == len(set(MARKERS)) == len(set(DASHES)) == len(set(READABLE.dimension_colors))


def test_the_style_option_offers_the_looks_and_this_projects_first():
    assert tuple(LOOKS) == STYLES
    assert STYLES[0] == READABLE.name


@pytest.mark.parametrize(("look", "outside"), [(READABLE, 1), (PUBLISHED, 0)])
def test_a_legend_lies_off_the_data_or_where_the_published_one_is(look, outside):
    figure = Figure(layout="constrained")
    ax = figure.add_subplot()
    ax.plot([0, 1], label="a line")
    legend = look.legend(ax, loc="center")
    figure.draw_without_rendering()
    assert len(figure.legends) == outside
    assert legend.get_window_extent().overlaps(ax.bbox) is not bool(outside)

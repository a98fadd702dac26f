"""What is drawn of level sets."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from core.errors import SampleError
from core.level_sets import (
    draw_level_curves,
    draw_progression,
    grid_vectors,
    topology_signature,
)

DEGREES = np.arange(-90.0, 91.0, 6.0)
GRID = grid_vectors(DEGREES, DEGREES)


def bump(axis):
    return np.exp(4 * (GRID[:, :, axis] - 1))


def test_a_progression_shows_the_mean_counts_of_each_area():
    signatures = [topology_signature(bump(axis)) for axis in (0, 0, 2)]
    axes = Figure().subplots(1, 3)
    draw_progression(axes, signatures, ["IT", "IT", "V1"])
    assert [ax.get_title() for ax in axes] == ["level curves", "closed curves", "open curves"]
    labels = [text.get_text() for text in axes[0].get_legend().get_texts()]
    assert labels == ["V1 (n = 1)", "IT (n = 2)"]
    loops = {line.get_label(): line.get_ydata() for line in axes[1].get_lines()}
    np.testing.assert_array_equal(loops["V1 (n = 1)"], 0)
    expected = signatures[0].counts.n_loop[1:-1]
    np.testing.assert_array_equal(loops["IT (n = 2)"], expected)


def test_maps_of_no_known_area_or_of_other_levels_are_refused():
    fine, coarse = topology_signature(bump(0)), topology_signature(bump(0), levels=11)
    axes = Figure().subplots(1, 3)
    with pytest.raises(SampleError, match="one number of levels, found none"):
        draw_progression(axes, [fine], ["MT"])
    with pytest.raises(SampleError, match=r"one number of levels, found \[11, 21\]"):
        draw_progression(axes, [fine, coarse], ["V1", "V4"])
    with pytest.raises(SampleError, match="a group for each of 1 maps, found 0"):
        draw_progression(axes, [fine], [])


def test_closed_curves_are_solid_and_open_ones_dashed():
    ax = Figure().add_subplot()
    draw_level_curves(ax, bump(2), DEGREES, DEGREES, n_levels=7)
    assert [line.get_linestyle() for line in ax.get_lines()] == ["--"] * 5
    ax = Figure().add_subplot()
    draw_level_curves(ax, bump(0), DEGREES, DEGREES, n_levels=7)
    styles = [line.get_linestyle() for line in ax.get_lines()]
    counts = topology_signature(bump(0), levels=7).counts
    assert styles.count("-") == counts.n_loop[1:-1].sum() > 0

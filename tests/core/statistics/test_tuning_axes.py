"""Axes of a tuning recording: which trials belong to each, and where the origin is borrowed."""

import numpy as np
import pandas as pd
import pytest

from core.errors import SampleError
from core.statistics.tuning_axes import axes, fit_axis
from core.statistics.tuning_curves import anova, fit_gaussian, fit_line


def trials(*rows):
    names = ["space_name", "eig_id", "lin_dist", "pref_unit_resp"]
    return pd.DataFrame(rows, columns=names).assign(hessian_img=True)


SHOWN = trials(
    ("noise", 0.0, 0.0, 50.0),
    ("class", 3.0, -0.4, 30.0),
    ("class", 0.0, 0.0, 10.0),
    ("class", 3.0, 0.4, 20.0),
)


def found(table):
    return {(axis.space, axis.eig_id): axis for axis in axes(table)}


def test_an_axis_without_origin_borrows_that_of_both_spaces():
    axis = found(SHOWN)["class", 3]
    assert axis.borrows_origin
    assert axis.distance.tolist() == [-0.4, 0.4, 0, 0]
    assert axis.rate.tolist() == [30, 20, 50, 10]


def test_an_axis_with_an_origin_of_its_own_borrows_none():
    axis = found(SHOWN)["class", 0]
    assert not axis.borrows_origin
    assert axis.rate.tolist() == [10]


def test_class_comes_before_noise_and_low_ranks_before_high_ones():
    assert list(found(SHOWN)) == [("class", 0), ("class", 3), ("noise", 0)]


def test_where_no_axis_has_an_origin_nothing_is_borrowed():
    axis = found(SHOWN[SHOWN["lin_dist"] != 0])["class", 3]
    assert not axis.borrows_origin
    assert axis.distance.tolist() == [-0.4, 0.4]


def test_images_that_lie_on_no_axis_do_not_count():
    other = trials(("class", 3.0, 0.0, 999.0)).assign(hessian_img=False)
    natural = trials((None, np.nan, np.nan, 999.0))
    table = pd.concat([SHOWN, other, natural], ignore_index=True)
    for key, axis in found(table).items():
        np.testing.assert_array_equal(axis.rate, found(SHOWN)[key].rate)


def test_the_fits_of_an_axis_are_those_of_its_trials():
    x = np.repeat([-0.4, -0.2, 0.0, 0.2, 0.4], 5)
    y = 20 + 50 * np.exp(-(x**2) / 0.1) + np.random.default_rng(0).normal(0, 2, x.size)
    fits = fit_axis(x, y, np.random.default_rng(0))
    assert (fits.anova, fits.line, fits.gaussian) == (
        anova(x, y),
        fit_line(x, y),
        fit_gaussian(x, y),
    )
    assert fits.levels.n.tolist() == [5] * 5
    assert fits.process.r2 > 0.9
    with pytest.raises(SampleError, match="one rate per distance"):
        fit_axis(x, y[1:], np.random.default_rng(0))

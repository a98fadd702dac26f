"""The synopsis of all axes: known curves, masks, seeds, axes that cannot be fitted."""

import logging

import numpy as np
import pandas as pd
import pytest

from core.contract import fig6
from core.statistics.tuning_axes import Axis
from neuro_data_analysis.tuning.axes import Tuning
from neuro_data_analysis.tuning.synopsis import (
    AxisTask,
    TunedUnit,
    curve_columns,
    peak_table,
    seed_of,
    shape_table,
    synopsis,
)

LEVELS = np.array([-0.4, -0.32, -0.24, -0.16, 0, 0.16, 0.24, 0.32, 0.4])
X = np.repeat(LEVELS, 6)


def fitted(curve, x=X, noise=0.5):
    rates = curve(x) + noise * np.random.default_rng(0).standard_normal(len(x))
    return curve_columns(AxisTask(Axis("class", 0, x, rates), seed=1))


def test_a_bell_around_the_origin_is_found_by_every_measure():
    row = fitted(lambda x: 80 * np.exp(-(x**2) / (2 * 0.15**2)) + 20)
    assert row["gauss_fit_center"] == pytest.approx(0, abs=0.01)
    assert row["gauss_fit_sigma"] == pytest.approx(0.15, abs=0.01)
    assert row["gauss_fit_amplitude"] == pytest.approx(80, abs=2)
    assert row["gauss_fit_offset"] == pytest.approx(20, abs=2)
    assert min(row["gauss_R2"], row["gpr_R2"], row["anova_R2"]) > 0.99
    assert row["anova_p_value"] < 1e-10
    assert (row["gpr_y_is_bellshaped"], row["gpr_y_is_monotonic"]) == (True, False)
    assert row["max_resp_lin_dist"] == row["max_resp_lin_dist_bin"] == 0
    assert row["max_resp_val"] == pytest.approx(100, abs=1)


def test_a_ramp_is_monotonic_and_peaks_at_its_end():
    row = fitted(lambda x: 100 * x + 60)
    assert row["ols_slope"] == pytest.approx(100, abs=1)
    assert row["ols_intercept"] == pytest.approx(60, abs=0.5)
    assert row["ols_R2"] > 0.99
    assert (row["gpr_y_is_bellshaped"], row["gpr_y_is_monotonic"]) == (False, True)
    assert row["max_resp_lin_dist_bin"] == 0.4


def test_a_peak_next_to_the_origin_counts_as_one_at_it():
    x = np.repeat([-0.4, -0.08, 0, 0.08, 0.4], 6)
    row = fitted(lambda x: 50 - 100 * abs(x - 0.08), x)
    assert (row["max_resp_lin_dist"], row["max_resp_lin_dist_bin"]) == (0.08, 0.0)


@pytest.mark.parametrize(
    ("levels", "common"),
    [(LEVELS, (True, True)), (LEVELS[1:], (True, False)), (LEVELS[:-1], (False, False))],
)
def test_both_masks_of_common_axes(levels, common):
    row = fitted(lambda x: x + 1, np.repeat(levels, 3))
    assert (row["common_max"], row["common_both"]) == common


def unit(name, exp_id, evolved, axes):
    rows = [
        {"space_name": space, "eig_id": float(eig_id), "lin_dist": x, "pref_unit_resp": y}
        for (space, eig_id), (xs, ys) in axes.items()
        for x, y in zip(xs, ys, strict=True)
    ]
    trials = pd.DataFrame(rows).assign(img_name="x", hessian_img=True)
    return TunedUnit(exp_id.split("_")[0], exp_id, evolved, Tuning(name, 5, 2, trials, 10.0, 1.0))


@pytest.fixture(scope="module")
def units():
    rng = np.random.default_rng(3)
    noisy = 20 + 60 * np.exp(-(X**2) / 0.1) + rng.standard_normal(len(X))
    single = (np.zeros(6), noisy[:6])
    constant = (X, np.full(len(X), 30.0))
    return [
        unit("Beto-1", "Beto_11", True, {("class", 0): (X, noisy), ("noise", 2): constant}),
        unit("Alfa-1", "Alfa_2", False, {("class", 1): single, ("noise", 2): (X, noisy[::-1])}),
    ]


@pytest.fixture(scope="module")
def table(units):
    return synopsis(units, n_jobs=2)


def test_a_row_per_axis_in_the_order_of_the_recordings(table):
    keys = ["Exp_id", "space", "eig_id", "is_BigGAN_evol_success"]
    assert table[keys].to_numpy().tolist() == [
        ["Beto_11", "class", 0, True],
        ["Beto_11", "noise", 2, True],
        ["Alfa_2", "class", 1, False],
        ["Alfa_2", "noise", 2, False],
    ]


def test_a_constant_unit_and_a_single_distance_get_no_number(table):
    for row in (1, 2):
        fits = table.loc[row, [c for c in table if c.split("_")[0] in ("anova", "ols", "gauss")]]
        assert fits.isna().all()
        assert np.isnan(table.loc[row, "gpr_R2"])
        assert not table.loc[row, [c for c in table if c.startswith("gpr_y_is")]].any()


def test_axes_that_cannot_be_fitted_are_logged(units, caplog):
    with caplog.at_level(logging.WARNING):
        synopsis(units, n_jobs=1)
    assert "Alfa-1, class 1: no curve fits 6 trials at 1 distances" in caplog.text


def test_a_row_depends_on_its_own_axis_only(units, table):
    alone = synopsis(units[1:], n_jobs=1)
    pd.testing.assert_frame_equal(alone, table[2:].reset_index(drop=True))


def test_the_tables_carry_the_published_columns(table):
    shapes, peaks = shape_table(table), peak_table(table)
    assert {column.name for column in fig6.SHAPES.columns} <= set(shapes)
    assert {column.name for column in fig6.PEAKS.columns} <= set(peaks)
    assert shapes["Exp_id"].tolist() == ["Beto_11", "Alfa_2"]
    assert peaks["eig_id"].tolist() == [0, 2]
    assert table.loc[1, ["max_resp_lin_dist", "max_resp_lin_dist_bin"]].isna().all()


def test_seeds_are_the_same_everywhere_and_differ_between_axes():
    axis = Axis("class", 0, X, X)
    assert seed_of("Beto_11", axis) == 5720604390160154655
    assert seed_of("Beto_11", axis) != seed_of("Beto_11", Axis("noise", 0, X, X))
    assert seed_of("Beto_11", axis) != seed_of("Beto_1", Axis("class", 10, X, X))

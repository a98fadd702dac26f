"""Distances of images that drive a unit equally: golden tables, round peaks and long ones."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import SampleError, SettingError
from core.level_sets import rbf_summary

GOLDEN = np.load(Path(__file__).parents[2] / "data" / "level_sets.npz")

CONDITIONS = ["min", "none", "max", "max_abinit", "none_abinit"]


@pytest.fixture
def found():
    samples = {c: (GOLDEN[f"rbf_{c}_score"], GOLDEN[f"rbf_{c}_imdist"]) for c in CONDITIONS}
    return rbf_summary(samples, float(GOLDEN["rbf_base"]))


def test_bins_are_those_of_the_reference(found):
    columns = GOLDEN["rbf_table_cols"].tolist()
    np.testing.assert_allclose(found.table[columns], GOLDEN["rbf_table"], rtol=1e-9, atol=1e-12)


def test_ratios_and_lines_are_those_of_the_reference(found):
    np.testing.assert_allclose(list(found.ratios.values()), GOLDEN["rbf_summary"], rtol=1e-9)


def test_fits_of_single_images_are_those_of_the_reference(found):
    rows, columns = GOLDEN["rbf_corr_rows"].tolist(), GOLDEN["rbf_corr_cols"].tolist()
    np.testing.assert_allclose(found.samples.loc[rows, columns], GOLDEN["rbf_corr"], rtol=1e-9)


def test_a_peak_three_times_as_long_as_wide_has_that_ratio_at_every_level():
    level = np.repeat(np.arange(10) / 10, 12)
    distance = np.sqrt(-np.log(np.maximum(level, 1e-3)))
    found = rbf_summary({"min": (5 * level, distance), "max": (5 * level, 3 * distance)}, 5.0)
    assert found.ratios["max/min_m"] == pytest.approx(3)
    assert found.ratios["max/min_peak"] == pytest.approx(3)
    assert np.isnan(found.ratios["max_abinit/max_m"])


def test_bins_of_fewer_than_ten_images_have_no_mean():
    level = np.concatenate([np.full(9, 0.5), np.full(10, 0.7)])
    table = rbf_summary({"max": (level, level)}, 1.0).table
    assert table["N_max"].tolist() == [0, 0, 0, 0, 0, 9, 0, 10, 0, 0, 0]
    assert np.isfinite(table["imdist_m_max"]).tolist() == [k == 7 for k in range(11)]


def test_other_conditions_unequal_samples_and_a_silent_prototype_are_refused():
    with pytest.raises(SampleError, match="found middle"):
        rbf_summary({"middle": ([1.0], [1.0])}, 1.0)
    with pytest.raises(SampleError, match="max: expected one distance per score, found 1 for 2"):
        rbf_summary({"max": ([1.0, 2.0], [1.0])}, 1.0)
    with pytest.raises(SettingError, match="top_score: expected a number above 0"):
        rbf_summary({}, 0.0)

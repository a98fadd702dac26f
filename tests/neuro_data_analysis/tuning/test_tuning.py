"""Single-trial and averaged tables along the axes, and the origin that axes share."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.contract import fig6
from core.errors import RecordingError
from core.statistics.tuning_axes import axes
from neuro_data_analysis.recordings.formatted import FormattedRecording
from neuro_data_analysis.tuning.axes import averages, read_tuning, single_trials

NAMES = [
    "noise_eig1_lin-0.40", "class_eig0_lin0.00", "reference", "class_eig3_lin0.40",
    "class_eig0_lin0.40", "noise_eig0_lin0.00", "class_eig3_lin-0.40", "class_eig0_lin0.00",
    "noise_eig1_lin-0.40", "class_eig3_lin0.40",
]  # fmt: skip


@pytest.fixture
def recording():
    rasters = np.zeros((len(NAMES), 200, 2), dtype=np.float32)
    rasters[:, :45, 1] = np.arange(len(NAMES))[:, None]
    rasters[:, 50:200, 1] = 10 * np.arange(len(NAMES))[:, None]
    channels, units = np.array([5, 5]), np.array([1, 2])
    return FormattedRecording("Beto-07092020-003", NAMES, rasters, channels, units)


def test_a_trial_is_a_row_with_its_evoked_rate(recording):
    table = single_trials(recording, 1)
    assert [c.name for c in fig6.SINGLE_TRIALS.columns if not c.optional] == list(table)
    assert table["img_name"].tolist() == NAMES
    np.testing.assert_allclose(table["pref_unit_resp"], 10 * np.arange(10))


def test_an_axis_without_origin_takes_the_origin_of_both_spaces(recording):
    found = {(a.space, a.eig_id): a for a in axes(single_trials(recording, 1))}
    assert list(found) == [("class", 0), ("class", 3), ("noise", 0), ("noise", 1)]
    np.testing.assert_array_equal(found["class", 0].distance, [0, 0.4, 0])
    np.testing.assert_array_equal(found["class", 0].rate, [10, 40, 70])
    np.testing.assert_array_equal(found["class", 3].distance, [0.4, -0.4, 0.4, 0, 0, 0])
    np.testing.assert_array_equal(found["class", 3].rate, [30, 60, 90, 10, 50, 70])
    np.testing.assert_array_equal(found["noise", 0].rate, [50])


def test_averages_are_means_per_axis_and_distance(recording):
    table = averages(read_tuning(recording, 5, 2))
    assert [column.name for column in fig6.AVERAGES["success"].columns] == list(table)
    rows = table.set_index(["space_name", "eig_id", "lin_dist"])
    assert rows.loc["class", 0, 0.0]["pref_unit_resp"] == 40
    assert rows.loc["class", 3, 0.4]["pref_unit_resp"] == 60
    assert rows.loc["class", 3, 0.0]["pref_unit_resp"] == pytest.approx(130 / 3)
    assert rows.loc["noise", 1, -0.4]["n_repeats"] == 2
    assert set(table["prefchan_str"]) == {"5B"}
    np.testing.assert_allclose(table["bsl_mean"], 4.5)
    np.testing.assert_allclose(table["bsl_sem"], np.arange(10).std(ddof=1) / np.sqrt(10))


def test_trials_at_the_origin_are_conserved(recording):
    table = averages(read_tuning(recording, 5, 2))
    shown = pd.Series(NAMES).str.contains("lin0.00").sum()
    at_origin = table[table["lin_dist"] == 0].set_index(["space_name", "eig_id"])["n_repeats"]
    assert at_origin.to_dict() == {
        ("class", 0): 2,
        ("class", 3): shown,
        ("noise", 0): 1,
        ("noise", 1): shown,
    }


def test_a_recording_without_such_images_is_refused(recording):
    others = replace(recording, image_names=["a"] * 10)
    with pytest.raises(RecordingError, match="found none among 10 trials"):
        read_tuning(others, 5, 2)

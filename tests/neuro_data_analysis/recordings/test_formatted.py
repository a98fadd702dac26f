"""Formatted files of single recordings: what is read, how rows become units, what is refused."""

import h5py
import mat73
import numpy as np
import pytest

from core.errors import MissingFileError, RecordingError
from core.matlab.writing import Cell, write_variables
from neuro_data_analysis.recordings.formatted import (
    FormattedRecording,
    formatted_file,
    is_active,
    numbered_units,
    read_formatted,
)
from neuro_data_analysis.simulation.formatted_files import write_formatted

CHANNELS = np.array([5, 5, 5, 9, 12])
UNITS = np.array([0, 1, 2, 1, 0])


@pytest.fixture
def recording():
    rng = np.random.default_rng(0)
    rasters = rng.gamma(2, 10, (7, 200, 5)).astype(np.float32)
    rasters[:, :, UNITS == 0] = 0.5
    names = [f"class_eig0_lin{distance:.2f}" for distance in np.linspace(-0.4, 0.4, 7)]
    return FormattedRecording("Beto-07092020-003", names, rasters, CHANNELS, UNITS)


def test_what_was_written_is_read(recording, tmp_path):
    read = read_formatted(write_formatted(tmp_path, recording))
    assert read.name == recording.name
    assert read.image_names == recording.image_names
    np.testing.assert_array_equal(read.rasters, recording.rasters)
    assert read.rasters.dtype == np.float32
    np.testing.assert_array_equal(read.channels, CHANNELS)
    np.testing.assert_array_equal(read.units, UNITS)


def test_the_file_is_laid_out_as_matlab_does_it(recording, tmp_path):
    path = write_formatted(tmp_path, recording)
    with h5py.File(path) as file:
        assert file["rasters"].shape == (7, 200, 5)
        assert file["rasters"].dtype == np.float64
        assert file["meta/spikeID"].shape == (1, 5)
        assert file["Trials/imageName"].shape == (1, 7)
    content = mat73.loadmat(path)
    np.testing.assert_array_equal(content["rasters"], recording.rasters.T)
    assert np.ravel(content["Trials"]["imageName"]).tolist() == recording.image_names


def test_the_old_form_without_unit_numbers_follows_from_activity(recording, tmp_path):
    path = write_formatted(tmp_path, recording, with_unit_numbers=False)
    with h5py.File(path) as file:
        assert "unitID" not in file["meta"]
    np.testing.assert_array_equal(read_formatted(path).units, UNITS)


def test_a_single_trial_keeps_its_dimension(recording, tmp_path):
    one = FormattedRecording("x", ["class_eig0_lin0.00"], recording.rasters[:1], CHANNELS, UNITS)
    assert read_formatted(write_formatted(tmp_path, one)).rasters.shape == (1, 200, 5)


def test_activity_is_judged_over_all_trials_and_time():
    rasters = np.zeros((4, 200, 3), dtype=np.float32)
    rasters[:, :, 1], rasters[0, :, 2] = 1.25, 5.04
    assert is_active(rasters).tolist() == [False, False, True]


def test_units_are_counted_per_channel_in_row_order():
    channels = np.array([3, 7, 3, 7, 3])
    active = np.array([True, False, True, True, True])
    assert numbered_units(channels, active).tolist() == [1, 0, 2, 1, 3]


def test_rates_are_means_over_half_open_windows(recording):
    expected = recording.rasters[:, 50:200, 2].astype(float).mean(axis=1)
    np.testing.assert_allclose(recording.rates(2, (50, 200)), expected)


@pytest.mark.parametrize(("channel", "unit", "found"), [(5, 3, "0"), (12, 1, "0"), (64, 1, "0")])
def test_a_missing_unit_is_named(recording, channel, unit, found):
    with pytest.raises(RecordingError, match=rf"channel {channel}, unit {unit} .* found it in 0"):
        recording.row_of(channel, unit)


def test_a_double_unit_is_named(recording):
    twice = FormattedRecording("x", [], recording.rasters, np.array([5, 5, 5, 9, 9]), UNITS * 0 + 1)
    with pytest.raises(RecordingError, match="channel 5, unit 1 in one row, found it in 3"):
        twice.row_of(5, 1)


def write(path, **changes):
    variables = {
        "Trials": {"imageName": Cell.column(["a", "b"])},
        "meta": {"spikeID": np.array([[1.0], [2.0]]), "unitID": np.array([[1.0], [1.0]])},
        "rasters": np.ones((2, 200, 2)),
    }
    write_variables(path, {name: v for name, v in (variables | changes).items() if v is not None})
    return path


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rasters": np.ones((2, 150, 2))}, r"2 units x 200 bins x 2 trials.*found \(2, 150, 2\)"),
        ({"rasters": np.ones((2, 200, 3))}, r"found \(2, 200, 3\)"),
        ({"rasters": np.full((2, 200, 2), np.nan)}, "finite rates in rasters, found NaN"),
        ({"rasters": "text"}, "rasters: expected numbers"),
        ({"rasters": None}, "rasters: expected numbers"),
        ({"Trials": None}, "expected the struct Trials, found none"),
        ({"meta": np.ones((2, 2))}, "expected the struct meta, found none"),
        ({"Trials": {"trialNum": np.ones((2, 1))}}, "2 units x 200 bins x 0 trials"),
        ({"meta": {"spikeID": np.array([[1.0], [2.0]]), "unitID": np.ones((3, 1))}},
         "expected 2 unit numbers in meta.unitID, found 3"),
        ({"meta": {"spikeID": np.array([[1.5], [2.0]])}}, "whole numbers"),
    ],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused(tmp_path, changes, sentence):
    path = write(tmp_path / "x_formatted.mat", **changes)
    with pytest.raises(RecordingError, match=sentence) as caught:
        read_formatted(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="Beto-01012020-001_formatted"):
        read_formatted(formatted_file(tmp_path, "Beto-01012020-001"))

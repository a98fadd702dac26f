"""Answers of a rig in every form, and files that are none."""

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from core.errors import RecordingError
from core.experiments.closed_loop.answers import plain_name, read_answer
from core.experiments.closed_loop.scoring import channel_scores
from core.experiments.closed_loop.settings import Scores
from core.matlab.writing import Cell, write_variables

NAMES = ["a", "b", "c"]

RATES = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])


def csv_rates(path):
    path.write_text("image,rate:5A,rate:7B\na.png,1,10\nb.png,2,20\nc.png,3,30\n")


def hdf5_rates(path):
    with h5py.File(path, "w") as file:
        file["images"] = [f"{name}.png" for name in NAMES]
        file["channels"] = ["5A", "7B"]
        file["rates"] = RATES


def mat_5_rates(path):
    images = np.array([f"{name}.png" for name in NAMES], dtype=object)[:, None]
    channels = np.array(["5A", "7B"], dtype=object)[None]
    savemat(path, {"images": images, "channels": channels, "rates": RATES})


def mat_73_rates(path):
    cells = {"images": Cell.column(NAMES), "channels": Cell.row(["5A", "7B"])}
    write_variables(path, {**cells, "rates": RATES})


@pytest.mark.parametrize(
    ("suffix", "write"),
    [("csv", csv_rates), ("h5", hdf5_rates), ("mat", mat_5_rates), ("mat", mat_73_rates)],
)
def test_rates_in_every_form(tmp_path, suffix, write):
    path = tmp_path / f"block000.{suffix}"
    write(path)
    answer = read_answer(path, NAMES)
    assert (answer.images, answer.channels, answer.kind) == (NAMES, ["5A", "7B"], "rate")
    np.testing.assert_array_equal(answer.values, RATES)
    assert answer.is_complete
    np.testing.assert_array_equal(
        channel_scores(answer, Scores(channels=("7B",))), [[10], [20], [30]]
    )


SPIKES = [[60.0, 70.5], [], [10.0, 60.0, 199.9]]


def csv_spikes(path):
    rows = [f"{n},{' '.join(map(str, s))}" for n, s in zip(NAMES, SPIKES, strict=True)]
    path.write_text("\n".join(["image,spikes", *rows, ""]))


def hdf5_spikes(path):
    with h5py.File(path, "w") as file:
        file["images"] = NAMES
        # in no order, as an acquisition system may have them
        file["spike_times"] = [199.9, 60.0, 70.5, 60.0, 10.0]
        file["spike_rows"] = [2, 0, 0, 2, 2]


def mat_5_spikes(path):
    cell = np.empty((3, 1), dtype=object)
    for i, times in enumerate(SPIKES):
        cell[i, 0] = np.array(times)
    savemat(path, {"images": np.array(NAMES, dtype=object), "spikes": cell})


def mat_73_spikes(path):
    cells = Cell.column([np.array(times)[None] for times in SPIKES])
    write_variables(path, {"images": Cell.column(NAMES), "spikes": cells})


@pytest.mark.parametrize(
    ("suffix", "write"),
    [("csv", csv_spikes), ("h5", hdf5_spikes), ("mat", mat_5_spikes), ("mat", mat_73_spikes)],
)
def test_spikes_are_counted_in_the_window_and_a_baseline_is_taken_off(tmp_path, suffix, write):
    path = tmp_path / f"block000.{suffix}"
    write(path)
    answer = read_answer(path, NAMES)
    scores = channel_scores(answer, Scores(window=(50, 200)))
    np.testing.assert_allclose(scores[:, 0], [2 / 0.15, 0, 2 / 0.15])
    scores = channel_scores(answer, Scores(window=(50, 200), baseline=(0, 40)))
    np.testing.assert_allclose(scores[:, 0], [2 / 0.15, 0, 2 / 0.15 - 25])


def test_psths_are_averaged_over_the_window(tmp_path):
    path = tmp_path / "block000.h5"
    psths = np.zeros((3, 2, 200))
    psths[:, 1, 50:] = 40
    psths[:, 1, :20] = 9
    with h5py.File(path, "w") as file:
        file["images"], file["psths"] = NAMES, psths
    answer = read_answer(path, NAMES)
    scores = channel_scores(answer, Scores(baseline=(0, 40)))
    np.testing.assert_allclose(scores, [[0 - 0, 40 - 4.5]] * 3)
    with pytest.raises(RecordingError, match="PSTHs that hold 50 to 300 ms, found 0 to 200 ms"):
        channel_scores(answer, Scores(window=(50, 300)))


def test_scores_as_xdream_has_them_are_in_the_sorted_order_of_the_names(tmp_path):
    path = tmp_path / "block000.h5"
    with h5py.File(path, "w") as file:
        file["scores"] = RATES
    answer = read_answer(path, NAMES)
    assert answer.images == NAMES
    np.testing.assert_array_equal(answer.values, RATES)
    with pytest.raises(RecordingError, match="3 scores for 4 images"):
        read_answer(path, [*NAMES, "d"])


@pytest.mark.parametrize(
    "name", ["x/b1.png", "b1", " b1.PNG ", r"D:\stim\b1.bmp", b"b1.png", np.str_("b1.png")]
)
def test_names_count_without_folder_and_ending(name):
    assert plain_name(name) == "b1"


def test_a_csv_that_ends_within_a_line_is_not_complete(tmp_path):
    path = tmp_path / "block000.csv"
    path.write_text("image,rate\na,1\nb,2\nc,12")  # of 12.5, say
    assert not read_answer(path, NAMES).is_complete
    path.write_text("image,rate:1,rate:2\na,1,2\nb,1\n")
    answer = read_answer(path, NAMES)
    assert answer.images == ["a"]
    assert not answer.is_complete


@pytest.mark.parametrize(("suffix", "content", "found"), [
    ("csv", b"", "no column `image`"),
    ("csv", b"image,rate,psth\na,1,2\n", "one kind of rate, spikes, psth is wanted"),
    ("csv", b"image,rate\na,loud\n", "could not convert string to float"),
    ("csv", b"image,psth\na,1 2\nb,1\n", "PSTHs of different lengths"),
    ("csv", b"\xff\xfe\x00", "codec can't decode"),
    ("h5", b"no HDF5", "expected an answer, found none"),
    ("h5", b"", "expected an answer, found none"),
    ("mat", b"MATLAB 5.0 MAT-file", "expected an answer, found none"),
])  # fmt: skip
def test_what_is_no_answer_is_refused_in_a_sentence(tmp_path, suffix, content, found):
    path = tmp_path / f"block000.{suffix}"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=found) as caught:
        read_answer(path, NAMES)
    assert str(caught.value).startswith(f"block000.{suffix}: ")


@pytest.mark.parametrize(("arrays", "found"), [
    ({"rates": RATES}, "images"),
    ({"images": NAMES}, "spike_times"),
    ({"images": NAMES, "rates": RATES, "channels": ["5A"]}, "1 names of channels for 2 channels"),
    ({"images": NAMES, "psths": np.zeros((2, 1, 200))}, r"psths of shape \(2, 1, 200\) for 3"),
    ({"images": NAMES, "rates": np.zeros(4)}, "cannot reshape"),
    ({"images": NAMES, "spike_times": [1.0], "spike_rows": [3]}, "spikes of rows that there are"),
    (
        {
            **{"images": NAMES, "channels": ["5A"]},
            **{"spike_times": [1.0], "spike_rows": [0], "spike_channels": [1]},
        },
        "spikes of channels that there are",
    ),
    (
        {
            **{"images": NAMES, "spike_times": [1.0]},
            **{"spike_rows": [0], "spike_channels": [10**9]},
        },
        "spikes of channels that there are",
    ),
    ({"images": NAMES, "spike_times": [1.0], "spike_rows": [0, 1]}, "not one row and one channel"),
])  # fmt: skip
def test_arrays_that_do_not_fit_are_refused(tmp_path, arrays, found):
    path = tmp_path / "block000.h5"
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    with pytest.raises(RecordingError, match=found):
        read_answer(path, NAMES)


def test_a_block_without_a_spike_is_an_answer(tmp_path):
    with h5py.File(tmp_path / "block000.h5", "w") as file:
        file["images"] = NAMES
        file["spike_times"], file["spike_rows"] = np.zeros(0), np.zeros(0, dtype=int)
    answer = read_answer(tmp_path / "block000.h5", NAMES)
    assert answer.values.shape == (len(NAMES), 1)
    assert sum(map(len, answer.values.ravel())) == 0

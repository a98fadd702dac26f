"""Tuning along axes of a generator: hand-made neurons have the classes of their functions."""

import numpy as np
import pandas as pd
import pytest
import torch

from core.errors import run
from core.generators.protocol import Generator
from core.geometry.at_code import metric_tensor
from core.geometry.distances import PixelDistance
from core.geometry.stimuli import stimulus_set
from dualneuron.__main__ import main
from dualneuron.landscape.axis_figure import axis_figure
from dualneuron.landscape.axis_tuning import (
    leading_over_trailing,
    scaled_targets,
    shares,
    tuning_along_axes,
    tuning_in_words,
)
from tests.dualneuron.paired.conftest import NEURONS

SCALES = torch.tensor([0.2, 0.18, 0.16, 0.14, 0.12, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03, 0.02])


class Pixels(Generator):
    """Every value of a code moves one of twelve pixels, the first the most."""

    latent_shape = (12,)

    def __init__(self):
        super().__init__()
        self.register_buffer("scales", SCALES)

    def sample(self, n=1, *, rng=None):
        return torch.as_tensor(np.random.default_rng(rng).standard_normal((n, 12)).astype("f4"))

    def visualize(self, codes, *, scale=1.0):
        return scale * (0.5 + codes * self.scales).reshape(-1, 3, 2, 2)


def responses(images):
    """Functions of signed distances: peaks along axes 0 and 1, a slope along axis 2, a constant."""
    pixels = images.flatten(1).double().numpy() - 0.5
    distances = np.sign(pixels) * pixels**2
    peak = np.exp(-((distances[:, 0] / 0.12) ** 2) / 2)
    beside = np.exp(-(((distances[:, 1] - 0.08) / 0.12) ** 2) / 2)
    slope = 4 + 20 * distances[:, 2]
    return np.stack([8 * peak, 8 * beside, slope, np.full(len(pixels), 3.0)], axis=1)


@pytest.fixture(scope="module")
def found():
    generator, code = Pixels(), np.zeros(12)
    distance = PixelDistance("sum")
    metric = metric_tensor(generator, code, distance)
    # a distance d is reached where the one pixel that an axis moves has moved by its root
    sets = stimulus_set(
        generator,
        code,
        distance,
        axes={"class": (0, 1, 2, 3)},
        parts={"class": slice(0, 12)},
        targets=(0.04, 0.08, 0.12, 0.16),
        tolerance=1e-7,
        metric=metric,
    )
    return tuning_along_axes(responses, [5, 6, 7, 8], generator, sets, n_trials=40)


def row(found, neuron, rank):
    table = found.table.set_index(["neuron", "rank"])
    return table.loc[(neuron, rank)]


def test_rates_follow_the_functions_at_the_distances(found):
    np.testing.assert_allclose(found.targets[5:], [0.04, 0.08, 0.12, 0.16])
    expected = 80 * np.exp(-((np.linspace(0.16, 0, 5) / 0.12) ** 2) / 2)
    np.testing.assert_allclose(found.rates[0, 0, :5], expected, rtol=1e-3)
    np.testing.assert_allclose(found.rates[0, 0, 4:], expected[::-1], rtol=1e-3)
    # the other axes do not move its pixel
    np.testing.assert_allclose(found.rates[0, 1:], 80.0, rtol=1e-4)
    np.testing.assert_allclose(np.ptp(found.rates[2, 2]), 10 * 20 * 0.32, rtol=1e-3)


def test_a_peak_at_the_centre_is_bell_shaped_and_at_the_origin(found):
    peak = row(found, 5, 0)
    assert peak.tuned
    assert peak.bellshaped
    assert not peak.monotonic
    assert (peak.peak, peak.peak_at_origin) == (0.0, True)
    assert (peak.n_distances, peak.leading) == (9, True)
    assert peak.eigenvalue == pytest.approx(2 * 0.2**2, rel=1e-4)


def test_a_peak_beside_it_is_bell_shaped_and_elsewhere(found):
    beside = row(found, 6, 1)
    assert beside.tuned
    assert beside.bellshaped
    assert abs(beside.peak) == pytest.approx(0.08)
    assert not beside.peak_at_origin


def test_a_slope_is_monotonic_with_its_peak_at_an_end(found):
    slope = row(found, 7, 2)
    assert slope.tuned
    assert slope.monotonic
    assert not slope.bellshaped
    assert abs(slope.peak) == pytest.approx(0.16)


def test_no_other_axis_of_these_neurons_is_tuned(found):
    tuned = found.table[found.table["tuned"]]
    assert list(zip(tuned["neuron"], tuned["rank"], strict=True)) == [(5, 0), (6, 1), (7, 2)]
    told = shares(found.table).set_index(["what", "axes"])
    assert told.loc[("tuned", "all"), ["count", "total"]].tolist() == [3, 16]
    assert told.loc[("tuned", "leading"), ["count", "total"]].tolist() == [2, 8]
    assert told.loc[("bellshaped", "all"), ["count", "total"]].tolist() == [2, 3]
    assert told.loc[("tuned", "0"), "share"] == 0.25
    assert np.isnan(told.loc[("bellshaped", "3"), "share"])
    mean, low, high = leading_over_trailing(found.table)
    # two neurons have one of two leading axes tuned, one a trailing one, one none
    assert mean == pytest.approx((0.5 + 0.5 - 0.5 + 0) / 4)
    assert low < mean < high


def test_two_spaces_are_told_apart():
    generator = Pixels()
    sets = stimulus_set(
        generator,
        np.zeros(12),
        PixelDistance("sum"),
        axes={"noise": (0, 1), "class": (0, 3)},
        parts={"noise": slice(0, 6), "class": slice(6, 12)},
        targets=(0.001, 0.002),
    )
    both = tuning_along_axes(responses, [5, 6, 7, 8], generator, sets)
    assert both.rates.shape == (4, 4, 5)
    axes = both.table.loc[both.table["neuron"] == 5, ["space", "rank", "leading"]]
    assert axes.to_numpy().tolist() == [
        *(["noise", 0, True], ["noise", 1, False], ["class", 0, True], ["class", 3, False]),
    ]
    # the first axis of class is the seventh pixel
    assert both.table["eigenvalue"][2] == pytest.approx(2 * 0.08**2, rel=1e-4)
    assert len(list(tuning_in_words(both.table))) == 7
    figure = axis_figure(both, "DIGITAL TWINS", "L2", show=False)
    assert figure.axes[0].get_xlabel().endswith("(circles: class, squares: noise)")
    labels = [text.get_text() for text in figure.axes[3].get_yticklabels()]
    assert labels == ["noise 0", "noise 1", "class 0", "class 3"]


def test_a_neuron_without_spikes_has_no_class(found):
    generator = Pixels()
    sets = stimulus_set(
        generator,
        np.zeros(12),
        PixelDistance("sum"),
        axes={"class": (0, 1)},
        parts={"class": slice(0, 12)},
        targets=(0.01, 0.04),
    )
    silent = tuning_along_axes(lambda images: np.zeros((len(images), 1)), [0], generator, sets)
    flags = ["tuned", "unimodal", "monotonic", "bellshaped", "peak_at_origin"]
    assert not silent.table[flags].to_numpy().any()
    assert silent.table[["F", "p", "r2", "peak"]].isna().all(axis=None)


def test_targets_are_the_published_ones_of_lpips_and_in_proportion_of_others():
    class Named(PixelDistance):
        name = "LPIPS (unit)"

        def __init__(self):
            super().__init__()
            self.name = "LPIPS (unit)"

    np.testing.assert_array_equal(scaled_targets(Pixels(), Named(), 0), [0.16, 0.24, 0.32, 0.40])
    found = scaled_targets(Pixels(), PixelDistance("sum"), 0)
    # images of two standard normal codes differ by 2 |scales|^2 on average
    assert found[-1] == pytest.approx(float((SCALES**2).sum()), rel=0.25)


def test_around_evolved_codes_every_neuron_has_its_own(evolved, tmp_path, capsys):
    words = [f"--evolved={evolved[0]}", "--ranks", "0", "7", "--thread=1", f"--out={tmp_path}"]
    assert main(["tuning", *words]) == 0
    said = capsys.readouterr().out
    assert "untrained – not recordings; small for DeePSim and BigGAN; around codes evolved" in said
    assert "leading minus trailing" in said
    table = pd.read_csv(tmp_path / "tuning.csv")
    assert table["neuron"].tolist() == [n for n in NEURONS for _ in (0, 7)]
    assert table["eigenvalue"].nunique() == 6
    assert (tmp_path / "shares.csv").is_file()
    assert (tmp_path / "tuning.png").is_file()


def test_around_one_code_all_neurons_see_the_same(tmp_path):
    common = ["tuning", "--untrained", "--one-member", "--ranks", "0", "5", "--repeats=2"]
    for name, neurons in (("one", "9,"), ("three", "4,9,77")):
        assert main([*common, f"--neurons={neurons}", f"--out={tmp_path / name}"]) == 0
    one, three = (pd.read_csv(tmp_path / name / "tuning.csv") for name in ("one", "three"))
    alone = three[three["neuron"] == 9].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, alone)


@pytest.mark.parametrize(("words", "said"), [
    (["--ranks", "3"], "--ranks: expected at least two different ranks, found [3]"),
    (["--ranks", "3", "300"], "--ranks: expected ranks from 0 to 255, of the axes of Small"),
    (["--repeats=1"], "--repeats: expected a whole number of at least 2, found 1"),
    (["--generator=large"], "--generator: expected one of BigGAN"),
    (["--neurons=3,900"], "expected different ids from 0 to 457, found 900"),
])  # fmt: skip
def test_mistakes_are_told_in_a_sentence(tmp_path, capsys, words, said):
    out = tmp_path / "out"
    common = ["tuning", "--untrained", "--one-member", "--neurons=3,", f"--out={out}"]
    assert run(lambda: main([*common, *words])) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_place_where_nothing_can_be_written_is_told_before_the_work(
    tmp_path, capsys, monkeypatch
):
    out = tmp_path / "out"
    out.touch()
    monkeypatch.setattr("dualneuron.landscape.centres.tuning_along_axes", None)
    words = ["tuning", "--untrained", "--one-member", "--neurons=3,", f"--out={out}"]
    assert run(lambda: main(words)) == 2
    assert "out: expected a folder that can be written, found a file" in capsys.readouterr().err


def test_a_folder_takes_its_own_ids_and_area(evolved, tmp_path, capsys):
    for words, said in (
        (["--neurons=2"], "--neurons: expected ids of a folder's neurons, as in 3,7, found 2"),
        (["--area=v4"], "--area: expected v1, the folder's, found v4"),
        (["--neurons=7,8"], "found 7"),
        (["--generator=small"], "folder names twin and generator, alone, found --generator"),
        (["--one-member"], "found --one-member beside it"),
    ):
        common = ["tuning", f"--evolved={evolved[0]}", f"--out={tmp_path / 'out'}"]
        assert run(lambda words=[*common, *words]: main(words)) == 2
        assert said in capsys.readouterr().err

"""Numbers of both poles, and their figure."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from core.errors import SettingError
from dualneuron.figures import AMBER, CYAN, MAGENTA
from dualneuron.synthesis.selectivity import dual_selectivity, plot_dual_selectivity

FINALS = {"least": [0.5, 0.25], "most": [3.0, 5.0]}
"""Responses of every neuron to what two seeds found."""

DIRECTIONS = {"least": [(0, 1, 0), (0, 0.6, 0.8)], "most": [(1, 0, 0), (0.6, 0.8, 0)]}
"""Images as vectors of three pixels."""


class Poles:
    """A file of poles with the first seeds only."""

    neurons = (0, 1, 2)
    grey_baseline = None

    def __init__(self, n_seeds=2):
        self.n_seeds = n_seeds

    def get_neuron_results(self, neuron_id, seed=None, activation_type="most"):
        return [
            {
                "image": torch.tensor(direction).reshape(1, 1, 3) * (1 + neuron_id),
                "alpha": np.ones((1, 1, 3)),
                "activations": np.linspace(1, final, 4),
            }
            for direction, final in zip(
                DIRECTIONS[activation_type][: self.n_seeds], FINALS[activation_type], strict=False
            )
        ]


BASELINE = torch.tensor([1.0, 9.0, 0.1])


def test_responses_to_both_poles_stand_beside_the_one_to_grey():
    table = dual_selectivity(Poles(), [0, 2], BASELINE).table
    assert table["neuron_id"].tolist() == [0, 2]
    first = table.iloc[0]
    assert (first["grey"], first["lei"], first["mei"], first["n_seeds"]) == (1, 0.25, 5, 2)
    assert (first["lei_share"], first["mei_share"]) == (0.25, 5)
    assert first["below_grey"] == pytest.approx(0.75 / 4.75)
    assert first["mei_cv"] == pytest.approx(np.sqrt(2) / 4)
    assert first["lei_cv"] == pytest.approx(np.sqrt(2) / 8 / 0.375)
    assert table["has_room"].tolist() == [True, False]


def test_neurons_and_responses_to_grey_are_those_of_the_file_by_default():
    poles = Poles()
    with pytest.raises(SettingError, match=r"grey_baseline: expected .* found none in the file"):
        dual_selectivity(poles)
    poles.grey_baseline = BASELINE.numpy()
    table = dual_selectivity(poles).table
    assert table["neuron_id"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(table["grey"], BASELINE)


def test_images_are_compared_by_their_cosine_whatever_their_norm():
    table = dual_selectivity(Poles(), [0, 1], BASELINE).table
    np.testing.assert_allclose(table["mei_similarity"], 0.6, rtol=1e-6)
    np.testing.assert_allclose(table["lei_similarity"], 0.6, rtol=1e-6)
    pairs = [0, 0, 0.8, 0.48]
    np.testing.assert_allclose(table["mei_lei_similarity"], np.mean(pairs), rtol=1e-6)


def test_what_takes_two_seeds_is_unknown_for_one():
    row = dual_selectivity(Poles(n_seeds=1), [0], BASELINE).table.iloc[0]
    unknown = ["lei_cv", "mei_cv", "lei_similarity", "mei_similarity"]
    assert row[unknown].isna().all()
    assert (row["lei"], row["mei"], row["mei_lei_similarity"]) == (0.5, 3, 0)


def test_the_best_seed_is_the_one_that_is_shown():
    found = dual_selectivity(Poles(), [0], BASELINE)
    np.testing.assert_allclose(found.least[0][0, :, 0], 0.45 + 0.25 * np.array([0, 0.6, 0.8]))
    np.testing.assert_allclose(found.most[0][0, :, 0], 0.45 + 0.25 * np.array([0.6, 0.8, 0]))


@pytest.mark.parametrize("n_neurons", [1, 3, 5])
def test_every_neuron_has_its_two_images_and_its_line(n_neurons, tmp_path):
    neurons = [0, 2, 1, 0, 0][:n_neurons]
    found = dual_selectivity(Poles(), neurons, BASELINE)
    figure = plot_dual_selectivity(found, show=False, save=tmp_path / "poles.png")
    *cells, responses, similarities = figure.axes
    shown = [ax for ax in cells if ax.images]
    assert shown == cells[: 2 * n_neurons]
    assert not any(ax.axison for ax in cells[2 * n_neurons :])
    for place, neuron in enumerate(neurons):
        low, high = shown[2 * place : 2 * place + 2]
        flagged = neuron == 2
        assert low.get_title() == ("0.25 no room" if flagged else "0.25")
        assert to_hex(low.title.get_color()) == (AMBER if flagged else MAGENTA)
        assert (high.get_title(), to_hex(high.title.get_color())) == ("5.00", CYAN)
        assert low.get_ylabel() == f"{neuron}\ngrey {BASELINE[neuron]:.2f}"
    lines = {line.get_label(): line.get_ydata() for line in responses.lines}
    assert list(lines["grey image"]) == sorted(BASELINE[neurons].tolist())
    assert ("no room below grey" in lines) == (2 in neurons)
    np.testing.assert_allclose(similarities.lines[0].get_ydata(), [0.6] * n_neurons, rtol=1e-6)
    assert (tmp_path / "poles.png").is_file()


def test_similarities_of_one_seed_are_left_blank():
    figure = plot_dual_selectivity(dual_selectivity(Poles(1), [0], BASELINE), show=False)
    assert [len(line.get_ydata()) for line in figure.axes[-1].lines[:3]] == [0, 0, 1]

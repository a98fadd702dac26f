"""Paired evolutions of a twin's neurons: what is shown, what is together, what goes on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import SettingError, StateError, run
from core.experiments.evolution.record import read_evolution
from dualneuron.__main__ import main
from dualneuron.paired import TwinResponses, run_paired
from dualneuron.paired.neurons import chosen_neurons
from tests.dualneuron.paired.conftest import NEURONS, SETTINGS


def test_an_image_is_shown_at_the_twins_size_and_norm_whatever_its_contrast(twin):
    respond = TwinResponses(twin, [7])
    images = torch.rand(3, 3, 64, 64, generator=torch.manual_seed(0))
    grey = 124.54466 / 255
    fainter = grey + 0.1 * (images - grey)
    shown = respond.shown(images)
    assert shown.shape == (3, 1, 93, 93)
    np.testing.assert_allclose(shown.flatten(1).norm(dim=1), 12.0, rtol=1e-5)
    np.testing.assert_allclose(respond.shown(fainter), shown, atol=2e-5)


def test_mean_grey_stays_grey_and_gets_the_grey_response(twin):
    respond = TwinResponses(twin, [7, 9])
    grey = torch.full((2, 3, 30, 30), 124.54466 / 255)
    assert respond.shown(grey).abs().max() < 1e-3
    found = respond(grey, np.array([0, 1]))
    np.testing.assert_allclose(found, twin.grey_baseline()[[7, 9]], rtol=1e-3)
    assert respond.grey(1) == pytest.approx(float(twin.grey_baseline()[9]))


def test_what_the_mask_hides_does_not_count(twin):
    mask = np.zeros((93, 93))
    mask[30:60, 30:60] = 1
    respond = TwinResponses(twin, [7], mask)
    one = torch.rand(1, 3, 93, 93, generator=torch.manual_seed(0))
    other = one.clone()
    other[:, :, :25] = 0
    units = np.zeros(1, dtype=int)
    assert respond(one, units) == respond(other, units)
    bare = TwinResponses(twin, [7])
    assert bare(one, units) != bare(other, units)


def test_each_image_is_seen_by_its_own_neuron(twin):
    respond = TwinResponses(twin, [3, 180])
    images = torch.rand(4, 3, 64, 64, generator=torch.manual_seed(1))
    every = twin(respond.shown(images), [3, 180]).numpy()
    units = np.array([0, 1, 1, 0])
    np.testing.assert_allclose(respond(images, units), every[np.arange(4), units], rtol=1e-5)


@pytest.mark.parametrize("neurons", [[458], [-1], [3, 3]])
def test_neurons_that_are_not_there_are_refused(twin, neurons):
    with pytest.raises(SettingError, match="different ids from 0 to 457, found"):
        TwinResponses(twin, neurons)


def test_a_neuron_evolves_among_others_as_it_does_alone(twin, evolved, tmp_path):
    (alone,) = run_paired(TwinResponses(twin, [180]), tmp_path, SETTINGS, untrained=True)
    among = evolved[1][NEURONS.index(180)]
    for one, other in zip(alone.threads, among.threads, strict=True):
        np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(one.codes, other.codes)
        np.testing.assert_allclose(one.scores_clean, other.scores_clean, rtol=1e-5)


def test_optimizers_learn_from_counts_of_spikes_at_ten_events_a_second(evolved):
    for record in evolved[1]:
        for thread in record.threads:
            counts = thread.scores * 10 * 0.15
            np.testing.assert_allclose(counts, counts.round(), atol=1e-9)
            assert (counts >= 0).all()
    clean = np.concatenate([t.scores_clean for r in evolved[1] for t in r.threads])
    noisy = np.concatenate([t.scores for r in evolved[1] for t in r.threads])
    expected = clean.sum() * 10 * 0.15
    assert abs(noisy.sum() * 10 * 0.15 - expected) < 4 * np.sqrt(expected)


def test_an_interrupted_experiment_goes_on_to_the_same_end(twin, evolved, tmp_path):
    respond = TwinResponses(twin, NEURONS)
    run_paired(respond, tmp_path, replace(SETTINGS, n_blocks=1), untrained=True)
    records = run_paired(respond, tmp_path, SETTINGS, untrained=True)
    for one, other in zip(records, evolved[1], strict=True):
        assert one.n_done == 3
        np.testing.assert_array_equal(one.threads[1].codes, other.threads[1].codes)
        np.testing.assert_array_equal(one.threads[0].scores, other.threads[0].scores)


def test_other_settings_are_refused_and_nothing_is_lost(twin, evolved):
    out, records = evolved
    respond = TwinResponses(twin, NEURONS)
    with pytest.raises(StateError, match="seed 1, found seed 0"):
        run_paired(respond, out, replace(SETTINGS, seed=1), untrained=True)
    with pytest.raises(StateError, match=r"paired\.json: .*notice DIGITAL TWINS – not"):
        run_paired(respond, out, SETTINGS)
    kept = read_evolution(out / "neuron0180.h5")
    np.testing.assert_array_equal(kept.threads[0].scores, records[1].threads[0].scores)


def test_neurons_are_named_or_spread_evenly():
    assert chosen_neurons("v1", 4, untrained=True) == [0, 114, 229, 343]
    assert chosen_neurons("v1", [9, 4]) == [9, 4]
    with pytest.raises(SettingError, match="--neurons: expected 1 to 458 neurons, found 459"):
        chosen_neurons("v1", 459, untrained=True)


@pytest.mark.parametrize(("words", "said"), [
    (["--neurons=0"], "--neurons: expected 1 to 458 neurons, found 0"),
    (["--neurons=3,900"], "expected different ids from 0 to 457, found 900"),
    (["--generators", "small", "large"], "--generators: expected one of BigGAN"),
])  # fmt: skip
def test_mistakes_are_told_in_a_sentence(tmp_path, capsys, words, said):
    common = ["paired", "--untrained", "--one-member", "--generators", "small", "small"]
    out = tmp_path / "out"
    assert run(lambda: main([*common, *words, f"--out={out}"])) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()

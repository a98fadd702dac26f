"""The simulated rig's neuron: as real sessions are, and the same whenever it is asked."""

import numpy as np
import pytest

from core.errors import SettingError
from core.experiments.closed_loop.neuron import DEAD_TIME, Neuron
from core.experiments.closed_loop.rig_run import make_respond


def in_window(spikes):
    """Evoked rates, events/s."""
    return np.array([((times >= 50) & (times < 200)).sum() for times in spikes]) / 0.15


def test_spikes_keep_the_dead_time():
    spikes = Neuron(steady=True).spikes(np.full(200, 200.0), 3)
    gaps = np.concatenate([np.diff(times) for times in spikes])
    assert gaps.min() >= DEAD_TIME - 1e-9
    assert (gaps < 2 * DEAD_TIME).any()


def test_rates_are_the_expected_ones_less_what_the_dead_time_swallows():
    neuron = Neuron(steady=True)
    found = in_window(neuron.spikes(np.full(3000, 22.0), 0)).mean()
    expected = 22.0 + neuron.baseline
    np.testing.assert_allclose(found, expected * (1 - expected * DEAD_TIME / 1000), rtol=0.03)


def test_the_response_comes_after_a_latency():
    spikes = np.concatenate(Neuron(steady=True).spikes(np.full(2000, 60.0), 0))
    before, early, late = (((spikes >= a) & (spikes < b)).sum() / (b - a) for a, b in
                           ((-40, 40), (70, 110), (160, 200)))  # fmt: skip
    assert early > 6 * before
    assert before < late < early


def test_first_blocks_are_high_and_drift_is_shared_between_images():
    gains = np.array(
        [[Neuron(seed=seed).gain(block) for block in range(50)] for seed in range(300)]
    )
    np.testing.assert_allclose(gains[:, 0], 1.145)
    np.testing.assert_allclose(np.median(gains[:, 1]), 1.05, rtol=0.01)
    assert np.log(gains[:, -1]).std() == pytest.approx(0.025 * 7, rel=0.15)


def test_the_same_block_is_answered_alike_and_another_is_not():
    rates = np.full(20, 40.0)
    first, again, other = (Neuron(seed=1).spikes(rates, block) for block in (2, 2, 3))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(first, other, strict=True))


@pytest.mark.parametrize(("network", "unit", "found"), [
    ("no.such.module:neuron", None, "expected a module no.such.module, found none"),
    ("tests.closed_loop_rig:nothing", None, "expected a function .nothing."),
    ("alexnet", None, "a unit of alexnet, found none"),
    ("tests.closed_loop_rig:brightness", ".conv,3", "a factory of a network"),
])  # fmt: skip
def test_neurons_that_cannot_be_made_are_told(network, unit, found):
    with pytest.raises(SettingError, match=found):
        make_respond(network, unit)

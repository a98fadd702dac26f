"""The V1 twin with the published weights: skipped where they are not at hand."""

import numpy as np
import pytest
import torch

from dualneuron.twins import V1GrayTaskDriven

from .conftest import needs_weights, waves

pytestmark = needs_weights

CASES = [
    (True, False, [1.0970, 1.4117, 0.2193, 1.0828, 2.7640], 1.6691),
    (True, True, [1.1246, 1.3855, 0.2061, 1.0829, 2.8264], 1.6675),
    (False, False, [0.9347, 1.4192, 0.2144, 1.2822, 2.8322], 1.6558),
    (False, True, [0.9134, 1.3416, 0.2042, 1.2421, 2.9791], 1.6533),
]


@pytest.mark.parametrize(("ensemble", "centered", "first", "mean"), CASES)
def test_responses_are_those_of_the_published_stack(ensemble, centered, first, mean):
    responses = V1GrayTaskDriven(ensemble, centered)(waves())[0]
    np.testing.assert_allclose(responses[:5], first, atol=2e-4)
    assert float(responses.mean()) == pytest.approx(mean, abs=2e-4)


def test_rows_come_before_columns():
    responses = V1GrayTaskDriven(ensemble=True)(waves().transpose(2, 3))[0, :5]
    np.testing.assert_allclose(responses, [1.2329, 1.3901, 0.4229, 1.6214, 2.6086], atol=2e-4)


def test_the_largest_response_is_that_of_neuron_148():
    responses = V1GrayTaskDriven(ensemble=True)(waves())[0]
    assert int(responses.argmax()) == 148
    assert float(responses.max()) == pytest.approx(8.4660, abs=2e-4)


def test_a_sixth_of_the_neurons_has_no_room_below_grey():
    twin = V1GrayTaskDriven(ensemble=True, centered=True)
    baseline = twin.grey_baseline()
    assert int(twin.without_room().sum()) == 84
    assert float(baseline.median()) == pytest.approx(0.756, abs=1e-3)
    assert int((baseline < 0.05).sum()) == 18


def test_double_precision_changes_little():
    single = V1GrayTaskDriven(ensemble=True)(waves())
    double = V1GrayTaskDriven(ensemble=True, dtype=torch.float64)(waves().double())
    assert double.dtype == torch.float64
    np.testing.assert_allclose(single, double, atol=1.2e-5)

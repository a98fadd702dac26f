import numpy as np
import pytest

from neuro_data_analysis.claims.drift import LOWEST, corrected, drift
from neuro_data_analysis.claims.observations import observe_averages
from neuro_data_analysis.evolutions.cohort import Cohort
from tests.claims_cohort import N_BLOCKS, experiment


def test_drift_is_a_parabola_of_mean_1_whatever_is_missing():
    blocks = np.linspace(-1, 1, 12)
    course = 1 - 0.1 * blocks + 0.05 * blocks**2
    reference = 40 * np.column_stack([course, course])
    np.testing.assert_allclose(drift(reference), course / course.mean())
    reference[3] = np.nan
    reference[5, 1] = np.nan
    np.testing.assert_allclose(drift(reference), course / course.mean())


@pytest.mark.parametrize("reference", [np.full((9, 2), np.nan), np.zeros((9, 2))])
def test_without_references_or_their_spikes_there_is_no_drift(reference):
    assert drift(reference).tolist() == [1.0] * 9


def test_a_fit_that_dives_is_cut():
    falling = np.array([9.0, 5.0, 2.0, 0.5, 0.0, 0.0, 0.0, 0.0])
    assert drift(np.column_stack([falling, falling])).min() == LOWEST


def test_a_falling_recording_hides_a_success_that_the_correction_finds():
    fall = np.linspace(1.6, 0.5, N_BLOCKS)
    shown = experiment(60, "V4", np.random.default_rng(0), drift=fall)
    seen = observe_averages([shown])
    before, after = (of.cohort.meta.iloc[0] for of in (seen, corrected(seen)))
    assert before["t_endinit_1"] < 0 < after["t_endinit_1"]
    assert after["p_maxinit_1"] < 1e-4
    assert after["blockN"] == before["blockN"]


def test_the_correction_leaves_the_observations_as_they_were():
    shown = experiment(60, "IT", np.random.default_rng(0))
    seen = observe_averages([shown])
    mean = seen.cohort.summaries[0].responses.mean.copy()
    assert isinstance(corrected(seen).cohort, Cohort)
    np.testing.assert_array_equal(seen.cohort.summaries[0].responses.mean, mean)

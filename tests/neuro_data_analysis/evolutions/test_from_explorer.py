"""A cohort from averages is the cohort from the trials that were averaged."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from core.errors import RecordingError
from core.explorer.averages import Rates
from core.explorer.store import FILE_NAME, load_averages
from core.statistics.masks import area, success, success_with_rise
from core.statistics.windows import EVOKED, window_rate
from neuro_data_analysis.evolutions.evolution_tests import block_responses, evolution_tests
from neuro_data_analysis.evolutions.from_explorer import (
    cohort_from_explorer,
    stand_in_trials,
    summarise_averages,
    undecided_labels,
)
from neuro_data_analysis.evolutions.trajectories import (
    psth_trajectory,
    response_trajectory,
    window_trajectories,
)
from tests.explorer_examples import averaged, experiments, recorded


def test_stand_ins_give_the_t_of_their_moments():
    samples = [(40.0, 2.0, 30), (36.5, 1.5, 25)]
    ours = stats.ttest_ind(*(stand_in_trials(*sample) for sample in samples))
    (m1, s1, n1), (m2, s2, n2) = samples
    theirs = stats.ttest_ind_from_stats(m1, s1 * n1**0.5, n1, m2, s2 * n2**0.5, n2)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-12)
    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-10)
    assert stand_in_trials(7.0, np.nan, 1).tolist() == [7.0]


def test_averages_and_known_numbers_of_trials_give_what_trials_give():
    evolved, references = recorded(np.random.default_rng(0), 18)
    experiment = averaged(evolved, references)
    n = np.array([[block.shape[1] for block in thread] for thread in evolved]).T
    summary = summarise_averages(experiment, n, ((10, 20), EVOKED))
    rates = [[window_rate(block) for block in thread] for thread in evolved]
    for name, value in (evolution_tests(rates) | block_responses(rates)).items():
        assert summary.meta[name] == pytest.approx(value, rel=1e-9), name
    responses = response_trajectory(evolved)
    for field in ("mean", "sem", "baseline"):
        found, expected = getattr(summary.responses, field), getattr(responses, field)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(summary.psth.mean, psth_trajectory(evolved).mean, rtol=1e-12)
    windows = window_trajectories(evolved, [(10, 20), EVOKED])
    np.testing.assert_allclose(summary.windows[10, 20].mean, windows[10, 20].mean, atol=1e-9)
    assert np.isnan(summary.windows[10, 20].sem).all()
    np.testing.assert_allclose(summary.windows[EVOKED].sem, windows[EVOKED].sem, rtol=1e-9)


def test_a_label_that_the_first_block_decides_is_undecided():
    experiment = averaged(*recorded(np.random.default_rng(5), 20, gain=(0.0, 0.0)))
    low, high = 0.0, 60.0
    for _ in range(60):  # a gain whose p lies at 0.01 with 31 trials
        gain = (low + high) / 2
        mean = experiment.evoked.mean.copy()
        mean[:, 0] = 50.0
        mean[9:11, 0] += gain
        drawn = replace(experiment, evoked=Rates(mean, experiment.evoked.sem))
        p = cohort_from_explorer([drawn]).meta["p_maxinit_0"].iloc[0]
        low, high = (gain, high) if p > 0.01 else (low, gain)
    table = undecided_labels([drawn])
    row = table[(table["thread"] == 0) & (table["label"] == "001")].iloc[0]
    assert row["p"] == pytest.approx(0.01, rel=1e-6)
    assert row["p_low"] < 0.01 <= row["p_high"]


def test_experiments_stand_in_ascending_order_and_an_empty_copy_is_refused():
    cohort = cohort_from_explorer(experiments(3)[::-1])
    assert cohort.meta.index.tolist() == [3, 4, 5]
    assert cohort.meta["ephysFN"].tolist()[0] == "explorer Exp003-B"
    with pytest.raises(RecordingError, match="at least one experiment"):
        cohort_from_explorer([])


REAL = os.environ.get("EXPLORER_DATA")


@pytest.mark.skipif(not REAL, reason="EXPLORER_DATA names no folder of real averages")
def test_the_real_averages_give_the_published_cohort():
    averages = load_averages(Path(REAL) / FILE_NAME)
    meta = cohort_from_explorer(averages).meta
    valid = meta[meta["valid"]]
    assert (len(meta), len(valid)) == (170, 154)
    assert [int(area(valid, name).sum()) for name in ("V1", "V4", "IT")] == [10, 38, 106]
    unstable = meta[~meta["ephysFN"].str.startswith("explorer")]
    assert unstable.index.tolist() == [23, 36, 39, 50, 125, 137]
    for name, expected in (("V1", [10, 0]), ("V4", [37, 20]), ("IT", [67, 66])):
        chosen = valid[area(valid, name)]
        assert [int(success_with_rise(chosen, thread).sum()) for thread in (0, 1)] == expected
    open_ = undecided_labels(averages)
    assert open_[["Expi", "thread", "label"]].to_numpy().tolist() == [
        [7, 1, "001"],
        [37, 1, "001"],
        [49, 1, "005"],
        [131, 0, "001"],
        [181, 1, "005"],
    ]
    inferred = cohort_from_explorer(averages, published_labels=True).meta
    chosen = inferred[inferred["valid"] & area(inferred, "IT")]
    labels = [success(chosen, thread, 0.05) for thread in (0, 1)]
    assert int((labels[0] | labels[1]).sum()) == 86
    assert int((labels[0] & labels[1]).sum()) == 61
    assert [int(success_with_rise(chosen, thread).sum()) for thread in (0, 1)] == [67, 65]

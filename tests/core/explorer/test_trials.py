"""Numbers of trials out of averages, where the truth is known."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RecordingError
from core.explorer.averages import Rates
from core.explorer.store import FILE_NAME, load_averages
from core.explorer.trials import isolated_spikes, pooled_ratio, trial_counts
from tests.explorer_examples import KERNEL, averaged, recorded


@given(st.integers(10, 60), st.integers(1, 180), st.booleans())
def test_an_isolated_spike_tells_the_number_of_trials(n, start, rounded):
    psth = np.zeros(200)
    psth[start : start + 13] = KERNEL / n
    assert round(float(isolated_spikes(psth.round(2) if rounded else psth))) == n


def test_two_spikes_side_by_side_tell_nothing():
    psth = np.zeros(200)
    psth[40:53] += KERNEL / 25
    psth[43:56] += KERNEL / 25
    assert np.isnan(isolated_spikes(psth))


@pytest.mark.parametrize(
    ("counts", "spaces"),
    [
        ((40, 25), ("fc6", "BigGAN_class")),
        ((30, 25), ("fc6", "BigGAN_class")),
        ((40, 28), ("fc6", "BigGAN")),
        ((30, 28), ("fc6", "BigGAN")),
    ],
)
def test_the_population_sizes_are_found(counts, spaces):
    found = [
        trial_counts(
            averaged(*recorded(np.random.default_rng(seed), 30, spaces, counts), spaces=spaces)
        )
        for seed in range(5)
    ]
    decided = [f for f in found if not f.doubtful]
    assert len(decided) >= 4
    for one in decided:
        assert one.n[1:-1].tolist() == [list(counts)] * 28
        assert (one.low[0] >= 30).all()
        assert (one.high[0] <= 35).all()


def test_the_estimate_does_not_depend_on_the_level_of_noise_common_to_both():
    experiment = averaged(*recorded(np.random.default_rng(1), 30))
    noisier = replace(experiment, psth=Rates(experiment.psth.mean, 1.1 * experiment.psth.sem))
    assert pooled_ratio(noisier) == pytest.approx(pooled_ratio(experiment), rel=1e-12)


def test_bumps_decide_where_the_ratio_does_not():
    experiment = averaged(*recorded(np.random.default_rng(2), 30))
    sem = experiment.psth.sem.copy()
    sem[:, 0] *= np.sqrt(pooled_ratio(experiment) * 25 / np.sqrt(1200))
    doubtful = replace(experiment, psth=Rates(experiment.psth.mean, sem))
    assert trial_counts(doubtful).doubtful
    assert trial_counts(doubtful).high[1].tolist() == [40, 25]
    assert trial_counts(doubtful).low[1].tolist() == [30, 25]
    mean = experiment.psth.mean.copy()
    mean[5, 0, :60] = 0
    mean[5, 0, 20:33] = KERNEL / 40
    decided = trial_counts(replace(experiment, psth=Rates(mean, sem)))
    assert (decided.n[1].tolist(), decided.doubtful) == ([40, 25], False)


def test_a_first_block_with_a_spike_alone_is_known():
    experiment = averaged(*recorded(np.random.default_rng(3)))
    mean = experiment.psth.mean.copy()
    mean[0, 1, :60] = 0
    mean[0, 1, 20:33] = KERNEL / 34
    counts = trial_counts(replace(experiment, psth=Rates(mean, experiment.psth.sem)))
    assert counts.n[0].tolist() == [31, 34]
    assert counts.exact[0].tolist() == [False, True]


def test_a_short_last_block_is_seen():
    rng = np.random.default_rng(4)
    evolved, references = recorded(rng, 30)
    evolved[0][-1] = evolved[0][-1][:, :14]
    counts = trial_counts(averaged(evolved, references))
    assert counts.n[-1, 0] < 30
    assert counts.low[-1, 0] <= 14 <= counts.high[-1, 0]


def test_what_cannot_be_told_is_doubtful_and_no_number_is_made_up():
    experiment = averaged(*recorded(np.random.default_rng(6)))
    silent = Rates(experiment.psth.mean.copy(), experiment.psth.sem.copy())
    silent.mean[:, :, :45] = silent.sem[:, :, :45] = 0
    counts = trial_counts(replace(experiment, psth=silent))
    assert (counts.doubtful, counts.low[1].tolist()) == (True, [30, 25])
    loud = np.zeros(200)
    loud[40:53] = 5000 * KERNEL
    assert np.isnan(isolated_spikes(loud))


def test_too_few_blocks_are_refused():
    evolved, references = recorded(np.random.default_rng(7), n_blocks=2)
    with pytest.raises(RecordingError, match="Exp003-B: expected at least 3 blocks, found 2"):
        trial_counts(averaged(evolved, references))


REAL = os.environ.get("EXPLORER_DATA")


@pytest.mark.skipif(not REAL, reason="EXPLORER_DATA names no folder of real averages")
def test_the_real_files_show_838_isolated_spikes():
    experiments = load_averages(Path(REAL) / FILE_NAME)
    told = [isolated_spikes(e.psth.mean)[1:-1] for e in experiments]
    assert sum(np.isfinite(n).sum() for n in told) == 838
    assert sum(np.isfinite(n).any() for n in told) == 45
    sizes = {e.expi: trial_counts(e) for e in experiments}
    assert [expi for expi, counts in sizes.items() if counts.doubtful] == [17, 51, 53, 55, 88]
    assert sum(counts.n[1, 0] == 30 for counts in sizes.values()) == 39

"""The comparison of simulated with real recordings: measures, intervals, files."""

import numpy as np
import pandas as pd
import pytest
from scipy import signal

from core.contract.signs import content_is_signed
from core.errors import MissingFileError
from core.explorer.trials import trial_counts
from neuro_data_analysis.simulation.compare import run as compare_run
from neuro_data_analysis.simulation.compare.features import course_features, features, scatter
from neuro_data_analysis.simulation.compare.reference import stored_reference
from neuro_data_analysis.simulation.compare.rows import ROWS, measure, real_and_simulated
from neuro_data_analysis.simulation.compare.run import (
    compare_recordings,
    comparison_lines,
    real_numbers,
    write_comparison,
)
from neuro_data_analysis.simulation.compare.samples import averages_of
from neuro_data_analysis.simulation.parameters import Parameters
from neuro_data_analysis.simulation.simulator import Simulator

FEW = (50, 26, 155)
"""One experiment of each area."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    simulator = Simulator(7, Parameters(), tmp_path_factory.mktemp("formatted"))
    return [averages_of(simulator.evolution(expi)) for expi in FEW]


@pytest.fixture(autouse=True)
def _no_averages(monkeypatch, tmp_path):
    monkeypatch.setattr(compare_run, "EXPLORER_DATA", tmp_path / "none")


def test_reference_rows_are_those_that_are_computed():
    stored = stored_reference()
    assert [(row.quantity, row.where, row.role) for row in ROWS] == list(
        stored[["quantity", "where", "role"]].itertuples(index=False, name=None)
    )
    assert (stored["low"] <= stored["value"]).all()
    assert (stored["value"] <= stored["high"]).all()


def test_averages_are_those_of_the_trials_and_tell_their_number(sample):
    for measured in sample:
        averages, trials = measured
        assert averages.evoked.mean.shape == averages.reference.mean.shape == trials.shape
        np.testing.assert_allclose(
            averages.psth.mean[:, :, 50:].mean(axis=2), averages.evoked.mean, rtol=1e-5
        )
        told = trial_counts(averages).n[1:-1]
        assert (told == np.median(trials[1:-1], axis=0)).all()


def test_features_are_measures_that_can_be_checked_by_hand(sample):
    found = features(sample)
    assert found["area"].tolist() == ["V1", "V4", "IT"]
    averages, trials = sample[2]
    n_blocks = len(trials)
    reference = averages.reference.mean.mean(axis=1)
    third = n_blocks // 3
    change = np.log(reference[-third:].mean() / reference[:third].mean())
    assert found["reference_change"][2] == pytest.approx(change)
    counts = averages.evoked.mean[1:-1, 0] * 0.15 / 0.998976
    variance = trials[1:-1, 0] * (averages.evoked.sem[1:-1, 0] * 0.15 / 0.998976) ** 2
    assert found["fano"][2, 0] == pytest.approx(np.median(variance / counts))


def test_block_scatter_is_one_for_blocks_that_vary_by_their_errors_alone():
    rng = np.random.default_rng(0)
    error = rng.uniform(1, 3, (400, 30))
    found = [scatter(100 + of * rng.standard_normal(30), of) for of in error]
    assert np.mean(found) == pytest.approx(1, abs=0.06)


def test_the_time_course_of_a_known_response():
    course = 80 * signal.windows.gaussian(201, 20)[1:]
    latency, width, peak = course_features(np.roll(course, 20))
    half = 20 * np.sqrt(2 * np.log(2))
    assert peak == pytest.approx(119, abs=1)
    assert latency == pytest.approx(119 - half, abs=1)
    assert width == pytest.approx(2 * half, abs=2)


def test_intervals_cover_a_sample_that_is_drawn_again(sample):
    table = measure(features(sample * 4))
    known = table.dropna()
    assert len(known) > 40
    assert (known["low"] <= known["high"]).all()
    pd.testing.assert_frame_equal(table, measure(features(sample * 4)))
    wider = table.assign(low=table["low"] - 1e-9, high=table["high"] + 1e-9)
    same = real_and_simulated(wider, table)
    assert same.loc[known.index, "inside"].all()
    other = table.assign(value=table["high"] + 1)
    assert not real_and_simulated(wider, other).loc[known.index, "inside"].any()


def test_the_table_is_printed_and_written_and_its_simulated_numbers_are_signed(tmp_path):
    table = compare_recordings(7, n_jobs=1, chosen=list(FEW))
    said = comparison_lines(table)
    assert len(said) == len(table) + 5
    assert "SIMULATED" in said[1]
    assert said[-3].startswith(f"all: {table['inside'].sum()} of {len(table)} inside")
    written, drawn = write_comparison(table, tmp_path / "figures")
    assert drawn.stat().st_size > 50_000
    read = pd.read_csv(written)
    assert content_is_signed(read[["simulated", "simulated_low", "simulated_high"]])
    assert not content_is_signed(read[["real", "real_low", "real_high"]])


def test_a_folder_without_averages_is_refused_and_stored_numbers_stand_in(tmp_path):
    assert real_numbers()["source"].str.contains("NeuralEvolutionExplorer").all()
    with pytest.raises(MissingFileError, match="download --from explorer"):
        real_numbers(tmp_path)

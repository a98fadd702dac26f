"""Tuning recordings with the outcome of their evolutions, from either kind of file."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.errors import MissingFileError, RecordingError
from core.statistics.windows import window_rate
from neuro_data_analysis.evolutions.trajectories import complete_blocks
from neuro_data_analysis.recordings.experiment_records import EVOLUTION_TABLE, TUNING_TABLE
from neuro_data_analysis.recordings.formatted import FormattedRecording, formatted_file
from neuro_data_analysis.recordings.naming import evolved_image_name
from neuro_data_analysis.simulation.formatted_files import write_formatted
from neuro_data_analysis.tuning.hessian_recordings import (
    evolved_rates,
    open_hessian_recordings,
    succeeded,
    succeeded_without_variation,
)


def test_units_carry_the_outcome_of_the_evolution_before_them(recordings, folders):
    hessian = open_hessian_recordings(folders.records, folders.formatted, recordings)
    units = {unit.exp_id: unit for unit in hessian.units()}
    assert list(units) == ["Beto_8", "Beto_9"]
    assert len(hessian) == 2
    for exp_id, expi in (("Beto_8", 25), ("Beto_9", 26)):
        psth = complete_blocks(recordings.experiment(expi).psth)[1]
        test = stats.ttest_ind(window_rate(psth[-1]), window_rate(psth[0]))
        assert units[exp_id].evolved == (test.pvalue < 0.01)
    assert [unit.evolved for unit in units.values()] == [True, False]
    assert units["Beto_9"].tuning.unit_name == "52A"


def evolution(last_n=12, threads=(0, 1)):
    names, rates = [], []
    for block in (1, 2, 3):
        for thread in threads:
            for image in range(last_n if block == 3 and thread == 1 else 12):
                names.append(evolved_image_name(block, thread, image))
                rates.append(100 * thread + 10 * block + image)
    names.append("pic_thread001_nat")
    rates.append(999.0)
    rasters = np.repeat(np.array(rates, dtype=np.float32)[:, None, None], 200, axis=1)
    return FormattedRecording("Caos-1", names, rasters, np.array([68]), np.array([2]))


def test_a_formatted_evolution_is_sorted_into_blocks_by_its_names():
    blocks = evolved_rates(evolution(), 68, 2)
    assert [len(block) for block in blocks] == [12, 12, 12]
    np.testing.assert_allclose(blocks[1], 120 + np.arange(12))


def test_an_incomplete_last_block_is_dropped():
    assert len(evolved_rates(evolution(last_n=9), 68, 2)) == 2
    assert len(evolved_rates(evolution(threads=(1,)), 68, 2)) == 3


def test_founders_that_were_not_shown_do_not_count():
    recording = evolution()
    names = [name.replace("block002", "block000") for name in recording.image_names]
    blocks = evolved_rates(replace(recording, image_names=names), 68, 2)
    assert [len(block) for block in blocks] == [12, 0, 12]


def test_an_evolution_that_determines_no_test_is_refused():
    rates = np.arange(12.0)
    assert succeeded([rates, rates + 20])
    assert not succeeded([rates, rates])
    assert not succeeded_without_variation([rates, rates + 20])
    for blocks in ([rates], [rates[:0], rates], [rates * 0, rates * 0]):
        with pytest.raises(RecordingError, match="first and last block can be compared"):
            succeeded(blocks)


def test_an_evolution_without_biggan_thread_is_refused():
    with pytest.raises(RecordingError, match="found none of thread 001"):
        evolved_rates(evolution(threads=(0,)), 68, 2)


@pytest.fixture
def own_folders(folders, tmp_path):
    for name in ("formatted", "records"):
        shutil.copytree(getattr(folders, name), tmp_path / name)
    return tmp_path


def relink(folder, **changes):
    for stem in (TUNING_TABLE, EVOLUTION_TABLE):
        path = folder / "records" / f"{stem}.csv"
        pd.read_csv(path).assign(**changes.get(stem, {})).to_csv(path, index=False)


def first_unit(folder, recordings):
    hessian = open_hessian_recordings(folder / "records", folder / "formatted", recordings)
    return next(hessian.units())


def test_an_evolution_outside_the_data_set_is_read_from_its_own_file(own_folders, recordings):
    names = ["Caos-1-SIM", "Caos-2-SIM"]
    relink(own_folders, **{EVOLUTION_TABLE: {"ephysFN": names}})
    with pytest.raises(MissingFileError, match=r"Caos-1-SIM_formatted\.mat: expected the"):
        first_unit(own_folders, recordings)
    made = evolution()
    made = replace(made, name="Caos-1-SIM", channels=np.array([49]), units=np.array([3]))
    write_formatted(own_folders / "formatted", made)
    with pytest.raises(RecordingError, match="channel 49, unit 1"):
        first_unit(own_folders, recordings)
    relink(own_folders, **{EVOLUTION_TABLE: {"pref_unit": 3}})
    assert first_unit(own_folders, recordings).evolved


def test_a_unit_that_is_not_there_is_named_with_its_file(own_folders, recordings):
    relink(own_folders, **{TUNING_TABLE: {"pref_unit": 5}})
    with pytest.raises(RecordingError, match=r"_formatted\.mat, .*channel 49, unit 5 in one row"):
        first_unit(own_folders, recordings)


def test_a_tuning_recording_that_is_not_there_is_named(own_folders, recordings):
    path = formatted_file(own_folders / "formatted", "Beto-20082020-004-SIM")
    path.unlink()
    with pytest.raises(MissingFileError, match=path.name):
        first_unit(own_folders, recordings)

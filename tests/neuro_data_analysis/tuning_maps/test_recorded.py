"""Recorded tuning maps: the two files of an animal, read."""

import numpy as np
import pandas as pd
import pytest

from core.errors import MissingFileError, RecordingError
from core.level_sets.sphere_grid import grid_vectors
from core.matlab.writing import Cell, write_matfile
from neuro_data_analysis.tuning_maps import read_recorded_maps
from neuro_data_analysis.tuning_maps.__main__ import main

BUMP = 5 + 40 * np.exp(4 * (grid_vectors()[:, :, 0] - 1))


def psth(rate, n_units=2, n_trials=5, unit=2, before=3.0, noise=0.0):
    """PSTHs of a node (units, 200, trials): the unit has its rate from 50 ms on, others 99."""
    made = np.full((n_units, 200, n_trials), 99.0)
    made[unit - 1, :50] = before
    random = np.random.default_rng([abs(hash(float(rate))), 1])
    made[unit - 1, 50:] = rate + noise * random.standard_normal(n_trials)
    return made


def grid(values=BUMP, **options):
    return Cell([[psth(rate, **options) for rate in line] for line in values])


def write(folder, animal, maps, channels, unit=2):
    shown = [{"manif": {"psth": psths}} for psths in maps]
    evolved = [{"evol": {"unit_in_pref_chan": unit, "pref_chan": c}} for c in channels]
    write_matfile(folder / f"{animal}_Manif_stats.mat", "Stats", iter(shown), ["manif"])
    write_matfile(folder / f"{animal}_Evol_stats.mat", "EStats", iter(evolved), ["evol"])


def read(folder, animal="Beto", **options):
    return list(read_recorded_maps(folder, animal, **options))


def test_a_map_is_the_units_rate_in_the_window(tmp_path):
    write(tmp_path, "Beto", [grid(), Cell([[grid(), grid(), grid()]])], [7, 40])
    one, several = read(tmp_path)
    np.testing.assert_allclose(one.tuned.mean, BUMP)
    np.testing.assert_array_equal(several.tuned.mean, one.tuned.mean)
    assert (one.area, several.area) == ("IT", "V1")
    assert one.name == "Beto_Exp01"
    assert one.tuned.n_trials.tolist() == [[5] * 11] * 11
    assert one.baseline == 3.0


def test_theta_is_the_first_axis(tmp_path):
    values = np.arange(121.0).reshape(11, 11)
    write(tmp_path, "Beto", [grid(values), grid(values)], [7, 7])
    found = read(tmp_path)[0].tuned
    np.testing.assert_allclose(found.mean[:, 1:-1], values[:, 1:-1])
    np.testing.assert_allclose(found.mean[:, 0], values[:, 0].mean())


def test_the_window_can_be_another(tmp_path):
    write(tmp_path, "Beto", [grid(), grid()], [7, 7])
    early = read(tmp_path, window=(0, 100))[0].tuned.mean
    np.testing.assert_allclose(early, (BUMP + 3.0) / 2)


def test_single_trials_and_single_units_lose_an_axis(tmp_path):
    cell = grid(n_units=1, unit=1)
    cell.rows[4][6] = psth(7.0, n_units=1, unit=1)[0]  # (200, trials)
    cell.rows[4][7] = psth(8.0, n_units=1, unit=1)[:, :, 0]  # (units, 200)
    cell.rows[4][8] = np.zeros((0, 0))
    write(tmp_path, "Beto", [cell, cell], [7, 7], unit=1)
    tuned = read(tmp_path)[0].tuned
    assert tuned.mean[4, 6:8].tolist() == [7.0, 8.0]
    assert tuned.n_trials[4, 5:9].tolist() == [5, 5, 1, 0]
    assert tuned.n_missing == 1


def test_the_experiment_with_few_trials_is_left_out_unless_asked_for(tmp_path):
    write(tmp_path, "Alfa", [grid()] * 11, [7] * 11)
    assert [found.number for found in read(tmp_path, "Alfa")] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 11]
    assert len(read(tmp_path, "Alfa", everything=True)) == 11


@pytest.mark.parametrize(
    ("cell", "channel", "unit", "message"),
    [
        (grid(), 65, 2, "Exp 1.*an array channel from 1 to 64, found 65"),
        (grid(), 7, 3, "Exp 1.*node 0, 0: expected unit 3, found 2 units"),
        (Cell([[psth(1.0)] * 10] * 11), 7, 2, r"manif\.psth: expected a cell of 11 x 11 nodes"),
        (Cell([[np.zeros((2, 100, 5))] * 11] * 11), 7, 2, r"units x 200 bins x trials, found \(2"),
        (Cell([[psth(np.nan)] * 11] * 11), 7, 2, "finite rates"),
        (np.zeros(3), 7, 2, r"manif\.psth: expected a cell"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path, cell, channel, unit, message):
    write(tmp_path, "Beto", [cell, cell], [channel] * 2, unit=unit)
    with pytest.raises(RecordingError, match=message):
        read(tmp_path)


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    write(tmp_path, "Beto", [grid()] * 3, [7, 7])
    with pytest.raises(RecordingError, match=r"expected 3 experiments, found 2 in Beto_Evol"):
        read(tmp_path)
    with pytest.raises(MissingFileError, match="Alfa_Manif_stats"):
        read(tmp_path, "Alfa")


def test_a_file_of_other_variables_is_refused(tmp_path):
    write(tmp_path, "Beto", [grid()] * 2, [7, 7])
    (tmp_path / "Beto_Evol_stats.mat").rename(tmp_path / "Beto_Manif_stats.mat")
    write_matfile(tmp_path / "Beto_Evol_stats.mat", "EStats", iter([{"evol": 1.0}]), ["evol"])
    with pytest.raises(RecordingError, match="expected a struct array Stats"):
        read(tmp_path)


@pytest.mark.slow
def test_the_command_tells_trends_from_v1_to_it(tmp_path, capsys):
    vectors = grid_vectors()
    two = 30 * np.exp(12 * (vectors @ [0.7, 0.7, 0.1] - 1)) + 30 * np.exp(
        12 * (vectors @ [0.7, -0.7, -0.1] - 1)
    )
    maps = [grid(values, noise=noise) for noise in (1.0, 1.5) for values in (BUMP, two)]
    missing = grid(BUMP)
    missing.rows[3][3] = np.zeros((0, 0))
    write(tmp_path, "Beto", [*maps, missing], [7, 40, 8, 50, 9])
    assert main([str(tmp_path), "--animals", "Beto", "--nulls", "5", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "5 maps, 1 of them with missing nodes" in said
    assert "reliable: 4 maps" in said
    table = (tmp_path / "maps.csv").read_text().splitlines()
    assert len(table) == 6
    maxima = pd.read_csv(tmp_path / "maps.csv").set_index("number")["maxima"]
    assert maxima[[1, 3]].tolist() == [1, 1]
    assert maxima[[2, 4]].tolist() == [2, 2]
    trends = pd.read_csv(tmp_path / "trends.csv", index_col=0)
    assert trends.loc["maxima", ["V1", "V4", "IT"]].tolist() == [2, 2, 1]
    assert (tmp_path / "progression.png").stat().st_size > 10_000

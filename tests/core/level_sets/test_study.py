"""The in-silico study: tasks, rows, trends, and the command from end to end."""

import numpy as np
import pandas as pd
import pytest

from core.errors import SettingError
from core.level_sets.__main__ import main
from core.level_sets.study import INDICES, map_row, map_tasks, trends, unit_map

TINY = {"generator": "small", "pixels": 32, "n_generations": 2, "seed": 3, "device": "cpu"}


def test_units_are_spread_over_the_layers_from_the_lowest():
    tasks = map_tasks("any", 5, ["a", "b"], **TINY)
    assert list(tasks) == ["0_0", "0_1", "0_2", "1_0", "1_1"]
    assert [task["layer"] for task in tasks.values()] == ["a", "a", "a", "b", "b"]
    assert tasks["1_1"] == {"network": "any", "layer": "b", "channel": 1, **TINY}


def test_a_network_without_known_layers_needs_them_named():
    with pytest.raises(SettingError, match="--layer: expected the layers of alexnet"):
        map_tasks("alexnet", 5)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--generations=1", "--generations: expected a whole number of at least 2, found 1"),
        ("--generator=large", "--generator: expected one of BigGAN, .*, found 'large'"),
        ("--device=gpu", "device: expected cpu, .*, found 'gpu'"),
    ],
)
def test_mistakes_are_told_before_a_process_is_started(option, message, tmp_path, capsys):
    with pytest.raises(SettingError, match=message):
        main([option, f"--out={tmp_path / 'out'}"])
    assert not (tmp_path / "out").exists()
    assert capsys.readouterr().out == ""


def test_the_published_design_shows_images_at_the_places_of_its_layers():
    tasks = map_tasks("resnet50_linf8", 20, published=True, **TINY)
    assert [task["place"] for name, task in tasks.items() if name.endswith("_0")][3:6] == [
        (49, (89, 90)),
        (75, (77, 78)),
        (137, (47, 47)),
    ]
    with pytest.raises(SettingError, match="--layer: expected layers of the design"):
        map_tasks("resnet50_linf8", 1, [".conv"], published=True)


def test_a_finer_map_of_a_small_image_is_measured():
    unit = {"network": "efficientnet_lite0", "layer": ".blocks.InvertedResidual1", "channel": 1}
    fine = unit_map(**unit, **TINY, step=9, place=(16, (8, 8)))
    assert len(fine["map"]) == 441
    beside = unit_map(**unit, **TINY, step=9, place=(2, (0, 0)))
    assert np.ptp(beside["map"]) < 0.1 * np.ptp(fine["map"]), "the unit sees the middle"


@pytest.mark.parametrize("step", [7, 100])
def test_steps_that_do_not_divide_a_right_angle_are_refused(step, tmp_path):
    with pytest.raises(SettingError, match="--step: expected degrees that divide 90"):
        main([f"--step={step}", f"--out={tmp_path / 'out'}"])


def test_the_row_of_a_silent_unit_says_what_can_be_said():
    row = map_row(np.zeros((11, 11)))
    assert (row["maxima"], row["minima"], row["loop_lowest_idx"]) == (1, 0, 20)
    assert np.isnan(row["axr_peak_mean_pool"])
    assert sum(row["n_loop"]) == 0


def test_trends_are_of_the_layers_in_their_order():
    values = {"low": (5.0, 6.0), "high": (1.0, 2.0)}
    rows = [
        {"layer": layer, **dict.fromkeys(INDICES, value)}
        for layer, some in values.items()
        for value in some
    ]
    found = trends(pd.DataFrame(rows))
    assert list(found.columns) == ["low", "high", "rho", "p"]
    assert found.loc["maxima", ["low", "high"]].tolist() == [5.5, 1.5]
    assert found.loc["maxima", "rho"] == pytest.approx(-0.894, abs=1e-3)


def test_a_unit_is_measured_and_the_same_seed_gives_the_same_map():
    unit = {"network": "efficientnet_lite0", "layer": ".Linearfc", "channel": 1}
    first, again = (unit_map(**unit, **TINY) for _ in range(2))
    assert first["map"] == again["map"]
    values = np.reshape(first["map"], (11, 11))
    assert np.ptp(values[:, 0]) == np.ptp(values[:, -1]) == 0 < np.ptp(values)
    assert first["centre"] == values[5, 5]
    assert set(INDICES) <= set(first)


@pytest.mark.slow
def test_the_command_writes_a_table_and_a_figure(tmp_path, capsys):
    layers = [".blocks.InvertedResidual1", ".Linearfc"]
    options = [f"--layer={layer}" for layer in layers]
    options += ["--units=2", "--generations=2", "--pixels=32", "--workers=1", "--device=cpu"]
    assert main([*options, f"--out={tmp_path}"]) == 0
    table = pd.read_parquet(tmp_path / "units.parquet")
    assert table["layer"].tolist() == layers
    assert [len(values) for values in table["map"]] == [121, 121]
    assert (tmp_path / "progression.png").read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    assert "2 units on 1 worker" in said
    assert "loop_lowest_idx" in said

"""Level sets of twins' tuning maps beside those of units and recorded maps."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from core.errors import StateError, run
from core.experiments.evolution.paired import PairedDescription
from core.level_sets.study import INDICES, map_row
from dualneuron.__main__ import main
from dualneuron.landscape.compared_maps import (
    compared,
    grouped,
    read_recorded,
    read_units,
    twin_maps,
)
from tests.dualneuron.paired.conftest import NEURONS

N_CODE = 12


class Codes:
    """A generator whose images are its codes."""

    latent_shape = (N_CODE,)

    def images(self, codes, *, scale=1.0):
        return scale * torch.as_tensor(np.asarray(codes)).reshape(-1, 3, 2, 2)


class Respond:
    """Neurons of which the first answers with the first value of a code, the second with none."""

    def __init__(self, weights):
        self.weights = weights

    def alone(self, unit):
        return Respond(self.weights[[unit]])

    def of_all(self, images):
        return images.flatten(1).numpy() @ self.weights.T


def evolved_by_hand():
    rng = np.random.default_rng(0)
    # spread along five axes, most along the first; the last block lies at 10 on the first axis
    codes = rng.standard_normal((60, N_CODE)) * np.array([4, 2, 1, 0.5, 0.1] + [0] * 7)
    codes[:, 0] = np.linspace(-10, 10, 60)
    codes[40:] = 0
    codes[40:, 0] = 10
    thread = SimpleNamespace(
        codes=codes, generations=np.repeat([0, 1, 2], 20), scores_clean=codes[:, 0]
    )
    weights = np.zeros((2, N_CODE))
    weights[0, 0] = 1
    described = PairedDescription("V1GrayTaskDriven", "V1", ("a", "b"), 0, "DIGITAL TWINS")
    return SimpleNamespace(
        described=described,
        neurons=[4, 9],
        respond=Respond(weights),
        records=(SimpleNamespace(threads=(thread,)),) * 2,
        generators=(Codes(),),
    )


def table_of(label, names, extra=0.0):
    peak = map_row(np.pad(np.ones((1, 1)), 5))
    rows = [{label: name, **{i: peak[i] + extra for i in INDICES}} for name in names]
    return pd.DataFrame(rows)


def test_the_map_of_a_linear_neuron_is_a_cosine_with_one_maximum():
    found = twin_maps(evolved_by_hand(), 0)
    assert found["neuron"].tolist() == [4, 9]
    first, second = found.itertuples()
    # the radius is the norm of the last codes, the centre the first component
    assert first.evolved == pytest.approx(10)
    assert first.centre == pytest.approx(10, rel=0.02)
    values = np.reshape(first.map, (11, 11))
    angles = np.deg2rad(np.arange(-90, 91, 18))
    cosine = 10 * np.cos(angles)[:, None] * np.cos(angles)[None]
    assert np.abs(values - cosine).max() < 1.5
    assert (first.maxima, first.minima) == (1, 0)
    assert np.ptp(second.map) == 0
    assert np.isnan(second.axr_peak_mean_pool)


def test_groups_stand_side_by_side_in_order():
    twins = twin_maps(evolved_by_hand(), 0)
    units = table_of("layer", [".low", ".low", ".high"])
    recorded = table_of("area", ["IT", "V1", "V4", "V1"], extra=1.0)
    recorded.loc[3, list(INDICES)] = np.nan  # nodes are missing
    maps = grouped(twins, "V1GrayTaskDriven", units, recorded)
    groups = list(dict.fromkeys(zip(maps["kind"], maps["group"], strict=True)))
    assert groups == [
        *(("units", ".low"), ("units", ".high"), ("twin", "V1GrayTaskDriven")),
        *(("recorded", "V1"), ("recorded", "V4"), ("recorded", "IT")),
    ]
    assert len(maps) == 8
    told = compared(maps).set_index(["group", "index"])
    assert told.loc[(".low", "maxima"), ["n", "mean", "low", "high"]].tolist() == [2, 1, 1, 1]
    assert told.loc[("V1", "maxima"), ["n", "mean"]].tolist() == [1, 2]
    assert told.loc[("V1GrayTaskDriven", "axr_peak_mean_pool"), "n"] == 1
    without = grouped(twins, "V1GrayTaskDriven", units)
    assert set(without["kind"]) == {"units", "twin"}


def test_a_folder_gives_tables_and_a_figure(evolved, tmp_path, capsys):
    units, recorded = tmp_path / "units.parquet", tmp_path / "maps.csv"
    table_of("layer", [".low", ".low", ".high"]).to_parquet(units)
    table_of("area", ["V1", "V4", "IT"]).to_csv(recorded, index=False)
    out = tmp_path / "out"
    words = [f"--units={units}", f"--recorded={recorded}", "--thread=1", f"--out={out}"]
    assert main(["maps", str(evolved[0]), *words]) == 0
    said = capsys.readouterr().out
    assert "untrained – not recordings; small for DeePSim and BigGAN; around codes" in said
    groups = [".low", ".high", "V1GrayTaskDriven", " V1 ", "V4", "IT"]
    places = [said.index(f"{name}", said.index("maxima")) for name in groups]
    assert places == sorted(places)
    twins = pd.read_parquet(out / "twins.parquet")
    assert twins["neuron"].tolist() == list(NEURONS)
    assert all(len(values) == 121 for values in twins["map"])
    # written as the study writes its units, it is read as such
    assert len(read_units_like(out / "twins.parquet", tmp_path)) == 3
    assert len(pd.read_csv(out / "compared.csv")) == 6 * len(INDICES)
    assert (out / "maps.png").is_file()


def read_units_like(path, folder):
    renamed = pd.read_parquet(path).assign(layer="V1")
    renamed.to_parquet(folder / "again.parquet")
    return read_units(folder / "again.parquet")


def test_other_tables_are_refused_in_a_sentence(evolved, tmp_path, capsys):
    def said(*words):
        assert run(lambda: main(["maps", str(evolved[0]), *words, f"--out={tmp_path / 'o'}"])) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        return line

    nowhere = said(f"--units={tmp_path / 'units.parquet'}")
    assert nowhere.endswith("found no file; `python -m core.level_sets` makes it.")
    other = tmp_path / "other.parquet"
    pd.DataFrame({"layer": [1]}).to_parquet(other)
    assert "expected a table of units of `core.level_sets`, found no column nbranch" in said(
        f"--units={other}"
    )
    other.write_text("layer", encoding="utf-8")
    assert "found another file" in said(f"--units={other}")
    other.write_text("area\n", encoding="utf-8")
    with pytest.raises(StateError, match=r"maps.csv of .*, found no column nbranch_AUC_range"):
        read_recorded(other)
    assert not (tmp_path / "o").exists()

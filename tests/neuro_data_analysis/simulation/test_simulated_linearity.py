"""The surrogate of Extended Data Figure 5D and 5E: computed from codes, in the published form."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from core.contract import ext5
from core.contract.source_data import SourceData
from neuro_data_analysis.simulation import linearity
from neuro_data_analysis.simulation.linearity import (
    LAYERS,
    deepsim_parts,
    draw_codes,
    simulate_linearity,
    surrogate_features,
)
from neuro_data_analysis.simulation.parameters import Parameters
from neuro_data_analysis.simulation.world import GROUPS, make_world

PARAMETERS = Parameters()


@pytest.fixture(scope="module", autouse=True)
def one_blas_thread():
    """As in a simulation's processes; more of them are slower on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def world():
    return make_world(0, PARAMETERS)


@pytest.fixture(scope="module")
def tables(world):
    return simulate_linearity(world, np.random.default_rng(5), PARAMETERS)


@pytest.fixture(scope="module")
def medians(tables):
    return {
        name: table.groupby("Layer", sort=False).median(numeric_only=True)
        for name, table in tables.items()
    }


def test_tables_have_the_published_form(tables, tmp_path):
    source = SourceData(tmp_path)
    for name, file in ext5.LINEARITY.items():
        assert list(tables[name]) == [column.name for column in file.columns]
        source.write(file, tables[name])
        pd.testing.assert_frame_equal(source.read(file), tables[name], check_dtype=False)
        assert tables[name].groupby("Layer", sort=False).size().tolist() == [96] * 14
        assert dict(zip(tables[name].Layer, tables[name].Layer_index, strict=True)) == LAYERS
    assert tables["BigGAN"].Target[5] == "(5,)"
    assert tables["DeePSim"].Target[5] == 5


def test_the_same_seed_gives_the_same_tables(world, monkeypatch):
    monkeypatch.setattr(linearity, "N_CODES", 60)
    first, again, other = (
        simulate_linearity(world, np.random.default_rng(seed), PARAMETERS) for seed in (5, 5, 6)
    )
    for name, table in first.items():
        pd.testing.assert_frame_equal(again[name], table)
        assert not np.isclose(other[name].Test_R2, table.Test_R2).any()


LINEAR = {
    "BigGAN": [0.00, 0.09, 0.35, 0.64, 0.84, 0.92, 0.96],
    "DeePSim": [0.73, 0.70, 0.68, 0.72, 0.79, 0.87, 0.93],
}
RECTIFIED = {
    "BigGAN": [0.00, 0.05, 0.25, 0.46, 0.59, 0.66, 0.69],
    "DeePSim": [0.51, 0.51, 0.48, 0.52, 0.57, 0.64, 0.68],
}
"""Median test R2 by depth in a prototype of the model."""


@pytest.mark.parametrize("name", LINEAR)
def test_medians_are_those_of_the_model(medians, name):
    found = medians[name].Test_R2
    rectified = found.index.str.startswith("relu")
    np.testing.assert_allclose(found[~rectified], LINEAR[name], atol=0.08)
    np.testing.assert_allclose(found[rectified], RECTIFIED[name], atol=0.08)


def test_parts_of_a_code_say_less_than_all_of_it(medians):
    biggan, deepsim = medians["BigGAN"], medians["DeePSim"]
    assert (biggan.Test_R2_class > biggan.Test_R2_noise)["conv3":].all()
    assert (biggan.Test_R2 > biggan.Test_R2_class)["conv3":].all()
    for k in (128, 256, 512):
        assert (deepsim[f"Test_R2_null_Hess{k}"].abs() < 0.03).all()
        assert (deepsim[f"Test_R2_top_Hess{k}"] < deepsim.Test_R2).all()
    assert (deepsim.Test_R2_top_Hess128 > deepsim.Test_R2_top_Hess512).all()


def test_top_directions_move_features_and_null_directions_do_not(world):
    rng = np.random.default_rng(0)
    codes = draw_codes(world.texture, rng)
    parts = deepsim_parts(world.texture, codes, rng)
    assert [part.shape[1] for part in parts.values()] == [24, 512, 256, 128, 512, 256, 128]
    np.testing.assert_array_equal(parts["_top_Hess128"], parts["_top_Hess512"][:, :128])
    latents = parts[""] - parts[""].mean(axis=0)
    for suffix, share in (("_top_Hess128", 1.0), ("_null_Hess512", 0.0)):
        part = parts[suffix][:, :24] - parts[suffix][:, :24].mean(axis=0)
        explained = part @ np.linalg.lstsq(part, latents, rcond=None)[0]
        assert explained.var() / latents.var() == pytest.approx(share, abs=0.05)


def test_units_read_texture_first_and_objects_last():
    rng = np.random.default_rng(1)
    groups = {group: rng.standard_normal((400, 12)) for group in GROUPS}
    features = surrogate_features(groups, rng)
    assert list(features) == list(LAYERS)
    for layer, group in (("conv1", "texture"), ("fc7", "object")):
        y = features[layer]
        residual = y - groups[group] @ np.linalg.lstsq(groups[group], y, rcond=None)[0]
        assert residual.var() / y.var() < 0.2
    rectified = features["relu3"]
    assert (rectified.min(axis=0) == features["conv3"].mean(axis=0)).all()

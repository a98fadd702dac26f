"""Simulated tuning recordings: their list, axes and images, files, similarity of prototypes."""

from collections import Counter

import h5py
import numpy as np
import pandas as pd
import pytest

from core.images.stimulus_names import parse_stimulus_names
from neuro_data_analysis.export.fig3 import read_measured
from neuro_data_analysis.recordings.formatted import formatted_file, read_formatted
from neuro_data_analysis.recordings.naming import area_of_channel
from neuro_data_analysis.simulation.descriptors import descriptors
from neuro_data_analysis.simulation.evolution import simulate_evolution
from neuro_data_analysis.simulation.parameters import N_LATENT, Parameters
from neuro_data_analysis.simulation.quantiles import SiteQuantiles
from neuro_data_analysis.simulation.record import make_record
from neuro_data_analysis.simulation.run import resolve_subset, tuning_schedules
from neuro_data_analysis.simulation.similarity import COLUMNS, make_network, similarities
from neuro_data_analysis.simulation.tuning import (
    EARLIER,
    LATER,
    LEVELS,
    code_halves,
    formatted_evolution,
    hessian_axes,
    images_along_axes,
    schedules,
    simulate_tuning,
)
from neuro_data_analysis.simulation.world import make_world
from neuro_data_analysis.tuning.axes import axes, read_tuning
from neuro_data_analysis.tuning.hessian_recordings import evolved_rates

PARAMETERS = Parameters()

MEDIAN = SiteQuantiles(*[0.5] * len(SiteQuantiles._fields))
"""Of a site in the middle of all distributions."""


@pytest.fixture(scope="module")
def world():
    return make_world(0, PARAMETERS)


@pytest.fixture(scope="module")
def outside():
    return next(schedule for schedule in schedules() if schedule.animal == "Caos")


@pytest.fixture(scope="module")
def evolution(world, outside):
    rng = np.random.default_rng(1)
    return simulate_evolution(outside.evolution, world, PARAMETERS, MEDIAN, rng)


def test_the_recordings_are_the_real_ones():
    found = Counter(schedule.animal for schedule in schedules())
    assert found == {"Alfa": 29, "Beto": 14, "Caos": 7, "Diablito": 5}
    numbers = {(schedule.animal, schedule.number) for schedule in schedules()}
    assert Counter(animal for animal, _ in numbers) == {
        "Alfa": 26,
        "Beto": 14,
        "Caos": 7,
        "Diablito": 5,
    }


def test_each_follows_the_evolution_of_the_same_unit():
    for schedule in schedules():
        if schedule.evolution.Expi is not None:
            paired = descriptors()[schedule.evolution.Expi]
            assert paired.scheduled_name == schedule.evolution.scheduled_name
            assert (paired.channel, paired.unit) == (
                schedule.evolution.channel,
                schedule.evolution.unit,
            )
            assert paired.area == area_of_channel(
                paired.channel, paired.animal, pd.Timestamp("2020-10-01").date()
            )


def test_recordings_outside_the_data_set_come_with_whole_subsets_only():
    assert len(tuning_schedules(resolve_subset("all"))) == 55
    assert len(tuning_schedules(resolve_subset("ci"))) == 14
    assert [s.ephysFN for s in tuning_schedules([26, 155])] == ["Beto-24082020-003-SIM"]


@pytest.mark.parametrize("design", [EARLIER, LATER])
def test_images_lie_on_the_axes_at_the_published_distances(world, design):
    center = np.random.default_rng(0).normal(0, 0.2, 256)
    names, codes = images_along_axes(world.object, center, design, PARAMETERS)
    table = parse_stimulus_names(names)
    assert table["hessian_img"].all()
    assert len(set(names)) == len(names)
    n_axes = sum(map(len, design.ranks.values()))
    assert len(names) == n_axes * len(LEVELS)
    assert (table["lin_dist"] == 0).sum() == n_axes
    scale = PARAMETERS.tuning_range * world.object.space.latent_scale
    moved = np.linalg.norm(codes - center, axis=1)
    np.testing.assert_allclose(moved, scale * table["lin_dist"].abs(), atol=1e-12)
    still = {"class": slice(0, 128), "noise": slice(128, 256)}
    for space, part in still.items():
        of_space = codes[(table["space_name"] == space).to_numpy()]
        np.testing.assert_array_equal(of_space[:, part], np.tile(center[part], (len(of_space), 1)))


def test_axes_are_the_directions_of_largest_change(world):
    center = np.random.default_rng(0).normal(0, 0.2, 256)
    part = code_halves(256)["class"]
    directions = hessian_axes(world.object, center, part)
    np.testing.assert_allclose(directions.T @ directions, np.eye(128), atol=1e-10)

    def change(rank, step=1e-4):
        ends = np.stack([center, center])
        ends[0, part] -= step * directions[:, rank]
        ends[1, part] += step * directions[:, rank]
        features = world.object.features(ends)
        both = np.hstack([features["texture"], features["object"]])
        return np.linalg.norm(both[1] - both[0]) / (2 * step)

    sizes = [change(rank) for rank in (0, 1, 2, 6, 13, 21)]
    assert sizes == sorted(sizes, reverse=True)
    jacobian = world.object.jacobian(center, ("texture", "object"))[:, part]
    expected = np.linalg.svd(jacobian, compute_uv=False)
    np.testing.assert_allclose(sizes[0], expected[0], rtol=1e-4)
    assert change(N_LATENT) < 1e-6 * sizes[0]


def test_a_recording_holds_every_image_as_often_as_designed(world, outside, evolution):
    recording = simulate_tuning(outside, evolution, world, PARAMETERS, np.random.default_rng(2))
    counts = Counter(recording.image_names)
    assert set(counts.values()) == {8, 9}
    assert sum(name.startswith("SIMref") for name in counts) == 10
    assert len(counts) == 19 * 9 + 10
    assert recording.rasters.shape == (sum(counts.values()), 200, len(recording.units))
    assert (recording.rasters[:, :, recording.units == 0] == 0).all()
    channel, unit = outside.evolution.channel, outside.evolution.unit
    tuning = read_tuning(recording, channel, unit)
    assert tuning.unit_name == "91B"
    assert len(list(axes(tuning.trials))) == 19


def test_an_evolution_outside_the_data_set_keeps_its_trials(outside, evolution):
    rng = np.random.default_rng(3)
    record = make_record(evolution, rng)
    recording = formatted_evolution(record, PARAMETERS, rng)
    assert recording.image_names == record.image_names
    blocks = evolved_rates(recording, outside.evolution.channel, outside.evolution.unit)
    first = evolution.blocks[0][1].psth[:, 50:200].mean(axis=1)
    np.testing.assert_allclose(np.sort(blocks[0]), np.sort(first), rtol=1e-6)


def test_both_forms_of_file_are_written(simulation, folders):
    path = formatted_file(folders.formatted, "Beto-24082020-003-SIM")
    with h5py.File(path) as file:
        assert "unitID" not in file["meta"]
    by_year = {schedule.ephysFN: schedule.has_unit_numbers for schedule in schedules()}
    assert by_year["Beto-07092020-003-SIM"]
    recording = read_formatted(path)
    assert recording.row_of(52, 1) == int(np.flatnonzero(recording.channels == 52)[-1])


def test_similarities_are_cosines_that_follow_the_seed(world, evolution):
    network = make_network(0)
    first = similarities(evolution, network, np.random.default_rng(4))
    again = similarities(evolution, network, np.random.default_rng(4))
    assert tuple(first) == COLUMNS
    assert first == again
    assert all(-1 <= value <= 1 for value in first.values())


def test_the_table_of_similarities_is_joined_by_experiment(folders, source):
    from core.contract import fig3

    measured = read_measured(folders.prototypes / "similarity.csv")
    table = source.read(fig3.SIMILARITY).set_index("Expi")
    assert sorted(measured.index) == list(table.index)
    for column in COLUMNS:
        pd.testing.assert_series_equal(
            table[column], measured[column].loc[table.index], check_names=False
        )
    absent = [name for name in table if name.startswith("layer")]
    assert table[absent].isna().all(axis=None)

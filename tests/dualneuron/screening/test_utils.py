"""Statistics of responses against their definitions and scipy; poles; adaptive samples."""

import logging

import numpy as np
import pytest
import torch
from scipy import stats

from core.errors import ArchiveError, MissingFileError, SampleError, SettingError
from dualneuron.screening import (
    compute_population_statistics,
    gini,
    load_poles,
    sample_activations_adaptively,
)
from dualneuron.screening.reading import ordered, screen_facts

N_IMAGES = 50


def gini_by_pairs(x):
    """Mean absolute difference of all pairs over twice the mean."""
    return np.abs(x[:, None] - x).mean() / (2 * x.mean())


@pytest.fixture
def responses():
    """Ascending responses of five units."""
    rng = np.random.default_rng(0)
    return {
        0: np.sort(rng.gamma(0.3, 2.0, N_IMAGES)).astype(np.float32),
        2: np.full(N_IMAGES, 0.75, np.float32),
        3: np.zeros(N_IMAGES, np.float32),
        7: np.sort(rng.gamma(3.0, 2.0, N_IMAGES)).astype(np.float32),
        12: np.linspace(0, 0.4, N_IMAGES, dtype=np.float32),
    }


def write(root, arrays, kind):
    """Arrays of units as a folder or an archive; returns its path."""
    if kind == "npz":
        path = root.with_name(f"{root.name}.npz")
        np.savez_compressed(path, **{str(unit): values for unit, values in arrays.items()})
        return path
    root.mkdir(parents=True)
    for unit, values in arrays.items():
        np.save(root / f"{unit}.npy", values)
    return root


def test_gini_is_half_the_relative_mean_difference():
    x = np.random.default_rng(0).gamma(0.5, size=40)
    assert gini(np.sort(x)) == pytest.approx(gini_by_pairs(x), rel=1e-12)
    assert gini(x) == pytest.approx(gini_by_pairs(x), rel=1e-12)
    assert gini(np.array([1.0, 2.0, 3.0])) == pytest.approx(2 * 14 / 18 - 4 / 3)
    assert gini(np.zeros(4)) == 0.0
    with pytest.raises(SampleError, match="x: expected at least one response"):
        gini(np.array([]))


@pytest.mark.parametrize("kind", ["npy", "npz"])
@pytest.mark.parametrize("name", ["v1_None_rendered_ordered_responses", "responses"])
def test_statistics_of_a_population(responses, tmp_path, kind, name, caplog):
    path = write(tmp_path / name, responses, kind)
    with caplog.at_level(logging.INFO):
        table, active = compute_population_statistics(path)
    assert "Active neurons: 2 / 5 (40.0%)" in caplog.text
    columns = "neuron_id gini skewness mean std range cv max q95 q05"
    assert list(table.columns) == columns.split()
    assert table["gini"].is_monotonic_decreasing
    assert active.tolist() == [0, 7]
    for row in table.to_dict("records"):
        x = responses[row["neuron_id"]].astype(float)
        expected = [gini(x), x.mean(), x.std(), np.ptp(x), x.std() / (x.mean() + 1e-8), x.max()]
        found = [row[name] for name in ("gini", "mean", "std", "range", "cv", "max")]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        assert row["q95"] == pytest.approx(x[46] + 0.55 * (x[47] - x[46]))
        assert row["q05"] == pytest.approx(x[2] + 0.45 * (x[3] - x[2]))
        if np.ptp(x) == 0:
            assert np.isnan(row["skewness"])
        else:
            third = ((x - x.mean()) ** 3).mean()
            assert row["skewness"] == pytest.approx(third / x.std() ** 3)
            assert row["skewness"] == pytest.approx(stats.skew(x))


def test_statistics_by_another_column(responses, tmp_path):
    path = write(tmp_path / "responses", responses, "npy")
    table, active = compute_population_statistics(path, sort_by="mean")
    assert table["neuron_id"].tolist() == [7, 2, 0, 12, 3]
    assert active.tolist() == [7, 0]
    with pytest.raises(SettingError, match=r"sort_by: expected one of gini, skewness, .* 'median'"):
        compute_population_statistics(path, sort_by="median")


@pytest.mark.parametrize("kind", ["npy", "npz"])
@pytest.mark.parametrize("there", ["v4_None_imagenet", "v4_imagenet"])
@pytest.mark.parametrize("asked", ["v4_None_imagenet", "v4_imagenet"])
def test_results_are_found_with_and_without_the_layer_that_is_none(tmp_path, kind, there, asked):
    write(tmp_path / f"{there}_ordered_indices", {5: np.array([1, 0])}, kind)
    assert ordered(tmp_path / f"{asked}_ordered_indices")[5].tolist() == [1, 0]


def test_results_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(MissingFileError, match="expected a folder of npy files, or an npz archive"):
        ordered(tmp_path / "v4_imagenet_ordered_indices")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFileError, match="expected an array for each unit, found none"):
        ordered(tmp_path / "empty")
    (tmp_path / "a.npz").write_bytes(b"PK no archive")
    with pytest.raises(ArchiveError, match=r"a\.npz: expected an npz archive"):
        ordered(tmp_path / "a.npz")
    found = ordered(write(tmp_path / "r", {1: np.ones((2, 2)), 4: np.ones(2)}, "npy"))
    with pytest.raises(SettingError, match="expected one of its 2 units, 1 to 4, found 3"):
        found[3]
    with pytest.raises(SampleError, match=r"numbers for unit 1, found an array \(2, 2\)"):
        found[1]
    (tmp_path / "r" / "4.npy").write_bytes(b"cut")
    with pytest.raises(SampleError, match="expected an array for unit 4"):
        found[4]
    assert screen_facts(tmp_path / "r") == {}


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_poles_are_the_first_and_the_last_images_in_ascending_order(tmp_path, kind):
    images = [(torch.full((1, 2, 2), float(i)), "label") for i in range(6)]
    path = write(tmp_path / "v1_rendered_ordered_indices", {3: np.array([4, 2, 0, 5, 1, 3])}, kind)
    low, high = load_poles(3, images, path, k=2)
    assert (low[:, 0, 0, 0].tolist(), high[:, 0, 0, 0].tolist()) == ([4, 2], [1, 3])
    assert torch.equal(load_poles(3, images, path, k=2, pole="low"), low)
    assert torch.equal(load_poles(3, [i for i, _ in images], path, k=2, pole="high"), high)
    with pytest.raises(SampleError, match="expected 7 images of each end of unit 3, found 6"):
        load_poles(3, images, path, k=7)


def test_a_pole_that_is_none_is_told_before_anything_is_read(tmp_path):
    with pytest.raises(SettingError, match="pole: expected one of low, high, both, found 'top'"):
        load_poles(0, [], tmp_path / "nowhere", pole="top")


def test_adaptive_samples_are_drawn_in_proportion_to_the_steps():
    responses = np.random.default_rng(1).permutation(np.arange(20.0) ** 2)
    indices, ascending, positions = sample_activations_adaptively(responses, 5)
    rng = np.random.default_rng(5)
    steps = np.diff(np.arange(20.0) ** 2)
    drawn = rng.choice(19, 5, p=steps / steps.sum(), replace=False)
    assert positions.tolist() == (drawn + 1).tolist()
    np.testing.assert_array_equal(ascending, np.arange(20.0) ** 2)
    np.testing.assert_array_equal(responses[indices], ascending[positions])


def test_adaptive_samples_never_take_an_image_without_a_step():
    responses = np.array([0.0] * 30 + [1.0] * 30 + [2.0] * 30, np.float32)
    _, _, positions = sample_activations_adaptively(responses, 2)
    assert sorted(positions.tolist()) == [30, 60]


def test_fewer_steps_than_samples():
    responses = np.array([1.0, 1.0, 2.0, 5.0])
    with pytest.raises(SampleError, match="expected 3 steps or more between them, found 2; take"):
        sample_activations_adaptively(responses, 3)
    _, _, positions = sample_activations_adaptively(responses, 3, allow_fewer=True)
    assert sorted(positions.tolist()) == [2, 3]
    with pytest.raises(SampleError, match="found none: all are equal"):
        sample_activations_adaptively(np.ones(9), 3, allow_fewer=True)

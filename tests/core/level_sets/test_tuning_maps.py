"""Tuning maps from trials, smoothing, and how far a signature can be relied on."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import SampleError, SettingError
from core.level_sets import (
    GRID_ANGLES,
    bootstrap_signature,
    grid_vectors,
    interpolate_sphere,
    map_of_trials,
    node_areas,
    permutation_null,
    reliability,
    smooth_harmonics,
    smooth_sphere,
    smoothing_factor,
    split_half,
    topology_signature,
)

GOLDEN = np.load(Path(__file__).parents[2] / "data" / "level_sets.npz")


@pytest.fixture
def noisy():
    return map_of_trials(GOLDEN["noise_trials"])


def test_directions_and_areas_of_nodes_are_those_of_the_reference():
    np.testing.assert_allclose(grid_vectors(), GOLDEN["grid_xyz"], atol=1e-15)
    np.testing.assert_allclose(node_areas(), GOLDEN["nonparam_weights"], atol=1e-15)


def test_the_areas_of_a_whole_sphere_are_4_pi():
    areas = node_areas(np.linspace(-180, 180, 25), np.linspace(-90, 90, 9))
    assert areas.sum() == pytest.approx(4 * np.pi)


def test_means_and_noise_are_those_of_the_reference(noisy):
    np.testing.assert_allclose(noisy.mean, GOLDEN["noise_mean_map"], rtol=1e-12)
    assert noisy.noise_threshold() == pytest.approx(float(GOLDEN["noise_tau"]), rel=1e-12)
    assert smoothing_factor(noisy) == pytest.approx(float(GOLDEN["noise_s_pub"]), rel=1e-12)
    unbiased = smoothing_factor(noisy, ddof=1)
    assert unbiased == pytest.approx(float(GOLDEN["noise_s_unbiased"]), rel=1e-12)


def test_above_the_noise_three_maxima_and_one_minimum_are_left(noisy):
    signature = topology_signature(noisy.mean)
    maxima, _, minima = signature.morse(noisy.noise_threshold())
    assert (maxima, minima) == tuple(GOLDEN["noise_nmax_tau"]) == (3, 1)


def test_the_bootstrap_is_that_of_the_reference(noisy):
    boot = bootstrap_signature(noisy, n_resamples=200, rng=7)
    counts = np.stack([boot.counts.n_branch, boot.counts.n_loop, boot.counts.n_line], axis=2)
    np.testing.assert_array_equal(counts, GOLDEN["noise_boot_sig"])
    for k, name in enumerate(("n_branch", "n_loop", "n_line")):
        np.testing.assert_allclose(boot.mean(name), GOLDEN["noise_boot_mean"][:, k], rtol=1e-12)
        np.testing.assert_allclose(boot.sd(name), GOLDEN["noise_boot_sd"][:, k], rtol=1e-9)
        low, high = boot.interval(name)
        assert (low <= boot.mean(name)).all() or name == "n_branch"
        assert (low <= high).all()
    extrema = np.stack([boot.maxima, boot.minima], axis=1)
    np.testing.assert_array_equal(extrema, GOLDEN["noise_boot_nmax_nmin"])


def test_a_smoothed_bootstrap_has_fewer_maxima(noisy):
    drawn = {"n_resamples": 5, "rng": 0, "tau": 0.0}
    rough = bootstrap_signature(noisy, **drawn)
    smooth = bootstrap_signature(noisy, **drawn, s=smoothing_factor(noisy))
    assert smooth.maps.shape == (5, 181, 181)
    assert smooth.maxima.mean() < rough.maxima.mean()


def test_trials_of_unequal_number_are_drawn_within_their_node():
    trials = [[np.full(1 + (i + j) % 3, 10.0 * i + j) for j in range(11)] for i in range(11)]
    tuned = map_of_trials(trials, topology="plane")
    boot = bootstrap_signature(tuned, n_resamples=3)
    np.testing.assert_array_equal(boot.maps, np.broadcast_to(tuned.mean, boot.maps.shape))


def test_the_trials_of_a_pole_are_pooled_whatever_their_numbers():
    trials = [[[0.0], [1.0], [5.0]], [[3.0, 3.0, 3.0], [1.0], [5.0]], [[6.0], [1.0], [5.0]]]
    angles = [-90, 0, 90]
    assert map_of_trials(trials, angles, angles).mean[:, 0].tolist() == [3.0, 3.0, 3.0]
    on_plane = map_of_trials(trials, angles, angles, topology="plane")
    assert on_plane.mean[:, 0].tolist() == [0.0, 3.0, 6.0]


def test_nodes_without_trials_are_counted_left_out_and_filled_by_the_gaussian_process():
    true = 30 * np.exp(3 * (grid_vectors()[:, :, 0] - 1))
    trials = true[:, :, None] + np.random.default_rng(0).normal(0, 0.5, (11, 11, 6))
    trials[5, 5] = trials[2, 7] = np.nan
    tuned = map_of_trials(trials)
    assert tuned.n_missing == 2
    assert np.isnan(tuned.mean).sum() == 2
    fine = smooth_sphere(tuned, step=18.0)
    np.testing.assert_allclose(fine, true, atol=1.5)
    with pytest.raises(SampleError, match=r"found 2 of 121 nodes without"):
        bootstrap_signature(tuned)
    with pytest.raises(SampleError, match=r"found 2 of 121 that are not"):
        interpolate_sphere(tuned.mean)


def test_with_one_trial_per_node_the_noise_is_unknown():
    tuned = map_of_trials(np.ones((11, 11, 1)))
    with pytest.raises(SampleError, match="noise is unknown"):
        tuned.noise_threshold()
    with pytest.raises(SampleError, match="121 nodes with fewer"):
        split_half(tuned)
    assert smoothing_factor(tuned) == 0


def test_grids_that_contradict_themselves_are_refused():
    with pytest.raises(SampleError, match="expected trials of 11 x 11 nodes"):
        map_of_trials(np.ones((11, 10, 2)))
    with pytest.raises(SampleError, match="theta: expected angles that ascend, found 18 after 18"):
        map_of_trials(np.ones((3, 3, 2)), [0, 18, 18], [-90, 0, 90])
    with pytest.raises(SampleError, match="expected finite responses, found infinite"):
        map_of_trials(np.full((11, 11, 2), np.inf))
    with pytest.raises(SampleError, match="expected at least one trial, found none"):
        map_of_trials(np.full((11, 11, 2), np.nan))
    with pytest.raises(SampleError, match="rows of one length"):
        map_of_trials([[[1.0]], [[1.0], [2.0]]], [0, 1], [0, 1])


@pytest.mark.parametrize("name", ["bump", "two_bumps", "ring", "two_bumps_smooth", "noise_mean"])
def test_the_spline_is_that_of_the_reference(name):
    values = GOLDEN[f"{name.removesuffix('_smooth')}_map"]
    fine = interpolate_sphere(values, float(GOLDEN[f"{name}_s"]), clip=False)
    within = (1e-5 if GOLDEN[f"{name}_s"] > 0 else 1e-8) * np.ptp(values)
    np.testing.assert_allclose(fine[::10, ::10], GOLDEN[f"{name}_interp10"], atol=within)
    signature = topology_signature(np.maximum(fine, 0))
    counts = signature.counts
    found = np.stack([counts.n_branch, counts.n_loop, counts.n_line, counts.b0, counts.b1], 1)
    np.testing.assert_array_equal(found, GOLDEN[f"{name}_interp_sig"])
    assert signature.morse() == tuple(GOLDEN[f"{name}_interp_morse"])


def test_without_smoothing_the_spline_goes_through_the_nodes_and_is_constant_at_the_poles():
    values = GOLDEN["two_bumps_map"]
    fine = interpolate_sphere(values, step=6.0)
    np.testing.assert_allclose(fine[::3, ::3], values, atol=1e-9)
    assert np.ptp(fine[:, 0]) < 1e-12


def test_a_step_that_does_not_divide_the_range_is_refused():
    with pytest.raises(SampleError, match="step: expected a divisor of 180 degrees, found 7"):
        interpolate_sphere(GOLDEN["bump_map"], step=7)
    with pytest.raises(SettingError, match="step: expected a number above 0"):
        interpolate_sphere(GOLDEN["bump_map"], step=0)


def test_a_map_that_ends_before_the_poles_is_refused_by_the_spline():
    with pytest.raises(SampleError, match="phi: expected angles from -90 to 90, found -80 to 80"):
        interpolate_sphere(np.ones((11, 9)), phi=np.arange(-80, 81, 20))


def test_halves_of_trials_without_noise_agree_entirely():
    tuned = map_of_trials(np.repeat(GOLDEN["two_bumps_map"][:, :, None], 4, axis=2))
    halves = split_half(tuned, n_splits=3)
    np.testing.assert_allclose(halves.signature, 1)
    np.testing.assert_allclose(halves.map, 1)


def test_halves_of_pure_noise_do_not_agree():
    noise = map_of_trials(np.random.default_rng(3).normal(size=(11, 11, 10)), topology="plane")
    assert abs(split_half(noise, 50, rng=1).map.mean()) < 0.3


def test_null_maps_keep_the_trials_of_inner_nodes_and_of_poles_apart(noisy):
    [null] = permutation_null(noisy, n_maps=1)
    for columns in (slice(1, -1), [0, -1]):
        before, after = (np.sort(some.trials[:, columns].ravel()) for some in (noisy, null))
        np.testing.assert_array_equal(before, after)
    assert not np.array_equal(null.trials[:, 1:-1], noisy.trials[:, 1:-1])
    np.testing.assert_array_equal(null.n_trials, noisy.n_trials)


def test_a_well_measured_map_is_reliable_and_its_shuffled_trials_are_not():
    true = GOLDEN["two_bumps_map"][:, :, None]
    tuned = map_of_trials(true + 2 * np.random.default_rng(0).normal(size=(11, 11, 20)))
    found = reliability(tuned, n_splits=10, n_nulls=20, rng=0)
    assert found.signature_is_reliable
    assert found.map_is_reliable
    [null] = permutation_null(tuned, n_maps=1, rng=5)
    of_null = reliability(null, n_splits=10, n_nulls=20, rng=0)
    assert not of_null.signature_is_reliable
    assert not of_null.map_is_reliable


def test_a_map_may_be_reliable_where_its_signature_is_not(noisy):
    found = reliability(noisy, n_splits=10, n_nulls=20, rng=0)
    assert found.map_is_reliable
    assert not found.signature_is_reliable


def test_a_turn_of_the_responses_does_not_matter_to_the_gaussian_process(noisy):
    # theta and -theta: the mirror image of the map has the mirror image of the smooth map
    mirrored = map_of_trials(noisy.trials[::-1], -GRID_ANGLES[::-1], GRID_ANGLES)
    both = smooth_sphere(noisy, step=18.0), smooth_sphere(mirrored, step=18.0)[::-1]
    np.testing.assert_allclose(*both, atol=1e-3 * np.ptp(noisy.mean))


def test_harmonics_of_low_degree_are_found_exactly():
    vectors = grid_vectors()
    x, y, z = np.moveaxis(vectors, -1, 0)
    true = 5 + 2 * x - z + 3 * (x * y) + (z**2 - 1 / 3)
    smooth = smooth_harmonics(map_of_trials(true[:, :, None]), degree=4, step=18.0, clip=False)
    np.testing.assert_allclose(smooth, true, atol=1e-4)


def test_harmonics_take_noise_off_and_fill_missing_nodes():
    rng = np.random.default_rng(3)
    true = 40 * np.exp(4 * (grid_vectors()[:, :, 0] - 1))
    trials = true[:, :, None] + rng.normal(0, 8, (11, 11, 4))
    trials[4, 6] = np.nan
    noisy = map_of_trials(trials)
    smooth = smooth_harmonics(noisy, step=18.0)
    inner = np.s_[:, 1:-1]
    noise = np.nanstd((noisy.mean - true)[inner])
    assert np.std((smooth - true)[inner]) < 0.7 * noise
    assert smooth[4, 6] == pytest.approx(true[4, 6], abs=6)
    assert np.ptp(smooth[:, 0]) == 0


def test_harmonics_turn_with_the_map():
    trials = np.random.default_rng(1).gamma(2.0, 5.0, (11, 11, 3))
    trials[:, [0, -1]] = trials[:1, [0, -1]]
    straight = smooth_harmonics(map_of_trials(trials), step=18.0)
    turned = smooth_harmonics(map_of_trials(trials[::-1]), step=18.0)
    np.testing.assert_allclose(turned[::-1], straight, atol=1e-6)

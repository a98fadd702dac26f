"""Fréchet distances: closed forms, streaming, bootstrap, and what is refused."""

import numpy as np
import pytest
from scipy import linalg

from core.errors import MissingFileError, SampleError, StateError
from core.generator_statistics.frechet import (
    FeatureStatistics,
    SavedStatistics,
    bootstrap_error,
    frechet_distance,
    frechet_of_features,
    images_hash,
    load_statistics,
    root_trace,
    save_statistics,
)


def gaussian(covariance, mean=None):
    """Statistics with exactly this mean and covariance."""
    mean = np.zeros(len(covariance)) if mean is None else mean
    return FeatureStatistics.of_moments(2, mean, covariance)


def streamed(features, size):
    found = FeatureStatistics(features.shape[1])
    for start in range(0, len(features), size):
        found.add(features[start : start + size])
    return found


def equicorrelated(dim, variance, r):
    return variance * ((1 - r) * np.eye(dim) + r)


CLOSED = {
    "means differ": (np.eye(3), np.eye(3), (1, 2, 2), 9.0),
    "diagonal": (np.diag([1, 4, 9]), np.diag([4, 1, 0.25]), (0, 0, 0), 8.25),
    "2 x 2": ([[2, 1], [1, 2]], [[3, -1], [-1, 1]], (1, 2), 6.397279504456862),
    "equicorrelated": (
        equicorrelated(50, 1, 0.5),
        equicorrelated(50, 2, 0.1),
        np.zeros(50),
        22.336098028240862,
    ),
}


@pytest.mark.parametrize("case", CLOSED)
def test_gaussians_have_the_distance_of_the_closed_form(case):
    first, second, shift, expected = CLOSED[case]
    found = frechet_distance(gaussian(first), gaussian(second, shift))
    assert found.distance == pytest.approx(expected, rel=1e-12)
    assert found.of_means == pytest.approx(np.square(shift).sum())


def test_it_is_symmetric_and_does_not_change_with_rotation_and_shift(rng):
    a, b = rng.standard_normal((200, 8)) @ rng.standard_normal((8, 8)), rng.random((150, 8))
    rotation = linalg.qr(rng.standard_normal((8, 8)))[0]
    first = frechet_of_features(a, b).distance
    assert frechet_of_features(b, a).distance == pytest.approx(first, rel=1e-10)
    turned = frechet_of_features(a @ rotation + 5, b @ rotation + 5).distance
    assert turned == pytest.approx(first, rel=1e-8)


@pytest.mark.parametrize("size", [1, 7, 64, 3000])
def test_batches_give_what_all_features_at_once_give(rng, size):
    features = rng.standard_normal((300, 12)) * 100 + 1e4
    found = streamed(features, size)
    assert found.n == 300
    np.testing.assert_allclose(found.mean, features.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(features.T), rtol=1e-10, atol=1e-8)


def test_features_are_left_as_they_are(rng):
    features = rng.random((20, 4)).astype(np.float32)
    before = features.copy()
    streamed(features, 7)
    np.testing.assert_array_equal(features, before)


@pytest.mark.parametrize(("n", "dim"), [(100, 512), (40, 8)])
def test_a_set_is_at_distance_0_from_itself_also_where_images_are_few(rng, n, dim):
    features = rng.standard_normal((n, dim)) + 3
    found = frechet_distance(streamed(features, 64), streamed(features, 7))
    trace = streamed(features, 64).trace
    assert abs(found.unclipped) < 1e-8 * trace
    assert abs(frechet_of_features(features, features).unclipped) < 1e-8 * trace


def test_both_ways_to_the_trace_agree_where_images_are_fewer_than_features(rng):
    a, b = rng.standard_normal((60, 200)), rng.standard_normal((80, 200)) * 1.5 + 0.2
    by_covariance = frechet_distance(streamed(a, 64), streamed(b, 64))
    by_products = frechet_of_features(a, b)
    assert by_products.distance == pytest.approx(by_covariance.distance, rel=1e-9)
    assert by_products.note == by_covariance.note != ""


def test_scipys_root_of_a_matrix_gives_the_same(rng):
    a, b = (rng.standard_normal((500, 30)) @ rng.standard_normal((30, 30)) for _ in range(2))
    s1, s2 = np.cov(a.T), np.cov(b.T)
    expected = (
        np.square(a.mean(0) - b.mean(0)).sum()
        + np.trace(s1 + s2)
        - 2 * np.trace(linalg.sqrtm(s1 @ s2).real)
    )
    assert frechet_of_features(a, b).distance == pytest.approx(expected, rel=1e-6)


def test_too_few_images_are_said_and_enough_are_not(rng):
    few = frechet_of_features(rng.random((8, 8)), rng.random((30, 8)))
    assert "8 images of 8 features: the covariance is singular" in few.note
    assert frechet_of_features(rng.random((30, 8)), rng.random((30, 8))).note == ""


def test_the_bias_of_samples_of_one_distribution_follows_its_law():
    dim, n = 64, 2000
    found = [
        frechet_of_features(*np.random.default_rng(seed).standard_normal((2, n, dim))).distance
        for seed in range(8)
    ]
    expected = 2 * dim / n + dim * (dim + 1) / (2 * n)
    assert np.mean(found) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("dim", [4, 300])
def test_the_bootstrap_error_is_the_spread_over_samples(dim):
    """Means of features differ, so that the distance varies with them, whatever their number."""
    pairs = [
        np.random.default_rng(seed).standard_normal((2, 100, dim)) / np.sqrt(dim)
        for seed in range(40)
    ]
    for pair in pairs:
        pair[1, :, 0] += 3
    spread = np.std([frechet_of_features(*pair).distance for pair in pairs], ddof=1)
    errors = [bootstrap_error(*pair, rng=0, n_resamples=40) for pair in pairs[:6]]
    assert np.mean(errors) == pytest.approx(spread, rel=0.35)


def test_both_ways_to_a_bootstrap_error_agree(rng):
    """Features that are repeated and padded with zeros have more of them than images."""
    a, b = rng.standard_normal((50, 6)), rng.standard_normal((50, 6)) + 1
    few = bootstrap_error(a, b, rng=3)
    padded = [np.hstack([x, np.zeros((50, 60))]) for x in (a, b)]
    assert bootstrap_error(*padded, rng=3) == pytest.approx(few, rel=1e-6)


def test_counts_stand_for_repeated_rows(rng):
    features, counts = rng.random((9, 3)), np.array([0, 2, 1, 1, 3, 0, 1, 0, 1])
    weighted, repeated = FeatureStatistics(3), FeatureStatistics(3)
    weighted.add(features, counts)
    repeated.add(np.repeat(features, counts, axis=0))
    np.testing.assert_allclose(weighted.covariance, repeated.covariance)
    assert weighted.n == repeated.n


def test_a_constant_set_has_no_covariance_and_a_distance(rng):
    constant = np.ones((30, 5))
    assert frechet_of_features(constant, constant).distance == 0
    other = rng.standard_normal((400, 5))
    expected = np.square(1 - other.mean(0)).sum() + np.trace(np.cov(other.T))
    assert frechet_of_features(constant, other).distance == pytest.approx(expected)


def test_null_directions_of_a_covariance_count_as_such(rng):
    factor = rng.standard_normal((40, 5))
    covariance = factor @ factor.T
    assert root_trace(covariance, covariance) == pytest.approx(np.trace(covariance), rel=1e-9)


def test_nan_is_refused_with_its_row(rng):
    features = rng.random((3000, 4))
    features[2000, 1] = np.nan
    with pytest.raises(SampleError, match="found NaN or infinity in row 2000"):
        streamed(features, 5000)


def test_other_mistakes_are_told():
    with pytest.raises(SampleError, match="expected at least two images, found 1"):
        frechet_distance(*[streamed(np.ones((1, 3)), 1)] * 2)
    with pytest.raises(SampleError, match="expected sets of 3 numbers an image, found 4"):
        frechet_distance(gaussian(np.eye(3)), gaussian(np.eye(4)))
    with pytest.raises(SampleError, match="expected rows of 3 numbers"):
        FeatureStatistics(3).add(np.ones((2, 4)))
    with pytest.raises(SampleError, match="expected rows of numbers"):
        frechet_of_features(np.ones(4), np.ones(4))


def test_statistics_come_back_from_their_file(tmp_path, rng):
    statistics = streamed(rng.random((30, 4)), 8)
    digest = images_hash(["a", "b"])
    save_statistics(tmp_path / "a.npz", SavedStatistics(statistics, "pixels", "none", digest))
    found = load_statistics(tmp_path / "a.npz")
    assert (found.extractor, found.preprocessing, found.images) == ("pixels", "none", digest)
    assert found.statistics.n == 30
    np.testing.assert_allclose(found.statistics.covariance, statistics.covariance)
    (tmp_path / "b.npz").write_bytes(b"something else")
    with pytest.raises(StateError, match="expected statistics of features"):
        load_statistics(tmp_path / "b.npz")
    with pytest.raises(MissingFileError, match="found none"):
        load_statistics(tmp_path / "c.npz")


@pytest.mark.parametrize("cut", [10, 400, -1])
def test_saved_statistics_that_were_cut_are_refused(tmp_path, cut):
    found = streamed(np.random.default_rng(0).random((30, 4)), 8)
    save_statistics(tmp_path / "a.npz", SavedStatistics(found, "pixels", "none", ""))
    (tmp_path / "b.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:cut])
    with pytest.raises(StateError, match="expected statistics of features"):
        load_statistics(tmp_path / "b.npz")


@pytest.mark.parametrize("mean", [np.full(4, np.nan), np.eye(4)], ids=["NaN", "a matrix"])
def test_moments_that_are_none_are_refused(tmp_path, mean):
    words = {"extractor": "pixels", "preprocessing": "none", "images": ""}
    np.savez(tmp_path / "a.npz", mu=mean, sigma=np.eye(4), n=5, **words)
    with pytest.raises(StateError, match="expected statistics of features"):
        load_statistics(tmp_path / "a.npz")

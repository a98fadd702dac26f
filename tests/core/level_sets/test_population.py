"""Trends over areas, rank tests for counts, and maps of model units."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch
from scipy import stats

from core.errors import CodeError, MissingPackageError, SampleError, ScoreError
from core.generators import SmallGenerator
from core.level_sets import (
    embed_signatures,
    evolution_basis,
    level_curve_images,
    population_trend,
    sample_map,
    sphere_codes,
)
from core.level_sets.contours import contours_at
from core.level_sets.sphere_grid import grid_vectors
from core.statistics import rank_sum, signed_rank

AREAS = ["V1", "V4", "IT"]


def test_a_trend_is_that_of_scipy():
    rng = np.random.default_rng(0)
    area = rng.choice(AREAS, 40)
    values = rng.integers(0, 20, 40) - 4.0 * np.array([AREAS.index(name) for name in area])
    found = population_trend(values, area, AREAS)
    number = [AREAS.index(name) for name in area]
    expected = stats.spearmanr(number, values)
    assert (found.rho, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    groups = [values[area == name] for name in AREAS]
    variance = stats.f_oneway(*groups)
    assert (found.variance.F, found.variance.p) == pytest.approx(tuple(variance))
    assert found.line.slope == pytest.approx(stats.linregress(number, values).slope)
    np.testing.assert_allclose(found.table["mean"], [group.mean() for group in groups])
    np.testing.assert_allclose(found.table["sem"], [stats.sem(group) for group in groups])


def test_maps_without_an_index_and_of_other_areas_do_not_count():
    values, area = [1.0, 2.0, np.nan, 3.0, 9.0], ["V1", "V1", "V4", "IT", "MT"]
    found = population_trend(values, area, AREAS)
    assert found.table["n"].tolist() == [2, 0, 1]
    assert np.isnan(found.table["mean"][1])
    assert found.rho == pytest.approx(np.sqrt(0.75))


def test_a_trend_of_nothing_or_of_equal_values_is_undetermined():
    for values, area in (([], []), ([3.0, 3.0, 3.0, 3.0], ["V1", "V1", "V4", "IT"])):
        found = population_trend(values, area, AREAS)
        assert np.isnan([found.rho, found.p, found.variance.p, found.line.slope]).all()


def test_a_trend_with_too_few_names_or_an_area_named_twice_is_refused():
    with pytest.raises(SampleError, match="a group for each of 2 values, found 1"):
        population_trend([1.0, 2.0], ["V1"], AREAS)
    with pytest.raises(SampleError, match="names each group once"):
        population_trend([1.0], ["V1"], ["V1", "V1"])


def test_rank_sum_has_the_p_of_all_permutations_with_ties():
    first, second = np.array([3, 3, 2, 5, 4]), np.array([1, 3, 2, 2, 1, 1])
    ranks = stats.rankdata(np.concatenate([first, second]))

    def size(x, y):
        return abs(x.mean() - y.mean())

    exact = stats.permutation_test(
        (ranks[:5], ranks[5:]), size, alternative="greater", n_resamples=np.inf
    )
    found = rank_sum(first, second)
    assert found.difference == pytest.approx(exact.statistic)
    assert found.p == pytest.approx(exact.pvalue, abs=4 * np.sqrt(exact.pvalue / 9999))


def test_signed_rank_has_the_p_of_all_signs_with_ties():
    differences = np.array([1, 2, 2, -1, 3, 0, 2, 1, -1, 4])
    ranks = stats.rankdata(np.abs(differences)) * np.sign(differences)
    exact = stats.permutation_test(
        (ranks,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    found = signed_rank(differences)
    assert found.difference == pytest.approx(exact.statistic)
    assert found.p == pytest.approx(exact.pvalue, abs=4 * np.sqrt(exact.pvalue / 9999))


def test_equal_samples_do_not_differ():
    assert rank_sum(np.ones(4), np.ones(5)).p == 1
    assert signed_rank(np.zeros(6)).p == 1


def test_many_measures_share_their_permutations_and_cost_power():
    rng = np.random.default_rng(2)
    first, second = rng.integers(0, 4, (12, 19)), rng.integers(0, 4, (12, 19))
    first[:, 3] += 4
    found = rank_sum(first, second, n_permutations=999)
    assert found.p.shape == (19,)
    assert (found.p_family >= found.p).all()
    assert np.flatnonzero(found.p_family < 0.05).tolist() == [3]


def test_samples_that_cannot_be_compared_are_refused():
    with pytest.raises(SampleError, match="two samples of the same measures"):
        rank_sum(np.ones((3, 2)), np.ones((3, 4)))
    with pytest.raises(SampleError, match="at least one value in each sample"):
        rank_sum(np.ones(3), np.ones(0))
    with pytest.raises(SampleError, match="found 1 NaN"):
        signed_rank(np.array([1.0, np.nan]))
    with pytest.raises(SampleError, match="at least one pair"):
        signed_rank(np.array([]))


def test_subspaces_of_an_evolution_have_orthonormal_axes_and_the_norm_of_its_last_codes():
    rng = np.random.default_rng(0)
    drift = np.linspace(0, 5, 200)[:, None] * np.eye(1, 80)
    codes = drift + rng.normal(size=(200, 80))
    bases, radius = evolution_basis(codes, codes[-20:])
    assert set(bases) == {"PC23", "PC4950", "RND12"}
    for basis in bases.values():
        np.testing.assert_allclose(basis @ basis.T, np.eye(3), atol=1e-10)
        assert basis[0] @ codes[-20:].mean(axis=0) > 0
    assert np.abs(bases["RND12"][1:] @ bases["PC23"].T).max() < 1e-10
    assert radius == pytest.approx(np.linalg.norm(codes[-20:], axis=1).mean())
    centre = sphere_codes(bases["PC23"], radius)[5, 5]
    np.testing.assert_allclose(centre, radius * bases["PC23"][0], atol=1e-12)


def test_an_evolution_of_too_few_codes_has_no_subspaces():
    with pytest.raises(CodeError, match="principal components, found 1"):
        evolution_basis(np.eye(2, 10), np.eye(2, 10))


def test_a_model_unit_sees_every_image_of_the_grid_once():
    generator, seen = SmallGenerator(n=16), []

    def scorer(images):
        seen.append(images)
        return images.mean(dim=(2, 3))

    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 3)))[0].T
    responses = sample_map(generator, scorer, basis, 8.0, batch_size=30)
    assert responses.shape == (11, 11, 3)
    assert sum(map(len, seen)) == 101
    codes = sphere_codes(basis, 8.0)
    for i, j in ((0, 0), (3, 7), (10, 10), (6, 0)):
        image = generator.images(torch.from_numpy(codes[i, j]).float()[None])[0]
        np.testing.assert_allclose(responses[i, j], image.mean(dim=(1, 2)), rtol=1e-5)
    assert (responses[:, 0] == responses[0, 0]).all()


def test_a_scorer_that_gives_other_than_a_score_per_image_is_refused():
    with pytest.raises(ScoreError, match=r"expected 40 scores, found shape \(\)"):
        sample_map(SmallGenerator(n=16), lambda images: images.mean(), np.eye(3, 16), 8.0)


def test_images_along_a_level_curve_lie_on_the_sphere_at_equal_distances():
    angles = np.arange(-90.0, 91.0)
    peak = np.exp(4 * (grid_vectors(angles, angles)[:, :, 0] - 1))
    (curve,) = contours_at(peak, np.exp(4 * (np.cos(0.5) - 1)), angles, angles, "hemisphere")
    images, codes = level_curve_images(
        SmallGenerator(n=16), np.eye(3, 16), 8.0, curve.directions, n=13
    )
    assert len(images) == 13
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 8.0)
    np.testing.assert_allclose(codes[:, 0], 8 * np.cos(0.5), rtol=1e-3)
    steps = np.linalg.norm(np.diff(codes, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-2)
    np.testing.assert_allclose(codes[0], codes[-1], atol=1e-9)


def test_an_embedding_takes_more_than_ten_maps():
    with pytest.raises(SampleError, match=r"more than 10 maps, found shape \(10, 42\)"):
        embed_signatures(np.zeros((10, 42)))


@pytest.mark.filterwarnings("ignore:Tensorflow not installed:ImportWarning")
def test_an_embedding_parts_signatures_that_differ():
    rng = np.random.default_rng(0)
    vectors = np.concatenate([rng.integers(0, 3, (15, 42)), rng.integers(5, 9, (15, 42))])
    if find_spec("umap") is None:
        with pytest.raises(MissingPackageError, match="pip install umap-learn"):
            embed_signatures(vectors)
        return
    found = embed_signatures(vectors)
    assert found.shape == (30, 2)
    apart = np.linalg.norm(found[:15].mean(axis=0) - found[15:].mean(axis=0))
    assert apart > 2 * found[:15].std()

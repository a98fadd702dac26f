"""Codes at a given score, on a peak whose level sets are known."""

import numpy as np
import pytest
import torch

from core.errors import ScoreError, SettingError
from core.generators import Generator
from core.level_sets import find_level_images, rbf_summary

TOP = 8.0

ALONG = torch.tensor([2.0, 1.0, 1.0])


class Plain(Generator):
    """An image of one pixel, whose colour is the code."""

    latent_shape = (3,)

    def sample(self, n=1, *, rng=None):
        raise NotImplementedError

    def visualize(self, codes, *, scale=1.0):
        return codes[:, :, None, None]


def peak(images):
    """Twice as narrow along the first axis."""
    return TOP * torch.exp(-(((images[:, :, 0, 0] * ALONG) ** 2).sum(dim=1)) / 2)


def from_origin(images):
    return images.flatten(1).norm(dim=1)


def search(mode, level, **options):
    settings = {"n": 30, "n_steps": 300, "sigma": 0.5, "distance_weight": 0.3, "unit": TOP}
    return find_level_images(
        Plain(), peak, from_origin, np.zeros(3), level * TOP, mode, **(settings | options)
    )


@pytest.mark.parametrize("mode", ["min", "none", "max"])
def test_scores_reach_their_target(mode):
    found = search(mode, 0.6)
    assert found.within(0.6 * TOP, 0.1 * TOP).mean() > 0.9
    np.testing.assert_allclose(found.scores, peak(torch.from_numpy(found.codes)[:, :, None, None]))


def test_the_nearest_and_farthest_images_of_a_level_are_the_axes_of_its_ellipsoid():
    radius = np.sqrt(-2 * np.log(0.6))
    nearest, farthest = (search(mode, 0.6).distances for mode in ("min", "max"))
    assert np.median(nearest) == pytest.approx(radius / 2, rel=0.15)
    assert np.median(farthest) == pytest.approx(radius, rel=0.15)


def test_images_are_found_at_a_wanted_distance_between_the_two():
    found = search("fix", 0.6, wanted=0.75)
    assert found.within(0.6 * TOP, 0.1 * TOP).mean() > 0.9
    assert np.median(np.abs(found.distances - 0.75)) < 0.03


@pytest.mark.parametrize(("mode", "wanted"), [("fix", None), ("max", 0.5)])
def test_a_wanted_distance_belongs_to_fix_and_to_no_other(mode, wanted):
    with pytest.raises(SettingError, match="wanted: expected a distance for the mode fix"):
        search(mode, 0.6, wanted=wanted)


def test_a_peak_twice_as_long_as_wide_has_a_ratio_of_two():
    samples = {}
    for mode in ("min", "max"):
        found = [search(mode, level) for level in (0.6, 0.7, 0.8)]
        scores = np.concatenate([some.scores for some in found])
        samples[mode] = scores, np.concatenate([some.distances for some in found])
    assert rbf_summary(samples, TOP).ratios["max/min_m"] == pytest.approx(2, rel=0.15)


def test_a_seed_gives_the_same_codes_and_another_seed_others():
    first, same, other = (search("none", 0.5, n_steps=3, rng=rng).codes for rng in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.allclose(first, other)


def test_silent_images_are_kicked_until_they_respond():
    def threshold(images):
        return torch.relu(images[:, 0, 0, 0] - 1.0)

    found = find_level_images(
        Plain(), threshold, from_origin, np.zeros(3), 1.0, "none", sigma=0.1, n_steps=150
    )
    assert found.initial_codes[:, 0].max() < 1
    # a random walk of 150 steps of 0.3 has come as far as 1 in three cases of four
    assert (found.scores > 0).mean() > 0.5


def test_other_modes_and_scores_without_gradient_are_refused():
    with pytest.raises(SettingError, match="expected one of min, none, max, fix, found 'far'"):
        search("far", 0.5)
    with pytest.raises(ScoreError, match="scores with a gradient"):
        find_level_images(
            Plain(), lambda images: peak(images).detach(), from_origin, np.zeros(3), 1.0, "max"
        )
    with pytest.raises(ScoreError, match="expected 40 scores"):
        find_level_images(
            Plain(), lambda images: peak(images)[:3], from_origin, np.zeros(3), 1.0, "max"
        )

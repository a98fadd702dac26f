"""Codes along axes, steps to distances, and the sets of images of Figure 6."""

import numpy as np
import pytest
import torch
from PIL import Image

from core.computing.paths import LERP, SLERP, ExpMap, VecTransport
from core.errors import CodeError, ImageError, PromiseError, SettingError
from core.generators import load_generator
from core.geometry import (
    PixelDistance,
    equidistant_steps,
    metric_tensor,
    save_stimuli,
    steps_to_distances,
    stimulus_set,
    traverse,
)
from core.images import parse_stimulus_names, stimulus_name


def test_golden_paths(golden):
    code, direction = golden["geo_trav_z"], golden["geo_trav_v"]
    np.testing.assert_allclose(traverse(code, direction, 2.5, 7), golden["geo_trav_LExp"])
    np.testing.assert_allclose(
        traverse(code, direction, 0.6, 7, spherical=True), golden["geo_trav_SExp"]
    )
    with pytest.raises(CodeError, match="a part orthogonal to refv, found none"):
        traverse(code, 2 * code, 1, 3, spherical=True)


def test_golden_paths_between_codes_and_tangents(golden):
    z, v, w = (golden[f"geo_trav_{name}"] for name in "zvw")
    np.testing.assert_allclose(LERP(z, w, 5), golden["geo_trav_LERP"])
    np.testing.assert_allclose(SLERP(z, w, 5), golden["geo_trav_SLERP_true"])
    np.testing.assert_allclose(SLERP(z, w, 5, legacy=True), golden["geo_trav_SLERP_ref"])
    np.testing.assert_allclose(VecTransport(z, w, v)[None], golden["geo_trav_transport"])
    tangents = np.stack([v, 0.3 * w])
    np.testing.assert_allclose(ExpMap(z, tangents), golden["geo_trav_ExpMap"])


def bowl(steps):
    """Distances that rise slower below zero."""
    return 1 - np.exp(-((steps / np.where(steps > 0, 2, 3)) ** 2))


def test_golden_steps(golden):
    found = steps_to_distances(bowl, golden["geo_ls_targets"], tolerance=1e-12)
    np.testing.assert_allclose(found.steps[5:], golden["geo_ls_pos"], rtol=1e-8)
    np.testing.assert_allclose(np.abs(found.steps[3::-1]), np.abs(golden["geo_ls_neg"]), rtol=1e-8)
    assert found.steps[4] == found.distances[4] == 0
    assert (np.diff(found.steps) > 0).all()
    np.testing.assert_allclose(found.distances, np.abs(found.targets), atol=1e-12)


def test_targets_out_of_reach_are_not_made_up(golden):
    found = steps_to_distances(
        lambda t: 0.3 * np.tanh(np.abs(t)), golden["geo_ls_targets"], tolerance=1e-12
    )
    np.testing.assert_allclose(found.steps[5:], golden["geo_ls_saturating"], rtol=1e-8)
    assert np.isnan(found.distances[-1])
    near = steps_to_distances(lambda t: np.abs(t) / 100, [0.1, 0.4], max_step=20)
    np.testing.assert_allclose(near.steps[3:], [10, np.nan], rtol=1e-2)


def test_of_several_crossings_the_first_is_taken():
    found = steps_to_distances(lambda t: np.sin(t) ** 2, [0.5], max_step=6, tolerance=1e-10)
    np.testing.assert_allclose(found.steps, [-np.pi / 4, 0, np.pi / 4], rtol=1e-8)


def test_few_measurements_suffice():
    calls = []
    steps_to_distances(lambda t: calls.append(len(t)) or bowl(t))
    assert len(calls) <= 2 * 8


def test_targets_and_distances_that_cannot_be_used():
    for targets in ([], [0, 0.1], [0.2, 0.1]):
        with pytest.raises(SettingError, match="targets: expected finite distances above"):
            steps_to_distances(bowl, targets)
    with pytest.raises(PromiseError, match="finite numbers, found none at step -8"):
        steps_to_distances(lambda t: np.where(t < -7, np.nan, t**2))


@pytest.fixture(scope="module")
def small():
    return load_generator("small", device="cpu")


def test_steps_along_the_steepest_axis_are_the_shortest(small):
    centre = small.sample(1, rng=0)[0].double().numpy()
    metric = metric_tensor(small, centre, PixelDistance())
    steps = [
        equidistant_steps(small, centre, metric.axis(rank), PixelDistance(), [1e-3], tolerance=1e-6)
        for rank in (0, 50, 200)
    ]
    lengths = [found.steps[2] for found in steps]
    assert lengths[0] < lengths[1] < lengths[2]
    predicted = np.sqrt(2e-3 / metric.eigenvalues[-1])
    assert lengths[0] == pytest.approx(predicted, rel=0.02)
    image = small.images(np.stack([centre, centre + lengths[1] * metric.axis(50)]))
    assert float(PixelDistance()(*image.split(1))) == pytest.approx(1e-3, abs=2e-6)


def test_a_set_of_figure_6_for_any_generator(small):
    centre = small.sample(1, rng=1)[0].numpy()
    axes = {"noise": [0, 2], "class": [13]}
    targets = (0.0005, 0.001, 5.0)
    noise, classes = stimulus_set(
        small, centre, PixelDistance(), axes=axes, targets=targets, tolerance=1e-6
    )
    reached = noise.codes[:, 1:6]
    np.testing.assert_array_equal(reached[..., 128:] - centre[128:], 0)
    np.testing.assert_array_equal(classes.codes[0, 1:6, :128] - centre[:128], 0)
    for distances in noise.distances:
        np.testing.assert_allclose(distances[1:6], np.abs(noise.targets[1:6]), atol=1e-6)
    assert np.isnan(noise.steps[:, [0, 6]]).all()
    assert np.isnan(noise.codes[:, [0, 6]]).all()
    moved = noise.codes[1, 4] - centre
    np.testing.assert_allclose(moved[:128], noise.steps[1, 4] * noise.metric.axis(2), atol=1e-6)


def test_sets_are_saved_under_published_names(small, tmp_path):
    centre = small.sample(1, rng=1)[0].numpy()
    axes = {"noise": [0, 2], "class": [13]}
    sets = stimulus_set(small, centre, PixelDistance(), axes=axes, targets=[0.01, 0.02, 5])
    written = save_stimuli(tmp_path, small, sets)
    table = parse_stimulus_names([path.name for path in written])
    assert table["hessian_img"].all()
    assert len(table) == 3 * 5  # those at 5 are out of reach
    assert sorted(set(table["lin_dist"])) == [-0.02, -0.01, 0, 0.01, 0.02]
    assert set(zip(table["space_name"], table["eig_id"], strict=True)) == {
        ("noise", 0),
        ("noise", 2),
        ("class", 13),
    }
    with np.load(tmp_path / "noise_ImDist_root_data.npz") as saved:
        assert saved["vecs_arr"].shape == (2, 7, 256)
        assert saved["xtick_arr"].shape == saved["dsim_arr"].shape == (2, 7)
        assert saved["eiglist"].tolist() == [0, 2]
        np.testing.assert_allclose(saved["targ_val"], [-5, -0.02, -0.01, 0, 0.01, 0.02, 5])
        code = torch.from_numpy(saved["vecs_arr"][0, 3])
    pixels = np.asarray(Image.open(tmp_path / "noise_eig0_lin0.00.jpg"), float)
    expected = small.images(code[None], scale=255)[0].permute(1, 2, 0).numpy()
    assert np.abs(pixels - expected).mean() < 3


def test_names_of_stimuli_are_read_back():
    name = stimulus_name("class", 60, -0.4)
    table = parse_stimulus_names([name])
    assert (name, table["eig_id"][0], table["lin_dist"][0]) == ("class_eig60_lin-0.40", 60, -0.4)
    with pytest.raises(ImageError, match="space: expected class or noise, found 'fc6'"):
        stimulus_name("fc6", 0, 0)

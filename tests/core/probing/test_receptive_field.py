"""Receptive fields against golden vectors, finite differences, and linear networks."""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core.errors import ImageError, LayerError, ReproductionError, SettingError
from core.probing.receptive_field import UNITS_AT_A_TIME
from core.utils.GAN_utils import upconvGAN
from core.utils.grad_RF_estim import (
    GAN_grad_RF_estimate,
    fit_2dgauss,
    get_center_pos_and_rf,
    grad_population_RF_estimate,
    grad_population_RF_estimates,
    grad_RF_estimate,
    grad_RF_estimate_units,
    gradmap2RF_square,
    show_gradmap,
    twoD_Gaussian,
)

LAYER, SIZE = ".features.Conv2d1", (3, 33, 33)
EVERY = slice(None)


@pytest.fixture
def linnet(network):
    return network("linnet")


@pytest.fixture
def golden(golden_networks):
    return {k[3:]: v for k, v in golden_networks.items() if k.startswith("rf.")}


def assert_map(found, expected):
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4 * expected.max(), rtol=0)


@pytest.mark.parametrize("batch", [1, 3])
def test_maps_of_a_linear_network(linnet, golden, batch):
    unit = (EVERY, *golden["lin_unit_pos"].tolist())
    found = grad_RF_estimate(linnet, LAYER, unit, SIZE, show=False, reps=3, batch=batch)
    assert_map(found, golden[f"lin_unit_b{batch}"])
    if batch == 3:
        np.testing.assert_allclose(3 * found, golden["lin_unit_b1"], atol=1e-6)


def test_the_map_of_one_channel(linnet, golden):
    unit = (2, *golden["lin_unit_pos"].tolist())
    assert_map(
        grad_RF_estimate(linnet, LAYER, unit, SIZE, show=False, reps=2), golden["lin_chan2_unit"]
    )


def population(hashed_signed):
    weights = hashed_signed(4000, 6 * 17 * 17).reshape(6, 17, 17)
    weights[:, :5] = 0
    weights[:, :, 12:] = 0
    return weights


def test_the_map_of_a_population(linnet, golden, hashed_signed):
    weights = population(hashed_signed)
    for batch in (1, 2):
        found = grad_population_RF_estimate(
            linnet, LAYER, weights, SIZE, show=False, reps=2, batch=batch
        )
        assert_map(found, golden["lin_popul"])


def test_populations_share_their_noise(linnet, golden, hashed_signed):
    weights = population(hashed_signed)
    stack = np.stack([weights, 2 * weights, np.flip(weights, 0)])
    found = grad_population_RF_estimates(linnet, LAYER, stack, SIZE, reps=2)
    assert_map(found[0], golden["lin_popul"])
    np.testing.assert_allclose(found[1], 2 * found[0], rtol=1e-4, atol=1e-8)


def test_given_inputs_in_place_of_noise(network, golden, hashed_unit):
    inputs = [2 * hashed_unit(4100 + r, 3072).reshape(1, 3, 32, 32) - 1 for r in range(5)]
    inputs = [torch.tensor(image).float() for image in inputs]
    unit = (EVERY, *golden["relu_unit_pos"].tolist())
    found = grad_RF_estimate(
        network("tinynet"), ".features.ReLU5", unit, (3, 32, 32), show=False, inputs=inputs
    )
    assert_map(found, golden["relu_unit_5reps"])
    endless = cycle(inputs)
    found = grad_RF_estimate(
        network("tinynet"), ".features.ReLU5", unit, show=False, reps=5, inputs=endless
    )
    assert_map(found, golden["relu_unit_5reps"])


def test_many_units_at_once_are_each_by_itself(network):
    model = network("tinynet")
    units = [(c, 3, r) for c in range(4) for r in (2, 5)] + [(EVERY, 4, 4)]
    options = {"input_size": (3, 32, 32), "reps": 4}
    together = grad_RF_estimate_units(
        model, ".features.Conv2d4", units, **options, rng=torch.Generator().manual_seed(2)
    )
    for unit, found in zip(units, together, strict=True):
        noise = torch.Generator().manual_seed(2)
        alone = grad_RF_estimate(model, ".features.Conv2d4", unit, show=False, **options, rng=noise)
        assert_map(found, alone)


def test_gradients_taken_together_and_one_by_one(network, monkeypatch):
    model, units = network("tinynet"), [(c, 3, 3) for c in range(6)]
    maps = []
    for at_a_time in (1, 4):
        monkeypatch.setitem(UNITS_AT_A_TIME, "cpu", at_a_time)
        noise = torch.Generator().manual_seed(0)
        maps.append(
            grad_RF_estimate_units(model, ".features.ReLU3", units, (3, 32, 32), reps=3, rng=noise)
        )
    np.testing.assert_allclose(*maps, atol=1e-6)


def test_a_map_is_the_size_of_finite_differences(network):
    model = network("tinynet").double()
    image = 2 * torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)).double() - 1
    expected = np.zeros((8, 8))
    step = 1e-6

    def unit(x):
        return model.features(x)[0, 3, 1, 1].item()

    for channel, row, column in np.ndindex(3, 8, 8):
        moved = torch.zeros_like(image)
        moved[0, channel, row, column] = step
        slope = (unit(image + moved) - unit(image - moved)) / (2 * step)
        expected[row, column] += abs(slope) / 3
    found = grad_RF_estimate(model, ".features", (3, 1, 1), (3, 8, 8), show=False, inputs=[image])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


def test_a_fully_connected_layer(linnet):
    whole = grad_RF_estimate(linnet, ".Linearfc", (EVERY,), SIZE, show=False, reps=1)
    one = grad_RF_estimate(linnet, ".Linearfc", (1, 5, 5), SIZE, show=False, reps=1)
    assert whole.shape == one.shape == (33, 33)
    assert (one > 0).all()


def test_a_silent_unit_is_left_out_where_it_is_silent():
    model = nn.Sequential(nn.Conv2d(3, 1, 1, bias=False), nn.ReLU())
    nn.init.constant_(model[0].weight, 1.0)
    on, off = torch.full((1, 3, 2, 2), 0.5), torch.full((1, 3, 2, 2), -0.5)
    found = grad_RF_estimate(model, ".ReLU1", (0, 0, 0), show=False, inputs=[off, on, off])
    np.testing.assert_allclose(found, [[1, 0], [0, 0]])
    with pytest.raises(LayerError, match=r"found one at 0 \(below 1e-8\) in every repetition"):
        grad_RF_estimate(model, ".ReLU1", (0, 0, 0), show=False, inputs=[off])
    with pytest.raises(SettingError, match="expected at least one repetition, found none"):
        grad_RF_estimate(model, ".ReLU1", (0, 0, 0), show=False, inputs=[])
    assert len(model[1]._forward_hooks) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target_unit": (slice(9, 10), 5, 5)}, r"within the layer's shape \(6, 17, 17\)"),
        ({"target_unit": (1.5, 5, 5)}, "expected a unit of whole numbers"),
        ({"reps": 0}, "reps: expected a whole number of at least 1, found 0"),
        ({"batch": -1}, "batch: expected a whole number of at least 1, found -1"),
        ({"inputs": [torch.full((1, *SIZE), torch.nan)]}, "expected finite gradients"),
        ({"inputs": [torch.rand(3, 33, 33), torch.rand(3, 32, 32)]}, "of one size"),
        ({"inputs": [torch.rand(1, 1, 33, 33)]}, r"to take an input of shape \(1, 1, 33, 33\)"),
        ({"rng": "seed"}, "rng: expected a generator of NumPy or torch or a seed, found 'seed'"),
    ],
)
def test_fields_that_cannot_be_measured(linnet, options, words):
    options = {"target_unit": (2, 5, 5), "reps": 2, **options}
    with pytest.raises(ReproductionError, match=words):
        grad_RF_estimate(
            NotFinite(linnet), ".inner" + LAYER, input_size=SIZE, show=False, **options
        )
    assert not any(module._forward_hooks for module in linnet.modules())


class NotFinite(nn.Module):
    """Squares, so that NaN in the image is NaN in the gradient."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x * x)


def test_a_seed_in_place_of_a_generator_and_an_in_place_first_layer():
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(3, 2, 3))
    options = {"input_size": (3, 9, 9), "show": False, "reps": 2, "rng": 4}
    with torch.inference_mode():
        first = grad_RF_estimate(model, ".Conv2d1", (0, 3, 3), **options)
    np.testing.assert_array_equal(first, grad_RF_estimate(model, ".Conv2d1", (0, 3, 3), **options))


def test_a_layer_that_is_called_twice_gives_its_last_output(network):
    model = network("nestnet")
    unit = (EVERY, 4, 4)
    image = 2 * torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)) - 1
    found = grad_RF_estimate(
        model, ".stages.0.ReLUrelu", unit, show=False, inputs=[image, image.clone()]
    )
    expected = grad_RF_estimate(model, ".stages.Block0", unit, show=False, inputs=[image])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_in_place_layer_behind_does_not_change_the_map():
    conv = nn.Conv2d(3, 4, 3)
    image = 2 * torch.rand(1, 3, 9, 9) - 1
    maps = [
        grad_RF_estimate(model, ".Conv2d0", (EVERY, 3, 3), show=False, inputs=[image])
        for model in (nn.Sequential(conv), nn.Sequential(conv, nn.ReLU(inplace=True)))
    ]
    np.testing.assert_array_equal(*maps)


def test_the_network_is_left_as_it_was(network):
    model = network("tinynet")
    model.train()
    grad_RF_estimate(model, ".Linearfc", (2,), (3, 32, 32), show=False, reps=1)
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    with pytest.raises(
        LayerError, match=r"within the layer's shape \(8, 8, 8\), found \(8, 0, 0\)"
    ):
        grad_RF_estimate(model, ".features.ReLU5", (8, 0, 0), (3, 32, 32), show=False)
    with pytest.raises(
        LayerError, match=r"weights of the layer's shape \(8, 8, 8\), found \(8, 8\)"
    ):
        grad_population_RF_estimate(
            model, ".features.ReLU5", np.ones((8, 8)), (3, 32, 32), show=False
        )
    assert not any(module._forward_hooks for module in model.modules())


def test_maps_on_the_images_of_a_generator(network):
    generator = upconvGAN("norm1", pretrained=False, device="cpu")
    found = GAN_grad_RF_estimate(
        generator, network("tinynet"), ".Linearfc", (2,), (3, 32, 32), show=False, reps=2
    )
    assert found.shape == (32, 32)
    assert found.max() > 0


def test_the_window_of_a_map(golden):
    (x, y) = gradmap2RF_square(golden["lin_unit_b1"], absthresh=1e-8, relthresh=0.01)
    assert [*x, *y] == golden["lin_window"].tolist()


def test_windows_of_boxes(golden):
    value = golden["boxes_value"]
    for i, (n_rows, n_columns, r0, r1, c0, c1) in enumerate(golden["boxes"]):
        gradient_map = np.zeros((n_rows, n_columns))
        gradient_map[r0:r1, c0:c1] = value
        gradient_map[r0, c0] = 0.005
        (x, y) = gradmap2RF_square(gradient_map)
        assert [*x, *y] == golden["boxes_square"][i].tolist()
        (x, y) = gradmap2RF_square(gradient_map, absthresh=1e-8, relthresh=0.001, square=False)
        assert [*x, *y] == golden["boxes_nosquare_rel0.001"][i].tolist()


@settings(max_examples=100, deadline=None)
@given(data=st.data(), size=st.integers(4, 20))
def test_a_square_window_lies_in_a_square_map_and_holds_its_box(data, size):
    ends = [sorted(data.draw(st.sets(st.integers(0, size), min_size=2, max_size=2))) for _ in "xy"]
    gradient_map = np.zeros((size, size))
    (x0, x1), (y0, y1) = ends
    gradient_map[y0:y1, x0:x1] = 1
    x, y = gradmap2RF_square(gradient_map)
    assert x[1] - x[0] == y[1] - y[0] == max(x1 - x0, y1 - y0)
    assert 0 <= x[0] <= x0 < x1 <= x[1] <= size
    assert 0 <= y[0] <= y0 < y1 <= y[1] <= size


@pytest.mark.parametrize("bad", [np.zeros((4, 4)), np.full((4, 4), np.nan), np.ones(4)])
def test_maps_without_a_field(bad):
    with pytest.raises(ImageError, match="expected a gradient map"):
        gradmap2RF_square(bad)
    with pytest.raises(ImageError, match="expected a gradient map"):
        fit_2dgauss(bad)
    with pytest.raises(ImageError, match="values above 5, found a maximum of 1"):
        gradmap2RF_square(np.eye(4), absthresh=5)


def test_the_field_of_the_units_in_the_middle(linnet, golden):
    field = get_center_pos_and_rf(linnet, LAYER, SIZE, reps=2)
    cent_pos, corner, imgsize, x, y = field
    assert [*cent_pos, *x, *y] == golden["lin_center"].tolist()
    assert corner == (x[0], y[0])
    assert imgsize == (x[1] - x[0], y[1] - y[0])
    assert (field.offset, field.size) == ((y[0], x[0]), (y[1] - y[0], x[1] - x[0]))
    assert field[0] == field.cent_pos
    whole = get_center_pos_and_rf(linnet, ".Linearfc", SIZE)
    assert tuple(whole) == (None, (0, 0), (33, 33), (0, 33), (0, 33))


def test_the_gaussian_and_its_fit(golden, tmp_path):
    grid = np.meshgrid(np.arange(31), np.arange(31), indexing="ij")
    amplitude, row, column, sx, sy, theta, offset = golden["gauss_params"]
    found = twoD_Gaussian(grid, amplitude, row, column, sx, sy, theta, offset).reshape(31, 31)
    np.testing.assert_allclose(found, golden["gauss_map"], atol=1e-12)
    fit = fit_2dgauss(golden["gauss_noisy"], "unit", outdir=tmp_path, plot=True)
    np.testing.assert_allclose(fit.fitmap, golden["gauss_fitmap"], atol=1e-4)
    assert (fit.xo, fit["yo"]) == (fit.popt[1], fit.popt[2])
    assert "theta" in dict(fit)
    with pytest.raises(AttributeError, match="expected one of popt, amplitude"):
        _ = fit.sigma
    with np.load(tmp_path / "unit_gradAmpMap_GaussianFit.npz") as file:
        np.testing.assert_array_equal(file["fitmap"], fit.fitmap)
        assert set(file) >= {"popt", "amplitude", "gradAmpmap", "theta"}
    assert len(list(tmp_path.glob("*.png"))) == len(list(tmp_path.glob("*.pdf"))) == 2


def test_a_fit_of_a_map_that_is_not_square(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = np.meshgrid(np.arange(20), np.arange(45), indexing="ij")
    gradient_map = twoD_Gaussian(grid, 2.0, 8.0, 30.0, 2.0, 5.0, 0.0, 0.0).reshape(20, 45)
    fit = fit_2dgauss(gradient_map)
    np.testing.assert_allclose(fit.fitmap, gradient_map, atol=1e-5)
    assert (round(fit.xo, 3), round(fit.yo, 3)) == (8, 30)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_shown_without_a_display(linnet):
    before = plt.get_fignums()
    grad_RF_estimate(linnet, ".Linearfc", (EVERY,), SIZE, reps=1)
    assert show_gradmap(np.eye(4)) is None
    assert plt.get_fignums() == before


def test_figures_of_a_population(linnet, hashed_signed, tmp_path):
    grad_population_RF_estimate(
        linnet, LAYER, population(hashed_signed), SIZE, reps=1, label="pop", figdir=tmp_path / "new"
    )
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["pop_gradAmp_loghist.png", "pop_rawgradAmpMap.png"]

"""The metric of a generator: closed forms, golden vectors, three ways that agree, bad input."""

import numpy as np
import pytest
import torch
from torch import nn

from core.computing.random_source import torch_draws_from
from core.errors import CodeError, ImageError, PromiseError, SettingError
from core.generators import Generator, load_generator
from core.geometry import (
    LocalMap,
    PerceptualDistance,
    PixelDistance,
    leading_metric,
    metric_tensor,
)

METHODS = ("jacobian", "products", "backprop")

by_method = pytest.mark.parametrize("method", METHODS)


def linear(matrix):
    """Images ``A z`` of 3 x 1 x k."""
    return lambda codes: (codes @ matrix.T).reshape(len(codes), 3, 1, -1)


@pytest.fixture
def matrix():
    return torch.from_numpy(np.random.default_rng(0).standard_normal((12, 5)))


@by_method
def test_a_linear_generator_has_twice_its_gram_matrix(matrix, method):
    found = metric_tensor(
        linear(matrix), torch.ones(5).double(), PixelDistance("sum"), method=method
    )
    np.testing.assert_allclose(found.matrix, 2 * matrix.T @ matrix, rtol=1e-12)
    mean = metric_tensor(linear(matrix), torch.ones(5).double(), PixelDistance(), method=method)
    np.testing.assert_allclose(mean.matrix, matrix.T @ matrix / 6, rtol=1e-12)


@by_method
def test_a_quadratic_generator_has_the_gram_matrix_of_its_slope(matrix, method):
    code = torch.tensor([1.0, -2.0, 0.5, 3.0, 1.5], dtype=torch.float64)
    found = metric_tensor(
        lambda codes: linear(matrix)(codes**2), code, PixelDistance("sum"), method=method
    )
    slope = matrix * (2 * code)
    np.testing.assert_allclose(found.matrix, 2 * slope.T @ slope, rtol=1e-12)


def test_a_rotation_of_the_code_leaves_the_spectrum(tanh, distances, golden):
    code = torch.from_numpy(golden["geo_mlp_z"][1])
    rotation = torch.linalg.qr(torch.from_numpy(golden["geo_mlp_H_mse"][0])).Q
    found = metric_tensor(
        lambda codes: tanh(codes @ rotation.T), rotation.T @ code, distances["perc"]
    )
    np.testing.assert_allclose(found.eigenvalues, golden["geo_mlp_eva_perc"][1], rtol=1e-7)


def test_a_null_space_is_found_with_a_wide_jacobian_too(matrix):
    wide = matrix.T[:3]
    found = metric_tensor(linear(wide), torch.ones(12).double(), PixelDistance("sum"))
    assert (found.eigenvalues[:9] == 0).all()
    assert found.eigenvalues[9] > 1
    np.testing.assert_allclose(wide.numpy() @ found.null(9), 0, atol=1e-13)
    np.testing.assert_allclose(found.matrix, 2 * wide.T @ wide, atol=1e-12)


@by_method
@pytest.mark.parametrize("name", ["mse", "perc"])
def test_golden_metrics_of_a_tanh_generator(tanh, distances, golden, name, method):
    for index in (0, 3):
        found = metric_tensor(tanh, golden["geo_mlp_z"][index], distances[name], method=method)
        expected = golden[f"geo_mlp_H_{name}"][index]
        np.testing.assert_allclose(found.matrix, expected, rtol=1e-8, atol=1e-12 * expected.max())
        np.testing.assert_array_equal(found.matrix, found.matrix.T)
        values = golden[f"geo_mlp_eva_{name}"][index]
        np.testing.assert_allclose(found.eigenvalues, values, rtol=1e-8, atol=1e-12 * values.max())


@pytest.mark.parametrize("clamps", [True, False])
def test_golden_metrics_with_and_without_pixels_cut_off(strided, golden, clamps):
    name = "geo_conv_H_mse" if clamps else "geo_conv_H_mse_noclamp"
    for code, expected in zip(golden["geo_conv_z"], golden[name], strict=True):
        found = metric_tensor(strided[clamps], code, PixelDistance())
        np.testing.assert_allclose(found.matrix, expected, rtol=1e-8, atol=1e-14)


def test_the_published_code_gave_this_metric(tanh, distances, golden):
    found = metric_tensor(tanh, golden["geo_mlp_z"][0], distances["mse"], dtype=torch.float32)
    assert (found.dtype, found.matrix.dtype) == ("float32", np.float32)
    np.testing.assert_allclose(found.matrix, golden["geo_mlp_ref_BP_H_mse"], rtol=1e-3, atol=1e-6)


def test_golden_images_and_their_jacobian(tanh, strided, golden):
    codes = torch.from_numpy(golden["geo_mlp_z"])
    np.testing.assert_allclose(tanh(codes), golden["geo_mlp_img"], rtol=1e-12)
    for code, expected in zip(codes, golden["geo_mlp_J"], strict=True):
        around = LocalMap(tanh, code, PixelDistance("sum"))
        np.testing.assert_allclose(around.jvp(torch.eye(8).double()).T, expected, rtol=1e-8)
        pulled = around.vjp(torch.eye(48).double()[:5])
        np.testing.assert_allclose(pulled, expected[:5], rtol=1e-8)
    images = strided[True](torch.from_numpy(golden["geo_conv_z"]))
    np.testing.assert_allclose(images, golden["geo_conv_img"], rtol=1e-12)
    saturated = ((images == 0) | (images == 1)).double().mean((1, 2, 3))
    np.testing.assert_allclose(saturated, golden["geo_conv_saturated"])


def test_the_published_iterations_gave_these_values_and_one_of_them_half(tanh, golden):
    found = leading_metric(
        tanh, golden["geo_mlp_z"][0], PixelDistance(), 4, method="lanczos", rng=0
    )
    ours = np.sort(found.eigenvalues)
    np.testing.assert_allclose(ours, np.sort(golden["geo_mlp_ref_BI_eva_mse"]), rtol=2e-3)
    np.testing.assert_allclose(ours, 2 * np.sort(golden["geo_mlp_ref_FI_eva_mse"]), rtol=2e-2)


@pytest.mark.parametrize("name", ["mse", "perc"])
def test_any_smooth_distance_will_do(tanh, distances, golden, name):
    plain = lambda images, others: distances[name](images, others)  # noqa: E731
    found = metric_tensor(tanh, golden["geo_mlp_z"][2], plain)
    assert found.method == "products"
    expected = golden[f"geo_mlp_H_{name}"][2]
    np.testing.assert_allclose(found.matrix, expected, rtol=1e-8, atol=1e-12 * expected.max())


def test_the_metric_predicts_small_distances(tanh, distances, golden):
    code = torch.from_numpy(golden["geo_mlp_z"][0])
    found = metric_tensor(tanh, code, distances["perc"])
    step = 1e-4 * torch.from_numpy(found.axis(2))
    distance = distances["perc"](tanh(code[None]), tanh((code + step)[None]))
    assert float(distance) == pytest.approx(found.eigenvalues[-3] * 1e-8 / 2, rel=1e-3)


def test_float64_on_request_of_a_generator_in_float32_which_stays_so():
    small = load_generator("small", device="cpu")
    code = small.sample(1, rng=0)
    single = leading_metric(small, code, PixelDistance(), 4, method="lanczos", rng=0)
    double = leading_metric(
        small, code, PixelDistance(), 4, method="lanczos", dtype=torch.float64, rng=0
    )
    assert double.residuals.max() < 1e-10 < single.residuals.max()
    np.testing.assert_allclose(single.eigenvalues, double.eigenvalues, rtol=1e-5)
    assert small.linear.weight.dtype == torch.float32


def test_singular_values_resolve_what_a_formed_matrix_in_float32_cannot():
    scale = torch.logspace(0, -6, 8)
    rotation = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0))).Q
    spread = torch.linalg.qr(torch.randn(24, 8, generator=torch.Generator().manual_seed(1))).Q
    generator = linear((spread * scale) @ rotation)
    exact = 2 * scale.flip(0).double().numpy() ** 2
    code = torch.zeros(8)
    found = metric_tensor(generator, code, PixelDistance("sum"))
    assert (found.eigenvalues >= 0).all()
    np.testing.assert_allclose(found.eigenvalues[2:], exact[2:], rtol=0.05)
    formed = metric_tensor(generator, code, PixelDistance("sum"), method="products")
    assert abs(formed.eigenvalues[2] / exact[2] - 1) > 0.5


@pytest.mark.parametrize("method", ["lanczos", "randomised"])
def test_leading_pairs_are_those_of_the_whole_metric(tanh, distances, golden, method):
    code = golden["geo_mlp_z"][0]
    for distance in (distances["perc"], lambda *pair: distances["perc"](*pair)):
        found = leading_metric(tanh, code, distance, 3, method=method, rng=0)
        expected = golden["geo_mlp_eva_perc"][0][-3:]
        np.testing.assert_allclose(found.eigenvalues, expected, rtol=1e-7)
        top = golden["geo_mlp_evc_perc"][0][:, -3:]
        projector = found.eigenvectors @ found.eigenvectors.T
        np.testing.assert_allclose(projector, top @ top.T, atol=1e-7)
        assert found.residuals.max() < 1e-8


def test_the_seed_decides_the_randomised_pairs(tanh, distances, golden):
    def of(seed):
        return leading_metric(
            tanh, golden["geo_mlp_z"][0], distances["mse"], 2, power=0, rng=seed
        ).eigenvectors

    np.testing.assert_array_equal(of(3), of(3))


def test_little_memory_gives_the_same_metric_in_more_pieces(tanh, distances, golden):
    code = golden["geo_mlp_z"][0]
    whole = LocalMap(tanh, code, distances["perc"])
    one = LocalMap(tanh, code, distances["perc"], memory=5_000)
    assert (one.chunk, whole.chunk) == (1, 64)
    basis = torch.eye(8).double()
    torch.testing.assert_close(one.products(basis), whole.products(basis))
    with pytest.raises(SettingError, match=r"memory: expected at least the .* bytes"):
        LocalMap(tanh, code, distances["perc"], memory=100)


def test_products_are_taken_where_the_jacobian_does_not_fit(golden, distances):
    wide = lambda codes: codes[:, :1, None, None].expand(-1, 3, 100, 100) ** 2  # noqa: E731
    code = torch.ones(64)
    assert metric_tensor(wide, code, PixelDistance()).method == "jacobian"
    assert metric_tensor(wide, code, PixelDistance(), memory=1e6).method == "products"
    with pytest.raises(SettingError, match="products for a distance without features"):
        metric_tensor(wide, code, PixelDistance(), memory=1e6, method="jacobian")


def test_a_position_where_all_channels_are_silent_has_no_slope():
    class Rectified(nn.Module):
        def forward(self, images):
            return [torch.relu(images - 0.5)]

    images = lambda codes: codes.reshape(-1, 3, 1, 2)  # noqa: E731
    code = torch.tensor([0.9, 0.1, 0.6, 0.2, 0.7, 0.3])  # the second pixel is silent
    distance = PerceptualDistance(Rectified(), name="rectified")
    for method in METHODS:
        found = metric_tensor(images, code, distance, method=method)
        assert np.isfinite(found.matrix).all()
        assert (found.matrix[1::2] == 0).all()
        assert found.eigenvalues[-1] > 1


class Noisy(Generator):
    latent_shape = (3,)

    def sample(self, n=1, *, rng=None):
        return torch.zeros(n, 3)

    def visualize(self, codes, *, scale=1.0):
        return codes.reshape(-1, 3, 1, 1) + torch.rand(1)


def as_images(codes):
    return codes.reshape(-1, 3, 1, 1)


@pytest.mark.parametrize(
    ("generator", "error", "message"),
    [
        (lambda z: as_images(z.detach()), PromiseError, r"Tensor\.detach ends the gradient"),
        (lambda z: as_images(z).to(torch.uint8) / 255.0, PromiseError, r"Tensor\.to ends the"),
        (lambda z: torch.from_numpy(as_images(z).numpy()), PromiseError, r"Can't call numpy\(\)"),
        (lambda z: as_images(z).round(), PromiseError, "a derivative of 0 in every direction"),
        (lambda z: torch.ones(len(z), 3, 1, 1), PromiseError, "images that depend on the code"),
        (lambda z: as_images(z) / 0, ImageError, "finite images and features, found 3 of 3"),
        (Noisy(), PromiseError, "the same image from the same code, found another one"),
    ],
)
def test_generators_that_have_no_metric_are_told_why(generator, error, message):
    with pytest.raises(error, match=message):
        metric_tensor(generator, torch.ones(3), PixelDistance())


def test_a_distance_between_equal_images_is_refused():
    with pytest.raises(SettingError, match=r"distance: expected 0 between equal images, found 1"):
        metric_tensor(as_images, torch.ones(3), lambda x, y: (x - y).sum((1, 2, 3)) ** 2 + 1)


def test_a_distance_with_a_kink_is_told_from_a_smooth_one():
    with pytest.raises(PromiseError, match="or the distance has a kink where images are equal"):
        metric_tensor(as_images, torch.ones(3), lambda x, y: (x - y).abs().sum((1, 2, 3)))


def test_codes_and_settings_that_cannot_be_used():
    with pytest.raises(CodeError, match=r"one code of shape \(n,\) or \(1, n\), found \(2, 3\)"):
        metric_tensor(as_images, torch.ones(2, 3), PixelDistance())
    with pytest.raises(CodeError, match="a finite code"):
        metric_tensor(as_images, torch.full((3,), torch.nan), PixelDistance())
    with pytest.raises(SettingError, match="method: expected auto, jacobian"):
        metric_tensor(as_images, torch.ones(3), PixelDistance(), method="BP")
    with pytest.raises(SettingError, match="k: expected at most 3 pairs of a code of 3, found 4"):
        leading_metric(as_images, torch.ones(3), PixelDistance(), 4, rng=0)
    with pytest.raises(SettingError, match="at most 2 pairs"):
        leading_metric(as_images, torch.ones(3), PixelDistance(), 3, method="lanczos", rng=0)
    with pytest.raises(SettingError, match="channel weights of 0 or more, found -1"):
        PerceptualDistance(nn.Identity(), [torch.tensor([1.0, -1.0])], name="odd")


def test_a_network_that_needs_no_download_is_a_distance():
    from core.geometry import network_distance

    with torch_draws_from(0):
        distance = network_distance(pretrained=False, device="cpu")
    code = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0)).flatten()
    images = lambda codes: (code[:2] * codes).sum(1)[:, None] * code  # noqa: E731
    generator = lambda codes: images(codes).reshape(-1, 3, 32, 32)  # noqa: E731
    found = metric_tensor(generator, torch.ones(2), distance, dtype=torch.float64)
    check = metric_tensor(
        generator, torch.ones(2), distance, dtype=torch.float64, method="backprop"
    )
    np.testing.assert_allclose(found.matrix, check.matrix, rtol=1e-8)


def test_a_layer_has_a_metric_like_an_image(tanh, golden):
    hidden = lambda codes: torch.tanh(codes @ tanh.W1.T + tanh.b1)[:, :, None, None]  # noqa: E731
    code = torch.from_numpy(golden["geo_mlp_z"][0])
    found = metric_tensor(hidden, code, PixelDistance("sum"))
    slope = (1 - torch.tanh(tanh.W1 @ code + tanh.b1) ** 2)[:, None] * tanh.W1
    np.testing.assert_allclose(found.matrix, 2 * slope.T @ slope, rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_products_of_biggan_agree_with_each_other_and_with_differences(biggan, dtype):
    around = LocalMap(biggan, biggan.sample(1, rng=0), PixelDistance(), dtype=dtype)
    direction = torch.randn(1, 256, generator=torch.Generator().manual_seed(0)).to(dtype)
    change = around.jvp(direction)
    row = torch.randn(change.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    adjoint = (around.vjp(row) * direction).sum()
    torch.testing.assert_close((change * row).sum(), adjoint, rtol=1e-3, atol=1e-6)
    assert change.dtype == dtype
    if dtype == torch.float64:
        step = 1e-7 * direction[0]
        difference = (around.compared(around.code + step) - around.value) / 1e-7
        assert (difference - change[0]).abs().max() < 1e-5 * change.abs().max()

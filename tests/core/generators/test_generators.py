"""DeePSim, CaffeNet and BigGAN against golden vectors, and the protocol that generators share."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CodeError, ImageError, LayerError, SettingError, WeightsError
from core.generators.biggan import TruncatedNorm, at_truncation
from core.generators.deepsim import ARCHITECTURES
from core.utils.GAN_utils import (
    BigGAN_wrapper,
    Caffenet,
    RGB_mean,
    View,
    load_statedict_from_online,
    loadBigGAN,
    model_urls,
    multiZupconvGAN,
    upconvGAN,
)

LAST_WEIGHT = {"fc6": 60.0, "pool5": 60.0, "norm1": 0.25}

PARAMETERS = {
    "fc6": 56_097_891,
    "fc6_eucl": 56_097_891,
    "fc7": 56_097_891,
    "fc8": 43_416_675,
    "pool5": 12_702_307,
    "conv4": 8_074_147,
    "conv3": 8_074_147,
    "norm2": 1_661_315,
    "norm1": 1_034_499,
}


@pytest.fixture(scope="module", params=sorted(LAST_WEIGHT))
def deepsim(request, fill):
    generator = upconvGAN(request.param, pretrained=False, device="cpu")
    fill(generator.G, LAST_WEIGHT[request.param])
    return generator


@pytest.fixture(scope="module")
def norm1(fill):
    generator = upconvGAN("norm1", pretrained=False, device="cpu")
    fill(generator.G, LAST_WEIGHT["norm1"])
    return generator


@pytest.fixture(scope="module")
def deepsim_codes(deepsim, hashed_signed):
    values = np.sqrt(3) * hashed_signed(1000, 2 * deepsim.latent_dim)
    return values.reshape(2, *deepsim.latent_shape).astype(np.float32)


def layer_outputs(network, run):
    """Output of every child of a Sequential, copied before an in-place layer can rewrite it."""
    outputs = {}
    hooks = [
        child.register_forward_hook(
            lambda _module, _args, output, name=name: outputs.update({name: output.clone()})
        )
        for name, child in network.named_children()
    ]
    run()
    for hook in hooks:
        hook.remove()
    return outputs


def assert_layers(outputs, golden, prefix):
    assert list(outputs) == golden[f"{prefix}.layer_names"].tolist()
    for i, output in enumerate(outputs.values()):
        shape = [*output.shape[1:], 0, 0][:3]
        assert shape == golden[f"{prefix}.layer_shapes"][i].tolist()
        found = output.double().numpy()
        stats = [found.mean(), found.std(), found.ravel()[0], found.ravel()[-1]]
        expected = golden[f"{prefix}.layer_stats"][i]
        np.testing.assert_allclose(stats, expected, rtol=0, atol=1e-4 * expected[1])


def test_every_layer_of_a_deepsim_generator(deepsim, deepsim_codes, golden_networks):
    codes = torch.tensor(deepsim_codes)
    outputs = layer_outputs(deepsim.G, lambda: deepsim(codes))
    assert_layers(outputs, golden_networks, f"gan.{deepsim.name}")


def test_images_of_a_deepsim_generator(deepsim, deepsim_codes, golden_networks):
    golden = {
        key.rpartition(".")[2]: value
        for key, value in golden_networks.items()
        if key.startswith(f"gan.{deepsim.name}.")
    }
    forward = deepsim(torch.tensor(deepsim_codes)).double().numpy()
    atol = 1e-4 * golden["forward_std"].max()
    np.testing.assert_allclose(forward.mean((2, 3)), golden["forward_mean"], atol=atol)
    np.testing.assert_allclose(forward.std((2, 3)), golden["forward_std"], atol=atol)
    images = deepsim.visualize_batch_np(deepsim_codes).numpy()
    assert images.shape == tuple(golden["vis_shape"])
    middle = slice(images.shape[2] // 2 - 8, images.shape[2] // 2 + 8)
    np.testing.assert_allclose(images.mean((2, 3)), golden["vis_mean"], atol=1e-4)
    np.testing.assert_allclose(images.std((2, 3)), golden["vis_std"], atol=1e-4)
    np.testing.assert_allclose(images[:, :, middle, middle], golden["vis_crop"], atol=1e-4)
    np.testing.assert_allclose(images[:, :, :4, :4], golden["vis_corner"], atol=1e-4)
    assert deepsim.codelen == golden["codelen"]
    assert deepsim.latent_shape == tuple(golden["latent_shape"])


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_shapes_and_sizes_of_all_nine(name):
    generator = upconvGAN(name, pretrained=False, device="cpu")
    assert sum(p.numel() for p in generator.parameters()) == PARAMETERS[name]
    codes = generator.sample_vector(2)
    assert codes.shape == (2, *generator.latent_shape)
    size = 240 if name.startswith("norm") else 256
    flat = generator.visualize_batch(codes.flatten(1))
    assert flat.shape == (2, 3, size, size)
    torch.testing.assert_close(flat, generator.visualize_batch(codes))


@pytest.mark.parametrize("name", ["norm1", "norm2", "conv4", "pool5", "fc6", "fc8"])
def test_random_weights_tell_codes_apart(name):
    generator = upconvGAN(name, pretrained=False, device="cpu")
    one, two = generator.visualize_batch(generator.sample_vector(2))
    assert 0.02 < (one - two).abs().mean() < 0.5
    assert one.std() > 0.03


def test_colours_are_rgb_and_the_mean_is_added_after_the_flip(norm1):
    class Constant(torch.nn.Module):
        def forward(self, codes):
            bgr = torch.tensor([10.0, 20.0, 30.0])
            return bgr[None, :, None, None].expand(len(codes), 3, 2, 2)

    generator = upconvGAN("norm1", pretrained=False, device="cpu")
    generator.G = Constant()
    codes = torch.zeros(1, generator.latent_dim)
    assert generator(codes)[0, :, 0, 0].tolist() == [30, 20, 10]
    expected = (torch.tensor([30.0, 20.0, 10.0]) + RGB_mean.flatten()) / 255
    torch.testing.assert_close(generator.visualize(codes)[0, :, 0, 0], expected)
    torch.testing.assert_close(generator.visualize(codes, scale=255)[0, :, 0, 0], 255 * expected)


@settings(max_examples=8, deadline=None)
@given(n=st.integers(0, 5), batch_size=st.integers(1, 7))
def test_batches_do_not_change_the_images(norm1, n, batch_size):
    codes = norm1.sample_vector(n, rng=torch.Generator().manual_seed(0))
    images = norm1.visualize_batch(codes, B=batch_size)
    assert images.shape == (n, 3, 240, 240)
    for code, image in zip(codes, images, strict=True):
        torch.testing.assert_close(norm1.visualize(code)[0], image, atol=1e-5, rtol=0)


def test_rendered_images_are_arrays_of_the_batch(norm1):
    codes = norm1.sample_vector(3).numpy()
    images = norm1.render(codes, scale=255, B=2)
    assert [image.shape for image in images] == [(240, 240, 3)] * 3
    expected = norm1.visualize_batch_np(codes, scale=255)
    np.testing.assert_allclose(np.stack(images), expected.permute(0, 2, 3, 1).numpy(), atol=1e-3)


def test_visualize_is_differentiable_where_it_does_not_clip(norm1):
    code = (0.1 * norm1.sample_vector(1, rng=torch.Generator().manual_seed(1))).double()
    generator = upconvGAN("norm1", pretrained=False, device="cpu").double()
    generator.G.load_state_dict(norm1.G.state_dict())
    code.requires_grad_(True)
    direction = torch.ones_like(code)
    weights = torch.linspace(-1, 1, 3 * 240 * 240, dtype=torch.float64).reshape(1, 3, 240, 240)
    objective = lambda z: (generator.visualize(z) * weights).sum()  # noqa: E731
    (gradient,) = torch.autograd.grad(objective(code), code)
    step = 1e-8
    with torch.no_grad():
        slope = objective(code + step * direction) - objective(code - step * direction)
    np.testing.assert_allclose((gradient * direction).sum(), slope / (2 * step), rtol=1e-4)


def test_the_same_seed_gives_the_same_codes(norm1):
    draws = [norm1.sample_vector(2, rng=torch.Generator().manual_seed(5)) for _ in range(2)]
    torch.testing.assert_close(*draws, rtol=0, atol=0)
    louder = norm1.sample_vector(2, noise_std=3.0, rng=torch.Generator().manual_seed(5))
    torch.testing.assert_close(louder, 3 * draws[0])


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (torch.zeros(2, 100), r"\(B, 96, 27, 27\) or \(B, 69984\), found \(2, 100\)"),
        (torch.zeros(2, 69984, dtype=torch.int64), "floating-point codes .* found torch.int64"),
        (np.full((2, 69984), np.nan, np.float32), "NaN or infinity in code 0"),
        (torch.tensor(1.0), r"found \(\)"),
        (None, "found object"),
        ([[1.0], [1.0, 2.0]], "found rows of different lengths"),
        ([["a"]], "found <U1"),
    ],
)
def test_codes_that_the_generator_does_not_take(norm1, codes, words):
    with pytest.raises(CodeError, match=words):
        norm1.visualize_batch(codes)


def test_codes_of_other_precisions_and_orders(norm1):
    codes = norm1.sample_vector(2, rng=3).flatten(1).numpy()
    expected = norm1.visualize_batch_np(codes)
    for same in (codes.astype(">f4"), codes.astype(np.longdouble), codes[:, ::-1][:, ::-1]):
        torch.testing.assert_close(norm1.visualize_batch_np(same), expected)


def test_counts_that_make_no_sense(norm1):
    for batch_size in (0, 1.5):
        with pytest.raises(CodeError, match="at least one code at a time"):
            norm1.visualize_batch(norm1.sample_vector(1), B=batch_size)
    for n in (-1, 1.5, None):
        with pytest.raises(SettingError, match="expected a number of codes to draw"):
            norm1.sample_vector(n)


def test_a_name_that_no_generator_has():
    with pytest.raises(ValueError, match=r"expected a DeePSim generator, one of norm1.* 'fc9'"):
        upconvGAN("fc9", pretrained=False)
    with pytest.raises(ValueError, match="caffenet"):
        load_statedict_from_online("resnet")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_where_there_is_none(norm1):
    with pytest.raises(SettingError, match="expected cuda, found no CUDA devices"):
        upconvGAN("fc6", pretrained=False, device="cuda")
    with pytest.raises(SettingError, match="expected cuda:1"):
        norm1.sample_vector(device="cuda:1")


def test_every_network_has_one_public_address():
    assert set(model_urls) == {*ARCHITECTURES, "caffenet"}
    assert model_urls["fc6"].endswith("/upconvGAN_fc6.pt")


def test_blending_one_code_with_weight_one_is_the_generator_itself():
    blended = multiZupconvGAN("conv5_1", "fc6", pretrained=False, device="cpu")
    assert blended.c_num == 512
    codes = blended.base.sample(4).reshape(2, 2, 4096)
    alone = torch.zeros(2, 2, 512)
    alone[:, 1] = 1
    expected = blended.base.visualize(codes[:, 1])
    torch.testing.assert_close(blended.visualize(codes, alone), expected)
    with pytest.raises(CodeError, match=r"weights \(B, Z, 512\), found \(2, 2, 4096\) and \(2, 1"):
        blended.visualize(codes, alone[:, :1])
    with pytest.raises(ValueError, match="to blend after, found 'reshape'"):
        multiZupconvGAN("reshape", pretrained=False, device="cpu")


def test_every_layer_of_caffenet(golden_networks, fill, hashed_unit):
    caffenet = Caffenet(pretrained=False, device="cpu")
    fill(caffenet.net)
    c, h, w = np.meshgrid(np.arange(3), np.arange(227), np.arange(227), indexing="ij")
    image = 0.5 + 0.35 * np.sin(0.05 * (c + 1) * h + 0.03 * (c + 2) * w)
    image += 0.3 * (hashed_unit(2000, image.size).reshape(image.shape) - 0.5)
    image = torch.tensor(image[None], dtype=torch.float32)
    np.testing.assert_allclose(image.mean((2, 3)), golden_networks["caffenet.input_mean"], 1e-5)
    outputs = layer_outputs(caffenet.net, lambda: caffenet(image, preproc=True, scale=1))
    assert_layers(outputs, golden_networks, "caffenet")
    logits = caffenet(255 * image, preproc=True, scale=255.0)
    std = golden_networks["caffenet.fc8_mean_std"][1]
    np.testing.assert_allclose(
        logits[:, :20], golden_networks["caffenet.fc8_first20"], atol=1e-4 * std
    )
    assert logits.argmax() == golden_networks["caffenet.argmax"][0]


def test_caffenet_refuses_what_it_does_not_take():
    caffenet = Caffenet(pretrained=False, device="cpu")
    with pytest.raises(ImageError, match=r"expected images \(B, 3, H, W\), found \(1, 1, 9, 9\)"):
        caffenet(torch.rand(1, 1, 9, 9), preproc=True)
    with pytest.raises(LayerError, match="output_layer_idx: expected 1 to 21, found 22"):
        caffenet(torch.rand(1, 3, 227, 227), output_layer_idx=22)


INVERTED_AT = {
    **{"norm1": "norm1", "norm2": "norm2", "conv3": "relu3", "conv4": "relu4", "pool5": "pool5"},
    **{"fc6": "relu6", "fc6_eucl": "relu6", "fc7": "relu7", "fc8": "fc8"},
}
"""Layer of ``Caffenet.net`` whose output each DeePSim generator inverts."""


def test_a_generator_takes_what_the_layer_that_it_inverts_gives():
    caffenet = Caffenet(pretrained=False, device="cpu")
    names = [name for name, _ in caffenet.net.named_children()]
    image = torch.rand(1, 3, 224, 224)
    for name, layer in INVERTED_AT.items():
        until = names.index(layer) + 1
        response = caffenet(image, preproc=True, output_layer_idx=until)
        assert response.shape[1:] == ARCHITECTURES[name][0]


@pytest.fixture(scope="module")
def library_biggan(hashed_signed, hashed_unit, golden_networks):
    from pytorch_pretrained_biggan import BigGAN, BigGANConfig

    model = BigGAN(BigGANConfig(output_dim=128, channel_width=8))
    state = {}
    assert list(model.state_dict()) == golden_networks["biggan.state_keys"].tolist()
    for t, (name, tensor) in enumerate(model.state_dict().items()):
        size, shape = tensor.numel(), tensor.shape
        values = hashed_signed(t, size)
        if name.endswith("weight_orig"):
            values *= np.sqrt(3 / np.prod(shape[1:]))
        elif name == "embeddings.weight":
            values *= 0.5
        elif name.endswith("running_means"):
            values *= 0.1
        elif name.endswith("running_vars"):
            values = 1 + 0.5 * hashed_unit(t, size)
        elif name.endswith("gamma"):
            values = np.full(size, 0.5)
        elif name == "generator.bn.weight":
            values = 4 + 0.1 * values
        elif name.endswith("bias"):
            values *= 0.05
        state[name] = values.reshape(shape)
    for name in [name for name in state if name.endswith("weight_orig")]:
        matrix = state[name].reshape(len(state[name]), -1)
        u = state[name.replace("orig", "u")]
        u = u / np.linalg.norm(u)
        for _ in range(10):
            v = matrix.T @ u
            v /= np.linalg.norm(v)
            u = matrix @ v
            u /= np.linalg.norm(u)
        state[name.replace("orig", "u")], state[name.replace("orig", "v")] = u, v
    model.load_state_dict({k: torch.tensor(v, dtype=torch.float32) for k, v in state.items()})
    return model.eval()


@pytest.fixture(scope="module")
def biggan(library_biggan):
    return BigGAN_wrapper(deepcopy(library_biggan))


@pytest.fixture
def biggan_codes(biggan, hashed_signed):
    noise = 0.7 * np.sqrt(3) * hashed_signed(1000, 256).reshape(2, 128)
    classes = biggan.BigGAN.embeddings.weight.detach().numpy()[:, [207, 985]].T
    return np.concatenate([noise, classes], axis=1).astype(np.float32)


def test_images_of_biggan(biggan, biggan_codes, golden_networks):
    images = biggan.visualize_batch_np(biggan_codes, truncation=0.7).numpy()
    np.testing.assert_allclose(
        images.mean((2, 3)), golden_networks["biggan.vis_mean_0.70"], atol=1e-4
    )
    np.testing.assert_allclose(
        images.std((2, 3)), golden_networks["biggan.vis_std_0.70"], atol=1e-4
    )
    crop = images[:, :, 56:72, 56:72]
    np.testing.assert_allclose(crop, golden_networks["biggan.vis_crop_0.70"], atol=1e-4)


@pytest.mark.parametrize("truncation", [0.02, 0.1, 0.7, 1.0])
def test_stored_truncations_give_what_the_library_gives(
    library_biggan, biggan, biggan_codes, truncation
):
    codes = torch.tensor(biggan_codes)
    with torch.no_grad():
        theirs = library_biggan.generator(codes, truncation)
        ours = biggan(codes, truncation)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


def test_images_change_evenly_between_two_stored_truncations(biggan, biggan_codes):
    codes = torch.tensor(biggan_codes)
    with torch.no_grad():
        images = torch.stack([biggan(codes, 0.70 + 0.001 * step) for step in range(21)])
    steps = (images[1:] - images[:-1]).abs().amax((1, 2, 3, 4))
    assert steps.max() < 3 * steps.median()


def test_only_a_biggan_is_wrapped():
    with pytest.raises(SettingError, match="as load_biggan gives it, found Linear"):
        BigGAN_wrapper(torch.nn.Linear(2, 2))


def test_a_random_biggan_makes_images():
    generator = BigGAN_wrapper(loadBigGAN("biggan-deep-128", pretrained=False, device="cpu"))
    images = generator.visualize_batch(generator.sample_vector(2))
    assert torch.isfinite(images).all()
    assert images.std() > 0.01


def test_statistics_between_two_stored_truncations():
    rows = torch.arange(51.0)[:, None]
    for row in range(1, 51):
        assert at_truncation(rows, row / 50).item() == row
    assert at_truncation(rows, 0.705).item() == pytest.approx(35.25)
    assert at_truncation(rows, 0.001).item() == pytest.approx(0.05)
    for wrong in (0.0, -0.1, 1.2, float("nan")):
        with pytest.raises(SettingError, match="truncation: expected more than 0 and at most 1"):
            at_truncation(rows, wrong)


def test_two_calls_give_the_same_image_even_after_train_was_asked_for(biggan, biggan_codes):
    biggan.train()
    first = biggan.visualize_batch_np(biggan_codes)
    torch.testing.assert_close(first, biggan.visualize_batch_np(biggan_codes), rtol=0, atol=0)
    assert any(isinstance(module, TruncatedNorm) for module in biggan.modules())


def test_codes_of_biggan_are_noise_then_class(biggan):
    codes = biggan.sample_vector(400, class_id=3, rng=torch.Generator().manual_seed(0))
    assert codes.is_contiguous()
    table = biggan.BigGAN.embeddings.weight
    torch.testing.assert_close(codes[:, 128:], table[:, 3].expand(400, 128))
    assert codes[:, :128].std().item() == pytest.approx(0.7, rel=0.02)
    each = biggan.sample_vector(2, class_id=[7, 9])
    torch.testing.assert_close(each[:, 128:], table[:, [7, 9]].T)
    for wrong in (1000, [1, 2, 3], -1, 1.7, [True, False], "207"):
        with pytest.raises(SettingError, match="class_id: expected one class from 0 to 999"):
            biggan.sample_vector(2, class_id=wrong)


def test_generators_share_one_protocol(biggan, norm1):
    for generator in (biggan, norm1):
        codes = generator.sample_vector(2)
        assert codes.shape == (2, *generator.latent_shape)
        images = generator.visualize_batch(codes, scale=2.0, device=None)
        torch.testing.assert_close(images, generator.visualize(codes, scale=2.0))
        arrays = generator.render(codes.numpy(), scale=2.0)
        np.testing.assert_allclose(arrays[1].transpose(2, 0, 1), images[1], atol=1e-5)


def test_the_shape_of_a_view():
    for view in (View(2, 3), View(-1, 2, 3), View((-1, 2, 3))):
        assert view(torch.zeros(4, 6)).shape == (4, 2, 3)


def test_a_configuration_beside_the_weights_is_used(library_biggan, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setenv("NETWORK_WEIGHTS_OFFLINE", "1")
    torch.save(library_biggan.state_dict(), tmp_path / "pytorch_model.bin")
    config = tmp_path / "config.json"
    config.write_text(library_biggan.config.to_json_string())
    model = loadBigGAN("biggan-deep-128", device="cpu")
    torch.testing.assert_close(model.embeddings.weight, library_biggan.embeddings.weight)
    config.write_text("<html>")
    with pytest.raises(WeightsError, match=r"config.json: expected BigGAN's configuration"):
        loadBigGAN("biggan-deep-128", device="cpu")


def test_an_unknown_version_of_biggan():
    with pytest.raises(ValueError, match=r"expected one of biggan-deep-128, .*found 'biggan'"):
        loadBigGAN("biggan")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "n_parameters", "n_tensors"),
    [
        ("biggan-deep-128", 50_388_609, 506),
        ("biggan-deep-256", 55_880_833, 602),
        ("biggan-deep-512", 56_163_905, 698),
    ],
)
def test_the_published_sizes_of_biggan(version, n_parameters, n_tensors):
    model = loadBigGAN(version, pretrained=False, device="cpu")
    assert sum(p.numel() for p in model.parameters()) == n_parameters
    assert len(model.state_dict()) == n_tensors
    size = int(version.rpartition("-")[2])
    generator = BigGAN_wrapper(model)
    assert generator.visualize_batch(generator.sample_vector(1)).shape == (1, 3, size, size)

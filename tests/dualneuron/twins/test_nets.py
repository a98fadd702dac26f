"""Twins without weights: shapes, subsets, derivatives, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import ImageError, PromiseError, SettingError, WeightsError
from dualneuron.twins import (
    V1GrayTaskDriven,
    V4ColorTaskDriven,
    V4GrayTaskDriven,
    load_model,
    model_summary,
)
from dualneuron.twins.convnext import GlobalResponseNorm
from dualneuron.twins.nets import TWIN_MAKERS, default_input
from dualneuron.twins.readout import Readout

from .conftest import waves


@pytest.fixture(scope="module")
def twin():
    return V1GrayTaskDriven(ensemble=True, untrained=True, device="cpu")


@pytest.fixture
def images():
    return 0.13 * torch.randn(6, 1, 93, 93, generator=torch.Generator().manual_seed(1))


def published_convnext(member, images):
    """The V1 core as its description has it, channels first, one step after the other."""
    core = member.core

    def norm(maps, layer):
        mean = maps.mean(1, keepdim=True)
        variance = (maps - mean).square().mean(1, keepdim=True)
        scaled = (maps - mean) / (variance + 1e-6).sqrt()
        return scaled * layer.weight[:, None, None] + layer.bias[:, None, None]

    def pointwise(maps, layer):
        return torch.einsum("oc,bchw->bohw", layer.weight, maps) + layer.bias[:, None, None]

    def gelu(maps):
        return maps * 0.5 * (1 + torch.erf(maps / 2**0.5))

    maps = norm(core.stem.conv(images.repeat(1, 3, 1, 1)), core.stem.norm)
    for block in core.blocks:
        wide = gelu(pointwise(norm(block.dwconv(maps), block.norm), block.pw1))
        size = wide.square().sum((2, 3), keepdim=True).sqrt()
        relative = size / (size.mean(1, keepdim=True) + 1e-6)
        gain = block.grn.weight.reshape(-1, 1, 1)
        wide = gain * (wide * relative) + block.grn.bias.reshape(-1, 1, 1) + wide
        maps = maps + pointwise(wide, block.pw2)
    maps = core.down.conv(norm(maps, core.down.norm))
    scaled = (maps - core.norm.running_mean[:, None, None]) / (
        core.norm.running_var[:, None, None] + 1e-5
    ).sqrt()
    return gelu(scaled * core.norm.weight[:, None, None] + core.norm.bias[:, None, None])


def test_the_core_is_the_one_described(images):
    member = V1GrayTaskDriven(untrained=True, device="cpu", dtype=torch.float64).members[0]
    for parameter in member.core.parameters():
        nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(3))
    images = images[:1].double()
    maps = member.core(images.expand(-1, 3, -1, -1))
    assert maps.shape == (1, 80, 11, 11)
    np.testing.assert_allclose(maps, published_convnext(member, images), rtol=1e-9, atol=1e-9)


def test_the_v4_core_is_torchvisions_resnet():
    from core.computing.torchvision_compat import import_torchvision

    core = V4ColorTaskDriven(untrained=True, device="cpu", dtype=torch.float64).members[0].core
    peer = import_torchvision().models.resnet50(weights=None).double().eval()
    shared = {k: v for k, v in core.state_dict().items() if not k.startswith("norm.")}
    assert peer.load_state_dict(shared, strict=False).unexpected_keys == []
    maps = torch.randn(1, 3, 100, 100, dtype=torch.float64)
    expected = peer.maxpool(peer.relu(peer.bn1(peer.conv1(maps))))
    expected = peer.layer3[0](peer.layer2(peer.layer1(expected)))
    np.testing.assert_allclose(
        core(maps), torch.relu(core.norm(expected)).detach(), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize(
    ("make", "shape", "n_neurons", "n_members"),
    [
        (V1GrayTaskDriven, (1, 93, 93), 458, 5),
        (V4ColorTaskDriven, (3, 100, 100), 394, 5),
        (V4GrayTaskDriven, (1, 100, 100), 1244, 10),
    ],
)
def test_twins_have_the_published_sizes(make, shape, n_neurons, n_members):
    twin = make(ensemble=True, untrained=True, device="cpu")
    responses = twin(torch.zeros(1, *shape), avg=False)
    assert twin.members[0].core(torch.zeros(1, 3, *shape[1:])).shape[2:] == (
        twin.members[0].readout.map_size
    )
    assert responses.shape == (n_members, 1, n_neurons)
    assert (responses >= 0).all()
    assert not twin.training
    assert not any(parameter.requires_grad for parameter in twin.parameters())


def test_the_answer_is_the_mean_of_the_members(twin, images):
    np.testing.assert_allclose(twin(images), twin(images, avg=False).mean(0), rtol=1e-6)
    assert twin(images, avg=False).std(0).min() > 0, "members differ"


def test_the_readout_reads_as_grid_sample_does():
    readout = Readout(7, (5, 4), 30).double()
    torch.manual_seed(0)
    with torch.no_grad():
        readout.mu.uniform_(-1.3, 1.3)
        readout.features.normal_()
        readout.bias.normal_()
    maps = torch.randn(3, 7, 5, 4, dtype=torch.float64)
    grid = readout.mu.clamp(-1, 1).expand(3, -1, -1, -1)
    read = nn.functional.grid_sample(maps, grid, align_corners=True)[..., 0]
    expected = (read * readout.features[0, :, 0]).sum(1) + readout.bias
    np.testing.assert_allclose(readout(maps).detach(), expected.detach(), rtol=1e-10, atol=1e-10)
    assert readout.mu.abs().max() > 1, "places outside are not written back"


def test_neurons_and_one_each_are_columns_of_the_full_answer(twin, images):
    full, ids = twin(images), [5, 457, 0, 5, 33, 148]
    np.testing.assert_allclose(twin(images, neurons=ids), full[:, ids], rtol=2e-6)
    each = twin.one_each(images, ids)
    np.testing.assert_allclose(each, full[torch.arange(6), ids], rtol=2e-6)


def test_centred_neurons_all_read_the_middle(images):
    centred = V1GrayTaskDriven(True, True, True, device="cpu")
    ids = [5, 457, 0, 5, 33, 148]
    member = centred.members[0]
    read = member.core(images.expand(-1, 3, -1, -1))[:, :, 5, 5]
    linear = read @ member.readout.features[0, :, 0] + member.readout.bias
    expected = torch.where(linear > 1, linear, torch.exp(linear - 1))
    np.testing.assert_allclose(member(images.expand(-1, 3, -1, -1)), expected, rtol=1e-5, atol=1e-7)
    each = centred.one_each(images, ids)
    np.testing.assert_allclose(each, centred(images)[torch.arange(6), ids], rtol=2e-6)


def test_one_channel_three_equal_ones_and_none_are_the_same_image(twin, images):
    np.testing.assert_array_equal(twin(images), twin(images.expand(-1, 3, -1, -1)))
    np.testing.assert_array_equal(twin(images), twin(images[:, 0]))


def test_images_of_a_batch_do_not_touch_each_other(twin, images):
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    np.testing.assert_allclose(twin(images)[order], twin(images[order]), rtol=2e-6)
    np.testing.assert_allclose(twin(images)[:1], twin(images[:1]), rtol=2e-6)


# torch's forward derivatives of norms are compiled in a way that torch itself calls outdated
forward_mode = pytest.mark.filterwarnings("ignore:`torch.jit.script` is:DeprecationWarning")


@forward_mode
@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("twin_name", TWIN_MAKERS)
def test_derivatives_agree_with_differences(twin_name, centered):
    make = TWIN_MAKERS[twin_name]
    twin = make(centered=centered, untrained=True, device="cpu", dtype=torch.float64)
    torch.manual_seed(2)
    image, along = (0.2 * torch.randn(2, *twin.image_shape, dtype=torch.float64)).unbind()

    def response(image):
        return twin(image[None], neurons=[3, 100])[0]

    step = 1e-7  # so short that hardly a ReLU switches on the way
    expected = (response(image + step * along) - response(image - step * along)) / (2 * step)
    _, forward = torch.func.jvp(response, (image,), (along,))
    (gradient,) = torch.func.vjp(response, image)[1](torch.tensor([1.0, 0.0], dtype=torch.float64))
    np.testing.assert_allclose(forward, expected, rtol=1e-5, atol=1e-7)
    assert float((gradient * along).sum()) == pytest.approx(float(expected[0]), rel=1e-5, abs=1e-7)


@forward_mode
def test_second_derivatives_and_batched_transforms_exist():
    twin = V1GrayTaskDriven(untrained=True, device="cpu", dtype=torch.float64)
    image = waves().double()[0]
    along = torch.randn_like(image)

    def response(step):
        return twin((image + step * along)[None], neurons=[7])[0, 0]

    zero, step = torch.zeros((), dtype=torch.float64), 1e-4
    second = torch.func.hessian(response)(zero)
    expected = (response(step) - 2 * response(zero) + response(-step)) / step**2
    assert float(second) == pytest.approx(float(expected), rel=1e-4)
    together = torch.func.vmap(response)(torch.tensor([0.0, 0.1], dtype=torch.float64))
    assert float(together[1]) == pytest.approx(float(response(0.1)), rel=1e-10)


def test_a_silent_channel_leaves_every_derivative_finite():
    norm = GlobalResponseNorm(3).double()
    torch.nn.init.ones_(norm.weight)
    maps = torch.randn(1, 4, 4, 3, generator=torch.Generator().manual_seed(0)).double()
    maps[..., 1] = 0
    maps.requires_grad_()
    (first,) = torch.autograd.grad(norm(maps).square().sum(), maps, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), maps)
    assert first.isfinite().all()
    assert second.isfinite().all()
    assert (first[..., 0] != 0).all()


def test_untrained_twins_read_no_file_and_are_the_same_every_time(images, monkeypatch, tmp_path):
    monkeypatch.setenv("DUALNEURON_OFFLINE", "1")
    monkeypatch.setenv("DUALNEURON_DATA", str(tmp_path))
    state = torch.get_rng_state()
    one, two = (V1GrayTaskDriven(True, untrained=True, device="cpu") for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state), "the caller's numbers go on"
    np.testing.assert_array_equal(one(images), two(images))


def test_a_call_in_training_mode_is_refused(images):
    twin = V1GrayTaskDriven(untrained=True, device="cpu").train()
    with pytest.raises(PromiseError, match="expected evaluation mode"):
        twin(images)
    twin.eval()(images)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (torch.zeros(1, 1, 100, 100), r"\(B, 1, 93, 93\) for V1GrayTaskDriven"),
        (torch.zeros(1, 2, 93, 93), r"found a tensor \(1, 2, 93, 93\)"),
        (torch.zeros(93, 93), r"found a tensor \(93, 93\)"),
        (torch.full((1, 1, 93, 93), 200.0), "z-scored images, found values up to 200"),
        (torch.full((1, 1, 93, 93), torch.nan), "found values up to nan"),
        (torch.zeros(1, 1, 93, 93, dtype=torch.uint8), "z-scored images, found torch.uint8"),
    ],
)
def test_images_that_cannot_be_meant_are_refused(image, message):
    twin = V1GrayTaskDriven(untrained=True, device="cpu")
    with pytest.raises(ImageError, match=message):
        twin(image)


@pytest.mark.parametrize("neurons", [[458], [-1], [0.5], [[1]], [True]])
def test_ids_out_of_range_are_refused(twin, images, neurons):
    with pytest.raises(SettingError, match="ids from 0 to 457"):
        twin(images, neurons=neurons)


def test_one_each_takes_one_neuron_an_image(twin, images):
    with pytest.raises(ImageError, match="expected 2 images, one a neuron, found 6"):
        twin.one_each(images, [1, 2])


def test_a_missing_file_is_told_with_its_address_and_the_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("DUALNEURON_OFFLINE", "1")
    monkeypatch.setenv("DUALNEURON_CACHE", str(tmp_path))
    monkeypatch.delenv("DUALNEURON_DATA", raising=False)
    with pytest.raises(
        WeightsError, match=r"v1_convnext_1.*https.*DUALNEURON_OFFLINE.*DUALNEURON_DATA"
    ):
        V1GrayTaskDriven(device="cpu")


def test_a_damaged_file_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "V1GrayTaskDriven" / "v1_convnext_1.pth.tar"
    path.parent.mkdir()
    path.write_bytes(b"x" * 362_145)
    with pytest.raises(WeightsError, match=r"v1_convnext_1.*expected git blob 477fa960"):
        V1GrayTaskDriven(data_dir=tmp_path, device="cpu")


def test_load_model_knows_twins_and_standard_networks():
    assert load_model("v4g", untrained=True, device="cpu").members[0].readout.is_centred
    network = load_model("vgg16_bn", layer="features.3", untrained=True, device="cpu")
    assert network(torch.zeros(default_input("vgg16_bn"))).shape == (1, 64, 224, 224)
    with pytest.raises(SettingError, match="expected one of v1, v4, v4g, vgg16"):
        load_model("v2")


def test_a_summary_lists_every_layer_and_counts_units(capsys):
    model, activations = model_summary("v1", untrained=True, device="cpu")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(activations) + 2
    assert lines[-2].split() == ["members.0.readout", "(1,", "458)", "458"]
    assert not model.training
    counted = sum(int(line.split()[-1]) for line in lines[1:-1])
    assert lines[-1] == f"Total units: {counted}"

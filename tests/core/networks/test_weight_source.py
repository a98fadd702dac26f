"""The switches of weights - folder, trusted, download - hold for every kind of network."""

import io
from collections import OrderedDict

import pytest
import torch
from safetensors.torch import save
from torch import nn

from core.download import RemoteFile
from core.errors import WeightsError
from core.networks import caffenet, efficientnet_lite0, zoo
from core.networks.zoo import load_network
from core.weights import WeightFile


class Kept(dict):
    """A state dict that says of itself what it is; reading it takes a class by its name."""


def small_layers():
    return OrderedDict(conv1=nn.Conv2d(3, 2, 3), relu1=nn.ReLU())


NAMES = {
    "caffenet": "caffenet.pt",
    "efficientnet_lite0": efficientnet_lite0.WEIGHTS.name,
    "resnet10t": "resnet10t.c3_in1k.pt",
    "squeezenet1_1": "squeezenet.pt",
    "resnet50_linf8": "imagenet_linf_8_pure.pt",
}
"""File of one network of every kind."""

FETCHED = ("caffenet", "resnet10t", "squeezenet1_1")
"""Networks whose files have a public home."""


@pytest.fixture(autouse=True)
def small_and_away_from_home(monkeypatch, tmp_path):
    """No weights of this machine are found, and no file has a known checksum."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.delenv("NETWORK_WEIGHTS", raising=False)
    monkeypatch.delenv("NETWORK_WEIGHTS_OFFLINE", raising=False)
    monkeypatch.setattr(caffenet, "_layers", small_layers)
    monkeypatch.setattr(efficientnet_lite0, "WEIGHTS", WeightFile(NAMES["efficientnet_lite0"]))
    monkeypatch.setattr(zoo, "_huggingface_cache", lambda _name: [])
    publish(monkeypatch, "http://127.0.0.1:9/nothing")


def publish(monkeypatch, url):
    """Say that all files lie at one address."""
    remote = RemoteFile(url)
    monkeypatch.setattr(caffenet, "WEIGHT_FILE", WeightFile("caffenet.pt", remote))
    for function, name in (("_timm_file", "resnet10t"), ("_torchvision_file", "squeezenet1_1")):
        file = WeightFile(NAMES[name], remote)
        monkeypatch.setattr(zoo, function, lambda _asked, file=file: file)


def stored(name):
    """State dict of a network with random weights, as its file holds it, and one tensor of it."""
    model = load_network(name, pretrained=False, device="cpu").model
    state = model.net.state_dict() if name == "caffenet" else model.state_dict()
    if name == "efficientnet_lite0":
        state = {stored_name(key): value for key, value in state.items()}
    return dict(state), first_tensor(model)


def stored_name(ours):
    """Name in EfficientNet-Lite0's file of one of our names."""
    for prefix, old in (("stem.conv", "_conv_stem"), ("stem.bn", "_bn0"), ("fc", "_fc"),
                        ("head.conv", "_conv_head"), ("head.bn", "_bn1")):  # fmt: skip
        if ours.startswith(prefix):
            return ours.replace(prefix, old)
    for part, old in (("expand", ("_expand_conv", "_bn0")), ("project", ("_project_conv", "_bn2")),
                      ("depthwise", ("_depthwise_conv", "_bn1"))):  # fmt: skip
        ours = ours.replace(f"{part}.conv", old[0]).replace(f"{part}.bn", old[1])
    return ours.replace("blocks", "_blocks")


def first_tensor(model):
    return next(iter(model.state_dict().values()))


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_looked_at_first(name, tmp_path):
    state, expected = stored(name)
    torch.save(state, tmp_path / NAMES[name])
    model = load_network(name, weights_dir=str(tmp_path), device="cpu").model
    torch.testing.assert_close(first_tensor(model), expected, rtol=0, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_runs_code_is_read_only_where_it_is_trusted(name, tmp_path):
    state, expected = stored(name)
    torch.save(Kept(state), tmp_path / NAMES[name])
    options = {"weights_dir": str(tmp_path), "device": "cpu"}
    with pytest.raises(WeightsError, match="expected tensors only, found a Python object"):
        load_network(name, **options)
    model = load_network(name, trusted=True, **options).model
    torch.testing.assert_close(first_tensor(model), expected, rtol=0, atol=0)


@pytest.mark.parametrize("name", FETCHED)
def test_a_file_is_fetched_once_and_only_where_that_is_allowed(name, server, monkeypatch):
    state, expected = stored(name)
    buffer = io.BytesIO()
    torch.save(state, buffer)

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(buffer.tell()))
        handler.end_headers()
        handler.wfile.write(buffer.getvalue())

    server.answers = [answer]
    publish(monkeypatch, server.url)
    with pytest.raises(WeightsError, match=r"may not be fetched \(allow_download=False\)"):
        load_network(name, allow_download=False, device="cpu")
    assert not server.requests
    for _ in range(2):
        model = load_network(name, device="cpu").model
        torch.testing.assert_close(first_tensor(model), expected, rtol=0, atol=0)
    assert len(server.requests) == 1


def test_the_package_of_lite0_is_not_needed_where_a_folder_has_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(efficientnet_lite0, "PACKAGE", "a_package_of_no_one")
    torch.save(stored("efficientnet_lite0")[0], tmp_path / NAMES["efficientnet_lite0"])
    load_network("efficientnet_lite0", weights_dir=str(tmp_path), device="cpu")
    (tmp_path / NAMES["efficientnet_lite0"]).unlink()
    with pytest.raises(ImportError, match="needs the package a_package_of_no_one"):
        load_network("efficientnet_lite0", weights_dir=str(tmp_path), device="cpu")


def test_safetensors_are_read_from_a_folder_too(tmp_path, monkeypatch):
    state, expected = stored("resnet10t")
    file = WeightFile("resnet10t.safetensors")
    monkeypatch.setattr(zoo, "_timm_file", lambda _name: file)
    (tmp_path / file.name).write_bytes(save(state))
    model = load_network("resnet10t", weights_dir=str(tmp_path), device="cpu").model
    torch.testing.assert_close(first_tensor(model), expected, rtol=0, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_is_none_is_refused(name, tmp_path):
    with pytest.raises(WeightsError, match="nowhere: expected a folder with"):
        load_network(name, weights_dir=str(tmp_path / "nowhere"), device="cpu")

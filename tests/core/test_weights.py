"""Weight files: where they are looked for, what is checked, and what is refused."""

import hashlib
import io
import os
import warnings
from argparse import Namespace
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from core import weights
from core.computing.torchvision_compat import import_torchvision
from core.download import RemoteFile, mismatch
from core.errors import WeightsError
from core.generators.deepsim import HOST
from core.networks.caffenet import WEIGHT_FILE
from core.networks.zoo import _without_old_names, load_network
from core.utils.GAN_utils import loadBigGAN, upconvGAN
from core.weights import Home, WeightFile, load_strictly, locate, read_state

VARIABLE, OFFLINE = "TEST_WEIGHTS", "TEST_WEIGHTS_OFFLINE"


def saved(value, **form):
    buffer = io.BytesIO()
    torch.save(value, buffer, **form)
    return buffer.getvalue()


BODY = saved({"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.zeros(2)})
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    return Home(VARIABLE, OFFLINE, lambda: tmp_path / "cache")


@pytest.fixture
def serve(server):
    def serve(body=BODY):
        def answer(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        server.answers = [answer]
        return server

    return serve


def weight_file(home, server=None, **known):
    remote = RemoteFile(server.url, **known) if server else None
    return WeightFile("net.pt", remote, aliases=("old/net.pt",), home=home)


def test_a_file_is_fetched_once_and_then_found_in_the_cache(home, serve, tmp_path):
    file = weight_file(home, serve(), sha256=SHA, size=len(BODY))
    path = locate(file)
    assert path == tmp_path / "cache" / "net.pt"
    assert locate(file) == path
    assert len(serve().requests) == 1
    assert read_state(path)["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_named_folders_come_before_the_cache(home, tmp_path, monkeypatch):
    file = weight_file(home)
    places = {}
    for folder, name in (("argument", "net.pt"), ("variable", "old/net.pt"), ("cache", "net.pt")):
        places[folder] = tmp_path / folder / name
        places[folder].parent.mkdir(parents=True)
        places[folder].write_bytes(BODY)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "variable"))
    assert locate(file, folder=tmp_path / "argument") == places["argument"]
    assert locate(file) == places["variable"]
    monkeypatch.delenv(VARIABLE)
    assert locate(file) == places["cache"]
    places["cache"].unlink()
    assert locate(file, others=[places["argument"]]) == places["argument"]


def test_a_checksum_that_nobody_published_is_remembered(home, serve):
    path = locate(weight_file(home, serve()))
    assert path.with_name("net.pt.sha256").read_text().split() == [SHA, "net.pt"]
    path.write_bytes(BODY[:-1] + b"x")
    with pytest.raises(WeightsError, match=f"expected SHA-256 {SHA}, found .* remove it"):
        locate(weight_file(home, serve()))


def test_a_damaged_file_is_named_and_kept(home, serve, tmp_path):
    damaged = tmp_path / "cache" / "net.pt"
    damaged.parent.mkdir()
    damaged.write_bytes(BODY[:100])
    with pytest.raises(WeightsError, match=f"{damaged}: expected {len(BODY)} bytes, found 100"):
        locate(weight_file(home, serve(), size=len(BODY)))
    assert damaged.read_bytes() == BODY[:100]


def test_the_message_names_file_address_and_variable(home, serve, monkeypatch, tmp_path):
    file = weight_file(home, serve(b"short"), sha256=SHA)
    with pytest.raises(WeightsError, match=rf"net.pt: {file.remote.url}: .*{VARIABLE}"):
        locate(file)
    with pytest.raises(WeightsError, match=r"may not be fetched \(allow_download=False"):
        locate(file, allow_download=False)
    monkeypatch.setenv(OFFLINE, "1")
    with pytest.raises(WeightsError, match=rf"may not be fetched \({OFFLINE} is set.*{VARIABLE}"):
        locate(file)
    with pytest.raises(WeightsError, match="it has no public address"):
        locate(weight_file(home))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(WeightsError, match=f"nowhere: expected the folder that {VARIABLE} names"):
        locate(file)
    with pytest.raises(WeightsError, match=r"expected a folder with net\.pt"):
        locate(file, folder=tmp_path / "nowhere")


class Hostile:
    def __reduce__(self):
        return os.system, ("touch hacked",)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(saved({"weight": Hostile()}), id="code in a tensor's place"),
        pytest.param(saved(Hostile()), id="code"),
        pytest.param(BODY[: len(BODY) // 2], id="half a file"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>not found</html>", id="web page"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", id="pointer"),
        pytest.param(saved([1, 2, 3]), id="a list"),
        pytest.param(saved({"weight": "text"}), id="text in a tensor's place"),
        pytest.param(saved({"net": {"weight": torch.zeros(2)}}), id="nested"),
        pytest.param(saved({1: torch.zeros(2)}), id="numbers in the place of names"),
        pytest.param(saved({"weight": torch.zeros(2, 2).to_sparse()}), id="sparse"),
        pytest.param(b"junk", id="junk"),
        pytest.param(b"Rate limit", id="rate limit"),
    ],
)
def test_files_that_are_no_weights_are_refused(body, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.pt"
    path.write_bytes(body)
    with pytest.raises(
        WeightsError, match=r"net.pt: expected (tensors only|a file of weights|a st)"
    ):
        read_state(path)
    assert not (tmp_path / "hacked").exists()


TENSORS = {"weight": torch.arange(2.0), "bias": torch.zeros(1)}


def program():
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 1), torch.zeros(1, 2)), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (lambda: saved({**TENSORS, "best": np.float64(0.7)}), r"a NumPy value \(numpy\.[\w.]+\)"),
        (lambda: saved({**TENSORS, "mean": np.zeros(3)}), r"a NumPy value \(numpy\.[\w.]+\)"),
        (lambda: saved(torch.nn.Linear(2, 1)), r"a whole network \(torch\.nn\.modules\.linear\.L"),
        (lambda: saved({"state_dict": TENSORS, "args": Namespace(lr=1)}), r"\(argparse\.Namespace"),
        (lambda: saved(Hostile()), r"a Python object \(posix\.system\)"),
        (lambda: saved(TENSORS, pickle_protocol=4), "a pickle of protocol 4 or later"),
        (program, r"a program \(TorchScript\)"),
    ],
)
def test_what_is_no_tensor_is_named_with_a_way_out(body, what, tmp_path):
    path = tmp_path / "net.pt"
    path.write_bytes(body())
    with pytest.raises(
        WeightsError, match=f"net.pt: expected tensors only, found .*{what}"
    ) as found:
        read_state(path)
    words = str(found.value)
    assert words.endswith("load it and save its state_dict(), the tensors alone.")
    assert "weights_only" not in words
    assert words.isprintable()


@pytest.mark.parametrize(
    "content",
    [
        TENSORS,
        {f"module.{name}": tensor for name, tensor in TENSORS.items()},
        {"state_dict": TENSORS, "epoch": 3, "arch": "net", "optimizer": {"state": {0: TENSORS}}},
        {"state_dict": OrderedDict((f"module.{k}", v) for k, v in TENSORS.items()), "epoch": 3},
    ],
)
@pytest.mark.parametrize("form", [{}, {"pickle_protocol": 3}])
def test_a_checkpoint_of_training_gives_the_networks_own_names(content, form, tmp_path):
    path = tmp_path / "net.pt"
    path.write_bytes(saved(content, **form))
    found = read_state(path)
    assert list(found) == ["weight", "bias"]
    torch.testing.assert_close(found, TENSORS)


def test_only_a_wrapper_around_all_names_is_taken_off(tmp_path):
    path = tmp_path / "net.pt"
    path.write_bytes(saved({"module.weight": torch.zeros(1), "bias": torch.zeros(1)}))
    assert list(read_state(path)) == ["module.weight", "bias"]


def test_a_generator_is_read_from_a_checkpoint_of_parallel_training(tmp_path):
    source = upconvGAN("norm1", pretrained=False, device="cpu")
    state = {f"module.{name}": tensor for name, tensor in source.G.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 90}, tmp_path / "upconvGAN_norm1.pt")
    loaded = upconvGAN("norm1", device="cpu", weights_dir=tmp_path)
    torch.testing.assert_close(loaded.G.state_dict(), source.G.state_dict())


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=64))
def test_no_bytes_at_all_make_reading_fail_in_another_way(tmp_path_factory, body):
    path = tmp_path_factory.mktemp("weights") / "net.pt"
    path.write_bytes(body)
    with pytest.raises(WeightsError):
        read_state(path)


def test_files_that_cannot_be_read(home, tmp_path):
    with pytest.raises(WeightsError, match="expected a file of weights, found none"):
        read_state(tmp_path / "nothing.pt")
    (tmp_path / "cache" / "net.pt").mkdir(parents=True)
    with pytest.raises(WeightsError, match="expected a file of weights, found a folder"):
        locate(weight_file(home))


def test_a_cache_that_cannot_be_written(serve, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "file").touch()
    home = Home(VARIABLE, OFFLINE, lambda: tmp_path / "file" / "cache")
    with pytest.raises(WeightsError, match=rf"net.pt: .*expected to write.*{VARIABLE}"):
        locate(weight_file(home, serve(), sha256=SHA))


def test_an_unreadable_record_is_no_record(home, serve):
    path = locate(weight_file(home, serve()))
    path.with_name("net.pt.sha256").write_bytes(b"\xff\xfe")
    assert locate(weight_file(home, serve())) == path


def test_a_file_is_hashed_once_in_a_process_and_again_when_it_has_changed(
    home, tmp_path, monkeypatch
):
    hashed = []

    def counting(path, expected):
        hashed.append(path)
        return mismatch(path, expected)

    monkeypatch.setattr(weights, "mismatch", counting)
    path = tmp_path / "net.pt"
    path.write_bytes(BODY)
    file = WeightFile("net.pt", RemoteFile("", sha256=SHA), home=home)
    for _ in range(3):
        assert locate(file, folder=tmp_path) == path
    assert len(hashed) == 1
    other = WeightFile("net.pt", RemoteFile("", sha256="0" * 64), home=home)
    with pytest.raises(WeightsError, match=f"expected SHA-256 {'0' * 64}, found {SHA}"):
        locate(other, folder=tmp_path)
    changed = tmp_path / "changed"
    changed.write_bytes(BODY[:-1] + b"!")
    os.utime(changed, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    changed.replace(path)
    with pytest.raises(WeightsError, match=f"expected SHA-256 {SHA}, found"):
        locate(file, folder=tmp_path)


def test_nothing_is_no_file(home, serve):
    with pytest.raises(WeightsError, match="expected the file, found no bytes"):
        locate(weight_file(home, serve(b"")))


def test_looking_for_weights_costs_no_random_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("NETWORK_WEIGHTS", str(tmp_path))
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    with pytest.raises(WeightsError):
        load_network("resnet50_linf8", device="cpu")
    load_network("efficientnet_lite0", device="cpu")
    torch.testing.assert_close(torch.rand(3), expected)


def test_a_trusted_file_may_hold_objects(tmp_path):
    path = tmp_path / "net.pt"
    torch.save({"weight": torch.nn.Parameter(torch.ones(2))}, path)
    assert read_state(path, trusted=True)["weight"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight": None}, "missing: weight"),
        ({"extra": torch.zeros(1)}, "not expected: extra"),
        ({"weight": torch.zeros(3, 2)}, r"weight has shape \(3, 2\) instead of \(2, 3\)"),
        ({"bias": torch.full((2,), float("nan"))}, "bias holds values that are not finite"),
        ({"bias": torch.full((2,), 1e300, dtype=torch.float64)}, "bias holds values that are not"),
        ({"bias": torch.ones(2, dtype=torch.bool)}, r"bias holds values of torch\.bool"),
    ],
)
def test_weights_of_another_network_are_not_loaded(change, words):
    linear = torch.nn.Linear(3, 2)
    before = linear.weight.clone()
    state = {k: v for k, v in (linear.state_dict() | change).items() if v is not None}
    with pytest.raises(WeightsError, match=f"net.pt: expected the weights of Linear.*{words}"):
        load_strictly(linear, state, "net.pt")
    torch.testing.assert_close(linear.weight, before)


def test_deepsim_reads_names_with_a_superfluous_part(tmp_path, monkeypatch):
    monkeypatch.setenv("NETWORK_WEIGHTS", str(tmp_path))
    source = upconvGAN("norm1", pretrained=False, device="cpu")
    state = {k.replace("Rconv6.", "Rconv6.1."): v for k, v in source.G.state_dict().items()}
    for place in ("upconvGAN_norm1.pt", "upconv/norm1/generator_state_dict.pt"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, path)
        loaded = upconvGAN("norm1", device="cpu")
        path.unlink()
        for name, tensor in source.G.state_dict().items():
            torch.testing.assert_close(loaded.G.state_dict()[name], tensor, rtol=0, atol=0)
    assert not any(p.requires_grad for p in loaded.parameters())


def test_deepsim_without_network_and_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setenv("NETWORK_WEIGHTS_OFFLINE", "1")
    words = rf"upconvGAN_fc6.pt: expected in .*{HOST}upconvGAN_fc6.pt.*NETWORK_WEIGHTS"
    with pytest.raises(WeightsError, match=words):
        upconvGAN("fc6", device="cpu")
    assert WEIGHT_FILE.aliases[0] == "upconvGAN_caffenet.pt"


@pytest.mark.slow
def test_biggan_is_read_from_every_place_it_may_lie_in(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setenv("NETWORK_WEIGHTS_OFFLINE", "1")
    monkeypatch.setenv("PYTORCH_PRETRAINED_BIGGAN_CACHE", str(tmp_path / "library"))
    with pytest.raises(WeightsError, match=r"biggan-deep-128-pytorch_model.bin.*NETWORK_WEIGHTS"):
        loadBigGAN("biggan-deep-128", device="cpu")
    source = loadBigGAN("biggan-deep-128", pretrained=False, device="cpu")
    url = "https://s3.amazonaws.com/models.huggingface.co/biggan/biggan-deep-128-pytorch_model.bin"
    hashed = hashlib.sha256(url.encode()).hexdigest() + "." + "0" * 64
    folders = {
        "library": hashed,
        "hub": "biggan-deep-128-pytorch_model.bin",
        "hub/checkpoints": "biggan-deep-128-pytorch_model.bin",
        "own": "pytorch_model.bin",
    }
    for folder, name in folders.items():
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(source.state_dict(), path)
        chosen = tmp_path / "own" if folder == "own" else None
        model = loadBigGAN("biggan-deep-128", device="cpu", weights_dir=chosen)
        path.unlink()
        torch.testing.assert_close(model.embeddings.weight, source.embeddings.weight)
        assert not model.training


def test_timm_weights_come_through_the_same_door(tmp_path, monkeypatch):
    monkeypatch.setenv("NETWORK_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("NETWORK_WEIGHTS_OFFLINE", "1")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    words = r"resnet10t.c3_in1k.safetensors: .*https://huggingface.co/timm/resnet10t.c3_in1k"
    with pytest.raises(WeightsError, match=words):
        load_network("resnet10t", device="cpu")
    source = load_network("resnet10t", pretrained=False, device="cpu").model
    save_file(source.state_dict(), tmp_path / "resnet10t.c3_in1k.safetensors")
    loaded = load_network("resnet10t", device="cpu").model
    for name, tensor in source.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], tensor, rtol=0, atol=0)
    other = load_network("resnet14t", pretrained=False, device="cpu").model
    save_file(other.state_dict(), tmp_path / "resnet10t.c3_in1k.safetensors")
    with pytest.raises(WeightsError, match="resnet10t, found an error: Error"):
        load_network("resnet10t", device="cpu")
    (tmp_path / "resnet10t.c3_in1k.safetensors").write_bytes(b"<html>")
    with pytest.raises(WeightsError, match="expected a file of weights, found 6 bytes"):
        load_network("resnet10t", device="cpu")


def test_torchvision_weights_come_through_the_same_door(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    words = r"densenet121-a639ec97.pth: .*download.pytorch.org.*allow_download=False"
    with pytest.raises(WeightsError, match=words):
        load_network("densenet121", device="cpu", allow_download=False)
    file = tmp_path / "checkpoints" / "densenet121-a639ec97.pth"
    file.parent.mkdir()
    torch.save({}, file)
    with pytest.raises(WeightsError, match="expected SHA-256 a639ec97, found"):
        load_network("densenet121", device="cpu")


def test_only_densenet_has_old_names():
    models = import_torchvision().models
    for name in ("mobilenet_v2", "efficientnet_b0", "densenet121", "googlenet", "mnasnet0_5"):
        options = {"init_weights": False} if name == "googlenet" else {}
        state = models.get_model(name, **options).state_dict()
        assert list(_without_old_names(state)) == list(state)
    old = {"features.denseblock1.denselayer1.norm.1.weight": torch.zeros(1)}
    assert list(_without_old_names(old)) == ["features.denseblock1.denselayer1.norm1.weight"]


def test_local_weights_without_a_public_home(tmp_path, monkeypatch):
    monkeypatch.setenv("NETWORK_WEIGHTS", str(tmp_path))
    words = "imagenet_linf_8_pure.pt: expected in .*no public address.*NETWORK_WEIGHTS"
    with pytest.raises(WeightsError, match=words):
        load_network("resnet50_linf8", device="cpu")
    source = load_network("resnet50", pretrained=False, device="cpu").model
    old = {k: v for k, v in source.state_dict().items() if "num_batches" not in k}
    torch.save(old, tmp_path / "imagenet_linf_8_pure.pt")
    loaded = load_network("resnet50_linf8", device="cpu").model
    torch.testing.assert_close(loaded.fc.weight, source.fc.weight)

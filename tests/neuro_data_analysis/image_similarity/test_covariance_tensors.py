"""Feature-response covariance: one streaming pass against a direct computation, its statistics."""

import pickle
import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import stats
from torch import nn

from core.contract import fig3
from core.errors import LayerError, SampleError, SettingError, run
from neuro_data_analysis.covariance_tensors import main
from neuro_data_analysis.image_similarity import networks
from neuro_data_analysis.image_similarity.covariance import (
    CovarianceTensor,
    RunningCovariance,
    covariance_similarity,
    covariance_tensors,
    summaries,
    tensor_similarity,
)
from neuro_data_analysis.image_similarity.covariance_table import read_finished
from neuro_data_analysis.image_similarity.features import FEATURES, FeatureSet
from neuro_data_analysis.image_similarity.networks import FeatureNetwork
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES

LAYERS = {"layer1": "0", "layer2": "2"}


def random_network():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3, stride=2))
    return FeatureNetwork("net", net, FeatureSet(covariance=LAYERS), size=None)


def trials(n=20, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, 12, 12, 3), dtype=np.float32), rng.gamma(2.0, 20.0, n)


def direct(features, responses):
    """Correlation, t and SD, one feature at a time."""
    flat = features.reshape(len(features), -1).astype(float)
    r, t, std = np.zeros((3, flat.shape[1]))
    for k, feature in enumerate(flat.T):
        fit = stats.linregress(responses, feature)
        r[k], t[k] = fit.rvalue, fit.slope / fit.stderr
        std[k] = feature.std()
    return (values.reshape(features.shape[1:]) for values in (r, t, std))


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_the_streaming_pass_is_the_direct_computation(batch_size):
    network = random_network()
    images, responses = trials()
    # a generator: images are read once and not kept
    tensors = covariance_tensors(
        network, (image for image in images), responses, batch_size=batch_size
    )
    for name, layer in LAYERS.items():
        with networks.watching(network, [layer]) as fetcher:
            outputs = networks.batch_outputs(fetcher, networks.as_images(images), [layer])
        r, t, std = direct(outputs[layer].numpy(), responses)
        tensor = tensors[name]
        np.testing.assert_allclose(tensor.correlation, r, atol=1e-6)
        np.testing.assert_allclose(tensor.t, t, atol=1e-4)
        np.testing.assert_allclose(tensor.std, std, rtol=1e-5)
        np.testing.assert_allclose(tensor.covariance, r * std, atol=1e-6)
        assert tensor.n_trials == 20


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.floats(-1e7, 1e7))
def test_batches_and_a_large_mean_change_nothing(sizes, offset):
    rng = np.random.default_rng(0)
    n = sum(sizes) + 3
    features, responses = rng.normal(size=(n, 2, 3, 1)), rng.normal(size=n)
    running = RunningCovariance()
    for start, stop in zip(np.cumsum([0, *sizes]), np.cumsum([*sizes, 3]), strict=True):
        running.add(torch.tensor(features[start:stop] + offset), responses[start:stop] + offset)
    tensor = running.tensor()
    r, t, std = direct(features, responses)
    np.testing.assert_allclose(tensor.correlation, r, atol=1e-7)
    np.testing.assert_allclose(tensor.t, t, atol=1e-6, rtol=1e-5)
    np.testing.assert_allclose(tensor.std, std, rtol=1e-7)


def test_what_does_not_vary_has_no_correlation_and_no_covariance():
    running = RunningCovariance()
    features = torch.tensor(np.random.default_rng(0).normal(size=(9, 2, 1, 1)))
    features[:, 0] = 0.1
    for part in (slice(0, 4), slice(4, 9)):
        running.add(features[part], np.arange(9.0)[part])
    tensor = running.tensor()
    assert np.isnan(tensor.correlation).ravel().tolist() == [True, False]
    assert tensor.covariance[0] == tensor.std[0] == tensor.thresholded()[0] == 0
    constant = RunningCovariance()
    constant.add(features, np.full(9, 0.1))
    assert np.isnan(constant.tensor().correlation).all()


def test_trials_that_cannot_be_used_are_refused():
    network = random_network()
    images, responses = trials(6)
    with pytest.raises(SampleError, match="one image for each of 6 responses, found 5"):
        covariance_tensors(network, images[:5], responses)
    with pytest.raises(SampleError, match="one image for each of 5 responses, found more"):
        covariance_tensors(network, images, responses[:5], batch_size=2)
    with pytest.raises(SampleError, match="at least 3 trials, found 2"):
        covariance_tensors(network, images[:2], responses[:2])
    with pytest.raises(SampleError, match="one finite response"):
        covariance_tensors(network, images, [*responses[:5], np.nan])
    flat = FeatureNetwork("flat", nn.Flatten(), FeatureSet(), size=None)
    with pytest.raises(LayerError, match=r"Flatten: expected maps .* shape \(6, 432\)"):
        covariance_tensors(flat, images, responses, {"all": ".Flatten"})
    assert all(not module._forward_hooks for module in network.module.modules())


def random_tensor(seed, shape=(24, 10, 10)):
    rng = np.random.default_rng(seed)
    correlation = rng.uniform(-0.9, 0.9, shape)
    t = correlation * np.sqrt(30 / (1 - correlation**2))
    return CovarianceTensor(correlation, t, rng.gamma(2.0, 1.0, shape), 32)


def test_the_25_statistics_are_the_direct_ones():
    fc, bg = random_tensor(0), random_tensor(1)
    found = tensor_similarity(fc, bg)
    assert tuple(found) == fig3.COVARIANCE_STATISTICS
    a, b = (tensor.correlation * tensor.std for tensor in (fc, bg))
    flat = [tensor.ravel() for tensor in (a, b)]
    np.testing.assert_allclose(found["cov_corr"], np.corrcoef(*flat)[0, 1])
    for start, x, y in (
        ("", a, b),
        ("thr_", np.where(abs(fc.t) < 3, 0, a), np.where(abs(bg.t) < 3, 0, b)),
    ):
        pearson, cosine = np.zeros((2, 10, 10))
        for i in range(10):
            for j in range(10):
                u, v = x[:, i, j], y[:, i, j]
                pearson[i, j] = np.corrcoef(u, v)[0, 1]
                cosine[i, j] = u @ v / np.linalg.norm(u) / np.linalg.norm(v)
        for kind, values in (("", pearson), ("cos_", cosine)):
            for crop, part in (("", values), ("crop_", values[1:9, 1:9])):
                for name, function in (("mean", np.mean), ("max", np.max)):
                    np.testing.assert_allclose(found[f"{kind}{start}{crop}{name}"], function(part))
                quantile = np.quantile(part, 0.9)
                np.testing.assert_allclose(found[f"{kind}{start}{crop}q9"], quantile)


def test_equal_tensors_have_a_similarity_of_exactly_one():
    assert set(tensor_similarity(random_tensor(0), random_tensor(0)).values()) == {1.0}


def test_positions_without_covariance_are_left_out_unless_the_published_quantile_is_wanted():
    fc, bg = random_tensor(0), random_tensor(1)
    fc.correlation[:, 4, 4] = np.nan
    found, legacy = (tensor_similarity(fc, bg, legacy_nan=legacy) for legacy in (False, True))
    assert np.isfinite(list(found.values())).all()
    undefined = [name for name, value in legacy.items() if np.isnan(value)]
    assert undefined == [name for name in found if name.endswith("q9")]
    kept = {name: value for name, value in found.items() if name not in undefined}
    assert kept == {name: legacy[name] for name in kept}


def test_a_map_without_any_covariance_has_no_statistics():
    zero = CovarianceTensor(np.full((6, 3, 3), np.nan), np.zeros((6, 3, 3)), np.ones((6, 3, 3)), 9)
    assert np.isnan(list(tensor_similarity(zero, zero).values())).all()
    assert np.isnan(list(summaries(np.zeros((0, 2))).values())).all()


def test_both_threads_in_one_call():
    network = random_network()
    fc, bg = trials(seed=0), trials(seed=1)
    found = covariance_similarity(network, fc, bg)
    tensors = [covariance_tensors(network, *thread)["layer2"] for thread in (fc, bg)]
    assert list(found) == list(LAYERS)
    assert found["layer2"] == tensor_similarity(*tensors)


def raw_experiment(folder, n=6):
    """An experiment of one block of `n` trials in both threads."""
    rng = np.random.default_rng(len(folder))
    psth = [[rng.gamma(2.0, 20.0, (200, n))], [rng.gamma(2.0, 20.0, (200, n))]]
    return {
        "imageName": [[f"thread{k}_{i}"] for k in (0, 1) for i in range(n)],
        "evol": {
            "block_n": np.array(1.0),
            "psth": psth,
            "idx_seq": [[np.arange(1.0, n + 1)], [np.arange(n + 1.0, 2 * n + 1)]],
        },
        "meta": {"stimuli": rf"N:\Stimuli\{folder}"},
    }


@pytest.fixture
def matroot(tmp_path):
    """Recordings of Exp 1 and Exp 3."""
    content = [raw_experiment("one"), {"evol": None}, raw_experiment("three")]
    (tmp_path / "matroot").mkdir()
    with (tmp_path / "matroot" / EVOLUTION_FILES[1]).open("wb") as file:
        pickle.dump(content, file)
    return tmp_path / "matroot"


def write_images(stimuli, folder, n=6):
    place = stimuli / "Stimuli" / folder
    place.mkdir(parents=True)
    rng = np.random.default_rng(len(folder))
    for thread in (0, 1):
        for i in range(n):
            pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(place / f"thread{thread}_{i}.bmp")


@pytest.fixture
def small_lite0(monkeypatch):
    """A small network with the names of EfficientNet-Lite0's layers in its place."""
    blocks = [nn.Conv2d(4 if i else 3, 4, 3, padding=1) for i in range(16)]
    net = nn.Module()
    net.blocks = nn.Sequential(*blocks)
    net.forward = net.blocks.forward
    features = FEATURES["efficientnet_lite0"]
    network = FeatureNetwork("efficientnet_lite0", net, features, size=8)
    monkeypatch.setattr(networks, "load_feature_network", lambda *_, **__: network)


def test_the_command_continues_where_it_ended(matroot, tmp_path, small_lite0, capsys):
    stimuli, out = tmp_path / "drive", matroot / "prototypes" / "covariance.csv"
    arguments = ["--stimuli", stimuli, "--matroot", matroot, "--batch", 4]
    arguments = [*map(str, arguments), "--network", "efficientnet_lite0"]
    assert run(lambda: main(arguments)) == 2
    assert "expected the root of the image folders" in capsys.readouterr().err
    stimuli.mkdir()
    assert run(lambda: main(arguments)) == 2
    message = capsys.readouterr().err
    assert message.count("is left out: ") == 2
    assert "thread0_0.bmp: expected an image, found no file" in message
    assert not out.exists()
    write_images(stimuli, "three")
    assert main(arguments) == 0
    first = pd.read_csv(out)
    assert first["Expi"].tolist() == [3]
    assert list(first)[1:] == [
        f"effnet_b{block}_{name}" for block in (2, 4, 10, 15) for name in fig3.COVARIANCE_STATISTICS
    ]
    write_images(stimuli, "one")
    (stimuli / "Stimuli" / "three" / "thread0_0.bmp").unlink()  # it is not needed again
    assert main(arguments) == 0
    table = pd.read_csv(out)
    assert table["Expi"].tolist() == [1, 3]
    pd.testing.assert_frame_equal(table[1:].reset_index(drop=True), first)
    assert table["effnet_b2_cov_corr"].abs().between(0, 1).all()


def test_the_command_refuses_what_it_cannot_do(matroot, tmp_path, small_lite0, capsys):
    out = tmp_path / "covariance.csv"
    out.write_text("Expi,a\n1,2\n")
    arguments = ["--stimuli", str(tmp_path), "--matroot", str(matroot)]
    for more, message in (
        (["--network", "vgg16"], "expected one whose covariance is compared, found vgg16"),
        (["--network", "vgg"], "expected one of resnet50_linf8, alexnet"),
        (["--network", "efficientnet_lite0", "--out", str(out)], "expected the columns of this"),
        (["--out", str(tmp_path)], "expected a file that can be written, found a folder"),
    ):
        assert run(partial(main, [*arguments, *more])) == 2
        assert message in capsys.readouterr().err
    assert out.read_text() == "Expi,a\n1,2\n"


def test_the_module_runs_as_a_command():
    words = [sys.executable, "-m", "neuro_data_analysis.covariance_tensors", "--bogus"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unrecognized arguments: --bogus" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "Expi,a,b\n1,2",
        "Expi,a,b\n1,2,3\n2,4\n",
        "Expi,a,b\n1,2,3\n1,2,3\n",
        "Expi,a,b\n1.5,2,3\n",
        "Expi,a,b\n1e300,2,3\n",
        "Expi,a,b\n,2,3\n",
        "Expi,a,b\nExp25,2,3\n",
        "Expi,a,b\n1,inf,3\n",
        "Expi,a,c\n1,2,3\n",
    ],
)
def test_a_damaged_table_is_not_continued(tmp_path, text):
    path = tmp_path / "covariance.csv"
    path.write_text("Expi,a,b\n26,2,\n")
    assert read_finished(path, ["a", "b"]).index.tolist() == [26]
    path.write_text(text)
    with pytest.raises(SettingError, match=r"covariance\.csv: expected"):
        read_finished(path, ["a", "b"])

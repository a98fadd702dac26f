"""Linear prediction of network units from latent codes."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from core.computing.random_source import standard_normal
from core.contract import ext5
from core.errors import CodeError
from core.experiments.linearity.regressions import (
    caffenet_layers,
    central_features,
    central_units,
    code_parts,
    linearity_results,
    sample_codes,
)
from core.generators.biggan import settle_spectral_norms
from core.generators.protocol import Generator
from core.statistics.linearity import linearity_table
from core.utils.CNN_scorers import TorchScorer
from core.utils.GAN_utils import BigGAN_wrapper


class LinearGenerator(Generator):
    """Images that are linear in an 8-d code, around grey."""

    latent_shape, batch_size = (8,), 16

    def __init__(self):
        super().__init__()
        self.map = nn.Linear(8, 3 * 12 * 12)
        nn.init.normal_(self.map.weight, std=0.02, generator=torch.Generator().manual_seed(1))
        nn.init.constant_(self.map.bias, 0.5)
        self.requires_grad_(False)

    def sample(self, n=1, *, rng=None):
        return standard_normal((n, 8), torch.device("cpu"), rng)

    def visualize(self, code, *, scale=1.0):
        return self.map(self.as_codes(code)).reshape(-1, 3, 12, 12) * scale


@pytest.fixture
def scorer():
    torch.manual_seed(3)
    net = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(500, 4))
    net[0].bias.data[0] = -20.0
    return TorchScorer(net, 12)


LAYERS = [".Conv2d0", ".ReLU1", ".Linear3"]


def test_a_linear_network_is_predicted_and_a_rectified_one_is_not(scorer):
    G = LinearGenerator()
    codes = sample_codes(G, 200, rng=0)
    features = central_features(G, scorer, codes, LAYERS)
    table = linearity_table(code_parts(codes), features)
    r2 = table.groupby("Layer").Test_R2
    assert r2.get_group(".Conv2d0").min() > 0.9999
    assert r2.get_group(".ReLU1")[1:].max() < 0.99999
    silent = table.query("Layer == '.ReLU1' and unit_index == 0")
    assert silent.Test_R2.item() == 1
    assert table.Layer_index.tolist() == [0] * 5 + [1] * 5 + [2] * 4


def test_features_are_those_of_the_middle_in_any_batches(scorer):
    G = LinearGenerator()
    codes = sample_codes(G, 25, rng=1)
    features = central_features(G, scorer, codes, LAYERS, batch_size=7)
    images = G.images(codes)
    whole = scorer.model[:1](scorer.preprocess(images, 1))
    np.testing.assert_allclose(features[".Conv2d0"], whole[:, :, 5, 5], rtol=1e-4, atol=1e-5)
    assert features[".Linear3"].shape == (25, 4)
    assert len(scorer.hooks) == 0
    assert central_units((2, 4, 6)).tolist() == [2 * 6 + 3, 24 + 2 * 6 + 3]


def test_parts_of_a_code():
    codes = np.arange(12.0).reshape(2, 6)
    parts = code_parts(codes, biggan=True)
    assert parts["_noise"].tolist() == [[0, 1, 2], [6, 7, 8]]
    assert parts["_class"].tolist() == [[3, 4, 5], [9, 10, 11]]
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((1024, 1024)))[0]
    codes = rng.standard_normal((3, 1024))
    parts = code_parts(codes, basis)
    np.testing.assert_allclose(parts["_top_Hess128"], codes @ basis[:, 896:])
    np.testing.assert_allclose(parts["_null_Hess512"], codes @ basis[:, :512])
    whole = np.square(parts["_null_Hess512"]).sum(1) + np.square(parts["_top_Hess512"]).sum(1)
    np.testing.assert_allclose(whole, np.square(codes).sum(1))
    with pytest.raises(CodeError, match=r"expected eigenvectors \(1024, 1024\)"):
        code_parts(codes, basis[:10])


def test_codes_of_biggan_are_truncated_noise_and_a_class():
    from pytorch_pretrained_biggan import BigGAN, BigGANConfig

    G = BigGAN_wrapper(BigGAN(BigGANConfig(channel_width=8)))
    codes = sample_codes(G, 500, rng=0)
    assert np.abs(codes[:, :128]).max() <= 1.4
    expected = stats.truncnorm(-2, 2).std() * 0.7
    assert codes[:, :128].std() == pytest.approx(expected, rel=0.01)
    table = G.BigGAN.embeddings.weight.detach().numpy().T
    nearest = np.abs(codes[:20, None, 128:] - table).sum(2).min(1)
    np.testing.assert_allclose(nearest, 0, atol=1e-6)
    np.testing.assert_array_equal(codes, sample_codes(G, 500, rng=0))


class WideGenerator(LinearGenerator):
    """As many code values as eigenvectors are asked for, of which few matter."""

    latent_shape = (1024,)

    def sample(self, n=1, *, rng=None):
        return standard_normal((n, 1024), torch.device("cpu"), rng)

    def visualize(self, code, *, scale=1.0):
        return super().visualize(self.as_codes(code)[:, :8], scale=scale)

    def as_codes(self, codes):
        return codes if codes.shape[1] == 8 else super().as_codes(codes)


NAMED_LAYERS = {"conv1": (".Conv2d0", 0), "relu1": (".ReLU1", 1), "fc6": (".Linear3", 16)}


def test_results_have_the_published_columns(scorer):
    G = WideGenerator()
    codes = sample_codes(G, 300, rng=0)
    basis = np.eye(1024)[:, ::-1]  # the values that matter are the leading eigenvectors
    table = linearity_results(G, scorer, NAMED_LAYERS, codes, basis, alphas=[1e-3, 1.0, 1e6])
    assert list(table) == [column.name for column in ext5.LINEARITY["DeePSim"].columns]
    assert table.Layer.tolist() == ["conv1"] * 5 + ["relu1"] * 5 + ["fc6"] * 4
    assert table.Layer_index.tolist() == [0] * 5 + [1] * 5 + [16] * 4
    assert table.Target.tolist() == table.unit_index.tolist() == [*range(5), *range(5), *range(4)]
    linear = table[table.Layer == "conv1"]
    assert (linear.Train_R2_top_Hess128 > 0.999).all()
    assert (linear.Test_R2_top_Hess128 > linear.Test_R2_null_Hess512 + 0.05).all()
    with pytest.raises(CodeError, match="expected eigenvectors"):
        linearity_results(G, scorer, NAMED_LAYERS, codes, basis[:100, :100])


def test_results_of_biggan_name_units_by_their_place(scorer):
    from pytorch_pretrained_biggan import BigGAN, BigGANConfig

    model = BigGAN(BigGANConfig(channel_width=8))
    nn.init.ones_(model.generator.bn.weight)
    nn.init.zeros_(model.generator.bn.bias)
    settle_spectral_norms(model)
    G = BigGAN_wrapper(model)
    codes = sample_codes(G, 12, rng=0)
    table = linearity_results(G, scorer, NAMED_LAYERS, codes, alphas=[1.0])
    assert list(table) == [column.name for column in ext5.LINEARITY["BigGAN"].columns]
    assert table.Target[[3, 11]].tolist() == ["(3, 5, 5)", "(1,)"]
    assert table.unit_index[[3, 11]].tolist() == [3, 1]


def test_caffenet_has_the_published_units():
    with TorchScorer("caffenet", pretrained=False, device="cpu") as scorer:
        layers = caffenet_layers(scorer)
        n_units = {
            name: len(central_units(scorer.layer_shape(dotted)))
            for name, (dotted, _) in layers.items()
        }
    assert layers["fc8"] == (".net.Linearfc8", 20)
    assert sum(n for name, n in n_units.items() if "relu" in name) == 9568
    assert sum(n for name, n in n_units.items() if "relu" not in name) == 11528

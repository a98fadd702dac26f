"""Features of images through any network, their cosine similarity, and the columns made of it."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage import data, transform
from torch import nn

from core.computing.torchvision_compat import import_torchvision
from core.contract import fig3
from core.errors import ImageError, LayerError, UnknownNetworkError
from core.networks.preprocessing import CAFFE, IMAGENET
from core.networks.zoo import ImageNetwork
from core.optional import import_package
from core.statistics.similarity import correlation, cosine_similarity
from neuro_data_analysis.image_similarity import networks
from neuro_data_analysis.image_similarity.columns import (
    cosine_columns,
    draw_alternates,
    masked_columns,
    prototype_vectors,
    similarity,
    swapped_columns,
)
from neuro_data_analysis.image_similarity.features import (
    FEATURES,
    Feature,
    FeatureSet,
    at_positions,
    centred_features,
    class_token,
    masked_features,
    one_vector,
    patch_tokens,
    under,
)
from neuro_data_analysis.image_similarity.masks import KINDS, feature_mask
from neuro_data_analysis.image_similarity.networks import (
    FeatureNetwork,
    image_features,
    load_feature_network,
)

DOCS = Path(__file__).parents[3] / "docs"


class Net(nn.Module):
    """Maps, tokens, a vector, and layers whose output is no tensor."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5)
        self.tokens = nn.Flatten(2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.pair = Returning(lambda x: (x, x))
        self.named = Returning(lambda x: {"x": x})
        self.summed = Returning(lambda x: x.sum(0))
        self.unused = nn.ReLU()

    def forward(self, x):
        x = self.drop(self.relu(self.conv(x)))
        self.tokens(x)
        for layer in (self.pair, self.named, self.summed):
            layer(x)
        return self.pool(x)


class Returning(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


WHOLE = (
    Feature("conv_m", "conv", at_positions),
    Feature("pool", "pool", one_vector),
    Feature("cls", "tokens", class_token),
    Feature("token_m", "tokens", patch_tokens),
)


def random_network(size=None):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Net()
    masks = {kind: feature_mask(kind, (8, 8)) for kind in KINDS}
    features = FeatureSet(
        whole=WHOLE,
        centred=centred_features("net", {"c": ("conv", masks)}),
        masked=masked_features("net", {"c": ("conv", masks)}, ("focus", "all")),
    )
    return FeatureNetwork("net", net, features, size=size)


def photographs(n=3, size=8, seed=0):
    return np.random.default_rng(seed).random((n, 3, size, size), dtype=np.float32)


VECTORS = arrays.arrays(float, 5, elements=st.floats(-1e6, 1e6))


@given(VECTORS, VECTORS)
def test_the_cosine_is_the_textbook_one(first, second):
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    value = cosine_similarity(first, second)
    if min(np.abs(first).max(), np.abs(second).max()) > 1e-6:
        np.testing.assert_allclose(value, first @ second / norms, atol=1e-12)
    assert np.isnan(value) == (not first.any() or not second.any())


@given(VECTORS, VECTORS, st.integers(-300, 300), st.floats(1e-3, 1e3))
def test_the_cosine_does_not_depend_on_scale(first, second, power, factor):
    value = cosine_similarity(first, second)
    if np.abs(first).max() < 1e-6:
        return
    np.testing.assert_allclose(cosine_similarity(factor * first, second), value, atol=1e-12)
    np.testing.assert_array_equal(cosine_similarity(2.0**power * first, second), value)


@given(VECTORS)
def test_equal_vectors_have_a_similarity_of_exactly_one(vector):
    value = cosine_similarity(vector, vector.copy())
    assert value == 1 if vector.any() else np.isnan(value)


def test_a_correlation_is_numpys_and_undefined_for_constant_vectors():
    first, second = np.random.default_rng(0).normal(size=(2, 7, 4))
    expected = [np.corrcoef(first[:, k], second[:, k])[0, 1] for k in range(4)]
    np.testing.assert_allclose(correlation(first, second, axis=0), expected)
    first[:, 2] = 0.1
    assert np.isnan(correlation(first, second, axis=0)).tolist() == [False, False, True, False]


def test_similarity_is_the_mean_over_positions_at_which_it_is_defined():
    first = np.array([[[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]], np.zeros((3, 2))])
    second = np.ones((2, 3, 2))
    np.testing.assert_allclose(similarity(first, second), [(np.sqrt(0.5) + 1) / 2, np.nan])


def test_features_are_those_of_a_plain_forward_pass():
    network = random_network()
    images = photographs(5)
    found = image_features(network, images, batch_size=2)
    mean, std = (torch.tensor(x).reshape(3, 1, 1) for x in (IMAGENET.mean, IMAGENET.std))
    net = network.module.eval()
    with torch.no_grad():
        conv = net.conv((torch.tensor(images) - mean) / std)
        maps = conv.relu()
    np.testing.assert_allclose(
        found["conv_m"], conv.flatten(2).transpose(1, 2).numpy(), atol=1e-5, rtol=1e-5
    )
    np.testing.assert_allclose(found["pool"][:, 0], maps.mean((2, 3)).numpy(), atol=1e-6)
    tokens = maps.flatten(2).numpy()
    np.testing.assert_allclose(found["cls"], tokens[:, :1], atol=1e-6)
    np.testing.assert_allclose(found["token_m"], tokens[:, 1:], atol=1e-6)
    weights = feature_mask("focus", (8, 8))
    expected = (conv.numpy() * weights).sum((2, 3)) / weights.sum()
    np.testing.assert_allclose(found["net_cfocus"][:, 0], expected, atol=1e-6)


def test_a_network_is_left_as_it_was():
    network = random_network()
    network.module.train()
    network.module.conv.eval()
    image_features(network, photographs())
    assert network.module.training
    assert not network.module.conv.training
    assert all(not module._forward_hooks for module in network.module.modules())
    assert all(weight.requires_grad for weight in network.module.parameters())
    assert torch.is_grad_enabled()
    with pytest.raises(LayerError, match="no layer 'cnv'; similar ones are conv"):
        image_features(network, photographs(), [Feature("a", "cnv", at_positions)])
    assert all(not module._forward_hooks for module in network.module.modules())


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(5)), st.integers(1, 6))
def test_features_follow_their_images_whatever_the_batches(order, batch_size):
    network = random_network()
    images = photographs(5)
    plain = image_features(network, images)
    permuted = image_features(network, images[order], batch_size=batch_size)
    for name, vectors in plain.items():
        np.testing.assert_allclose(permuted[name], vectors[order], atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "to_vectors", "message"),
    [
        ("pair", one_vector, r"pair: expected .* one tensor, found a tuple of 2"),
        ("named", one_vector, r"named: expected .* one tensor, found a dict"),
        ("summed", one_vector, r"summed: expected an output with a row for each of 3 images"),
        ("unused", one_vector, r"expected a recorded layer .* that has run, found 'unused'"),
        ("tokens", at_positions, r"tokens: expected maps .* found an output of shape \(3, 6, 64\)"),
        ("conv", class_token, r"conv: expected tokens .* found an output of shape \(3, 6, 8, 8\)"),
        ("conv", under(np.ones((7, 7))), r"conv: expected maps .* a mask of \(7, 7\)"),
    ],
)
def test_a_layer_of_another_form_is_refused_in_one_sentence(layer, to_vectors, message):
    with pytest.raises(LayerError, match=message) as caught:
        image_features(random_network(), photographs(), [Feature("a", layer, to_vectors)])
    assert "\n" not in str(caught.value)


def test_images_that_cannot_be_compared_are_refused():
    network = random_network()
    with pytest.raises(ImageError, match="expected images of one size"):
        image_features(network, [np.zeros((8, 8, 3)), np.zeros((8, 9, 3))])
    damaged = photographs()
    damaged[1, 0, 2, 3] = np.nan
    with pytest.raises(ImageError, match=r"expected images in \[0, 1\], found values from nan"):
        image_features(network, damaged)
    with pytest.raises(ImageError, match="divide them by 255"):
        image_features(network, photographs() * 255)
    with pytest.raises(ImageError, match="at least one image"):
        image_features(network, photographs()[:0])
    narrow = FeatureNetwork("narrow", nn.Linear(5, 2), FeatureSet(WHOLE[:0]), size=None)
    with pytest.raises(LayerError, match=r"Linear: expected to take an input .* \(3, 3, 8, 8\)"):
        image_features(narrow, photographs(), [Feature("a", ".Linear", one_vector)])


def test_images_come_in_any_usual_form_and_size():
    network = random_network(size=8)
    bytes_ = np.random.default_rng(1).integers(0, 256, (2, 16, 20, 3), dtype=np.uint8)
    floats = bytes_.astype(np.float32) / 255
    expected = image_features(network, bytes_)["pool"]
    for images in (
        floats,
        list(bytes_),
        floats.transpose(0, 3, 1, 2),
        torch.tensor(floats).permute(0, 3, 1, 2),
        bytes_.transpose(0, 3, 1, 2),
    ):
        np.testing.assert_allclose(image_features(network, images)["pool"], expected, atol=1e-6)


def prototypes(seed=0, size=8):
    images = photographs(6, size, seed)
    names = [(name, thread) for thread in (0, 1) for name in fig3.PROTOTYPES]
    return dict(zip(names, images, strict=True))


def test_columns_compare_the_threads_prototypes():
    network = random_network()
    features = network.features
    pair = prototype_vectors(network, prototypes())
    cosine = cosine_columns(features.whole, pair)
    assert list(cosine) == [
        f"cosine_{word}_{feature.name}" for word in ("reevol", "maxblk") for feature in WHOLE
    ]
    first, second = (
        image_features(network, prototypes()["reevol_G", thread])["conv_m"][0] for thread in (0, 1)
    )
    at_position = [
        a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(cosine["cosine_reevol_conv_m"], np.mean(at_position), atol=1e-6)
    masked = masked_columns((*features.centred, *features.masked), pair)
    assert list(masked) == [
        f"{prototype}_net_c{kind}" for prototype in fig3.PROTOTYPES for kind in ("", "focus", "all")
    ]
    a, b = (vectors["net_c"][2, 0] for vectors in pair)
    expected = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    np.testing.assert_allclose(masked["maxblk_net_c"], expected)


def test_equal_prototypes_have_a_similarity_of_exactly_one():
    network = random_network()
    images = prototypes()
    images |= {(name, 1): images[name, 0] for name in fig3.PROTOTYPES}
    pair = prototype_vectors(network, images)
    features = network.features
    columns = cosine_columns(features.whole, pair) | masked_columns(features.masked, pair)
    assert set(columns.values()) == {1.0}
    assert set(swapped_columns(features.centred, pair, pair).values()) == {1.0}


def test_swapped_columns_take_one_partner_from_the_other_experiment():
    network = random_network()
    centred = network.features.centred
    own, other = (prototype_vectors(network, prototypes(seed)) for seed in (0, 1))
    swapped = swapped_columns(centred, own, other)
    crossed = {
        "BGalt": masked_columns(centred, (own[0], other[1])),
        "FCalt": masked_columns(centred, (other[0], own[1])),
    }
    assert swapped == {
        f"{name}_{partner}": value
        for partner, columns in crossed.items()
        for name, value in columns.items()
    }
    assert np.isnan(list(swapped_columns(centred, own, None).values())).all()
    assert list(swapped_columns(centred, own, None)) == list(swapped)


@given(st.dictionaries(st.integers(1, 190), st.integers(0, 3), max_size=12), st.integers(0, 99))
def test_alternates_are_of_another_site_and_repeat_with_their_seed(sites, seed):
    alternates = draw_alternates(sites, seed)
    assert list(alternates) == sorted(sites)
    assert alternates == draw_alternates(dict(reversed(sites.items())), seed)
    for expi, other in alternates.items():
        others = {e for e in sites if sites[e] != sites[expi]}
        assert other in others if others else other is None


def test_published_features_are_those_of_the_published_table():
    published = [FEATURES[name] for name in ("resnet50_linf8", "alexnet", "vgg16", "dino")]
    names = {
        part: [f.name for features in published for f in getattr(features, part)]
        for part in ("whole", "centred", "masked")
    }
    assert tuple(names["whole"]) == fig3.COSINE_FEATURES
    assert tuple(names["centred"]) == fig3.CENTRED_FEATURES
    assert tuple(names["masked"]) == fig3.MASKED_FEATURES
    assert tuple(published[0].covariance) == fig3.COVARIANCE_LAYERS
    own = {f.name for f in FEATURES["efficientnet_lite0"].of_images}
    assert all(name.startswith("effnet_") for name in own)


def without_weights(name):
    """A published network that has shapes and no numbers."""
    models = import_torchvision().models
    with torch.device("meta"):
        if name == "dino":
            timm = import_package("timm", "DINO")
            return timm.create_model("vit_base_patch16_224.dino").eval()
        return getattr(models, name.removesuffix("_linf8"))().eval()


@pytest.mark.parametrize("name", ["resnet50_linf8", "alexnet", "vgg16", "dino"])
def test_published_layers_have_the_form_that_their_features_expect(name):
    model = without_weights(name)
    with torch.device("meta"):
        features = FEATURES[name]
        network = FeatureNetwork(name, model, features)
        layers = [f.layer for f in features.of_images] + list(features.covariance.values())
        with networks.watching(network, layers) as fetcher, torch.no_grad():
            model(torch.zeros(1, 3, 224, 224))
            for feature in features.of_images:
                assert feature.to_vectors(fetcher[feature.layer]).dim() == 3
            rows = [fetcher[layer].shape[2] for layer in features.covariance.values()]
    if rows:
        assert rows == [56, 28, 14, 7]
    if name == "alexnet":
        assert isinstance(model.get_submodule(features.whole[0].layer), nn.ReLU)
        assert isinstance(model.get_submodule(features.whole[1].layer), nn.Linear)


def test_published_networks_get_images_of_224_pixels_and_their_own_weights(monkeypatch):
    asked = []

    def load(name, **options):
        asked.append((name, options))
        return ImageNetwork(nn.Identity(), CAFFE, size=227)

    monkeypatch.setattr(networks, "load_network", load)
    for name in FEATURES:
        network = load_feature_network(name, device="cpu", trusted=True)
        assert (network.name, network.size, network.preprocessing) == (name, 224, CAFFE)
        assert network.features is FEATURES[name]
    assert asked[3] == ("vit_base_patch16_224.dino", {"device": "cpu", "trusted": True})
    assert [name for name, _ in asked if name in FEATURES] == [n for n in FEATURES if n != "dino"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_network_on_the_gpu_says_the_same():
    network = random_network()
    expected = image_features(network, photographs())
    network.module.cuda()
    found = image_features(network, photographs())
    for name, vectors in expected.items():
        np.testing.assert_allclose(found[name], vectors, atol=1e-2)
    pair = prototype_vectors(network, prototypes())
    same = masked_columns(network.features.centred, (pair[0], pair[0]))
    assert set(same.values()) == {1.0}


def test_a_network_without_features_is_refused():
    with pytest.raises(UnknownNetworkError, match=r"resnet50_linf8, .* found 'resnet51'"):
        load_feature_network("resnet51")


def crop(name):
    image = getattr(data, name)()
    side = min(image.shape[:2])
    return transform.resize(image[:side, :side], (224, 224)).astype(np.float32)


def test_efficientnet_finds_a_photograph_more_like_itself_than_like_another():
    network = load_feature_network("efficientnet_lite0", device="cpu")
    cat, woman = crop("chelsea"), crop("astronaut")
    rotated = np.roll(cat, 8, axis=1)
    vectors = image_features(network, [cat, woman, rotated])
    for name, of_feature in vectors.items():
        own, moved, other = (
            float(similarity(of_feature[:1], of_feature[[k]])[0]) for k in (0, 2, 1)
        )
        assert own == 1, name
        assert own > moved > other, name
    assert vectors["effnet_pool"].shape == (3, 1, 1280)
    assert vectors["effnet_b10_m"].shape == (3, 14 * 14, 112)
    assert vectors["effnet_b15focus"].shape == (3, 1, 320)


@pytest.mark.parametrize("page", ["image_similarity.md"])
def test_examples_of_the_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (DOCS / page).read_text(encoding="utf-8")
    names = {}
    for example in re.findall(r"```python\n(.*?)```", text, re.S):
        exec(example, names)
    assert names["own"] == 1
    assert -1 <= names["other"] < 1

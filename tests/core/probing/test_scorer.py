"""TorchScorer against golden vectors, torchvision's own forward pass, and bad input."""

import gc

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.computing.torchvision_compat import import_torchvision
from core.errors import ImageError, LayerError, SettingError
from core.networks.preprocessing import IMAGENET
from core.networks.zoo import load_network
from core.utils.CNN_scorers import (
    TorchScorer,
    activation,
    get_activation,
    load_featnet,
)
from core.utils.layer_hook_utils import featureFetcher

CONV, RELU, FC = ".features.Conv2d2", ".features.ReLU3", ".Linearfc"


@pytest.fixture
def tinynet(network):
    return network("tinynet")


@pytest.fixture
def scorer(tinynet):
    with TorchScorer(tinynet, 32) as scorer:
        yield scorer


@pytest.fixture
def images(hashed_unit):
    return torch.tensor(hashed_unit(3000, 7 * 3 * 20 * 24).reshape(7, 3, 20, 24)).float()


@pytest.fixture
def u8(hashed_unit):
    return np.floor(256 * hashed_unit(3001, 7 * 20 * 24 * 3)).reshape(7, 20, 24, 3).astype(np.uint8)


@pytest.fixture
def golden(golden_networks):
    prefix = "scorer."
    return {k[len(prefix) :]: v for k, v in golden_networks.items() if k.startswith(prefix)}


def n_hooks(model):
    return sum(len(module._forward_hooks) for module in model.modules())


def close(found, expected, atol=1e-4):
    np.testing.assert_allclose(np.asarray(found), expected, atol=atol, rtol=1e-4)


def test_preprocessing(scorer, images, u8, golden):
    found = scorer.preprocess(images, input_scale=1)
    assert found.shape == (7, 3, 32, 32)
    close(found.mean((2, 3)), golden["pre_tensor_mean"])
    close(found[:2, :, 3:9, 4:10], golden["pre_tensor_patch"])
    close(scorer.preprocess(list(u8)).mean((2, 3)), golden["pre_list_u8_mean"])
    close(scorer.preprocess(u8).mean((2, 3)), golden["pre_list_u8_mean"])
    close(scorer.preprocess(u8[0]).mean((2, 3)), golden["pre_single_u8_mean"])


def test_scores_of_single_units(scorer, images, u8, golden):
    scorer.select_unit(("tinynet", CONV, 3, 2, 4))
    scores = scorer.score_tsr(images, B=3)
    assert scores.dtype == np.float64
    close(scores, golden["score_conv_3_2_4"])
    close(scorer.score(list(u8), B=4, input_scale=255), golden["score_list_u8"])
    close(scorer.score(u8, input_scale=255), golden["score_list_u8"])
    scorer.select_unit(("tinynet", RELU, 1, 0, 5))
    close(scorer.score_tsr(images), golden["score_relu3_1_0_5"])
    scorer.select_unit(("tinynet", FC, 4))
    close(scorer.score_tsr(images), golden["score_fc_4"])
    assert (scorer.layer, scorer.chan, scorer.unit_x, scorer.unit_y) == (FC, 4, None, None)
    scorer.select_unit(("tinynet", FC, 4, 2, 2))
    close(scorer.score_tsr(images), golden["score_fc_4"])
    scorer.set_units_by_mask("score", FC, [4])
    close(scorer.score_tsr(images), golden["score_fc_4"])


def test_recordings_of_layers(scorer, images, golden):
    scorer.set_recording([".features.Conv2d4", FC])
    scores, recordings = scorer.score_tsr(images, B=3)
    close(scores, golden["rec_scores"])
    close(recordings[FC], golden["rec_fc"])
    assert recordings[FC].dtype == np.float32
    assert recordings[".features.Conv2d4"].shape == tuple(golden["rec_conv4_shape"])
    close(recordings[".features.Conv2d4"].mean((2, 3)), golden["rec_conv4_chanmean"])


@pytest.mark.parametrize("kind", ["mask", "idx"])
def test_recordings_of_populations(scorer, images, golden, kind):
    chosen = [3, 7, 100]
    if kind == "mask":
        chosen = np.zeros((6, 8, 8), dtype=bool)
        chosen[1, 2:4, 3] = chosen[5, 0, 0] = True
    scorer.set_popul_recording(CONV, chosen)
    scores, recordings = scorer.score_tsr(images)
    assert (scores == 0).all()
    close(recordings[CONV], golden[f"popul_{kind}_rec"])


def test_scores_with_a_gradient(scorer, images, golden):
    scorer.select_unit((None, ".features.Conv2d4", 2, 3, 3), allow_grad=True)
    images.requires_grad_(True)
    scores = scorer.score_tsr_wgrad(images, B=3)
    close(scores.detach(), golden["wgrad_score"])
    (gradient,) = torch.autograd.grad(scores.sum(), images)
    close(gradient.abs().mean((2, 3)), golden["wgrad_abs_mean"], atol=1e-6)
    close(gradient[0].sum(0), golden["wgrad_map0"], atol=1e-6)


def test_a_gradient_needs_to_be_asked_for(scorer, images):
    with pytest.raises(LayerError, match=r"allow_grad=True.*found none"):
        scorer.score_tsr_wgrad(images)
    scorer.select_unit((None, FC, 4))
    with pytest.raises(LayerError, match=r"allow_grad=True.*found one without"):
        scorer.score_tsr_wgrad(images)


def test_recordings_with_a_gradient_are_one_tensor_a_batch(scorer, images):
    scorer.select_unit((None, FC, 4), allow_grad=True)
    scorer.set_recording([FC], allow_grad=True)
    scores, recordings = scorer.score_tsr_wgrad(images.requires_grad_(True), B=3)
    assert [len(part) for part in recordings[FC]] == [3, 3, 1]
    assert recordings[FC][0].requires_grad
    torch.testing.assert_close(torch.cat(recordings[FC])[:, 4], scores)


def test_torchvision_scores_are_its_own_forward_pass(hashed_unit):
    model = import_torchvision().models.resnet18().eval()
    images = torch.rand(3, 3, 227, 227, generator=torch.Generator().manual_seed(0))
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in (IMAGENET.mean, IMAGENET.std))
    with torch.no_grad():
        expected = model((images - mean) / std)[:, 17]
    with TorchScorer(model, layer=".Linearfc", unit=17) as scorer:
        np.testing.assert_allclose(scorer.score_tsr(images), expected.numpy(), rtol=1e-4, atol=1e-5)


def test_the_forms_of_the_constructor(tinynet):
    with TorchScorer(tinynet, FC, 4) as scorer:
        assert scorer.inputsize == (3, 227, 227)
        assert scorer.chan == 4
    with TorchScorer(tinynet, CONV, (3, 2, 4)) as scorer:
        assert (scorer.chan, scorer.unit_x, scorer.unit_y) == (3, 2, 4)
    with TorchScorer(tinynet, 64, True, layer=FC, unit=1) as scorer:
        assert scorer.inputsize == (3, 64, 64)
    assert not any(p.requires_grad for p in tinynet.parameters())


@pytest.fixture
def clipped():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
    nn.init.constant_(model[0].weight, -1.0)
    nn.init.zeros_(model[0].bias)
    return model


def test_an_in_place_layer_does_not_rewrite_scores(clipped):
    images = torch.ones(2, 3, 8, 8)
    with TorchScorer(clipped, 8, layer=".Conv2d0", unit=(0, 1, 1)) as scorer:
        scorer.set_recording([".Conv2d0"])
        scores, recordings = scorer.score_tsr(images)
        assert (scores < 0).all()
        np.testing.assert_allclose(recordings[".Conv2d0"][:, 0, 1, 1], scores, rtol=1e-6)


def test_the_published_clipping_by_name(clipped):
    images = torch.ones(2, 3, 8, 8)
    options = {"layer": ".Conv2d0", "unit": (0, 1, 1), "published_aliasing": True}
    with TorchScorer(clipped, 8, **options) as scorer:
        scorer.set_recording([".Conv2d0"])
        scores, recordings = scorer.score_tsr(images)
        assert (scores == 0).all()
        assert recordings[".Conv2d0"].min() == 0


def test_a_new_unit_takes_the_place_of_the_old_one(scorer, images):
    scorer.select_unit((None, FC, 4))
    expected = scorer.score_tsr(images)
    scorer.select_unit((None, CONV, 0, 0, 0))
    scorer.select_unit((None, FC, 4))
    np.testing.assert_array_equal(scorer.score_tsr(images), expected)
    scorer.select_unit((None, CONV, 0, 0, 0))
    assert not np.allclose(scorer.score_tsr(images), expected)
    assert n_hooks(scorer.model) == 1


def test_all_hooks_come_off_and_all_is_forgotten(scorer, images):
    scorer.select_unit((None, FC, 4))
    scorer.set_recording([CONV, RELU, FC])
    scorer.score_tsr(images)
    assert n_hooks(scorer.model) == 4
    scorer.cleanup()
    scorer.cleanup()
    assert n_hooks(scorer.model) == 0
    assert (scorer.activation, scorer.recordings, scorer.record_layers) == ({}, {}, [])
    assert scorer.artiphys is False
    with pytest.raises(LayerError, match="expected a selected unit or recorded layers, found none"):
        scorer.score_tsr(images)


def test_hooks_of_others_stay(tinynet, images):
    seen = []
    tinynet.fc.register_forward_hook(lambda *_: seen.append(1))
    with TorchScorer(tinynet, 32, layer=FC, unit=0) as scorer:
        scorer.score_tsr(images, B=7)
    assert n_hooks(tinynet) == 1
    assert seen


def test_two_scorers_of_one_network_do_not_meet(tinynet, images):
    with TorchScorer(tinynet, 32, layer=FC, unit=0) as one:
        alone = one.score_tsr(images)
        with TorchScorer(tinynet, 32, layer=CONV, unit=(0, 1, 1)) as other:
            other.score_tsr(images)
            np.testing.assert_array_equal(one.score_tsr(images), alone)


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ((".features.Conv2d22", 0, 0, 0), r"TinyNet has no layer '.features.Conv2d22'; similar"),
        ((CONV, 3), r"\(6, 8, 8\), found \(3,\); give channel, row and .* centre is \(4, 4\)"),
        ((CONV, 6, 0, 0), r"within the layer's shape \(6, 8, 8\), found \(6, 0, 0\)"),
        ((CONV, 0, 8, 0), r"within the layer's shape \(6, 8, 8\)"),
        ((FC, 5), r"within the layer's shape \(5,\), found \(5,\)"),
    ],
)
def test_units_that_are_not_there(scorer, unit, words):
    with pytest.raises(LayerError, match=words):
        scorer.select_unit((None, *unit))
    assert n_hooks(scorer.model) == 0


def test_masks_that_do_not_fit(scorer):
    with pytest.raises(
        LayerError, match=r"a mask of the layer's shape \(6, 8, 8\), found \(8, 8\)"
    ):
        scorer.set_units_by_mask("key", CONV, np.ones((8, 8), dtype=bool))
    with pytest.raises(LayerError, match=r"indices from 0 to 383 .* found 0 to 384"):
        scorer.set_units_by_mask("key", CONV, np.array([0, 384], dtype=np.uint16))
    with pytest.raises(LayerError, match=r"shape \(6, 8, 8\), found \(8, 8, 6\)"):
        scorer.set_units_by_mask("key", CONV, np.ones((8, 8, 6), dtype=bool))
    for odd in (np.ones((6, 8, 8), dtype=int), [], [0.5]):
        with pytest.raises(LayerError, match="expected a boolean mask or a row of flat indices"):
            scorer.set_units_by_mask("key", CONV, odd)


def test_settings_that_make_no_sense(tinynet, images):
    for options, words in (
        ({"imgpix": 0}, "size: expected a whole number of at least 1, found 0"),
        ({"unit": 3}, "expected a layer for the unit 3, found none"),
        ({"layers": FC}, "the options layers with a network's name only, found TinyNet"),
    ):
        with pytest.raises(SettingError, match=words):
            TorchScorer(tinynet, **options)
    tinynet.train()
    with pytest.raises(LayerError, match="has no layer"):
        TorchScorer(tinynet, 32, layer="zzz", unit=0)
    assert tinynet.training
    with TorchScorer(tinynet, 32, layer=FC, unit=0) as scorer:
        for white in (0, -1, float("inf"), "255"):
            with pytest.raises(ImageError, match="expected a value of white above 0"):
                scorer.score_tsr(images, input_scale=white)


def test_a_failing_selection_changes_nothing(scorer, images):
    scorer.select_unit((None, FC, 4))
    expected = scorer.score_tsr(images)
    for unit in ((1.7, 2, 3), (True, 2, 3), (9, 0, 0), (slice(9, 10), 0, 0)):
        with pytest.raises(LayerError, match=r"expected a unit (of whole numbers|within)"):
            scorer.set_unit("other", CONV, unit)
    with pytest.raises(LayerError, match="has no layer"):
        scorer.select_unit((None, "zzz", 1))
    with pytest.raises(LayerError, match="has no layer"):
        scorer.set_recording([CONV, "zzz"])
    np.testing.assert_array_equal(scorer.score_tsr(images), expected)
    assert scorer.layer == FC


def test_images_of_another_size_do_not_disturb_who_runs_the_network(tinynet):
    with TorchScorer(tinynet, 32, layer=CONV, unit=(0, 7, 7)):
        tinynet(torch.rand(1, 3, 8, 8))
        with TorchScorer(tinynet, 8, layer=FC, unit=0) as other:
            assert other.score_tsr(torch.rand(2, 3, 8, 8)).shape == (2,)


def test_a_scorer_that_is_forgotten_takes_its_hooks_along(tinynet):
    scorer = TorchScorer(tinynet, 32, layer=FC, unit=0)
    assert n_hooks(tinynet) == 1
    del scorer
    gc.collect()
    assert n_hooks(tinynet) == 0


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (torch.zeros(0, 3, 8, 8), "expected at least one image"),
        ([], "expected at least one image, found none"),
        (torch.rand(2, 3, 8, 8) * 255, r"images in \[0, 1\], found .* to 25.*input_scale=255"),
        (np.full((2, 8, 8, 3), 200, np.uint8), r"found values from 200 to 200; input_scale=255"),
        (torch.full((1, 3, 8, 8), torch.nan), r"found values from nan to nan"),
        (
            torch.rand(2, 8, 8),
            r"expected a tensor \(B, 3, H, W\) of RGB images, found \(1, 2, 8, 8\)",
        ),
        (np.zeros((8, 8)), r"expected RGB images, found \(8, 8\)"),
        ([np.zeros((8, 8))] * 3, r"a list of RGB images \(H, W, 3\), found one of shape \(8, 8\)"),
        (np.zeros((2, 8, 8, 4)), r"found \(2, 8, 8, 4\)"),
        (["a.png", "b.png"], r"a list of RGB images \(H, W, 3\), found one of shape \(\)"),
        ("a.png", "expected RGB images, found"),
        ([Image.new("HSV", (8, 8))], "expected an RGB image, found one of Pillow's mode HSV"),
        (None, "expected RGB images, found"),
        (torch.ones(2, 3, 8, 8, dtype=torch.bool), "found .* of torch.bool"),
        (np.zeros((8, 8, 3)).tolist(), "found one of shape"),
    ],
)
def test_images_that_are_not_taken(scorer, bad, words):
    scorer.select_unit((None, FC, 4))
    with pytest.raises(ImageError, match=words):
        scorer.score(bad)


def test_images_of_several_sizes_and_of_one_pixel(scorer):
    scorer.select_unit((None, FC, 4))
    rng = np.random.default_rng(0)
    images = [rng.random((size, 2 * size, 3)) for size in (1, 5, 16)]
    together = scorer.score(images)
    apart = [scorer.score([image])[0] for image in images]
    np.testing.assert_allclose(together, apart, rtol=1e-5)


def test_batches_do_not_change_scores(scorer, images):
    scorer.select_unit((None, CONV, 1, 3, 3))
    expected = scorer.score_tsr(images, B=7)
    for batch_size in (1, 2, 6, 100):
        np.testing.assert_allclose(scorer.score_tsr(images, B=batch_size), expected, rtol=1e-4)
    with pytest.raises(
        SettingError, match="batch_size: expected a whole number of at least 1, found 0"
    ):
        scorer.score_tsr(images, B=0)


class Pair(nn.Module):
    def forward(self, x):
        return x, x.mean((2, 3))


class Odd(nn.Module):
    """A layer that is called twice, one that gives a tuple and one that never runs."""

    def __init__(self):
        super().__init__()
        self.twice = nn.Conv2d(3, 3, 3, padding=1)
        self.pair = Pair()
        self.never = nn.Linear(2, 2)

    def forward(self, x):
        return self.pair(self.twice(self.twice(x)))[1]


def test_a_layer_that_gives_a_tuple():
    with TorchScorer(Odd(), 8) as scorer:
        with pytest.raises(LayerError, match=r"\.Pairpair: expected .* one tensor, found a tuple"):
            scorer.select_unit((None, ".Pairpair", 0))
        scorer.set_recording([".Pairpair"])
        with pytest.raises(LayerError, match=r"tuple of 2 \(shapes \(2, 3, 8, 8\), \(2, 3\)\)"):
            scorer.score_tsr(torch.rand(2, 3, 8, 8))


def test_a_layer_that_is_called_twice_gives_its_last_output():
    model = Odd().eval()
    images = torch.rand(2, 3, 8, 8)
    with TorchScorer(model, 8, layer=".Conv2dtwice", unit=(1, 4, 4)) as scorer:
        inner = model.twice(model.twice(scorer.preprocess(images, 1)))
        np.testing.assert_allclose(scorer.score_tsr(images), inner[:, 1, 4, 4].detach(), rtol=1e-5)


def test_a_layer_that_never_runs():
    with TorchScorer(Odd(), 8) as scorer:
        with pytest.raises(LayerError, match=r"\.Linearnever: expected a layer that runs"):
            scorer.select_unit((None, ".Linearnever", 0))
        scorer.set_recording([".Linearnever"])
        with pytest.raises(LayerError, match=r"\.Linearnever: expected a layer that runs"):
            scorer.score_tsr(torch.rand(2, 3, 8, 8))


def test_a_score_is_one_number_an_image(scorer, images):
    scorer.set_unit("score", FC)
    with pytest.raises(LayerError, match=r"expected one score for each image, found \(5,\)"):
        scorer.score_tsr(images)


def test_networks_by_name_without_weights():
    with TorchScorer("alexnet", rawlayername=False, pretrained=False, device="cpu") as scorer:
        assert scorer.layer_shape("conv5_relu") == (256, 13, 13)
        assert scorer.layer_shape("fc8") == (1000,)
        with pytest.raises(LayerError, match=r"expected one of conv1, .* found 'conv9'"):
            scorer.select_unit((None, "conv9", 0, 0, 0))
    with pytest.raises(SettingError, match="short layer names: expected one of alexnet"):
        TorchScorer("caffenet", rawlayername=False, pretrained=False, device="cpu")
    features, whole = load_featnet("alexnet", pretrained=False, device="cpu")
    assert features is whole.features
    with pytest.raises(SettingError, match="expected one of alexnet, vgg16, resnet50"):
        load_featnet("resnet18")


def test_caffenet_is_scored_with_its_own_preprocessing():
    network = load_network("caffenet", pretrained=False, device="cpu")
    images = torch.rand(2, 3, 227, 227, generator=torch.Generator().manual_seed(1))
    expected = network.model(images, preproc=True)
    with TorchScorer("caffenet", pretrained=False, device="cpu") as scorer:
        scorer.model = network.model
        scorer.select_unit((None, ".net.Linearfc8", 3))
        np.testing.assert_allclose(scorer.score_tsr(images), expected[:, 3], rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_timm_networks_by_name():
    with TorchScorer("resnet10t", pretrained=False, device="cpu") as scorer:
        assert scorer.layer_shape(".layer2.BasicBlock0") == (128, 29, 29)
    options = {"pretrained": False, "device": "cpu"}
    network = load_network("vit_tiny_patch16_224", **options)
    assert (network.size, network.preprocessing) == (224, IMAGENET)
    network = load_network("inception_v3", own_preprocessing=True, **options)
    assert (network.size, network.preprocessing.mean) == (299, (0.5, 0.5, 0.5))


def test_names_that_are_no_network():
    for name in ("resnet500", "resnet50_linf_99", ""):
        with pytest.raises(SettingError, match=f"image network, found '{name}'"):
            TorchScorer(name, device="cpu")


def test_similar_names_are_not_taken_for_resnet50():
    model = load_network("wide_resnet50_2", pretrained=False, device="cpu").model
    assert sum(p.numel() for p in model.parameters()) > 60e6


def test_hooks_that_write_to_the_published_dictionary(tinynet, images):
    mask = np.zeros((6, 5, 6), dtype=bool)
    mask[2, 3, 4] = True
    handles = [
        tinynet.features[2].register_forward_hook(get_activation("all")),
        tinynet.features[2].register_forward_hook(get_activation("unit", unit=(2, 3, 4))),
        tinynet.features[2].register_forward_hook(get_activation("mask", unitmask=mask)),
        tinynet.features[2].register_forward_hook(
            get_activation("rows", unit=(2, slice(0, 2), 4), ingraph=True)
        ),
    ]
    tinynet(images.requires_grad_(True))
    torch.testing.assert_close(activation["unit"], activation["all"][:, 2, 3, 4])
    torch.testing.assert_close(activation["mask"], activation["all"][:, 2, 3, 4, None])
    torch.testing.assert_close(activation["rows"].detach(), activation["all"][:, 2, :2, 4])
    assert activation["rows"].requires_grad
    for handle in handles:
        handle.remove()
    activation.clear()


def test_a_fetcher_records_what_a_layer_takes(tinynet, images, golden):
    with featureFetcher(tinynet, (3, 32, 32), print_module=False) as fetcher:
        fetcher.record(FC, "fc_in", return_input=True)
        tinynet(images)
        close(fetcher["fc_in"][0], golden["fetch_fc_input"])

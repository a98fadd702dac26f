"""The published functions that compare images: what they return, and what they refuse."""

from functools import partial

import numpy as np
import pytest
import torch
from skimage import data
from torch import nn

from core.computing.torchvision_compat import import_torchvision
from core.errors import ImageError, LayerError, SettingError
from core.networks.efficientnet_lite0 import efficientnet_lite0
from core.networks.preprocessing import LITE
from core.utils.layer_hook_utils import featureFetcher
from neuro_data_analysis import image_comparison_lib as lib
from neuro_data_analysis.image_similarity.masks import feature_mask, masked_mean
from neuro_data_analysis.image_similarity.networks import batch_outputs


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, stride=2)
        self.blocks = nn.Sequential(nn.Flatten(2), nn.Linear(49, 5))
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.drop = nn.Dropout()
        self.pair = Pair()

    def forward(self, x):
        maps = self.conv(x)
        self.blocks(maps)
        self.pair(maps)
        return self.drop(self.pool(maps))


class Pair(nn.Module):
    def forward(self, x):
        return x, x


@pytest.fixture
def fetcher():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Net()
    with featureFetcher(net, print_module=False) as fetcher:
        for layer in ("conv", "blocks", "pool"):
            fetcher.record(layer)
        yield fetcher


def pictures(n=3, seed=0):
    return torch.rand(n, 3, 15, 15, generator=torch.Generator().manual_seed(seed))


def cosine(first, second, axis):
    return nn.functional.cosine_similarity(first.double(), second.double(), dim=axis)


def test_a_layer_of_maps_is_compared_at_every_position(fetcher):
    first, second = pictures(seed=0), pictures(seed=1)
    found = lib.compare_imgs_cnn(first, second, fetcher, featkey="conv")
    assert found.shape == (3, 7, 7)
    features = [batch_outputs(fetcher, images, ["conv"])["conv"] for images in (first, second)]
    torch.testing.assert_close(found, cosine(*features, 1))
    assert lib.compare_imgs_cnn(first, second, fetcher, featkey="pool").shape == (3,)


def test_a_layer_of_tokens_is_compared_in_every_token(fetcher):
    first, second = pictures(seed=0), pictures(seed=1)
    of_class, of_patches = lib.compare_imgs_vit(first, second, fetcher)
    tokens = [batch_outputs(fetcher, images, ["blocks"])["blocks"] for images in (first, second)]
    expected = cosine(*tokens, 2)
    torch.testing.assert_close(of_class, expected[:, 0])
    torch.testing.assert_close(of_patches, expected[:, 1:])


def test_masked_means_of_patches_are_compared(fetcher):
    first, second = pictures(seed=0), pictures(seed=1)
    weights = np.array([0, 1, 3, 0, 0])
    found = lib.compare_imgs_vit_featmsk(first, second, fetcher, weights, None)
    one, other = (
        batch_outputs(fetcher, images, ["blocks"])["blocks"][:, 1:] for images in (first, second)
    )
    expected = cosine((one[:, 1] + 3 * one[:, 2]) / 4, other.mean(dim=1), 1)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)
    same = lib.compare_imgs_vit_featmsk(first, first, fetcher, weights[None], weights[:, None])
    torch.testing.assert_close(same, torch.ones(3).double())
    with pytest.raises(LayerError, match=r"blocks: .* a mask of \(6, 1\)"):
        lib.compare_imgs_vit_featmsk(first, second, fetcher, np.ones(6))
    with pytest.raises(LayerError, match=r"conv: expected tokens"):
        lib.compare_imgs_vit_featmsk(first, second, fetcher, featkey="conv")


def test_images_are_normalised_as_by_torchvision():
    images = pictures()
    normalise = import_torchvision().transforms.Normalize(
        (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    )
    torch.testing.assert_close(lib.normalize(images), normalise(images))
    torch.testing.assert_close(lib.normalize(images[0]), normalise(images[0]))


def test_masked_means_are_compared(fetcher):
    first, second = pictures(seed=0), pictures(seed=1)
    mask = np.arange(49.0).reshape(7, 7)
    vectors = lib.extract_featvec_cnn_featmsk(first, fetcher, mask, "conv")
    maps = batch_outputs(fetcher, first, ["conv"])["conv"]
    torch.testing.assert_close(vectors, masked_mean(maps, mask))
    plain = lib.extract_featvec_cnn_featmsk(second, fetcher, featkey="conv")
    torch.testing.assert_close(plain, batch_outputs(fetcher, second, ["conv"])["conv"].mean((2, 3)))
    found = lib.compare_imgs_cnn_featmsk(first, second, fetcher, torch.tensor(mask), None, "conv")
    torch.testing.assert_close(found, cosine(vectors, plain, 1), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    "form",
    [
        lambda x: x,
        lambda x: x[0],
        lambda x: x[:1],
        lambda x: x[0].permute(1, 2, 0).numpy(),
        lambda x: x.numpy(),
        lambda x: (x[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8),
    ],
)
def test_equal_images_of_any_form_have_a_similarity_of_one(fetcher, form):
    image = form(pictures())
    masks = (np.ones((7, 7)),) * 2
    for found in (
        lib.compare_imgs_cnn(image, image, fetcher, "conv"),
        *lib.compare_imgs_vit(image, image, fetcher, "blocks"),
        lib.compare_imgs_cnn_featmsk(image, image, fetcher, *masks, featkey="conv"),
    ):
        assert (found == 1).all()
        assert found.device.type == "cpu"
    assert fetcher.model.training


def test_one_image_is_compared_with_many(fetcher):
    images = pictures()
    found = lib.compare_imgs_cnn(images[0], images, fetcher, "pool")
    assert found.shape == (3,)
    assert found.argmax() == 0
    with pytest.raises(ImageError, match="as many images as in the other batch, found 2 and 3"):
        lib.compare_imgs_cnn(images[:2], images, fetcher, "pool")


def test_what_cannot_be_compared_is_refused(fetcher):
    image = pictures(1)
    with pytest.raises(SettingError, match="metric: expected one of cosine, found 'L7'"):
        lib.compare_imgs_cnn(image, image, fetcher, "conv", metric="L7")
    with pytest.raises(ImageError, match=r"images of one size, found \(15, 15\) and \(14, 15\)"):
        lib.compare_imgs_vit(image, image[:, :, :14], fetcher)
    with pytest.raises(LayerError, match=r"conv: expected tokens .* shape \(1, 6, 7, 7\)"):
        lib.compare_imgs_vit(image, image, fetcher, "conv")
    with pytest.raises(LayerError, match=r"blocks: expected maps .* shape \(1, 6, 5\)"):
        lib.compare_imgs_cnn(image, image, fetcher)
    with pytest.raises(LayerError, match=r"conv: expected maps .* a mask of \(14, 14\)"):
        lib.extract_featvec_cnn_featmsk(image, fetcher, np.ones((14, 14)), "conv")
    with pytest.raises(LayerError, match=r"expected a recorded layer .* found 'layer4'"):
        lib.compare_imgs_cnn(image, image, fetcher, "layer4")
    with pytest.raises(ImageError, match="found values from nan"):
        lib.compare_imgs_cnn(image, image * np.nan, fetcher, "conv")
    fetcher.record("pair")
    with pytest.raises(LayerError, match=r"pair: expected .* one tensor, found a tuple of 2"):
        lib.compare_imgs_cnn(image, image, fetcher, "pair")


class Distance(nn.Module):
    """Mean squared difference of dropped-out images, if it is in training mode."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
        self.drop = nn.Dropout()

    def forward(self, first, second, normalize=False):
        scale = 2 if normalize else 1
        difference = self.drop(self.weight * first) - self.drop(self.weight * second)
        return (scale * difference).square().mean((1, 2, 3))


def test_any_distance_is_called_with_batches():
    dist = Distance()
    first, second = pictures(seed=0), pictures(seed=1)
    mean, found = lib.compare_imgs_LPIPS(first, second, dist)
    torch.testing.assert_close(found, (first - second).square().mean((1, 2, 3)).double())
    assert mean is found
    assert not found.requires_grad
    assert dist.training
    assert lib.compare_imgs_LPIPS(first[0], first[0], dist)[1].tolist() == [0]
    assert lib.compare_imgs_LPIPS(first[0], second, dist)[1].shape == (3,)
    torch.testing.assert_close(
        lib.compare_imgs_LPIPS(first, second, partial(dist, normalize=True))[1], 4 * found
    )
    _, shapes = lib.compare_imgs_LPIPS(
        first[0].permute(1, 2, 0).numpy(), second, lambda a, b: torch.tensor([*a.shape, *b.shape])
    )
    assert shapes.tolist() == [3, 3, 15, 15] * 2


def test_a_map_of_distances_comes_with_its_mean():
    first, second = pictures(seed=0), pictures(seed=1)
    mean, maps = lib.compare_imgs_LPIPS(first, second, lambda a, b: (a - b).abs().mean(1, True))
    assert maps.shape == (3, 1, 15, 15)
    torch.testing.assert_close(mean, (first - second).abs().mean((1, 2, 3)))


def test_the_centre_masks_are_those_of_a_resnet():
    layer3, layer4 = lib.naive_featmsk()
    np.testing.assert_array_equal(layer4, np.pad(np.ones((5, 5)), 1))
    np.testing.assert_array_equal(layer3, np.pad(np.ones((10, 10)), 2))
    layer4[0] = 5  # a copy
    assert lib.naive_featmsk()[1][0].sum() == 0


def test_photographs_with_real_weights():
    cat, woman = (
        getattr(data, name)()[:224:2, :224:2].astype(np.float32) / 255
        for name in ("cat", "astronaut")
    )
    with featureFetcher(efficientnet_lite0(), print_module=False) as fetcher:
        fetcher.record("blocks.15", "layer4")
        options = {"featkey": "layer4", "preprocessing": LITE}
        mask = feature_mask("centre", (4, 4))
        same, other = (
            lib.compare_imgs_cnn_featmsk(cat, image, fetcher, mask, mask, **options)
            for image in (cat, woman)
        )
    assert same == 1
    assert other < 0.9

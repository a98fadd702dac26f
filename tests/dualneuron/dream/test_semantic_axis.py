"""Axes between two sets of images in an embedding."""

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import ImageError, PromiseError, RunError
from dualneuron.dream import semantic_axis, shown_to_guide


class Embedding:
    """Flattens images, and remembers how many it was given at a time."""

    def __init__(self):
        self.counts = []

    def embed(self, images):
        self.counts.append(len(images))
        return images.flatten(1)


@pytest.fixture
def sets():
    rng = torch.Generator().manual_seed(0)
    return torch.rand(3, 3, 2, 2, generator=rng), torch.rand(5, 3, 2, 2, generator=rng)


def test_the_axis_is_the_unit_vector_from_the_second_centroid_to_the_first(sets):
    high, low = sets
    axis = semantic_axis(high, low, Embedding(), "cpu")
    expected = (high.mean(0) - low.mean(0)).flatten().numpy()
    np.testing.assert_allclose(axis, expected / np.linalg.norm(expected), rtol=1e-5)
    np.testing.assert_allclose(semantic_axis(low, high, Embedding()), -axis, rtol=1e-5)


def test_every_image_is_embedded_by_itself_from_a_tensor_or_a_list(sets):
    model = Embedding()
    from_lists = semantic_axis([*sets[0]], [image.numpy() for image in sets[1]], model)
    assert model.counts == [1] * 8
    np.testing.assert_array_equal(from_lists, semantic_axis(*sets, Embedding()))


def test_any_function_will_do_also_one_that_returns_no_batch(sets):
    of_batches = semantic_axis(*sets, lambda images: images.mean((2, 3)))
    of_one = semantic_axis(*sets, lambda images: images.mean((0, 2, 3)))
    assert of_one.shape == (3,)
    np.testing.assert_array_equal(of_one, of_batches)


def test_a_network_gets_images_where_its_weights_are_and_keeps_no_gradient(sets):
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 4, dtype=torch.float32))
    assert semantic_axis(*sets, network).shape == (4,)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_sets_that_have_no_axis_are_refused(sets):
    with pytest.raises(ImageError, match="images: expected at least one in each set, found none"):
        semantic_axis(sets[0], [], Embedding())
    with pytest.raises(ImageError, match="two sets that differ, found one centroid of both"):
        semantic_axis(sets[0], sets[0], Embedding())


def test_what_does_not_embed_is_refused(sets):
    with pytest.raises(PromiseError, match="dreamsim_model: expected an object with embed"):
        semantic_axis(*sets, 7)
    with pytest.raises(RunError, match="embeddings of finite numbers, found NaN"):
        semantic_axis(*sets, lambda images: images.flatten(1) * torch.nan)


def test_images_are_shown_to_an_embedding_in_their_own_range_in_colour_and_large():
    images = torch.tensor([[-3.0, 1.0], [5.0, 1.0]]).reshape(1, 1, 2, 2).repeat(2, 1, 1, 1)
    images[1] *= 100
    seen = shown_to_guide(images)
    assert seen.shape == (2, 3, 224, 224)
    torch.testing.assert_close(seen[0], seen[1])
    torch.testing.assert_close(seen[0, 0], seen[0, 2])
    corners = seen[0, 0, ::223, ::223]
    torch.testing.assert_close(corners, torch.tensor([[0, 0.5], [1, 0.5]]))

"""Images on a canvas, subsampled grids, and the plot of an evolution."""

import numpy as np
import pytest
import torch

from core.errors import ImageError
from core.utils.CNN_scorers import (
    resize_and_pad,
    resize_and_pad_canvas,
    resize_and_pad_tsr,
    subsample_mask,
    visualize_trajectory,
)


@pytest.fixture
def golden(golden_networks):
    prefix = "scorer."
    return {k[len(prefix) :]: v for k, v in golden_networks.items() if k.startswith(prefix)}


def close(found, expected, atol=1e-6):
    np.testing.assert_allclose(np.asarray(found), expected, atol=atol, rtol=1e-4)


def test_images_on_a_canvas(golden, hashed_unit):
    tensor = torch.tensor(hashed_unit(3002, 2 * 3 * 36).reshape(2, 3, 6, 6)).float()
    found = resize_and_pad_tsr(tensor, (8, 9), (2, 1), canvas_size=(12, 14))
    close(found, golden["pad_tsr"], atol=1e-6)
    arrays = list(tensor.permute(0, 2, 3, 1).numpy())
    found = resize_and_pad(arrays, (6, 6), (3, 2), canvas_size=(12, 14))
    close(np.stack(found), golden["pad_list"], atol=1e-6)
    script = torch.tensor(hashed_unit(3003, 3 * 256).reshape(1, 3, 16, 16)).float()
    found = resize_and_pad_canvas(script, (3, 5), (7, 9), (3, 16, 16))
    close(found, golden["pad_script"], atol=1e-6)


def test_a_corner_counts_where_image_field_and_canvas_have_one_size():
    images = torch.rand(2, 3, 5, 6)
    torch.testing.assert_close(resize_and_pad_canvas(images, (0, 0), (5, 6), (3, 5, 6)), images)
    with pytest.raises(ImageError, match=r"\(5, 6\) at \(1, 0\) to lie on the canvas of \(5, 6\)"):
        resize_and_pad_canvas(images, (1, 0), (5, 6), (3, 5, 6))


def test_an_image_of_the_canvas_size_is_made_smaller_and_placed_at_the_corner():
    placed = resize_and_pad_canvas(torch.ones(1, 3, 4, 4), (1, 2), (2, 1), (3, 4, 4))
    assert placed[0, 0].sum() == 0.5 * 14 + 2
    assert placed[0, 0, 1:3, 2].tolist() == [1, 1]


def test_a_canvas_keeps_scale_device_and_gradient():
    image = torch.rand(3, 6, 6, requires_grad=True)
    placed = resize_and_pad_tsr(image, (6, 6), (1, 2), canvas_size=(9, 9), scale=255)
    assert placed.shape == (1, 3, 9, 9)
    assert placed[0, 0, 0, 0] == 127.5
    placed.sum().backward()
    torch.testing.assert_close(image.grad, torch.ones_like(image))
    full = torch.rand(1, 3, 9, 9)
    torch.testing.assert_close(resize_and_pad_tsr(full, (2, 2), (0, 0), (9, 9)), full)
    with pytest.raises(ImageError, match=r"floating-point numbers, found torch\.uint8"):
        resize_and_pad_tsr(torch.zeros(1, 3, 4, 4, dtype=torch.uint8), (2, 2), (0, 0))
    eight_bit = [np.full((4, 4, 3), 255, np.uint8)]
    assert resize_and_pad(eight_bit, (2, 2), (0, 0), (4, 4))[0].max() == 1
    for odd in (np.zeros((4, 4)), np.full((4, 4, 3), 200.0)):
        with pytest.raises(ImageError, match=r"expected (an RGB image|images in)"):
            resize_and_pad([odd], (2, 2), (0, 0))
    assert resize_and_pad(eight_bit, (2, 2), (0, 0), (3, 3), scale=255)[0].max() == 255
    for size, offset in (((8, 8), (2, 0)), ((2, 2), (-1, 0)), ((0, 2), (0, 0))):
        with pytest.raises(ImageError, match="to lie on the canvas of"):
            resize_and_pad_tsr(image, size, offset, canvas_size=(9, 9))


def test_a_subsampled_grid(golden):
    mask, indices = subsample_mask(3, (7, 8))
    np.testing.assert_array_equal(mask, golden["subsample_mask"])
    np.testing.assert_array_equal(indices, golden["subsample_idx"])


def test_a_drawn_trajectory():
    rng = np.random.default_rng(0)
    generations = np.repeat(np.arange(4), 5)
    scores = generations + rng.random(20)
    for dimension, labels in ((256, ["noise norm", "class norm"]), (4096, ["code norm"])):
        codes = rng.standard_normal((20, dimension))
        figure = visualize_trajectory(scores, generations, codes, title_str="a unit")
        scored, norms = figure.axes
        mean, maximum = (line.get_ydata() for line in scored.lines)
        np.testing.assert_allclose(mean, scores.reshape(4, 5).mean(1))
        np.testing.assert_allclose(maximum, scores.reshape(4, 5).max(1))
        assert [c.get_label() for c in norms.collections] == labels
        figure.clear()

"""RoI-align by matrices against its definition in loops."""

import pytest
import torch

from dualneuron.synthesis.roi import roi_align, sampling_matrix
from tests.dualneuron.synthesis import loops


@pytest.mark.parametrize(
    "box",
    [
        (0.0, 0.0, 9.0, 7.0),
        (1.3, 0.2, 8.9, 6.1),
        (-2.0, -1.5, 4.0, 3.0),
        (5.5, 3.0, 11.0, 9.5),
        (3.0, 3.0, 3.4, 3.2),
        (0.0, 0.0, 0.0, 0.0),
    ],
)
@pytest.mark.parametrize("n_out", [3, 6])
def test_matrices_give_what_the_definition_gives(box, n_out):
    images = torch.rand(2, 2, 7, 9, generator=torch.Generator().manual_seed(0))
    boxes = torch.tensor([box, (0.5, 0.5, 6.5, 6.5)])
    found = roi_align(images, boxes.repeat(2, 1, 1), n_out)
    for image, crops in zip(images, found, strict=True):
        for crop, wanted in zip(crops, boxes, strict=True):
            torch.testing.assert_close(crop, loops.roi_align(image, wanted, n_out))


def test_the_gradient_is_that_of_finite_differences():
    images = torch.rand(1, 1, 5, 6, dtype=torch.float64).requires_grad_()
    boxes = torch.tensor([[[0.4, 0.7, 5.6, 4.1], [-1.0, 1.0, 3.0, 7.0]]])
    assert torch.autograd.gradcheck(lambda seen: roi_align(seen, boxes, 4), images)


def test_a_box_is_averaged_over_as_many_samples_as_it_is_wide():
    rows = sampling_matrix(torch.tensor([0.0, 0.0]), torch.tensor([8.0, 3.0]), 2, 8)
    torch.testing.assert_close(rows.sum(-1), torch.ones(2, 2))
    assert (rows[0] > 0).sum(-1).tolist() == [4, 4]


def test_what_lies_outside_counts_nothing():
    assert sampling_matrix(torch.tensor(20.0), torch.tensor(24.0), 2, 8).abs().sum() == 0

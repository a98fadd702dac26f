"""Generators in the coordinates of a metric."""

import numpy as np
import pytest
import torch

from core.errors import SettingError
from core.generators import Generator, SmallGenerator, invert, validate_generator
from core.geometry import EigenCoordinates, Metric, PixelDistance, metric_tensor


class Quadratic(Generator):
    """Images whose squared distance from black is ``z^T Q z``, but for a factor."""

    latent_shape = (2,)

    def __init__(self, matrix):
        super().__init__()
        root = torch.linalg.cholesky(torch.from_numpy(matrix)).T
        self.register_buffer("root", torch.cat([root, torch.zeros(1, 2)]))

    def sample(self, n=1, *, rng=None):
        return torch.zeros(n, 2, dtype=torch.float64)

    def visualize(self, codes, *, scale=1.0):
        return scale * (codes @ self.root.T).reshape(-1, 3, 1, 1)


def test_adam_goes_the_golden_ways_in_both_bases(golden):
    plain = Quadratic(golden["geo_adam_Q"])
    metric = metric_tensor(plain, torch.zeros(2), PixelDistance())
    turned = EigenCoordinates(plain, metric)
    black = torch.zeros(1, 3, 1, 1, dtype=torch.float64)
    start = torch.from_numpy(golden["geo_adam_x_std"][:1])
    for generator, of_start, name in (
        (plain, start, "std"),
        (turned, turned.coefficients_of(start), "eig"),
    ):
        found = invert(generator, black, of_start, learning_rate=0.1, n_steps=149)
        expected = golden[f"geo_adam_y_{name}"][-1]
        assert 3 * float(found.errors) == pytest.approx(expected, rel=1e-6)


@pytest.fixture
def small():
    return SmallGenerator(6, 16)


@pytest.fixture
def metric(small):
    return metric_tensor(small, small.sample(1, rng=0), PixelDistance())


def test_its_metric_is_diagonal_and_has_the_same_spectrum(small, metric):
    turned = EigenCoordinates(small, metric)
    validate_generator(turned)
    code = turned.coefficients_of(small.sample(1, rng=0))
    found = metric_tensor(turned, code, PixelDistance())
    np.testing.assert_allclose(found.matrix, np.diag(metric.eigenvalues), atol=1e-6)
    torch.testing.assert_close(turned.codes_of(turned.sample(3, rng=1)), small.sample(3, rng=1))


def test_a_metric_of_another_generator_is_refused(small, metric):
    with pytest.raises(SettingError, match=r"8 eigenvectors of codes of length 8, found shape \(6"):
        EigenCoordinates(SmallGenerator(8), metric)
    leading = Metric(metric.eigenvalues[1:], metric.eigenvectors[:, 1:])
    with pytest.raises(SettingError, match=r"found shape \(6, 5\)"):
        EigenCoordinates(small, leading)

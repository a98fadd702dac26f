"""A neuron is a callable: images (n, 3, H, W) in [0, 1] give rates (n,), with derivatives.

A unit of a network, a neuron of a twin, and one whose spikes a rig would count all go through
evolution, metric, level set, pole and screening by that alone.
"""

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from core.experiments.evolution import Evolution, PoissonNoise, Thread, evolve
from core.generators.small import SmallGenerator
from core.geometry.at_code import metric_tensor
from core.geometry.distances import FeatureDistance
from core.level_sets.sampling import evolution_basis, sample_map
from core.level_sets.signature import topology_signature
from core.optimizers import CholeskyCMAES
from dualneuron.paired import TwinResponses
from dualneuron.screening.ordering import stable_order
from dualneuron.synthesis.ascend import pixel_ascending

POISSON = PoissonNoise(spontaneous=2.0, scale=10.0)

N_CODE = 60


def network_unit():
    """A unit that reads the middle of an image, after a nonlinearity."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 9, stride=4), torch.nn.Softplus(), torch.nn.Conv2d(4, 1, 5)
    ).requires_grad_(False)

    def rates(images):
        sized = interpolate(images, size=(48, 48), mode="bilinear", align_corners=False)
        return torch.nn.functional.softplus(5 * network(sized)[:, 0, 2, 2])

    return rates


@pytest.fixture(params=["unit of a network", "neuron of a twin", "spikes of a rig"])
def neuron(request, twin):
    """Rates, and the noise with which they are measured."""
    if request.param == "neuron of a twin":
        return TwinResponses(twin, [180]).neuron(), 0.0
    return network_unit(), POISSON if "rig" in request.param else 0.0


@pytest.fixture
def measured(neuron):
    """What is measured of images."""
    rates, noise = neuron
    rng = np.random.default_rng(3)

    def measure(images):
        with torch.no_grad():
            clean = rates(images).double().numpy()
        return noise(clean, rng) if noise else clean

    return measure


@pytest.fixture(scope="module")
def generator():
    return SmallGenerator(n=N_CODE, size=48)


class Rate(FeatureDistance):
    """Squared difference of a neuron's rates."""

    name, reduction = "rate", "squared"

    def __init__(self, rates):
        super().__init__()
        self.rates = rates

    def features(self, images):
        return self.rates(images)[:, None]


def test_it_evolves_and_its_map_has_level_sets(neuron, measured, generator, tmp_path):
    rates, noise = neuron
    start = np.zeros((1, N_CODE))
    optimizer = CholeskyCMAES(N_CODE, 12, 1.0, start, random_seed=1)
    thread = Thread("small", generator, optimizer, start)

    def respond(images, units):
        with torch.no_grad():
            return rates(images).numpy()

    evolution = Evolution(tmp_path / "one.h5", "one", [thread], noise=noise)
    (record,) = evolve([evolution], respond, 12)
    (shown,) = record.threads
    first, last = (shown.scores_clean[shown.generations == block] for block in (1, 11))
    assert last.mean() > first.mean() + first.std() / 2

    last_codes = shown.codes[shown.generations == 11]
    bases, radius = evolution_basis(shown.codes, last_codes)
    angles = np.arange(-90.0, 91, 30)
    found = sample_map(generator, measured, bases["PC23"], radius, angles, angles)
    assert found.shape == (7, 7)
    assert np.isfinite(found).all()
    signature = topology_signature(found)
    assert signature.maximum == pytest.approx(found.max())
    births = signature.pairs0[:, 0]
    assert births.max() == pytest.approx(found.max())
    assert signature.morse()[0] == len(births)


def test_its_metric_has_one_axis_along_the_gradient(neuron, generator):
    rates, _ = neuron
    code = torch.randn(N_CODE, generator=torch.manual_seed(2))
    metric = metric_tensor(generator, code, Rate(rates))
    leading = metric.eigenvectors[:, np.argmax(metric.eigenvalues)]
    at = code.clone()[None].requires_grad_()
    rates(generator.visualize(at))[0].backward()
    gradient = at.grad[0].numpy()
    cosine = leading @ gradient / np.linalg.norm(gradient)
    assert abs(cosine) == pytest.approx(1, abs=1e-3)
    assert metric.eigenvalues.max() == pytest.approx(2 * gradient @ gradient, rel=1e-2)
    assert np.sort(np.abs(metric.eigenvalues))[-2] < 1e-3 * metric.eigenvalues.max()


def test_its_poles_lie_above_and_below_its_rates_to_noise(neuron, measured):
    rates, _ = neuron
    settings = {"image_size": 48, "total_steps": 12, "learning_rate": 0.3, "noise": 0.0}
    found = {}
    for sign in (1, -1):
        made = pixel_ascending(
            lambda images, sign=sign: sign * rates(0.5 + 0.2 * images).mean(),
            **settings,
            box_size=(1.0, 1.0),
            nb_crops=1,
            jitter_std=0.0,
            generator=0,
            device="cpu",
        )
        shown = 0.5 + 0.2 * made["image"].expand(100, -1, -1, -1)
        found[sign] = measured(shown).mean()
    assert found[1] > found[-1]


def test_a_screen_orders_images_by_it(neuron, measured):
    rates, _ = neuron
    images = torch.rand(60, 3, 48, 48, generator=torch.manual_seed(4))
    images *= torch.linspace(0, 1, 60)[:, None, None, None]
    order = stable_order(measured(images))
    with torch.no_grad():
        clean = rates(images).numpy()
    assert clean[order[-15:]].mean() > clean[order[:15]].mean()

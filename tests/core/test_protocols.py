"""Every generator, optimizer and scorer of the project keeps the promises of its protocol."""

import numpy as np
import pytest
import torch
from torch import nn

from core.computing.random_source import standard_normal, torch_draws_from
from core.errors import PromiseError
from core.generators import (
    BigGAN,
    DeePSim,
    Generator,
    invert,
    load_generator,
    validate_generator,
)
from core.generators.biggan import settle_spectral_norms
from core.optimizers import (
    CholeskyCMAES,
    CmaesOptimizer,
    Genetic,
    HessCMAES,
    PycmaOptimizer,
    SphereCMA,
    make_optimizer,
    validate_optimizer,
)
from core.optimizers.external import NEVERGRAD_METHODS
from core.optimizers.presets import OPTIMIZERS
from core.probing import Scorer, UnitResponses, validate_scorer
from core.spaces import CODE_LENGTHS
from core.utils.CNN_scorers import TorchScorer
from core.utils.GAN_utils import BigGAN_wrapper, upconvGAN


def small_biggan(kind=BigGAN):
    import pytorch_pretrained_biggan as library

    with torch_draws_from(0):
        model = library.BigGAN(library.BigGANConfig(output_dim=128, channel_width=8))
    nn.init.ones_(model.generator.bn.weight)
    nn.init.zeros_(model.generator.bn.bias)
    settle_spectral_norms(model)
    return kind(model.requires_grad_(False))


GENERATORS = {
    "small": lambda: load_generator("small", device="cpu"),
    "norm1": lambda: DeePSim("norm1", pretrained=False, device="cpu", rng=0),
    "published norm1": lambda: upconvGAN("norm1", pretrained=False, device="cpu", rng=0),
    "BigGAN": small_biggan,
    "published BigGAN": lambda: small_biggan(BigGAN_wrapper),
}


@pytest.mark.parametrize("name", GENERATORS)
def test_generators(name):
    validate_generator(GENERATORS[name]())


class OwnGenerator(Generator):
    """As a user writes one, with the abstract class alone."""

    latent_shape = (4,)

    def sample(self, n=1, *, rng=None):
        return standard_normal((n, 4), torch.device("cpu"), rng)

    def visualize(self, codes, *, scale=1.0):
        grid = torch.linspace(0, 3, 8)
        waves = torch.sigmoid((codes[:, :, None] * grid).sum(1))
        return scale * waves[:, None, :, None].expand(-1, 3, 8, 8)


def test_a_generator_that_follows_the_abstract_class_works_everywhere():
    generator = OwnGenerator()
    validate_generator(generator)
    found = invert(
        generator,
        generator.images(generator.sample(2, rng=0)),
        rng=1,
        learning_rate=0.1,
        n_steps=400,
    )
    assert found.errors.max() < 1e-4


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"sample": None}, "expected a method `sample`, found none"),
        ({"sample": lambda n=1: torch.zeros(n, 4)}, r"`sample\(n, rng=seed\)` to work"),
        ({"sample": lambda n=1, *, rng=None: torch.zeros(n, 5)}, r"codes \(3, 4\), found \(3, 5\)"),
        ({"sample": lambda n=1, *, rng=None: torch.randn(n, 4)}, "the same seed"),
        ({"visualize": lambda codes: codes}, r"`visualize\(codes, scale=1.0\)` to work"),
        ({"visualize": lambda codes, *, scale=1.0: torch.rand(3, 8, 8)}, r"images \(3, 3, H, W\)"),
        (
            {"visualize": lambda codes, *, scale=1.0: torch.full((len(codes), 3, 8, 8), 0.5)},
            "a scale of 255 to give 255 times",
        ),
        ({"latent_shape": [4]}, "`latent_shape` to be a tuple of whole numbers"),
        ({"images": lambda codes: torch.zeros(len(codes), 3, 8, 8)}, "`images` to give what"),
    ],
)
def test_what_is_said_of_generators_that_break_a_promise(broken, words):
    generator = OwnGenerator()
    for name, value in broken.items():
        object.__setattr__(generator, name, value)
    with pytest.raises(PromiseError, match=f"OwnGenerator: .*{words}"):
        validate_generator(generator)


def test_a_generator_whose_images_depend_on_their_neighbours():
    class Normalised(OwnGenerator):
        def visualize(self, codes, *, scale=1.0):
            images = super().visualize(codes, scale=1.0)
            return scale * (images * 0.5 / images.mean()).clamp(0, 1)

    with pytest.raises(PromiseError, match="the same alone and among others"):
        validate_generator(Normalised())


def identity_hessian(space):
    names = {
        "BigGAN": [
            ("eigvals_avg", "eigvects_avg", 256),
            ("eigvals_clas_avg", "eigvects_clas_avg", 128),
        ],
        "fc6": [("eigv_avg", "eigvect_avg", 4096)],
    }[space]
    arrays = {}
    for values, vectors, size in names:
        arrays |= {values: np.linspace(1, 2, size), vectors: np.eye(size)}
    return arrays


OPTIMIZER_NAMES = [
    *(
        name
        for name in OPTIMIZERS
        if name not in NEVERGRAD_METHODS and not name.startswith("fc6/Hess")
    )
]


@pytest.mark.parametrize("name", OPTIMIZER_NAMES)
def test_every_optimizer_of_the_registry(name):
    space = name.partition("/")[0]
    n = CODE_LENGTHS.get(space, 12)
    hessian = identity_hessian(space) if "/Hess" in name else None
    validate_optimizer(lambda: make_optimizer(name, n, hessian=hessian, random_seed=0))


@pytest.mark.parametrize("kind", [CholeskyCMAES, HessCMAES, SphereCMA])
def test_optimizers_on_torch(kind):
    validate_optimizer(lambda: kind(8, 20, random_seed=0, device="cpu"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Genetic(
            8, 12, 0.25, 0.75, kT_multiplier=2, n_conserve=2, random_seed=0, device="cpu"
        ),
        lambda: CmaesOptimizer(8, 12, random_seed=0),
        lambda: CmaesOptimizer(8, 12, random_seed=0, separable=False),
        lambda: PycmaOptimizer(8, 12, random_seed=0),
    ],
    ids=["genetic on torch", "cmaes", "cmaes full", "pycma"],
)
def test_other_optimizers(make):
    validate_optimizer(make)


class Wrong(CholeskyCMAES):
    wrong = "shape"

    def _next(self, scores, codes):
        proposed = super()._next(scores, codes)
        if self.wrong == "shape":
            return proposed[:, 1:]
        if self.wrong == "nan":
            return proposed * np.nan
        codes += 1
        return proposed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("shape", r"`step` to give codes \(13, 8\), found \(13, 7\)"),
        ("nan", "finite codes, found NaN"),
        ("input", "leave its input alone"),
    ],
)
def test_what_is_said_of_optimizers_that_break_a_promise(wrong, words):
    Wrong.wrong = wrong
    with pytest.raises(PromiseError, match=f"Wrong: expected .*{words}"):
        validate_optimizer(lambda: Wrong(8, random_seed=0))


def test_an_optimizer_whose_first_codes_come_anew_at_every_call():
    class Restless(SphereCMA):
        def _first_population(self):
            self._first = None
            return super()._first_population()

    with pytest.raises(PromiseError, match="the same codes at every call"):
        validate_optimizer(lambda: Restless(8, 12, 6, random_seed=0))


def test_an_optimizer_that_learns_before_it_refuses():
    class Hasty(CholeskyCMAES):
        def step(self, scores, codes):
            self._source.normal((1,))
            return super().step(scores, codes)

    with pytest.raises(PromiseError, match="a refused call to change nothing"):
        validate_optimizer(lambda: Hasty(8, random_seed=0))


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5))


@pytest.mark.parametrize("kind", [Scorer, TorchScorer])
def test_scorers(net, kind):
    net(torch.zeros(1, 3, 16, 16))
    size = {"size": 16} if kind is Scorer else {"imgpix": 16}
    with kind(net, layer=".ReLU1", unit=(2, 7, 7), **size) as scorer:
        validate_scorer(scorer)


def test_many_units_at_once(net):
    net(torch.zeros(1, 3, 16, 16))
    respond = UnitResponses(Scorer(net, size=16), [(".ReLU1", 0, 7, 7), (".ReLU1", 2, 3, 3)])
    validate_scorer(lambda images: respond(images, np.arange(len(images)) % 1))


@pytest.mark.parametrize(
    ("scorer", "words"),
    [
        (3, "a callable that takes images"),
        (lambda images: torch.full((len(images),), torch.nan), "4 of 4 that are NaN or infinite"),
        (
            lambda images: images.mean((2, 3)),
            r"one score for each of 4 images, found shape \(4, 3\)",
        ),
        (lambda images: ["much"] * len(images), "scores that are numbers, found list"),
        (lambda images: images.mul_(0.5).mean((1, 2, 3)), "images to be left alone"),
        (lambda images: torch.rand(len(images)), "the same scores for the same images"),
        (lambda images: images.mean((1, 2, 3)) - images.mean(), "alone and among others"),
    ],
)
def test_what_is_said_of_scorers_that_break_a_promise(scorer, words):
    with pytest.raises(PromiseError, match=words):
        validate_scorer(scorer)

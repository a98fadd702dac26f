"""Gradient ascent in code space: coordinates, replacement of dead codes, labels."""

import pytest
import torch

from core.errors import CodeError, ScoreError, SettingError
from core.optimizers.gradient import (
    METHODS,
    GradientMethod,
    Hessian,
    gradient_ascent,
    label2method,
)
from core.probing.code_scores import image_scores
from core.utils.CNN_scorers import TorchScorer
from core.utils.GAN_utils import upconvGAN

AXES = torch.logspace(-1, 1, 6, dtype=torch.float64)


@pytest.fixture
def hessian():
    turn = torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return Hessian(AXES, torch.linalg.qr(turn)[0])


def bowl(codes):
    return -((codes - 1).square() * AXES).sum(dim=1)


def starts(n=4):
    return torch.randn(n, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def climb(label, hessian=None, score=bowl, **options):
    return gradient_ascent(score, starts(), label2method(label), hessian=hessian, **options)


def test_trajectories_start_at_the_codes_and_are_sorted_by_their_last_score():
    ascent = climb("Adam01", steps=20)
    assert ascent.codes.shape == (20, 4, 6)
    assert (ascent.scores[-1].diff() <= 0).all()
    order = torch.cdist(ascent.codes[0], starts()).argmin(dim=1)
    torch.testing.assert_close(ascent.codes[0], starts()[order])
    torch.testing.assert_close(ascent.scores, bowl(ascent.codes.reshape(-1, 6)).reshape(20, 4))
    assert (ascent.max_scores > ascent.scores[0]).all()
    assert (ascent.max_steps > 0).all()


def test_the_rotation_changes_adam_and_not_sgd(hessian):
    plain, turned = climb("SGD001", steps=30), climb("SGD001Hess", hessian, steps=30)
    torch.testing.assert_close(turned.codes, plain.codes)
    plain, turned = climb("Adam001", steps=30), climb("Adam001Hess", hessian, steps=30)
    assert (turned.codes - plain.codes).abs().max() > 0.01


def test_preconditioned_steps_are_those_of_the_scaled_gradient(hessian):
    ascent = climb("SGD001Precond", hessian, steps=2, expon=0.25)
    first, second = ascent.codes
    gradient = -2 * AXES * (first - 1)
    metric = hessian.eigvects * hessian.eigvals**-0.5 @ hessian.eigvects.T
    torch.testing.assert_close(second, first + 0.01 * gradient @ metric)


def test_codes_without_a_response_are_replaced():
    def rectified(codes):
        return (codes[:, 0] - 0.5).relu()

    fresh = []

    def sample(n):
        fresh.append(n)
        return torch.ones(n, 6)

    dead = int((starts()[:, 0] <= 0.5).sum())
    assert 0 < dead < 4
    assert (climb("Adam01", score=rectified, steps=5, sample=sample).scores[1:] > 0).all()
    assert fresh == [dead]
    assert (climb("Adam01", score=rectified, steps=5).scores[-1] == 0).sum() == dead


@pytest.mark.slow
def test_a_unit_of_a_network_is_climbed():
    generator = upconvGAN("fc6", pretrained=False, device="cpu")
    codes = generator.sample(2, rng=torch.Generator().manual_seed(0))
    with TorchScorer("efficientnet_lite0", device="cpu") as scorer:
        scorer.select_unit(("lite0", ".blocks.InvertedResidual3", 5, 7, 7), allow_grad=True)
        score = image_scores(generator, scorer)
        ascent = gradient_ascent(score, codes, label2method("Adam01"), steps=3)
    assert ascent.codes.shape == (3, 2, 4096)
    assert ascent.scores[-1].mean() > ascent.scores[0].mean()


def test_labels():
    assert {label2method(label).lr for label in METHODS} == {0.1, 0.01, 0.003, 0.001}
    assert label2method("SGD0001") == GradientMethod("SGD", 0.001)
    assert label2method("SGD0001Precond").basis == "preconditioned"
    with pytest.raises(SettingError, match=r"one of Adam01, .*found 'Adam1'"):
        label2method("Adam1")


@pytest.mark.parametrize(("change", "error", "message"), [
    ({"method": GradientMethod("Adam", 0.1, "hessian")}, SettingError, "expected a Hessian"),
    ({"steps": 0}, SettingError, "steps: expected"),
    ({"codes": torch.zeros(6)}, CodeError, r"codes \(B, D\), found \(6,\)"),
    ({"score": lambda codes: codes}, ScoreError, "expected 4 scores with a gradient"),
    ({"score": lambda codes: bowl(codes).detach()}, ScoreError, "without one"),
    ({"score": lambda codes: bowl(codes) / 0}, ScoreError, "expected finite scores"),
])  # fmt: skip
def test_bad_input_is_said_to_be_so(change, error, message):
    arguments = {"score": bowl, "codes": starts(), "method": GradientMethod("Adam", 0.1)} | change
    with pytest.raises(error, match=message):
        gradient_ascent(**arguments)


@pytest.mark.parametrize(("values", "vectors", "message"), [
    (AXES * 0, torch.eye(6), "above zero, found 6 of 6"),
    (AXES[:5], torch.eye(6), "expected 6 eigenvalues"),
    (AXES, torch.eye(5), "expected 6 eigenvalues"),
])  # fmt: skip
def test_a_hessian_that_cannot_be_used_is_refused(values, vectors, message):
    with pytest.raises(SettingError, match=message):
        climb("Adam01Precond", Hessian(values, vectors))


@pytest.mark.parametrize("arguments", [("LBFGS", 0.1), ("Adam", 0.0), ("Adam", 0.1, "pca")])
def test_methods_out_of_range_are_refused(arguments):
    with pytest.raises(SettingError):
        GradientMethod(*arguments)

"""Activation maximisation by gradient, in the space of codes (Extended Data Fig. 1D).

The optimizer moves coordinates w of the code z. Published are ``w = z``, and ``w = z E`` with the
eigenvectors E of the generator's average Hessian: a rotation, which changes nothing for SGD and
gives Adam, whose steps are equal along all axes, other axes. With ``basis="preconditioned"`` the
axes are scaled too, ``z = w diag(eigenvalues^-expon) E^T``, so that steps are small where images
change much.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

from core.errors import CodeError, ScoreError, SettingError
from core.settings import positive_number, whole

BASES = ("code", "hessian", "preconditioned")

RATES = {"1": 0.1, "01": 0.01, "001": 0.001, "003": 0.003}
"""Learning rates as labels spell them, after a leading 0."""

METHODS = ("Adam01", "Adam001", "Adam0003", "Adam0001", "SGD001", "SGD0003", "SGD0001")
"""Published labels; ``Hess`` behind one rotates, ``Precond`` (not published) preconditions."""

Score = Callable[[torch.Tensor], torch.Tensor]
"""Differentiable scores (B,) of codes (B, D)."""


@dataclass(frozen=True)
class GradientMethod:
    """How to climb: torch's optimizer with its defaults, its rate, and the coordinates it moves."""

    optimizer: Literal["Adam", "SGD"]
    lr: float
    basis: Literal["code", "hessian", "preconditioned"] = "code"

    def __post_init__(self) -> None:
        positive_number(self.lr, "lr")
        if self.optimizer not in ("Adam", "SGD"):
            raise SettingError(
                path="optimizer", expected="Adam or SGD", found=f"{self.optimizer!r}"
            )
        if self.basis not in BASES:
            raise SettingError(
                path="basis", expected=f"one of {', '.join(BASES)}", found=f"{self.basis!r}"
            )


@dataclass(frozen=True)
class Hessian:
    """Average Hessian of a generator: `eigvals` (D,) and `eigvects` (D, D), in columns."""

    eigvals: torch.Tensor
    eigvects: torch.Tensor


@dataclass(frozen=True)
class Ascent:
    """What a gradient ascent recorded; trajectories by their last score, best first.

    `codes` (steps, B, D) were scored, `scores` (steps, B) are theirs; `order` (B,) tells from which
    of the first codes each trajectory began.
    """

    codes: torch.Tensor
    scores: torch.Tensor
    order: torch.Tensor

    @property
    def max_scores(self) -> torch.Tensor:
        """Highest score of each trajectory, (B,)."""
        return self.scores.max(dim=0).values

    @property
    def max_steps(self) -> torch.Tensor:
        """Step at which it was reached, 0-based, (B,)."""
        return self.scores.argmax(dim=0)


def label2method(label: str) -> GradientMethod:
    """The method of a label: optimizer, rate, and coordinates.

    Raises
    ------
    SettingError
        If it is not known; lists the known.

    Examples
    --------
    >>> label2method("Adam0003Hess")
    GradientMethod(optimizer='Adam', lr=0.003, basis='hessian')
    """
    name, basis = label, "code"
    for suffix, of_suffix in (("Hess", "hessian"), ("Precond", "preconditioned")):
        if label.endswith(suffix):
            name, basis = label.removesuffix(suffix), of_suffix
    if name not in METHODS:
        raise SettingError(
            path="gradient method",
            expected=f"one of {', '.join(METHODS)}, alone or with Hess or Precond behind it",
            found=f"{label!r}",
        )
    optimizer, _, rate = name.partition("0")
    return GradientMethod(optimizer, RATES[rate], basis)


def gradient_ascent(
    score: Score,
    codes: torch.Tensor,
    method: GradientMethod,
    steps: int = 100,
    *,
    hessian: Hessian | None = None,
    expon: float = 1 / 2.5,
    sample: Callable[[int], torch.Tensor] | None = None,
) -> Ascent:
    """Climb from several codes at once.

    Parameters
    ----------
    score
        Differentiable scores of codes, as `core.probing.image_scores` makes them.
    codes : (B, D)
        Where to start; left as they are.
    method
        See `label2method`.
    steps
        Times that codes are scored.
    hessian
        For the bases ``hessian`` and ``preconditioned``.
    expon
        Of the preconditioner; 1/2.5 is HessCMAES' default.
    sample
        Gives n fresh codes (n, D). A code whose score is exactly 0, which has no gradient under a
        rectified unit, is replaced by one, as published; without it such codes stay. Adam's moments
        of a replaced code are not reset.

    Returns
    -------
    Ascent
        On the device of `codes`.

    Raises
    ------
    CodeError, ScoreError
        If `codes` are no rows, or `score` does not give one finite score for each.
    SettingError
        If the basis needs a Hessian that is missing, does not fit or has eigenvalues that are not
        above zero.
    """
    if codes.dim() != 2 or not codes.is_floating_point():
        raise CodeError(
            expected="floating-point codes (B, D)", found=f"{tuple(codes.shape)} of {codes.dtype}"
        )
    to_code, from_code = _coordinates(method, hessian, codes, expon)
    moving = from_code(codes.detach()).clone().requires_grad_(True)
    optimizer = getattr(torch.optim, method.optimizer)([moving], lr=method.lr)
    all_codes, all_scores = [], []
    for _ in range(whole(steps, "steps", at_least=1)):
        optimizer.zero_grad()
        current = to_code(moving)
        scores = _checked(score(current), len(codes))
        all_codes.append(current.detach().clone())
        all_scores.append(scores.detach().clone())
        (-scores.sum()).backward()
        optimizer.step()
        dead = scores.detach() == 0
        if sample is not None and dead.any():
            with torch.no_grad():
                moving[dead] = from_code(sample(int(dead.sum())).to(codes))
    order = all_scores[-1].argsort(descending=True, stable=True)
    return Ascent(torch.stack(all_codes)[:, order], torch.stack(all_scores)[:, order], order)


def _coordinates(
    method: GradientMethod, hessian: Hessian | None, codes: torch.Tensor, expon: float
) -> tuple[Score, Score]:
    """From the moving coordinates to codes, and back."""
    if method.basis == "code":
        return (lambda w: w), (lambda z: z)
    if hessian is None:
        raise SettingError(path=f"basis {method.basis}", expected="a Hessian", found="none")
    vectors = torch.as_tensor(hessian.eigvects).to(codes)
    values = torch.as_tensor(hessian.eigvals).to(codes)
    n = codes.shape[1]
    if vectors.shape != (n, n) or values.shape != (n,):
        raise SettingError(
            path="Hessian",
            expected=f"{n} eigenvalues and ({n}, {n}) eigenvectors",
            found=f"{tuple(values.shape)} and {tuple(vectors.shape)}",
        )
    if method.basis == "hessian":
        return (lambda w: w @ vectors.T), (lambda z: z @ vectors)
    if not (values > 0).all():
        raise SettingError(
            path="Hessian",
            expected="eigenvalues above zero",
            found=f"{int((~(values > 0)).sum())} of {n} that are not",
        )
    scale = values**-expon
    return (lambda w: (w * scale) @ vectors.T), (lambda z: z @ vectors / scale)


def _checked(scores: torch.Tensor, n_codes: int) -> torch.Tensor:
    if scores.shape != (n_codes,) or not scores.requires_grad:
        raise ScoreError(
            expected=f"{n_codes} scores with a gradient",
            found=(
                f"shape {tuple(scores.shape)} {'with' if scores.requires_grad else 'without'} one"
            ),
        )
    if not torch.isfinite(scores).all():
        raise ScoreError(
            expected="finite scores", found="NaN or infinity", advice="the climb cannot go on"
        )
    return scores

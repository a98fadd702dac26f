"""Images that drive a unit equally: codes at a given score, found by gradient descent.

From random offsets around a code, Adam moves codes until the score is at its target and the image
as near to the prototype's, or as far from it, as it can be. `rbf_summary` compares the distances.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.computing.random_source import standard_normal
from core.errors import ScoreError, SettingError
from core.optional import import_package
from core.settings import whole

if TYPE_CHECKING:
    import torch

    from core.generators import Generator

MODES = {"min": 1.0, "none": 0.0, "max": -1.0, "fix": 1.0}
"""Sign of the distance in the loss; of its difference from a wanted one for ``fix``."""

LEARNING_RATE = 0.1

KICK = 0.3
"""Standard deviation of what is added to the codes of silent images, which have no gradient."""

Measure = Callable[["torch.Tensor"], "torch.Tensor"]
"""Differentiable numbers (n,) of images (n, 3, H, W)."""


@dataclass(frozen=True, eq=False)
class LevelImages:
    """Codes that were found, (n, n_dims), where they began, their scores and distances, (n,)."""

    initial_codes: np.ndarray
    codes: np.ndarray
    scores: np.ndarray
    distances: np.ndarray

    def within(self, target: float, tolerance: float) -> np.ndarray:
        """Which scores reached the target, (n,) bool.

        Parameters
        ----------
        target, tolerance
            In the unit of the scores; published is a tenth of the prototype's score.
        """
        return np.abs(self.scores - target) < tolerance


def find_level_images(
    generator: "Generator",
    scorer: Measure,
    distance: Measure,
    start: np.ndarray,
    target: float,
    mode: str,
    *,
    n: int = 40,
    n_steps: int = 75,
    sigma: float = 1.5,
    distance_weight: float = 5.0,
    unit: float = 1.0,
    wanted: float | None = None,
    rng: int = 0,
) -> LevelImages:
    """Codes whose images have a score, as near to or as far from the prototype as they come.

    Minimised is the mean of ``|score - target| / unit`` and, weighted, of the distance (``min``),
    its negative (``max``), its difference from `wanted` (``fix``) or nothing (``none``), this
    only where the score is not 0.

    Parameters
    ----------
    generator
        Makes images of codes, differentiably.
    scorer
        Differentiable scores of images.
    distance
        Differentiable distances of images from the prototype's image.
    start : (n_dims,)
        Code around which the search starts: the prototype's, or 0 (published ``abinit``).
    target
        Wanted score.
    mode
        ``min``, ``none``, ``max`` or ``fix``.
    n
        Number of images.
    n_steps
        Steps of Adam.
    sigma
        Standard deviation of the first offsets; published 1.5 around the prototype, 3 around 0.
    distance_weight
        Weight of the distance beside the score.
    unit
        Score that counts as 1 in the loss. Published is 1, so that the weight means something else
        for every unit; with the prototype's score it means the same.
    wanted
        Wanted distance, for ``fix`` and nothing else.
    rng
        Seed of the offsets and kicks.

    Returns
    -------
    LevelImages

    Raises
    ------
    SettingError
        If the mode is another word, or a distance is wanted and not given, or the other way round.
    ScoreError
        If the scores cannot be differentiated, or there is not one per image.
    """
    if mode not in MODES:
        raise SettingError(path="mode", expected=f"one of {', '.join(MODES)}", found=f"{mode!r}")
    if (mode == "fix") != (wanted is not None):
        expected = "a distance for the mode fix, and for no other"
        raise SettingError(path="wanted", expected=expected, found=f"{wanted} for {mode}")
    torch = import_package("torch", "find_level_images")
    source = np.random.default_rng(rng)
    centre = torch.as_tensor(np.asarray(start), dtype=torch.float32)
    shape, device = (whole(n, "n", 1), centre.numel()), torch.device("cpu")
    initial = centre + sigma * standard_normal(shape, device, source)
    codes = initial.clone().requires_grad_()
    adam = torch.optim.Adam([codes], lr=LEARNING_RATE)
    weight = distance_weight * MODES[mode]
    for _ in range(whole(n_steps, "n_steps", 0)):
        images = generator.visualize(codes)
        scores = _checked(scorer(images), len(codes))
        loss = ((scores - target).abs() / unit).mean()
        if weight:
            apart = distance(images)
            if wanted is not None:
                apart = (apart - wanted).abs()
            loss = loss + weight * (apart * (scores != 0)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        silent = (scores == 0).detach()
        if silent.any():
            kick = KICK * standard_normal(shape, device, source)
            with torch.no_grad():
                codes += kick * silent[:, None]
    with torch.no_grad():
        images = generator.visualize(codes)
        found = (initial, codes.detach(), scorer(images), distance(images))
    return LevelImages(*(values.cpu().numpy() for values in found))


def _checked(scores: "torch.Tensor", n: int) -> "torch.Tensor":
    if scores.shape != (n,):
        raise ScoreError(expected=f"{n} scores", found=f"shape {tuple(scores.shape)}")
    if not scores.requires_grad:
        raise ScoreError(expected="scores with a gradient", found="scores without")
    return scores

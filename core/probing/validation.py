"""Whether a scorer keeps the promises that evolutions and optimizers rely on."""

from collections.abc import Callable

import numpy as np
import torch

from core.computing.array_backend import to_host
from core.errors import PromiseError

N_IMAGES = 4
"""Images that the promises are tried on."""

SAME = 1e-4
"""Largest difference between scores that are called the same, relative to the largest score."""


def validate_scorer(
    scorer: Callable[[torch.Tensor], np.ndarray | torch.Tensor], size: int = 64
) -> None:
    """Try every promise of a scorer: a callable of images that gives one score for each.

    Parameters
    ----------
    scorer
        Takes ``(n, 3, H, W)`` float32 images, RGB in [0, 1], and gives (n,) scores: a
        `core.probing.Scorer`, a digital twin, or a function of the user's.
    size
        Rows and columns of the images that it is tried on, which are noise.

    Raises
    ------
    PromiseError
        Names the first promise that is broken.

    Examples
    --------
    >>> validate_scorer(lambda images: images.mean((1, 2, 3)))
    >>> validate_scorer(lambda images: images.mean((1, 2, 3)) * float("nan"))
    Traceback (most recent call last):
    core.errors.PromiseError: function: expected finite scores, found 4 of 4 that are NaN or \
infinite.
    """
    name = type(scorer).__name__
    if not callable(scorer):
        raise PromiseError(path=name, expected="a callable that takes images", found="none")
    images = torch.rand((N_IMAGES, 3, size, size), generator=torch.Generator().manual_seed(0))
    kept = images.clone()
    scores = _scores(name, scorer, images)
    if not torch.equal(images, kept):
        raise PromiseError(path=name, expected="images to be left alone", found="a change")
    tolerance = SAME * max(1e-6, np.abs(scores).max())
    if np.abs(_scores(name, scorer, images) - scores).max() > tolerance:
        raise PromiseError(
            path=name, expected="the same scores for the same images", found="others"
        )
    one_by_one = np.concatenate([_scores(name, scorer, image[None]) for image in images])
    if np.abs(one_by_one - scores).max() > tolerance:
        raise PromiseError(
            path=name,
            expected="the score of an image to be the same alone and among others",
            found=f"differences up to {np.abs(one_by_one - scores).max():.3g}",
        )


def _scores(name: str, scorer: Callable, images: torch.Tensor) -> np.ndarray:
    found = to_host(scorer(images))
    try:
        scores = np.asarray(found, dtype=float)
    except (TypeError, ValueError):
        raise PromiseError(
            path=name, expected="scores that are numbers", found=type(found).__name__
        ) from None
    if scores.shape != (len(images),):
        raise PromiseError(
            path=name,
            expected=f"one score for each of {len(images)} images",
            found=f"shape {scores.shape}",
        )
    n_bad = int((~np.isfinite(scores)).sum())
    if n_bad:
        raise PromiseError(
            path=name,
            expected="finite scores",
            found=f"{n_bad} of {len(scores)} that are NaN or infinite",
        )
    return scores

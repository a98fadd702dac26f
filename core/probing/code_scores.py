"""Scores of codes, by way of their images."""

from collections.abc import Callable

import torch

from core.generators.protocol import Generator
from core.probing.scorer import TorchScorer


def image_scores(
    generator: Generator,
    scorer: TorchScorer,
    place: Callable[[torch.Tensor], torch.Tensor] = lambda images: images,
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Scores of the images of codes, with a gradient.

    Parameters
    ----------
    generator
        Makes the images.
    scorer
        With a unit that was selected with ``allow_grad=True``.
    place
        What is done to images before they are scored, such as fitting them into a receptive field.
    """
    return lambda codes: scorer.score_tsr_wgrad(place(generator.visualize(codes)))

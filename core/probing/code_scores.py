"""Scores of codes, by way of their images."""

from collections.abc import Callable

import torch

from core.generators.protocol import Generator
from core.probing.scorer import Scorer


def image_scores(
    generator: Generator,
    scorer: Scorer,
    place: Callable[[torch.Tensor], torch.Tensor] = lambda images: images,
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Scores of the images of codes, with a gradient.

    Parameters
    ----------
    generator
        Makes the images.
    scorer
        Scores them; its unit was selected with ``ingraph=True``.
    place
        What is done to images before they are scored, such as fitting them into a receptive field.
    """
    return lambda codes: scorer.differentiable(place(generator.visualize(codes)))

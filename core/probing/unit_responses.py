"""Responses of several units of one network, each to images of its own, in one pass."""

from collections.abc import Sequence

import numpy as np
import torch

from core.probing.scorer import TorchScorer

BATCH = 42
"""Images that pass through the network at a time."""


def unit_name(network: str, layer: str, position: Sequence[int]) -> str:
    """A unit in words.

    Examples
    --------
    >>> unit_name("alexnet", ".features.ReLU4", [3, 13, 13])
    'alexnet .features.ReLU4 3,13,13'
    """
    return f"{network} {layer} {','.join(map(str, position))}"


class UnitResponses:
    """Scores of images by the unit whose number stands beside each.

    Parameters
    ----------
    scorer
        Of the network; what it recorded before is forgotten.
    units
        ``(layer, channel)`` or ``(layer, channel, row, column)`` of each, 0-based.
    batch
        Images at a time.

    Raises
    ------
    LayerError
        If there is no such layer or unit.

    Examples
    --------
    >>> scorer = TorchScorer(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)), 16)
    >>> respond = UnitResponses(scorer, [(".Conv2d0", 0, 7, 7), (".Conv2d0", 3, 7, 7)])
    >>> respond(torch.rand(5, 3, 16, 16), np.array([0, 0, 1, 1, 1])).shape
    (5,)
    """

    def __init__(self, scorer: TorchScorer, units: Sequence[tuple], batch: int = BATCH):
        self.scorer, self.batch = scorer, batch
        scorer.cleanup()
        self._keys = [f"unit {i}" for i in range(len(units))]
        for key, (layer, *position) in zip(self._keys, units, strict=True):
            scorer.set_unit(key, layer, position)
        scorer.record_layers = list(self._keys)
        scorer.artiphys = True

    def __call__(self, images: torch.Tensor, units: np.ndarray) -> np.ndarray:
        """Scores (n,) of images (n, 3, H, W) in [0, 1] by the units (n,)."""
        _, responses = self.scorer.score_tsr(images, B=self.batch)
        every = np.stack([responses[key].reshape(len(images)) for key in self._keys])
        return every[units, np.arange(len(images))].astype(float)

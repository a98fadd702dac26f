"""Responses of several units of one network, each to images of its own, in one pass."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from core.computing.checksums import checksum
from core.probing.scorer import BATCH_SIZE, Scorer


def unit_label(network: str, layer: str, position: Sequence[int]) -> str:
    """A unit in words.

    Parameters
    ----------
    network
        Name of the network.
    layer
        Name of the layer.
    position
        Channel, or channel, row and column; 0-based.

    Examples
    --------
    >>> unit_label("alexnet", ".features.ReLU4", [3, 13, 13])
    'alexnet .features.ReLU4 3,13,13'
    """
    return f"{network} {layer} {','.join(map(str, position))}"


class UnitResponses:
    """Scores of images by the unit whose number stands beside each.

    Parameters
    ----------
    scorer
        Scorer of the network; what it recorded before is forgotten.
    units
        ``(layer, channel)`` or ``(layer, channel, row, column)`` of each, 0-based.
    batch_size
        Images at a time.

    Raises
    ------
    LayerError
        If there is no such layer or unit.

    Examples
    --------
    >>> scorer = Scorer(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)), size=16)
    >>> respond = UnitResponses(scorer, [(".Conv2d0", 0, 7, 7), (".Conv2d0", 3, 7, 7)])
    >>> respond(torch.rand(5, 3, 16, 16), np.array([0, 0, 1, 1, 1])).shape
    (5,)
    """

    def __init__(self, scorer: Scorer, units: Sequence[tuple], batch_size: int = BATCH_SIZE):
        self.scorer, self.units, self.batch_size = scorer, list(units), batch_size
        scorer.close()
        self._keys = [f"unit {i}" for i in range(len(units))]
        for key, (layer, *position) in zip(self._keys, units, strict=True):
            scorer.record(key, layer, position)

    def __call__(self, images: torch.Tensor, units: np.ndarray) -> np.ndarray:
        """Scores (n,) of images (n, 3, H, W) in [0, 1] by the units (n,)."""
        responses = self.scorer.responses(images, batch_size=self.batch_size)
        every = np.stack([responses[key].reshape(len(images)) for key in self._keys])
        return every[units, np.arange(len(images))].astype(float)

    def identity(self, unit: int) -> dict[str, Any]:
        """Network, weights, preprocessing and place of a unit, which an evolution goes on with.

        Parameters
        ----------
        unit
            Number of the unit, 0-based.

        Returns
        -------
        dict
            In types of JSON.
        """
        layer, *position = self.units[unit]
        return {
            "network": type(self.scorer.model).__name__,
            "weights": checksum(self.scorer.model),
            "size of images": list(self.scorer.inputsize[1:]),
            "preprocessing": asdict(self.scorer.preprocessing),
            "unit": [layer, *position],
        }

"""Neurons of a twin as scorers of images in [0, 1], each image placed as the twin was screened."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import numpy as np
import torch
from torch.nn.functional import interpolate

from core.computing.checksums import checksum
from core.errors import SettingError
from dualneuron.twins.ensemble import Twin

MEAN_GREY = {"v1": 124.54466 / 255, "v4": 113.5 / 255, "v4g": 124.54466 / 255}
"""Mean grey of what each twin was trained with, of 1: what a z-scored 0 means."""

TRAINING_SD = {"v1": 70.28 / 255, "v4": 59.58 / 255, "v4g": 70.28 / 255}
"""SD of the grey levels that each twin was trained with, of 1: what a z-scored 1 means."""

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey."""

AT_ONCE = 32
"""Images in one forward pass on a CPU; more leave its caches. On a GPU all go at once."""

NORMLESS = 1e-6
"""Norm below which an image is mean grey, and stays so."""


class TwinResponses:
    """Responses of a twin's neurons, one neuron for each image.

    An image fills the twin's input, is faded to mean grey outside of the twin's mask, and brought
    to the twin's norm, as in screening: contrast is the same for all images.

    Parameters
    ----------
    twin
        An ensemble or one member.
    neurons
        The neuron of each unit, 0-based ids.
    mask : (H, W), optional
        From 0 to 1; without it the whole image is seen.

    Raises
    ------
    SettingError
        If an id is none of the twin's, or stands there twice.

    Examples
    --------
    >>> from dualneuron.twins import V1GrayTaskDriven
    >>> respond = TwinResponses(V1GrayTaskDriven(untrained=True, device="cpu"), [3, 7])
    >>> respond(torch.rand(4, 3, 64, 64), np.array([0, 0, 1, 1])).shape
    (4,)
    """

    def __init__(self, twin: Twin, neurons: Sequence[int], mask: np.ndarray | None = None):
        wrong = [n for n in neurons if not 0 <= n < twin.n_neurons]
        if wrong or len(set(neurons)) != len(neurons):
            raise SettingError(
                path="neurons",
                expected=f"different ids from 0 to {twin.n_neurons - 1}",
                found=str(wrong[0]) if wrong else "one twice",
            )
        self.twin, self.neurons = twin, np.asarray(neurons, dtype=np.int64)
        parameter = next(twin.parameters())
        self.device, self.dtype = parameter.device, parameter.dtype
        self.mask = None if mask is None else torch.as_tensor(mask).to(parameter)
        self._weights = checksum(twin)
        self._grey = twin.grey_baseline().numpy()

    @torch.no_grad()
    def __call__(self, images: torch.Tensor, units: np.ndarray) -> np.ndarray:
        """Responses (n,) to images (n, 3, H, W) in [0, 1] of the units (n,)."""
        neurons = torch.from_numpy(self.neurons[units]).to(self.device)
        parts = [
            self.twin.one_each(self.shown(images[i]), neurons[i]) for i in self._pieces(images)
        ]
        return torch.cat(parts).double().cpu().numpy()

    @torch.no_grad()
    def of_all(self, images: torch.Tensor) -> np.ndarray:
        """Responses (n, n_units) of all units to images (n, 3, H, W) in [0, 1]."""
        ids = torch.from_numpy(self.neurons).to(self.device)
        parts = [self.twin(self.shown(images[i]), ids) for i in self._pieces(images)]
        return torch.cat(parts).double().cpu().numpy()

    def _pieces(self, images: torch.Tensor) -> list[slice]:
        size = AT_ONCE if self.device.type == "cpu" else max(1, len(images))
        return [slice(i, i + size) for i in range(0, len(images), size)]

    def shown(self, images: torch.Tensor) -> torch.Tensor:
        """What the twin is shown, (n, C, H, W) around 0, of images (n, 3, H, W) in [0, 1]."""
        return self.faded(self.seen(images))

    def seen(self, images: torch.Tensor) -> torch.Tensor:
        """Images (n, 3, H, W) in [0, 1] in the twin's size and colours, less its mean grey."""
        n_channels, *size = self.twin.image_shape
        images = interpolate(
            images.to(self.device, self.dtype),
            size=tuple(size),
            mode="bilinear",
            align_corners=False,
            antialias=True,
        )
        return (luminance(images) if n_channels == 1 else images) - MEAN_GREY[self.twin.name]

    def faded(self, images: torch.Tensor) -> torch.Tensor:
        """Images (n, C, H, W) around 0, faded outside of the mask and brought to the norm.

        Examples
        --------
        >>> from dualneuron.twins import V1GrayTaskDriven
        >>> respond = TwinResponses(V1GrayTaskDriven(untrained=True, device="cpu"), [3])
        >>> respond.faded(torch.rand(1, 1, 93, 93) - 0.5).norm()
        tensor(12.0000)
        """
        images = images if self.mask is None else images * self.mask
        return at_norm(images, self.twin.files.norm)

    def neuron(self, unit: int = 0) -> Callable[[torch.Tensor], torch.Tensor]:
        """One unit alone: responses (n,) to images (n, 3, H, W) in [0, 1], with derivatives.

        Parameters
        ----------
        unit
            Number of the unit, 0-based.

        Examples
        --------
        >>> from dualneuron.twins import V1GrayTaskDriven
        >>> one = TwinResponses(V1GrayTaskDriven(untrained=True, device="cpu"), [3, 7]).neuron(1)
        >>> images = torch.rand(2, 3, 64, 64, requires_grad=True)
        >>> one(images).sum().backward()
        >>> images.grad.shape
        torch.Size([2, 3, 64, 64])
        """
        ids = [int(self.neurons[unit])]
        return lambda images: self.twin(self.shown(images), ids)[:, 0]

    def alone(self, unit: int) -> "TwinResponses":
        """The same twin with one of its units only.

        Parameters
        ----------
        unit
            Number of the unit, 0-based.
        """
        one = copy(self)
        one.neurons = self.neurons[[unit]]
        return one

    def grey(self, unit: int) -> float:
        """Response of a unit to mean grey.

        Parameters
        ----------
        unit
            Number of the unit, 0-based.
        """
        return float(self._grey[self.neurons[unit]])

    def identity(self, unit: int) -> dict[str, Any]:
        """What makes a unit's responses what they are.

        Parameters
        ----------
        unit
            Number of the unit, 0-based.

        Returns
        -------
        dict
            In types of JSON.
        """
        return {
            "twin": self.twin.files.folder,
            "members": len(self.twin.members),
            "weights": self._weights,
            "neuron": int(self.neurons[unit]),
            "norm": self.twin.files.norm,
            "mask": None if self.mask is None else round(float(self.mask.double().sum()), 3),
        }


def luminance(images: torch.Tensor) -> torch.Tensor:
    """Grey (n, 1, H, W) of images (n, 3, H, W).

    Examples
    --------
    >>> luminance(torch.tensor([[[[1.0]], [[0.0]], [[0.0]]]]))
    tensor([[[[0.2990]]]])
    """
    return torch.einsum("nchw,c->nhw", images, images.new_tensor(LUMINANCE))[:, None]


def at_norm(images: torch.Tensor, norm: float) -> torch.Tensor:
    """Images around 0 brought to one Euclidean norm; what is mean grey stays so.

    Parameters
    ----------
    images : (n, C, H, W)
        Images.
    norm
        Norm of each.

    Examples
    --------
    >>> at_norm(torch.tensor([[[[3.0, 4.0]]], [[[0.0, 0.0]]]]), 10.0).flatten(1)
    tensor([[6., 8.],
            [0., 0.]])
    """
    norms = images.flatten(1).norm(dim=1).clamp_min(NORMLESS)
    return images * (norm / norms)[:, None, None, None] * (norms > NORMLESS)[:, None, None, None]

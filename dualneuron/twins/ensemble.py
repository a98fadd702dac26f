"""A twin: networks that were trained from different starts, and the mean of what they predict."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from core.errors import ImageError, PromiseError
from dualneuron.files import TwinFiles
from dualneuron.twins.convnext import ConvNeXtCore
from dualneuron.twins.readout import Readout, checked_neurons
from dualneuron.twins.resnet import ResNetCore

CORES = {"v1": ConvNeXtCore, "v4": ResNetCore, "v4g": ResNetCore}

LARGEST = 64.0
"""Z-scored images stay below it, also a single pixel at synthesis's norm; 8-bit ones do not."""

NO_ROOM = 0.2
"""A neuron whose response to mean grey is smaller has next to no room for a low pole; a sixth of
the V1 neurons (84 of 458)."""

Neurons = Sequence[int] | torch.Tensor


class TwinMember(nn.Module):
    """One network of an ensemble: core, readout, and a nonlinearity that keeps responses above 0.

    Parameters
    ----------
    name
        ``v1``, ``v4`` or ``v4g``.
    files
        What is known of the twin.
    """

    def __init__(self, name: str, files: TwinFiles):
        super().__init__()
        self.files = files
        self.core = CORES[name]()
        rows, columns = files.image_shape[1:]
        self.readout = Readout(
            self.core.n_channels, self.core.map_size(rows, columns), files.n_neurons
        )

    def forward(self, images: torch.Tensor, neurons: torch.Tensor | None = None) -> torch.Tensor:
        """Responses (B, n) to images (B, 3, H, W) of all neurons or of those with these ids."""
        return _above_zero(self.readout(self._maps(images), neurons))

    def one_each(self, images: torch.Tensor, neurons: torch.Tensor) -> torch.Tensor:
        """Responses (B,) of one neuron to each image."""
        return _above_zero(self.readout.one_each(self._maps(images), neurons))

    def _maps(self, images: torch.Tensor) -> torch.Tensor:
        if self.training:
            raise PromiseError(
                path="the twin",
                expected="evaluation mode",
                found="training mode, which changes responses by a third and its own weights",
                advice="call eval()",
            )
        return self.core(images)


def _above_zero(drive: torch.Tensor) -> torch.Tensor:
    return functional.elu(drive - 1) + 1


class Twin(nn.Module):
    """Responses of recorded neurons to z-scored images, predicted by an ensemble.

    In evaluation mode with frozen parameters; a call in training mode is refused.

    Parameters
    ----------
    name
        ``v1``, ``v4`` or ``v4g``.
    files
        What is known of the twin.
    n_members
        Networks in the ensemble.

    Attributes
    ----------
    members : ModuleList of TwinMember

    Examples
    --------
    >>> from dualneuron.twins import V1GrayTaskDriven
    >>> twin = V1GrayTaskDriven(untrained=True, device="cpu")
    >>> twin(torch.zeros(2, 1, 93, 93)).shape
    torch.Size([2, 458])
    >>> twin(torch.zeros(2, 1, 93, 93), neurons=[7, 3]).shape
    torch.Size([2, 2])
    >>> twin(torch.zeros(2, 1, 100, 100))
    Traceback (most recent call last):
    core.errors.ImageError: expected images (B, 1, 93, 93) for V1GrayTaskDriven, found a tensor \
(2, 1, 100, 100).
    """

    def __init__(self, name: str, files: TwinFiles, n_members: int):
        super().__init__()
        self.name, self.files = name, files
        self.members = nn.ModuleList(TwinMember(name, files) for _ in range(n_members))

    @property
    def n_neurons(self) -> int:
        """Neurons; ids go from 0 to one less."""
        return self.files.n_neurons

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of its images."""
        return self.files.image_shape

    def forward(
        self, images: torch.Tensor, neurons: Neurons | None = None, avg: bool = True
    ) -> torch.Tensor:
        """Responses of neurons to images.

        Parameters
        ----------
        images : (B, C, H, W)
            Z-scored, 0 is the mean grey; a grey twin also takes (B, H, W) and three equal channels.
        neurons
            Ids, 0-based, in the order of the answer; all by default.
        avg
            Give the mean over members.

        Returns
        -------
        (B, n) or (members, B, n)
            At least 0; times 10 the authors call it Hz.

        Raises
        ------
        ImageError
            If images have another shape, are integers or evidently not z-scored.
        SettingError
            If an id is out of range.
        PromiseError
            If the twin is in training mode.
        """
        images = self._checked(images)
        ids = None if neurons is None else self._ids(neurons, images)
        responses = torch.stack([member(images, ids) for member in self.members])
        return responses.mean(0) if avg else responses

    def one_each(self, images: torch.Tensor, neurons: Neurons) -> torch.Tensor:
        """Response of one neuron to each image, mean over members.

        Parameters
        ----------
        images : (B, C, H, W)
            As `forward` takes them.
        neurons : (B,)
            The neuron of each image, 0-based.

        Returns
        -------
        (B,)

        Raises
        ------
        ImageError
            If there is not one neuron for each image, or `forward` would refuse the images.
        SettingError
            If an id is out of range.
        PromiseError
            If the twin is in training mode.
        """
        images = self._checked(images)
        ids = self._ids(neurons, images)
        if len(ids) != len(images):
            raise ImageError(expected=f"{len(ids)} images, one a neuron", found=len(images))
        return torch.stack([member.one_each(images, ids) for member in self.members]).mean(0)

    @torch.no_grad()
    def grey_baseline(self) -> torch.Tensor:
        """Response of every neuron to mean grey, (n_neurons,) on the CPU."""
        parameter = next(self.parameters())
        return self(parameter.new_zeros(1, *self.image_shape))[0].cpu()

    def without_room(self) -> torch.Tensor:
        """Which neurons have next to no room for a low pole, (n_neurons,) bool on the CPU.

        Those that respond to mean grey with less than `NO_ROOM`.
        """
        return self.grey_baseline() < NO_ROOM

    def _ids(self, neurons: Neurons, images: torch.Tensor) -> torch.Tensor:
        return checked_neurons(neurons, self.n_neurons, images.device)

    def _checked(self, images: torch.Tensor) -> torch.Tensor:
        """Images (B, 3, H, W) for the members."""
        n_channels, rows, columns = self.image_shape
        found = tuple(images.shape)
        if images.ndim == 3 and n_channels == 1:
            images = images[:, None]
        shapes = [(n_channels, rows, columns), (3, rows, columns)]
        if images.ndim != 4 or tuple(images.shape[1:]) not in shapes:
            raise ImageError(
                expected=f"images (B, {n_channels}, {rows}, {columns}) for {self.files.folder}",
                found=f"a tensor {found}",
            )
        if not images.is_floating_point():
            raise ImageError(expected="z-scored images", found=f"{images.dtype}", advice=Z_SCORES)
        _check_scale(images)
        return images.expand(-1, 3, -1, -1)


Z_SCORES = "subtract the mean grey level and divide by the SD first"


def _check_scale(images: torch.Tensor) -> None:
    """Refuse images that hold NaN or are evidently not z-scored, where numbers can be looked at."""
    if torch.compiler.is_compiling() or not images.numel():
        return
    try:
        largest = images.detach().abs().max().item()
    except RuntimeError:  # vmap lets nobody look
        return
    if not largest <= LARGEST:
        found = f"values up to {largest:g}"
        raise ImageError(expected="z-scored images", found=found, advice=Z_SCORES)

"""The Gaussian readout (Lurz et al. 2021) of a trained twin: every neuron reads one place of maps.

In training a neuron's place is drawn anew for every image; afterwards its mean counts, and what is
read there is the same for all images. The bilinear weights of the four positions around it are
therefore rows of a fixed matrix, and reading is a product with it: no `grid_sample`, which has no
forward-mode derivative, so that metrics and Hessians of twins can be computed.
"""

from collections.abc import Sequence

import torch
from torch import nn

from core.errors import SettingError


class Readout(nn.Module):
    """Linear responses of neurons to maps.

    Parameters
    ----------
    n_channels
        Channels of the maps.
    map_size
        Rows and columns of the maps.
    n_neurons
        Neurons.

    Attributes
    ----------
    mu : (1, n, 1, 2)
        Place of each neuron: column, then row, each in [-1, 1], from the centre of the first to
        that of the last position.
    sigma : (1, n, 1, 1)
        Spread of the place in training; not used afterwards.
    features : (1, C, 1, n)
        What each neuron makes of the channels.
    bias : (n,)
    """

    def __init__(self, n_channels: int, map_size: tuple[int, int], n_neurons: int):
        super().__init__()
        self.map_size = map_size
        self.is_centred = False
        self.mu = nn.Parameter(torch.empty(1, n_neurons, 1, 2))
        self.sigma = nn.Parameter(torch.empty(1, n_neurons, 1, 1))
        self.features = nn.Parameter(torch.empty(1, n_channels, 1, n_neurons))
        self.bias = nn.Parameter(torch.empty(n_neurons))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Normal features, places within 0.4 of the middle, no bias."""
        nn.init.normal_(self.features)
        nn.init.uniform_(self.mu, -0.4, 0.4)
        nn.init.zeros_(self.sigma)
        nn.init.zeros_(self.bias)

    def centre(self) -> None:
        """Let every neuron read the middle of the maps."""
        with torch.no_grad():
            self.mu.zero_()
        self.is_centred = True

    def places(self, neurons: Sequence[int] | torch.Tensor | None = None) -> torch.Tensor:
        """Weights of the positions that neurons read.

        Parameters
        ----------
        neurons
            Ids, 0-based; all by default.

        Returns
        -------
        (n, H * W)
            Rows sum to 1; at most four are not 0.
        """
        mu = self.mu[0, :, 0] if neurons is None else self.mu[0, neurons, 0]
        columns, rows = (
            _hats(place, size)
            for place, size in zip(mu.clamp(-1, 1).T, reversed(self.map_size), strict=True)
        )
        return (rows[:, :, None] * columns[:, None, :]).flatten(1)

    def forward(
        self, maps: torch.Tensor, neurons: Sequence[int] | torch.Tensor | None = None
    ) -> torch.Tensor:
        """Linear responses.

        Parameters
        ----------
        maps : (B, C, H, W)
        neurons
            Ids, 0-based; all by default.

        Returns
        -------
        (B, n)
        """
        features, bias = self._of(neurons)
        if self.is_centred:
            return self._middle(maps) @ features + bias
        return ((maps.flatten(2) @ self.places(neurons).T) * features).sum(1) + bias

    def one_each(self, maps: torch.Tensor, neurons: torch.Tensor) -> torch.Tensor:
        """Linear response of one neuron to the maps of each image.

        Parameters
        ----------
        maps : (B, C, H, W)
        neurons : (B,) int64
            The neuron of each image.

        Returns
        -------
        (B,)
        """
        features, bias = self._of(neurons)
        if self.is_centred:
            read = self._middle(maps)
        else:
            read = torch.einsum("bck,bk->bc", maps.flatten(2), self.places(neurons))
        return (read * features.T).sum(1) + bias

    def _middle(self, maps: torch.Tensor) -> torch.Tensor:
        """What the channels (B, C) are in the middle of maps."""
        return maps.flatten(2) @ self.places([0])[0]

    def _of(
        self, neurons: Sequence[int] | torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Features (C, n) and biases (n,) of neurons."""
        features = self.features[0, :, 0]
        if neurons is None:
            return features, self.bias
        return features[:, neurons], self.bias[neurons]


def _hats(place: torch.Tensor, size: int) -> torch.Tensor:
    """Bilinear weights (n, size) of places in [-1, 1]: the ends are the outermost positions."""
    position = (place + 1) / 2 * (size - 1)
    grid = torch.arange(size, dtype=place.dtype, device=place.device)
    return (1 - (position[:, None] - grid).abs()).clamp(min=0)


def checked_neurons(
    neurons: Sequence[int] | torch.Tensor, n_neurons: int, device: torch.device
) -> torch.Tensor:
    """Ids as a tensor (n,) int64.

    Parameters
    ----------
    neurons
        Ids, 0-based.
    n_neurons
        How many there are.
    device
        Where they are needed.

    Raises
    ------
    SettingError
        If one is no whole number from 0 to `n_neurons` - 1.

    Examples
    --------
    >>> checked_neurons([3, 458], 458, torch.device("cpu"))
    Traceback (most recent call last):
    core.errors.SettingError: neurons: expected ids from 0 to 457, found 458.
    """
    ids = torch.as_tensor(neurons)
    expected = f"ids from 0 to {n_neurons - 1}"
    if ids.ndim != 1 or ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool:
        found = f"{ids.dtype} of shape {tuple(ids.shape)}"
        raise SettingError(path="neurons", expected=expected, found=found)
    outside = ids[(ids < 0) | (ids >= n_neurons)]
    if len(outside):
        raise SettingError(path="neurons", expected=expected, found=int(outside[0]))
    return ids.to(device, torch.int64)

"""Random RealNVP networks: invertible maps that twist a space more the deeper they are.

A network of depth n applies, for i = 1 ... n, an affine coupling (Dinh et al. 2017) and then a
random rotation or reflection with an offset. Nothing is trained. Many networks of one dimension are
held together, sorted from deep to shallow, so that layer i works on a leading block of them and the
maps of all runs of an experiment are computed at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from core.errors import SettingError

N_HIDDEN = 16
"""Hidden units of a coupling's network."""


@dataclass(frozen=True)
class Coupling:
    """Affine coupling of n networks: weights ``(n, in, out)`` and biases ``(n, 1, out)``."""

    weights: tuple[torch.Tensor, ...]
    biases: tuple[torch.Tensor, ...]

    def shift_and_scale(self, half: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log scale and shift of the second half ``(n, m, d / 2)`` from the first half."""
        first, second, third = zip(self.weights, self.biases, strict=True)
        hidden = functional.silu(torch.baddbmm(first[1], half, first[0]))
        hidden = functional.silu(torch.baddbmm(second[1], hidden, second[0]))
        raw, shift = torch.baddbmm(third[1], hidden, third[0]).chunk(2, dim=2)
        return torch.tanh(raw), shift

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Points ``(n, m, d)`` after the coupling."""
        kept, changed = x.chunk(2, dim=2)
        log_scale, shift = self.shift_and_scale(kept)
        return torch.cat([kept, torch.addcmul(shift, changed, log_scale.exp())], dim=2)

    def inverse(self, y: torch.Tensor) -> torch.Tensor:
        """Points before the coupling."""
        kept, changed = y.chunk(2, dim=2)
        log_scale, shift = self.shift_and_scale(kept)
        return torch.cat([kept, (changed - shift) * torch.exp(-log_scale)], dim=2)


@dataclass(frozen=True)
class Rotation:
    """Orthogonal matrices ``(n, d, d)``, of determinant 1 or -1, and offsets ``(n, 1, d)``."""

    matrix: torch.Tensor
    offset: torch.Tensor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Points ``(n, m, d)`` after the rotation."""
        return torch.baddbmm(self.offset, x, self.matrix)

    def inverse(self, y: torch.Tensor) -> torch.Tensor:
        """Points before the rotation."""
        return (y - self.offset) @ self.matrix.mT


class RealNVPs:
    """Random RealNVP networks of one dimension, one for each pair of depth and seed.

    Parameters
    ----------
    dimension
        d; even.
    depths
        Number of couplings of each network, from the largest to the smallest; 0 is the identity.
    generators
        Source of each network's weights: couplings first, then rotations.

    Raises
    ------
    SettingError
        If the dimension is odd or the depths are not sorted.

    Examples
    --------
    >>> maps = RealNVPs(4, [2, 0], [torch.Generator().manual_seed(seed) for seed in (1, 2)])
    >>> x = torch.zeros(2, 3, 4, dtype=torch.float64)
    >>> torch.allclose(maps.inverse(maps.forward(x)), x)
    True
    """

    def __init__(
        self, dimension: int, depths: Sequence[int], generators: Sequence[torch.Generator]
    ):
        if dimension < 2 or dimension % 2:
            raise SettingError(path="dimension", expected="an even number", found=dimension)
        if list(depths) != sorted(depths, reverse=True):
            raise SettingError(path="depths", expected="them from deep to shallow", found=depths)
        networks = [
            _draw(dimension, depth, generator)
            for depth, generator in zip(depths, generators, strict=True)
        ]
        self.layers = []
        for i in range(max(depths, default=0)):
            deep_enough = [network[i] for network in networks if len(network) > i]
            self.layers.append(_stacked(deep_enough))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Points ``(n, m, d)`` of every network's input space in its output space."""
        for coupling, rotation in self.layers:
            n = len(rotation.matrix)
            y = rotation.forward(coupling.forward(x[:n]))
            x = y if n == len(x) else torch.cat([y, x[n:]])
        return x

    def inverse(self, y: torch.Tensor) -> torch.Tensor:
        """Points ``(n, m, d)`` of every network's output space in its input space."""
        for coupling, rotation in reversed(self.layers):
            n = len(rotation.matrix)
            x = coupling.inverse(rotation.inverse(y[:n]))
            y = x if n == len(y) else torch.cat([x, y[n:]])
        return y


Layer = tuple[list[tuple[torch.Tensor, torch.Tensor]], tuple[torch.Tensor, torch.Tensor]]


def _draw(dimension: int, depth: int, generator: torch.Generator) -> list[Layer]:
    """One network's layers: three (weight, bias) of the coupling; matrix and offset."""
    half = dimension // 2
    sizes = [(half, N_HIDDEN), (N_HIDDEN, N_HIDDEN), (N_HIDDEN, dimension)]
    couplings = [[_linear(*size, generator) for size in sizes] for _ in range(depth)]
    return [(coupling, _rotation(dimension, generator)) for coupling in couplings]


def _linear(n_in: int, n_out: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (in, out) and bias (1, out) with torch's default initialisation, in double."""
    bound = n_in**-0.5
    weight = torch.empty(n_out, n_in).uniform_(-bound, bound, generator=generator)
    bias = torch.empty(n_out).uniform_(-bound, bound, generator=generator)
    return weight.double().T, bias.double()[None]


def _rotation(dimension: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """A matrix drawn evenly from the orthogonal group, and a standard normal offset (1, d)."""
    normal = torch.randn(dimension, dimension, dtype=torch.float64, generator=generator)
    q, r = torch.linalg.qr(normal)
    offset = torch.randn(dimension, dtype=torch.float64, generator=generator)
    return q * r.diagonal().sign(), offset[None]


def _stacked(networks: list[Layer]) -> tuple[Coupling, Rotation]:
    """Layer i of several networks as one."""
    couplings = [coupling for coupling, _ in networks]
    weights, biases = (
        tuple(torch.stack([coupling[k][part] for coupling in couplings]) for k in range(3))
        for part in range(2)
    )
    matrices, offsets = zip(*(rotation for _, rotation in networks), strict=True)
    return Coupling(weights, biases), Rotation(torch.stack(matrices), torch.stack(offsets))

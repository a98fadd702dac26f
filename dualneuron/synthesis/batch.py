"""Most and least exciting images of many neurons at once, each as if it had been made alone.

The twin answers for all items together: without a gradient for the clean images, and in pieces that
fit the processor's cache, member by member, for the crops, whose gradient is kept and nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from core.computing.devices import device_of
from core.errors import ImageError, SettingError
from dualneuron.synthesis.ascend import result_of
from dualneuron.synthesis.climb import climb
from dualneuron.synthesis.draws import Draws, item_generator
from dualneuron.synthesis.middle import middle_responses, reads_middle
from dualneuron.synthesis.parameters import Phases, Pixels
from dualneuron.synthesis.presets import FourierPreset, PixelPreset
from dualneuron.synthesis.spectrum import check_symmetric, load_magnitude
from dualneuron.twins.ensemble import Twin, TwinMember
from dualneuron.twins.readout import checked_neurons

WEIGHTS = {"least": -1.0, "most": 1.0}
"""What a neuron's response is multiplied by to be maximised, by pole."""

PIECE_MIDDLE, PIECE_CUDA = 8, 512
"""Crops that a member sees at once: by `middle_responses` on the CPU, and on a GPU. Otherwise they
are those of one item, for which a network rounds as it does for the item alone."""

Respond = Callable[[TwinMember, torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Item:
    """One image to make.

    Parameters
    ----------
    neuron
        0-based.
    pole
        ``"most"`` or ``"least"`` exciting.
    seed
        Of its random numbers, at least 0.

    Raises
    ------
    SettingError
        If pole or seed are none.

    Examples
    --------
    >>> Item(7, "high")
    Traceback (most recent call last):
    core.errors.SettingError: pole: expected least or most, found 'high'.
    """

    neuron: int
    pole: str = "most"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.pole not in WEIGHTS:
            raise SettingError(path="pole", expected=" or ".join(WEIGHTS), found=f"{self.pole!r}")
        if self.seed < 0:
            raise SettingError(path="seed", expected="a number of at least 0", found=self.seed)


def synthesize(
    twin: Twin,
    items: Sequence[Item],
    preset: PixelPreset | FourierPreset,
    *,
    generators: Sequence[torch.Generator] | None = None,
    verbose: bool = False,
) -> list[dict[str, Any]]:
    """Make the images of many items together.

    Parameters
    ----------
    twin
        Whose neurons they are.
    items
        What to make.
    preset
        Settings, the same for all.
    generators
        Random numbers of each item, on the CPU; None seeds them by seed, pole and neuron
        (`item_generator`), so that an item does not depend on the others.
    verbose
        Whether a bar shows the steps, on a terminal.

    Returns
    -------
    list of dict
        One for each item, as of `fourier_ascending` and `pixel_ascending`; `objective` is minus the
        response for ``"least"``.

    Raises
    ------
    SettingError
        If a neuron is out of range.
    ImageError
        If the preset's images are not of the twin's size.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from dualneuron.synthesis.presets import V1_NOTEBOOK
    >>> from dualneuron.twins import V1GrayTaskDriven
    >>> twin = V1GrayTaskDriven(centered=True, untrained=True, device="cpu")
    >>> few = replace(V1_NOTEBOOK, total_steps=2)
    >>> most, least = synthesize(twin, [Item(7), Item(7, "least")], few)
    >>> most["image"].shape, most["objective"] > 0 > least["objective"]
    (torch.Size([1, 93, 93]), True)
    """
    device = device_of(twin)
    neurons = checked_neurons([item.neuron for item in items], twin.n_neurons, device)
    weights = torch.tensor([WEIGHTS[item.pole] for item in items], device=device)
    if generators is None:
        generators = [item_generator(item.seed, item.pole, item.neuron) for item in items]
    shape, parameters_of = _start(preset)
    if shape != twin.image_shape:
        raise ImageError(
            path="preset", expected=f"images {twin.image_shape} for the twin", found=shape
        )
    draws = Draws(generators, shape, device)
    with _workers(device) as run_all:
        responses = _Responses(twin, _piece(twin, preset.nb_crops), run_all)

        def score(images: torch.Tensor, nb_crops: int) -> torch.Tensor:
            of_crops = responses(images, neurons.repeat_interleave(nb_crops))
            return weights * of_crops.view(-1, nb_crops).mean(1)

        made = climb(parameters_of(draws), preset, draws, score, verbose=verbose)
    return [result_of(made, number) for number in range(len(items))]


def _start(
    preset: PixelPreset | FourierPreset,
) -> tuple[tuple[int, int, int], Callable[[Draws], Pixels | Phases]]:
    """Shape of an image, and the function that draws the first parameters."""
    if isinstance(preset, PixelPreset):
        shape = (preset.channels, preset.image_size, preset.image_size)
        return shape, lambda draws: Pixels(
            preset, (draws.starts(torch.randn) * preset.init_std).to(draws.device)
        )
    magnitude = load_magnitude(preset.magnitude_path, preset.image_size, preset.resize)
    if preset.hermitian:
        check_symmetric(magnitude)
    return tuple(magnitude.shape), lambda draws: Phases(
        preset,
        magnitude,
        (draws.starts(torch.rand) * 2 * torch.pi - torch.pi).to(draws.device),
    )


@contextmanager
def _workers(device: torch.device) -> Iterator[Callable[..., Any]]:
    """A `map`: on the CPU over as many threads as torch has, each of which computes alone.

    Small pieces in threads of their own wait for nobody; the same pieces, each split among threads,
    wait for the slowest a hundred times a step.
    """
    n_threads = torch.get_num_threads()
    if device.type != "cpu" or n_threads == 1:
        yield map
        return
    with ThreadPoolExecutor(n_threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield pool.map
    torch.set_num_threads(n_threads)  # the threads' own setting is also that of later threads


def _piece(twin: Twin, nb_crops: int) -> int:
    if device_of(twin).type == "cuda":
        return PIECE_CUDA
    return PIECE_MIDDLE if all(map(reads_middle, twin.members)) else nb_crops


class _Responses:
    """Mean responses (B,) of a twin's members to images, one neuron each, in pieces."""

    def __init__(self, twin: Twin, n_images: int, run_all: Callable[..., Any]):
        self.members, self.n_images, self.run_all = twin.members, n_images, run_all

    def __call__(self, images: torch.Tensor, neurons: torch.Tensor) -> torch.Tensor:
        if images.requires_grad:
            return _WithGradient.apply(images, neurons, self)
        return self.over_pieces(images, neurons, self.values)

    def over_pieces(
        self, images: torch.Tensor, neurons: torch.Tensor, work: Callable[..., torch.Tensor]
    ) -> torch.Tensor:
        """What `work` makes of pieces of the images, joined."""
        pieces = images.split(self.n_images), neurons.split(self.n_images)
        return torch.cat(list(self.run_all(work, *pieces)))

    def values(self, images: torch.Tensor, neurons: torch.Tensor) -> torch.Tensor:
        """Mean responses (B,) to a piece."""
        with torch.no_grad():
            responses = [_respond(member, images, neurons) for member in self.members]
            return torch.stack(responses).mean(0)

    def values_and_gradient(self, images: torch.Tensor, neurons: torch.Tensor) -> torch.Tensor:
        """Mean responses to a piece, and their gradients behind them: (B, 1 + C * H * W)."""
        total = 0
        for member in self.members:
            with torch.enable_grad():
                seen = images.detach().requires_grad_()
                response = _respond(member, seen, neurons)
                (gradient,) = torch.autograd.grad(response.sum(), seen)
            total = total + torch.cat((response.detach()[:, None], gradient.flatten(1)), dim=1)
        return total / len(self.members)


def _respond(member: TwinMember, images: torch.Tensor, neurons: torch.Tensor) -> torch.Tensor:
    if reads_middle(member):
        return middle_responses(member, images, neurons)
    return member.one_each(images.expand(-1, 3, -1, -1), neurons)


class _WithGradient(torch.autograd.Function):
    """Responses whose gradient is computed with them, so that no graph of a whole batch is kept."""

    @staticmethod
    def forward(
        ctx, images: torch.Tensor, neurons: torch.Tensor, responses: _Responses
    ) -> torch.Tensor:
        both = responses.over_pieces(images, neurons, responses.values_and_gradient)
        ctx.save_for_backward(both[:, 1:].view(images.shape))
        return both[:, 0]

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (of_images,) = ctx.saved_tensors
        return upstream[:, None, None, None] * of_images, None, None

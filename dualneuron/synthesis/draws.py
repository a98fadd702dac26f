"""The random numbers of an ascent: drawn on the CPU, item by item, in one fixed order.

First the start (uniform for phases, normal for pixels), then in every step the crops' centres along
x, along y, their sizes, and the noise. Each item has a generator of its own, so that its numbers
depend on no other, and neither on the device.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from dualneuron.synthesis.crops import margin, random_boxes
from dualneuron.synthesis.presets import Preset


class Draws:
    """Random numbers of B items.

    Parameters
    ----------
    generators
        One of each item, on the CPU; None is torch's global one.
    shape
        ``(C, H, W)`` of an image.
    device
        Where the noise is wanted.
    """

    def __init__(
        self,
        generators: Sequence[torch.Generator | None],
        shape: tuple[int, int, int],
        device: torch.device,
    ):
        self.generators, self.shape, self.device = generators, shape, device
        # on a GPU the numbers would take longer than the network; generators are independent
        self._pool = ThreadPoolExecutor(os.cpu_count()) if device.type == "cuda" else None

    def starts(self, draw: Callable[..., torch.Tensor]) -> torch.Tensor:
        """First numbers of all items, (B, C, H, W), by `torch.rand` or `torch.randn`."""
        return torch.stack([draw(self.shape, generator=g) for g in self.generators])

    def step(self, preset: Preset) -> tuple[torch.Tensor, torch.Tensor]:
        """Boxes (B, n, 4), on the CPU, and standard normal noise (B, n, C, S, S) of one step."""
        channels, height, width = self.shape
        shape = (preset.nb_crops, channels, height, height)
        noise = torch.empty(len(self.generators), *shape, pin_memory=self.device.type == "cuda")
        frame = margin((height, width), preset.reflect_pad_frac)

        def draw(number: int) -> torch.Tensor:
            generator = self.generators[number]
            boxes = random_boxes(
                preset.nb_crops,
                preset.box_size,
                (height, width),
                preset.jitter_std,
                frame,
                preset.clamp,
                generator,
            )
            torch.randn(shape, generator=generator, out=noise[number])
            return boxes

        every = self._pool.map if self._pool else map
        boxes = torch.stack(list(every(draw, range(len(self.generators)))))
        return boxes, noise.to(self.device, non_blocking=True)


def item_generator(seed: int, pole: str, neuron: int) -> torch.Generator:
    """The generator of one item of a batch, so that its result does not depend on the others.

    Parameters
    ----------
    seed
        Of the run.
    pole
        ``"least"`` or ``"most"``.
    neuron
        0-based.

    Examples
    --------
    >>> torch.rand(1, generator=item_generator(0, "most", 7))
    tensor([0.6164])
    """
    words = np.random.SeedSequence([seed, *pole.encode(), neuron]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(words[0] >> np.uint64(1)))

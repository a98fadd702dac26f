"""Poles of many items at once against one at a time: ``python -m benchmarks.poles``.

The V1 ensemble, centred, five members, the notebook's preset. One at a time is the one-image
function, called in a loop with the whole twin as its objective; a few of the items are made so and
stand for all. Both get the same random numbers, and how far their images are apart is printed.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from dualneuron.synthesis.ascend import pixel_ascending
from dualneuron.synthesis.batch import WEIGHTS, Item, synthesize
from dualneuron.synthesis.draws import item_generator
from dualneuron.synthesis.presets import V1_NOTEBOOK, PixelPreset
from dualneuron.twins import V1GrayTaskDriven
from dualneuron.twins.ensemble import Twin


def rows(options: argparse.Namespace) -> Iterator[str]:
    """Lines of the table.

    Parameters
    ----------
    options
        Of the command line.
    """
    if options.threads:
        torch.set_num_threads(options.threads)
    twin = V1GrayTaskDriven(
        ensemble=True, centered=True, untrained=options.untrained, device=options.device
    )
    device = next(twin.parameters()).device
    preset = replace(V1_NOTEBOOK, total_steps=options.steps)
    items = [Item(n // 2, ("least", "most")[n % 2]) for n in range(options.items)]
    yield (
        f"{len(items)} items, {preset.total_steps} steps, {preset.nb_crops} crops, "
        f"{len(twin.members)} members, {device}, {torch.get_num_threads()} threads"
    )
    few = items[: options.alone]
    warm = replace(preset, total_steps=2)
    _alone(twin, few[0], warm)
    synthesize(twin, items, warm)

    loop, alone = _cost(device, lambda: [_alone(twin, item, preset) for item in few])
    loop = [one * len(items) / len(few) for one in loop]
    batch, together = _cost(device, lambda: synthesize(twin, items, preset))
    yield f"one at a time (from {len(few)}): {loop[0]:.1f} s, processor {loop[1]:.1f} s"
    yield f"together: {batch[0]:.1f} s, processor {batch[1]:.1f} s"
    yield f"ratio {loop[0] / batch[0]:.2f}, of processor time {loop[1] / batch[1]:.2f}"
    both = list(zip(alone, together, strict=False))
    images = max(float((a["image"] - b["image"]).abs().max()) for a, b in both)
    responses = max(abs(a["objective"] - b["objective"]) for a, b in both)
    yield f"apart by at most {images:.1g} (images), {responses:.1g} (responses)"


def _alone(twin: Twin, item: Item, preset: PixelPreset) -> dict:
    return pixel_ascending(
        lambda images: WEIGHTS[item.pole] * twin(images, [item.neuron]).mean(),
        **preset.arguments(),
        generator=item_generator(item.seed, item.pole, item.neuron),
        device=next(twin.parameters()).device,
    )


def _cost(device: torch.device, work: Callable[[], list]) -> tuple[list[float], list]:
    """Seconds on the clock and of the processor, and what came of it."""
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return [time.perf_counter() - wall, time.process_time() - processor], found


def main(argv: list[str] | None = None) -> None:
    """Print the table."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.poles", description=__doc__)
    made.add_argument("--items", type=int, default=64, help="images to make (default: 64)")
    made.add_argument("--alone", type=int, default=4, help="of these, one at a time (default: 4)")
    made.add_argument("--steps", type=int, default=128, help="of an ascent (default: 128)")
    made.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    made.add_argument("--threads", type=int, help="of torch (default: its own choice)")
    made.add_argument("--untrained", action="store_true", help="random weights; no files needed")
    for row in rows(made.parse_args(argv)):
        print(row, flush=True)


if __name__ == "__main__":
    main()

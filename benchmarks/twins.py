"""Paired evolutions of many neurons of a twin together: ``python -m benchmarks.twins``.

The same neurons evolve side by side, in one call, and one after another, a call for each, in one
process with twin and generators loaded; a few of them stand for all. Beside it stand the bare
forward passes of the twin on as many images, in batches and one image at a time: the first is what
no evolution can be faster than, their ratio is the most that batching can give where it is a
forward pass that takes the time.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from dualneuron.paired import PairedSettings, TwinResponses, run_paired
from dualneuron.twins import V1GrayTaskDriven

ALONE_IMAGES = 40
"""Images that stand for all where they are shown one at a time."""


def rows(options: argparse.Namespace) -> Iterator[str]:
    """Lines of the table.

    Parameters
    ----------
    options
        Of the command line.
    """
    torch.set_num_threads(options.threads)
    twin = V1GrayTaskDriven(
        ensemble=not options.one_member, centered=True, untrained=True, device=options.device
    )
    neurons = [n * twin.n_neurons // options.neurons for n in range(options.neurons)]
    settings = PairedSettings(generators=("small", "small"), n_blocks=options.blocks)
    yield (
        f"{len(neurons)} neurons, {options.blocks} blocks, {len(twin.members)} members, "
        f"{options.threads} threads"
    )
    respond = TwinResponses(twin, neurons)
    _evolved(twin, neurons[:1], settings)
    together, records = _seconds(lambda: _evolved(twin, neurons, settings))
    few = neurons[: options.alone]
    alone, _ = _seconds(lambda: [_evolved(twin, [neuron], settings) for neuron in few])
    alone *= len(neurons) / len(few)
    n = sum(len(t.scores) for record in records for t in record.threads)
    images = torch.rand(n, 3, 64, 64, generator=torch.manual_seed(0))
    units = np.resize(np.arange(len(neurons)), n)
    bare, _ = _seconds(lambda: respond(images, units))
    some = images[:ALONE_IMAGES]
    singly, _ = _seconds(lambda: [respond(i[None], units[:1]) for i in some])
    singly *= n / len(some)
    yield f"one after another (from {len(few)}): {alone:.1f} s"
    yield f"together: {together:.1f} s, {together / bare:.2f} times the bare forward passes"
    yield f"ratio {alone / together:.2f}, {alone / bare:.2f} at most"
    yield f"bare forward passes of {n} images: {bare:.1f} s; one image at a time: {singly:.1f} s"
    yield f"images one at a time: ratio {singly / together:.2f}, {singly / bare:.2f} at most"


def _evolved(twin: torch.nn.Module, neurons: list[int], settings: PairedSettings) -> list:
    with tempfile.TemporaryDirectory() as folder:
        return run_paired(TwinResponses(twin, neurons), Path(folder), settings, untrained=True)


def _seconds(work: Callable[[], list]) -> tuple[float, list]:
    """Seconds of the processor, and what came of it; of the clock on a GPU."""
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    start = clock()
    found = work()
    return clock() - start, found


def main(argv: list[str] | None = None) -> None:
    """Print the table."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.twins", description=__doc__)
    made.add_argument("--neurons", type=int, default=40, help="default: 40")
    made.add_argument("--alone", type=int, default=4, help="of these, alone (default: 4)")
    made.add_argument("--blocks", type=int, default=5, help="default: 5")
    made.add_argument("--threads", type=int, default=2, help="of torch (default: 2)")
    made.add_argument("--one-member", action="store_true", help="not the whole ensemble")
    made.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    for row in rows(made.parse_args(argv)):
        print(row, flush=True)


if __name__ == "__main__":
    main()

"""Closed loop: the turnaround of a block, beside the bare work that it cannot do without.

``python -m benchmarks.closed_loop``. Turnaround is from a rig's answer in its folder to the next
block's images there: the answer is read, judged and kept, optimizers learn, images are rendered,
encoded and written. The bare work is the forward passes of the generators and the steps of the
optimizers for the same codes. Random weights do not change the speed of generators.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.images import AT_A_TIME, show_block
from core.experiments.closed_loop.manifest import read_manifest
from core.experiments.closed_loop.record import scores_to_learn
from core.experiments.closed_loop.rig_run import write_hdf5
from core.experiments.closed_loop.settings import SessionSettings
from core.experiments.closed_loop.start_run import with_whole_first
from core.experiments.closed_loop.waiting import Waiting
from core.experiments.evolution.threads import Thread, Turns
from core.generators.by_name import load_generator
from core.optimizers.presets import make_optimizer

ASKED = 1.15
"""Ratio of turnaround to bare work that is asked for, at most."""


def threads_of(names: Sequence[str], device: str | None) -> list[Thread]:
    """Threads with the published optimizers, of generators with random weights.

    Parameters
    ----------
    names
        Of the generators.
    device
        Where they compute.
    """
    made = []
    for number, name in enumerate(names):
        generator = load_generator(name, pretrained=False, device=device, rng=0)
        preset = f"{name}/CholCMA" if name in ("fc6", "BigGAN") else "CholeskyCMAES"
        optimizer = make_optimizer(preset, generator.latent_dim, random_seed=number)
        made.append(with_whole_first(Thread(f"{name}-{number}", generator, optimizer)))
    return made


def seconds_of(work: Callable[[], object]) -> float:
    """Wall seconds of some work, waiting for the GPU where there is one."""
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def bare(turns: Turns, scores: Sequence[np.ndarray]) -> float:
    """Seconds of the optimizers' steps and of the forward passes for the codes they give.

    Parameters
    ----------
    turns
        Threads that learn.
    scores
        Scores of their populations.
    """

    def work() -> None:
        turns.learn(scores)
        for thread, population in zip(turns.threads, turns.populations, strict=True):
            for at in range(0, len(population), AT_A_TIME):
                codes = torch.as_tensor(population[at : at + AT_A_TIME])
                thread.generator.images(codes).cpu()

    return seconds_of(work)


def turnaround(folder: Folder, turns: Turns, number: int) -> tuple[float, list[np.ndarray]]:
    """Seconds from the answer to a block to the images of the next, and the scores.

    Parameters
    ----------
    folder
        Of a session whose block `number` is shown.
    turns
        Threads that learn.
    number
        Number of the block, 0-based.
    """
    rng = np.random.default_rng(number)
    rows = read_manifest(folder.block(number))
    spikes = [np.sort(rng.uniform(0, 200, rng.poisson(12))) for _ in rows]
    settings = SessionSettings()
    waiting = Waiting(folder, settings, number, None, 5.0, lambda words: None)
    write_hdf5(folder.answers / f"block{number:03d}.h5", [row.file for row in rows], spikes)
    kept = []

    def work() -> None:
        kept.append(waiting.look())
        turns.learn(scores_to_learn(kept[0]))
        show_block(folder, number + 1, turns, [], settings)

    return seconds_of(work), kept[0].scores


def report(names: Sequence[str], n_blocks: int, device: str | None = None) -> str:
    """One line: turnaround of a block, bare work, and their ratio, medians over blocks.

    Parameters
    ----------
    names
        Of the generators.
    n_blocks
        Blocks, after one that warms up.
    device
        Where generators compute.
    """
    turns, twin = Turns(threads_of(names, device)), Turns(threads_of(names, device))
    with tempfile.TemporaryDirectory() as root:
        folder = Folder.at(Path(root) / "session")
        folder.open({"settings": {}})
        show_block(folder, 0, turns, [], SessionSettings())
        pairs = []
        for number in range(n_blocks + 1):
            seconds, scores = turnaround(folder, turns, number)
            pairs.append((seconds, bare(twin, scores)))
    whole, needed = (statistics.median(column) for column in zip(*pairs[1:], strict=True))
    sizes = " + ".join(str(len(population)) for population in turns.populations)
    return (
        f"{' + '.join(names)} ({sizes} images): turnaround {whole:.2f} s, bare {needed:.2f} s, "
        f"ratio {statistics.median(a / b for a, b in pairs[1:]):.3f} (asked: at most {ASKED})"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.closed_loop", description=__doc__)
    parser.add_argument("--generator", action="append", help="default: fc6 and BigGAN")
    parser.add_argument("--blocks", type=int, default=3, help="default: 3")
    parser.add_argument("--device", help="default: a GPU where there is one")
    options = parser.parse_args()
    print(report(options.generator or ["fc6", "BigGAN"], options.blocks, options.device))

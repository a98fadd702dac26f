"""Fréchet distance of 50,000 x 2,048 features beside SciPy's root of a matrix, and inversion.

``python -m benchmarks.frechet [--images 50000] [--features 2048]``. Each way runs in a process of
its own with one thread; time is the processor's, without that of making the features, and memory
the peak above that after the imports. Both get the same features batch by batch, as a network gives
them: ours adds each to its statistics, the other keeps all (float32), takes ``numpy.cov`` of each
set and ``scipy.linalg.sqrtm`` of the product. Then 64 targets are inverted together and one by one.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator

from core.environment import ONE_THREAD, environment

FEATURES = """
import json, pathlib, sys, time
import numpy as np

def peak_megabytes():
    fields = pathlib.Path("/proc/self/status").read_text().split()
    return int(fields[fields.index("VmHWM:") + 1]) / 1024

def batches(seed):
    # correlated features of unequal variance; the second set has another mean and spread
    rng = np.random.default_rng(seed)
    scale = np.geomspace(1, 0.05, dim) * (1 + 0.3 * seed)
    for first in range(0, n, 500):
        block = rng.standard_normal((min(500, n - first), dim), dtype=np.float32)
        block[:, 1:] += 0.5 * block[:, :-1]
        yield (block * scale + 0.1 * seed).astype(np.float32)

class Timer:
    seconds = 0.0
    def __enter__(self):
        self.begin = time.process_time()
    def __exit__(self, *error):
        self.seconds += time.process_time() - self.begin

n, dim, timer, sets = int(sys.argv[1]), int(sys.argv[2]), Timer(), []
before = peak_megabytes()
"""

OURS = f"""
from core.generator_statistics.frechet import FeatureStatistics, frechet_distance
{FEATURES}
for seed in (0, 1):
    statistics = FeatureStatistics(dim)
    for batch in batches(seed):
        with timer:
            statistics.add(batch)
    sets.append(statistics)
with timer:
    found = frechet_distance(*sets).distance
print(json.dumps([timer.seconds, peak_megabytes() - before, found]))
"""

STORED = f"""
from scipy import linalg
{FEATURES}
for seed in (0, 1):
    features = np.empty((n, dim), dtype=np.float32)
    for number, batch in enumerate(batches(seed)):
        with timer:
            features[500 * number : 500 * number + len(batch)] = batch
    sets.append(features)
with timer:
    means = [features.mean(axis=0, dtype=float) for features in sets]
    covariances = [np.cov(features, rowvar=False) for features in sets]
    root = np.trace(linalg.sqrtm(covariances[0] @ covariances[1])).real
    found = np.square(means[0] - means[1]).sum() + np.trace(covariances[0] + covariances[1])
    found -= 2 * root
print(json.dumps([timer.seconds, peak_megabytes() - before, found]))
"""

N_TARGETS, N_STEPS = 64, 60
"""Targets of the inversion, and steps of Adam."""


def distances(n: int, dim: int) -> Iterator[str]:
    """Lines on the distance.

    Parameters
    ----------
    n
        Images of each set.
    dim
        Features of an image.
    """
    ours, stored = (_run(program, n, dim) for program in (OURS, STORED))
    yield f"Fréchet distance, 2 x {n} x {dim}: {ours[0]:.1f} s, {ours[1]:.0f} MB"
    yield (
        f"  sqrtm on stored features: {stored[0]:.1f} s, {stored[1]:.0f} MB: "
        f"{stored[0] / ours[0]:.1f} times as long, {stored[1] / ours[1]:.1f} times the memory; "
        f"apart by {abs(stored[2] / ours[2] - 1):.1g}"
    )


def _run(program: str, n: int, dim: int) -> list[float]:
    command = [sys.executable, "-c", program, str(n), str(dim)]
    with environment(ONE_THREAD):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def inversions() -> Iterator[str]:
    """Lines on inversion: many targets at once, and each alone."""
    import torch

    from core.generator_statistics.inversions import invert_photographs
    from core.generator_statistics.surrogates import RandomCNN, generator_by_name

    torch.set_num_threads(1)
    for name, generator in (
        ("small", generator_by_name("small", device="cpu")),
        ("random CNN", RandomCNN()),
    ):
        targets = generator.images(generator.sample(N_TARGETS, rng=0))
        settings = {"n_iterations": N_STEPS}
        invert_photographs(generator, targets[:1], name, n_iterations=2)
        start = time.process_time()
        invert_photographs(generator, targets, name, at_a_time=N_TARGETS, **settings)
        together = time.process_time() - start
        start = time.process_time()
        invert_photographs(generator, targets, name, at_a_time=1, **settings)
        alone = time.process_time() - start
        yield (
            f"inversion of {N_TARGETS} targets, {name}: {together:.1f} s together; one by one "
            f"{alone / together:.1f} times as long"
        )


def main(argv: list[str] | None = None) -> None:
    """Print what was measured."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.frechet", description=__doc__)
    made.add_argument("--images", type=int, default=50_000, help="(default: 50000)")
    made.add_argument("--features", type=int, default=2048, help="(default: 2048)")
    options = made.parse_args(argv)
    for line in inversions():
        print(line, flush=True)
    for line in distances(options.images, options.features):
        print(line, flush=True)


if __name__ == "__main__":
    main()

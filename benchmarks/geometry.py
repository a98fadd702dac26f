"""Metrics of generators against backpropagation, loops of products, and a double loop.

``python -m benchmarks.geometry [--n 256]``: one thread; times are those of the processor,
so that other work on the machine matters little, and the first derivative of the process, which
loads much of torch, is not counted. The generator is a DCGAN of random weights with images of 64 x
64 pixels, the distance one of three layers of random convolutions, normalised over channels. Each
row is a ratio of the peer's time to ours, and how far the results are apart.

``python -m benchmarks.geometry --long 4096`` measures the leading 50 eigenpairs of long codes
beside the whole metric, each in a process of its own.

``python -m benchmarks.geometry --device cuda`` measures whole metrics of BigGAN (256 pixels) and
fc6 on a GPU instead, with random weights, against the passes without derivatives that as many codes
take.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn
from torch.func import jvp

from benchmarks.measure import cost_of
from core.computing.random_source import Randomness, standard_normal, torch_draws_from
from core.errors import MissingPackageError
from core.generators import Generator, load_generator
from core.geometry import (
    LocalMap,
    Metric,
    PerceptualDistance,
    PixelDistance,
    consistency_of,
    leading_metric,
    metric_tensor,
)

N_POSITIONS, N_LEADING = 200, 20

SHORT, N_OF_LONG = (8, 32), 50
"""Codes whose consistency is measured too, and the number of pairs wanted of long ones."""

GPU_MEMORY = 40e9
"""Bytes that derivatives may take on a GPU."""


class DCGAN(Generator):
    """Five transposed convolutions of random weights.

    Parameters
    ----------
    n
        Length of a code.
    width
        Channels before the last layer.
    """

    def __init__(self, n: int, width: int = 64):
        super().__init__()
        self.latent_shape = (n,)
        channels = [n, 8 * width, 4 * width, 2 * width, width, 3]
        layers = []
        for number, (before, after) in enumerate(itertools.pairwise(channels)):
            shape = (4, 1, 0) if number == 0 else (4, 2, 1)
            layers += [nn.ConvTranspose2d(before, after, *shape, bias=False), nn.BatchNorm2d(after)]
            layers += [nn.ReLU()] if number < 4 else []
        self.layers = nn.Sequential(*layers, nn.Tanh()).eval()

    def sample(self, n: int = 1, *, rng: Randomness = None) -> torch.Tensor:
        """Standard normal codes."""
        return standard_normal((n, *self.latent_shape), torch.device("cpu"), rng)

    def visualize(self, codes: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        """Images of 64 x 64 pixels."""
        return scale * (self.layers(codes[:, :, None, None]) * 20 + 1) / 2


class Maps(nn.Module):
    """Three convolutions."""

    def __init__(self):
        super().__init__()
        sizes = ((3, 16), (16, 32), (32, 64))
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in sizes)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Rectified outputs of all three."""
        maps = [images]
        for convolution in self.convolutions:
            maps.append(torch.relu(convolution(maps[-1])))
        return maps[1:]


def seconds(work: Callable[[], object]) -> tuple[float, object]:
    """Processor time of a call, and what it returns."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def rows(n: int) -> Iterator[str]:
    """Lines of the table.

    Parameters
    ----------
    n
        Length of a code.
    """
    torch.set_num_threads(1)
    with torch_draws_from(0):
        generator, distance = DCGAN(n).requires_grad_(False), PerceptualDistance(Maps(), name="3")
    code = generator.sample(1, rng=1)[0]
    metric_tensor(DCGAN(4, 2), torch.ones(4), distance)  # loads torch's derivatives

    ours, exact = seconds(lambda: metric_tensor(generator, code, distance))
    yield f"full metric, n = {n}: {ours:.2f} s"
    for name, work in {
        "backpropagation": lambda: metric_tensor(generator, code, distance, method="backprop"),
        "a loop of jvps": lambda: _by_loop(generator, code, distance),
    }.items():
        theirs, found = seconds(work)
        apart = np.abs(found.matrix - exact.matrix).max() / exact.matrix.max()
        yield f"  {name}: {theirs / ours:.1f} times as long; apart by {apart:.1g}"
    for method in ("randomised", "lanczos"):
        spent, found = seconds(
            lambda method=method: leading_metric(
                generator, code, distance, N_LEADING, method=method, rng=0
            )
        )
        apart = np.abs(found.eigenvalues / exact.eigenvalues[-N_LEADING:] - 1).max()
        yield f"  first {N_LEADING}, {method}: {spent / ours:.1f} times; apart by {apart:.1g}"
    for length in (*SHORT, n):
        yield from _consistency(length)


def long_rows(n: int) -> Iterator[str]:
    """Lines on the first eigenpairs of long codes, and on their whole metric.

    Parameters
    ----------
    n
        Length of a code.
    """
    words = f"first {N_OF_LONG} of {n}, not formed"
    for name, method in ((words, "randomised"), ("the whole metric", "whole")):
        cost = cost_of(_LONG, method, str(n), str(N_OF_LONG), clock="process_time")
        yield f"{name} ({method}): {cost.seconds:.1f} s, {cost.megabytes:.0f} MB at most"


_LONG = """
import sys
import torch
from benchmarks.geometry import DCGAN
from core.computing.random_source import torch_draws_from
from core.geometry import PixelDistance, leading_metric, metric_tensor
torch.set_num_threads(1)
method, n, k = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with torch_draws_from(0):
    generator = DCGAN(n).requires_grad_(False)
scale = torch.logspace(0, -3, n)
images = lambda codes: generator.visualize(codes * scale)
code = generator.sample(1, rng=1)[0]
metric_tensor(DCGAN(4, 2), torch.ones(4), PixelDistance())
start()
if method == "whole":
    metric_tensor(images, code, PixelDistance())
else:
    leading_metric(images, code, PixelDistance(), k, method=method, rng=0)
"""


def gpu_rows(device: str) -> Iterator[str]:
    """Lines on whole metrics of the published generators, their weights random.

    Parameters
    ----------
    device
        Such as ``"cuda"``.
    """
    for name in ("BigGAN", "fc6"):
        try:
            generator = load_generator(name, pretrained=False, device=device, rng=0)
        except MissingPackageError as error:
            yield f"{name}: not run ({error})"
            continue
        generator.requires_grad_(False)
        with torch_draws_from(0):
            distances = PixelDistance(), PerceptualDistance(Maps().to(device), name="three layers")
        codes = generator.sample(generator.latent_dim, rng=1).flatten(1).to(device)
        generator.images(codes[:64])
        bare, _ = _seconds_on(device, lambda g=generator, c=codes: g.images(c).sum())
        yield f"{name}: {len(codes)} passes without derivatives {bare:.2f} s"
        for distance in distances:
            around = LocalMap(generator, codes[0], distance, memory=GPU_MEMORY)
            around.products(torch.eye(around.n, device=device)[: min(32, around.chunk)])
            for method in ("jacobian", "products"):
                n_bytes = 4 * around.n * len(around.value)
                if method == "jacobian" and n_bytes > GPU_MEMORY:
                    continue
                torch.cuda.reset_peak_memory_stats()
                spent, found = _seconds_on(
                    device,
                    lambda g=generator, c=codes, d=distance, m=method: metric_tensor(
                        g, c[0], d, method=m, memory=GPU_MEMORY
                    ),
                )
                yield (
                    f"  {distance.name}, {method}: {spent:.2f} s, {spent / bare:.1f} times the "
                    f"passes, {torch.cuda.max_memory_allocated() / 1e9:.1f} GB; largest "
                    f"eigenvalue {found.eigenvalues[-1]:.3g}"
                )
            del around


def _seconds_on(device: str, work: Callable[[], object]) -> tuple[float, object]:
    """Wall time of a call on a device, and what it returns."""
    torch.cuda.synchronize(device)
    start = time.perf_counter()
    found = work()
    torch.cuda.synchronize(device)
    return time.perf_counter() - start, found


def _by_loop(generator: Generator, code: torch.Tensor, distance: PerceptualDistance) -> Metric:
    around = LocalMap(generator, code, distance)
    columns = [jvp(around.compared, (around.code,), (v,))[1] for v in torch.eye(around.n)]
    jacobian = torch.stack(columns)
    matrix = (2 * jacobian @ jacobian.T).numpy()
    return Metric(*np.linalg.eigh(matrix), matrix)


def _consistency(n: int) -> Iterator[str]:
    rng = np.random.default_rng(0)
    scale = np.logspace(0, -6, n)
    halves = rng.standard_normal((N_POSITIONS, n, n)) * scale
    metrics = [Metric(*np.linalg.eigh(a.T @ a), a.T @ a) for a in halves]
    ours, found = seconds(lambda: consistency_of(metrics))
    few = metrics[:10]
    theirs, looped = seconds(lambda: [[_pair(a, b) for b in few] for a in few])
    ratio = theirs * (N_POSITIONS / len(few)) ** 2 / ours
    apart = np.nanmax(np.abs(np.array(looped)[..., 0] - found.log[:10, :10]))
    yield f"consistency of {N_POSITIONS} positions, n = {n}: {ours:.2f} s"
    yield f"  a double loop (from 100 pairs): {ratio:.1f} times as long; apart by {apart:.1g}"


def _pair(frame: Metric, other: Metric) -> tuple[float, float, float]:
    amplified = np.diag(frame.eigenvectors.T @ other.matrix @ frame.eigenvectors)
    valid = (amplified > 0) & (other.eigenvalues > 0)
    return (
        np.corrcoef(np.log10(amplified[valid]), np.log10(other.eigenvalues[valid]))[0, 1],
        np.corrcoef(amplified, other.eigenvalues)[0, 1],
        np.corrcoef(frame.matrix.ravel(), other.matrix.ravel())[0, 1],
    )


def main(argv: list[str] | None = None) -> None:
    """Print the table."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.geometry", description=__doc__)
    made.add_argument("--n", type=int, default=256, help="length of a code (default: 256)")
    made.add_argument("--long", type=int, metavar="N", help="leading pairs of codes this long")
    made.add_argument("--device", default="cpu", help="cuda: BigGAN and fc6 (default: cpu)")
    options = made.parse_args(argv)
    if options.device != "cpu":
        lines = gpu_rows(options.device)
    elif options.long:
        lines = long_rows(options.long)
    else:
        lines = rows(options.n)
    for row in lines:
        print(row, flush=True)


if __name__ == "__main__":
    main()

"""Scoring, rendering and receptive fields against the bare forward passes that they contain.

Every pair is run in turns, and the medians are compared. Networks have random weights, which does
not change their speed.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from statistics import median

import torch
from torch import nn

from core.computing.devices import device_of
from core.generators import DeePSim
from core.networks.zoo import load_network
from core.probing import Scorer
from core.probing.layers import find_layer
from core.utils.grad_RF_estim import grad_RF_estimate, grad_RF_estimate_units

N_UNITS = 64
"""Units whose receptive fields are measured."""

UNIT_LAYER = ".layer3.Bottleneck5"
"""Layer of the unit that scores images."""

LAYERS = {".layer2.3.BatchNorm2dbn3": 14, ".layer3.5.BatchNorm2dbn3": 7}
"""Layers before a ReLU, so that no unit is silent, and the row and column of their centre."""


def medians(pieces: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of pieces of work, which take turns, after one turn that does not count.

    Parameters
    ----------
    pieces
        Functions that do the work, by name.
    repeats
        Turns that count.

    Returns
    -------
    Seconds by name
    """
    seconds = {name: [] for name in pieces}
    for turn in range(repeats + 1):
        for name, work in pieces.items():
            _wait()
            start = time.perf_counter()
            work()
            _wait()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in seconds.items()}


def scoring(device: torch.device, n_images: int, repeats: int) -> str:
    """Scores of 256x256 images against ResNet-50's own forward pass at 227x227.

    Parameters
    ----------
    device
        Where both run.
    n_images
        Images in the one batch.
    repeats
        Turns of each.

    Returns
    -------
    A line of words
    """
    scorer = Scorer("resnet50", UNIT_LAYER, (3, 7, 7), pretrained=False, device=device)
    images = torch.rand(n_images, 3, 256, 256, device=device)
    ready = scorer.preprocess(images, input_scale=1)
    bare = load_network("resnet50", pretrained=False, device=device).model
    took = medians(
        {
            "bare": torch.no_grad()(lambda: bare(ready)),
            "scored": lambda: scorer(images, batch_size=n_images),
        },
        repeats,
    )
    return _line(f"scoring {n_images} images of 256x256 with ResNet-50", took, n_images)


def rendering(device: torch.device, n_images: int, repeats: int) -> str:
    """Images of fc6 codes against the network's own forward pass.

    Parameters
    ----------
    device
        Where both run.
    n_images
        Codes in the one batch.
    repeats
        Turns of each.

    Returns
    -------
    A line of words
    """
    generator = DeePSim("fc6", pretrained=False, device=device)
    codes = generator.sample(n_images)
    took = medians(
        {
            "bare": torch.no_grad()(lambda: generator.G(codes)),
            "rendered": lambda: generator.images(codes, batch_size=n_images),
        },
        repeats,
    )
    return _line(f"rendering {n_images} fc6 codes", took, n_images)


def receptive_fields(device: torch.device, layer: str, reps: int, repeats: int) -> str:
    """Receptive fields of 64 units of one layer: together, and one at a time in two ways.

    Parameters
    ----------
    device
        Where all of them run.
    layer
        One of `LAYERS`.
    reps
        Noise images for each field.
    repeats
        Turns of each way.

    Returns
    -------
    A line of words
    """
    model = load_network("resnet50", pretrained=False, device=device).model
    units = [(channel, LAYERS[layer], LAYERS[layer]) for channel in range(N_UNITS)]
    took = medians(
        {
            "the plain loop": lambda: [plain_field(model, layer, unit, reps) for unit in units],
            "one at a time": lambda: [
                grad_RF_estimate(model, layer, unit, show=False, reps=reps) for unit in units
            ],
            "together": lambda: grad_RF_estimate_units(model, layer, units, reps=reps),
        },
        repeats,
    )
    together = took["together"]
    others = ", ".join(
        f"{name} {took[name]:.2f} s ({took[name] / together:.1f} times slower)"
        for name in ("the plain loop", "one at a time")
    )
    return (
        f"receptive fields of {N_UNITS} units of {layer}, {reps} repetition(s): together "
        f"{together:.2f} s, {others}"
    )


def plain_field(
    model: nn.Module, layer: str, unit: tuple[int, int, int], reps: int
) -> torch.Tensor:
    """One unit as it is written down: a whole forward and a backward pass for each repetition.

    Parameters
    ----------
    model
        Network for images of 227x227.
    layer
        Dotted name of the unit's layer.
    unit
        Channel, row and column, 0-based.
    reps
        Noise images.

    Returns
    -------
    (227, 227)
        Mean absolute gradient at each pixel.
    """
    kept = {}
    handle = find_layer(model, layer).register_forward_hook(
        lambda _module, _args, output: kept.update(output=output)
    )
    total = 0
    for _ in range(reps):
        image = 2 * torch.rand(1, 3, 227, 227, device=device_of(model)) - 1
        image.requires_grad_(True)
        model(image)
        kept["output"][(slice(None), *unit)].mean().backward()
        total = total + image.grad.abs().mean((0, 1))
    handle.remove()
    return total / reps


def throughput(n_images: int, repeats: int) -> list[str]:
    """fc6 and then ResNet-50 on a GPU in three precisions, and the share of the matmul limit.

    Parameters
    ----------
    n_images
        Images in a batch.
    repeats
        Turns that count.

    Returns
    -------
    A line of words for each precision
    """
    lines = []
    for name, dtype, tf32 in (
        ("float32", torch.float32, False),
        ("TF32", torch.float32, True),
        ("bfloat16", torch.bfloat16, False),
    ):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        generator = DeePSim("fc6", pretrained=False, device="cuda").to(dtype)
        scorer = Scorer("resnet50", UNIT_LAYER, (3, 7, 7), pretrained=False, device="cuda")
        scorer.model.to(dtype)
        codes = generator.sample(n_images)

        def evolve(generator=generator, scorer=scorer, codes=codes) -> None:
            images = generator.images(codes, batch_size=n_images)
            scorer(images, batch_size=n_images)

        seconds = medians({"both": evolve}, repeats)["both"]
        flops = _flops(generator.G, codes.to(dtype)) + _flops(
            scorer.model, torch.rand(n_images, 3, 227, 227, device="cuda", dtype=dtype)
        )
        limit = _matmul_rate(dtype)
        lines.append(
            f"fc6 + ResNet-50, {name}, batches of {n_images}: {n_images / seconds:.0f} images/s, "
            f"{flops / seconds / 1e12:.1f} of {limit / 1e12:.0f} TFLOP/s of a bare matrix product "
            f"({100 * flops / seconds / limit:.0f} %)"
        )
    return lines


@torch.no_grad()
def _flops(network: nn.Module, batch: torch.Tensor) -> int:
    """Floating-point operations of one forward pass."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        network(batch)
    return counter.get_total_flops()


def _matmul_rate(dtype: torch.dtype, n: int = 8192) -> float:
    """FLOP/s of a product of two large square matrices."""
    a = torch.randn(n, n, device="cuda", dtype=dtype)
    return 2 * n**3 / medians({"product": lambda: a @ a}, 10)["product"]


def _line(words: str, took: dict[str, float], n: int) -> str:
    """Seconds of the bare and of the full work, images per second, and their ratio, in words."""
    (bare_name, bare), (name, full) = took.items()
    return (
        f"{words}: {bare_name} {bare:.3f} s, {name} {full:.3f} s ({n / full:.1f} images/s), "
        f"ratio {full / bare:.3f}"
    )


def _wait() -> None:
    """Wait until the GPU, if there is one, has done what it was asked to do."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def report(device: torch.device) -> list[str]:
    """All measurements on one device."""
    on_gpu = device.type == "cuda"
    n_images, repeats = (128, 20) if on_gpu else (16, 9)
    lines = [
        scoring(device, n_images, repeats),
        rendering(device, n_images, repeats),
        *(receptive_fields(device, layer, reps=1, repeats=3) for layer in LAYERS),
    ]
    return lines + (throughput(256, 20) if on_gpu else [])


def main(argv: Sequence[str] | None = None) -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.networks", description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(parser.parse_args(argv).device)
    for line in report(device):
        print(f"{device}: {line}", flush=True)


if __name__ == "__main__":
    main()

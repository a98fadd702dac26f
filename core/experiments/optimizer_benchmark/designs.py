"""Designs of the optimizer benchmark: which units, optimizers, noise and repetitions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.experiments.optimizer_benchmark.runs import POPULATION
from core.optimizers.external import NEVERGRAD_METHODS
from core.optimizers.presets import BENCHMARK, MORE_UPDATES

NOISES = (0.0, 0.2, 0.5)

N_GENERATIONS = 75

Tasks = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Layer:
    """Units of a layer: channels 0 to 9, or fewer, at one position.

    Attributes
    ----------
    label
        What tables call it: "conv2".
    network, layer
        As a `Scorer` takes them.
    position
        Row and column; none for a layer without.
    channels
        0-based.
    """

    label: str
    network: str
    layer: str
    position: tuple[int, ...] = ()
    channels: Sequence[int] = range(10)


@dataclass(frozen=True)
class Design:
    """A benchmark.

    Attributes
    ----------
    optimizers
        Names of `make_optimizer`.
    layers, noises, n_repeats
        What each of them is run for, crossed.
    score
        Column of a run that is its score: ``best_clean``, or ``best_noisy``.
    published_score
        Column that the published tables show.
    generator, pixels
        See `unit_run`.
    noise_driven
        Runs on scores that are noise, by optimizer.
    """

    optimizers: Sequence[str]
    layers: Sequence[Layer]
    n_repeats: int
    score: str = "best_clean"
    published_score: str = "legacy_best_clean"
    generator: str = "fc6"
    pixels: int | None = None
    noises: Sequence[float] = NOISES
    noise_driven: Mapping[str, int] | None = None


def _alexnet(names: Sequence[str]) -> list[Layer]:
    # torchvision's ReLU2 of the classifier follows fc6, and ReLU5 fc7
    layers = {
        "conv2": (".features.ReLU4", (13, 13)),
        "conv3": (".features.ReLU7", (6, 6)),
        "conv4": (".features.ReLU9", (6, 6)),
        "conv5": (".features.ReLU11", (6, 6)),
        "fc6": (".classifier.ReLU2", ()),
        "fc7": (".classifier.ReLU5", ()),
        "fc8": (".classifier.Linear6", ()),
    }
    return [Layer(name, "alexnet", *layers[name]) for name in names]


def _resnet() -> list[Layer]:
    layers = {
        "RN50 layer1 B2": (".layer1.Bottleneck2", (28, 28)),
        "RN50 layer2 B3": (".layer2.Bottleneck3", (14, 14)),
        "RN50 layer3 B5": (".layer3.Bottleneck5", (7, 7)),
        "RN50 layer4 B2": (".layer4.Bottleneck2", (4, 4)),
        "RN50 fc": (".Linearfc", ()),
    }
    return [Layer(name, "resnet50_linf8", *where) for name, where in layers.items()]


DESIGNS = {
    "quick": Design(
        optimizers=BENCHMARK,
        layers=[
            Layer("block 5", "efficientnet_lite0", ".blocks.InvertedResidual5", (2, 2), range(2)),
            Layer("fc", "efficientnet_lite0", ".Linearfc", (), range(2)),
        ],
        n_repeats=2,
        generator="small",
        pixels=64,
        noise_driven={"CholeskyCMAES": 12, MORE_UPDATES: 12, "pycma": 2, "pycmaDiagonal": 4},
    ),
    "published": Design(
        optimizers=BENCHMARK,
        layers=_alexnet(("conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")),
        n_repeats=5,
        noise_driven={
            **dict.fromkeys(("CholeskyCMAES", "pycma", "pycmaDiagonal", "ZOHA_Sphere_exp"), 100),
            MORE_UPDATES: 12,
        },
    ),
    "nevergrad": Design(
        optimizers=NEVERGRAD_METHODS,
        layers=[*_alexnet(("conv2", "conv3", "conv5", "fc6", "fc8")), *_resnet()],
        n_repeats=5,
        score="best_noisy",
        published_score="best_noisy",
    ),
}
"""Designs by name; `published` and `nevergrad` are the two of Wang & Ponce 2022."""


def unit_tasks(design: Design, seed: int, device: str | None = None) -> Tasks:
    """Arguments of `unit_run` by name of the run; repetitions come one after another.

    Parameters
    ----------
    design
        Optimizers, units, noises and repetitions.
    seed
        Number that all random numbers of the runs derive from.
    device
        Where networks compute; by default CUDA when present, else the CPU.

    Returns
    -------
    dict

    Examples
    --------
    >>> len(unit_tasks(DESIGNS["published"], seed=0))
    6300
    """
    tasks = {}
    for repeat in range(design.n_repeats):
        for layer in design.layers:
            for channel in layer.channels:
                for noise in design.noises:
                    for optimizer in design.optimizers:
                        name = f"{layer.network}{layer.layer}_{channel:03d}_noise{noise:g}"
                        tasks[f"{name}_{optimizer}_{repeat}"] = {
                            "network": layer.network,
                            "layer": layer.layer,
                            "unit": [channel, *layer.position],
                            "noise": noise,
                            "optimizer": optimizer,
                            "repeat": repeat,
                            "generator": design.generator,
                            "pixels": design.pixels,
                            "n_generations": N_GENERATIONS,
                            "budget": N_GENERATIONS * POPULATION,
                            "seed": seed,
                            "device": device,
                        }
    return tasks


def noise_tasks(design: Design, seed: int) -> Tasks:
    """Arguments of `noise_driven_run` by name of the run.

    Parameters
    ----------
    design
        Optimizers, and how often each runs.
    seed
        Number that all random numbers of the runs derive from.

    Returns
    -------
    dict

    Examples
    --------
    >>> list(noise_tasks(DESIGNS["quick"], seed=0))[-1]
    'pycmaDiagonal_3'
    """
    return {
        f"{optimizer}_{repeat}": {
            "optimizer": optimizer,
            "repeat": repeat,
            "seed": seed,
            "n_generations": N_GENERATIONS,
        }
        for optimizer, n_runs in (design.noise_driven or {}).items()
        for repeat in range(n_runs)
    }

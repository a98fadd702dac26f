"""Tuning maps of a network's units, layer by layer: evolved, measured, and compared with depth.

Each unit is driven up by an evolution; its map is measured on the sphere of the evolution's first
three principal components, and its signature taken from the grid as it is, without noise.
"""

import argparse
import math
import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.computing.devices import choose_device
from core.errors import SettingError
from core.files import replacing, scratch, writable_folder
from core.level_sets.curve_geometry import level_set_geometry
from core.level_sets.population import population_trend
from core.level_sets.sampling import evolution_basis, sample_map
from core.level_sets.signature import TopologySignature, topology_signature
from core.level_sets.smoothing import fine_angles, interpolate_sphere
from core.settings import whole
from core.sweep import Row, described, sweep, worker_count, workers

if TYPE_CHECKING:
    import torch

    from core.generators import Generator
    from core.probing import Scorer

PLACES = {
    ".ReLUrelu": (7, (111, 111)),
    ".layer1.Bottleneck1": (23, (101, 101)),
    ".layer2.Bottleneck0": (29, (99, 99)),
    ".layer2.Bottleneck2": (49, (89, 90)),
    ".layer3.Bottleneck0": (75, (77, 78)),
    ".layer3.Bottleneck2": (137, (47, 47)),
    ".layer3.Bottleneck4": (185, (25, 27)),
    ".layer4.Bottleneck0": (227, (0, 0)),
    ".layer4.Bottleneck2": (227, (0, 0)),
    ".Linearfc": (227, (0, 0)),
}
"""Published layers of the robust ResNet-50, and where images are shown to their units: size and
upper left pixel (row, column) on a grey canvas of 227 pixels."""

LAYERS = {
    "efficientnet_lite0": (
        *(f".blocks.InvertedResidual{number}" for number in (1, 4, 8, 12)),
        ".Linearfc",
    ),
    "resnet50_linf8": tuple(PLACES),
}
"""Layers whose units are studied, from the lowest to the highest, by network."""

PUBLISHED = {
    "network": "resnet50_linf8",
    "generator": "fc6",
    "generations": 100,
    "pixels": 227,
    "step": 9,
}
"""The published design: options of the command, which is run with them where nothing else is said.
Of its four subspaces the first is measured, the only one that was analysed."""

INDICES = (
    *("nbranch_AUC_range", "nloop_AUC_range", "nline_AUC_range"),
    *("branch_lowest_idx", "loop_lowest_idx", "maxima", "minima", "axr_peak_mean_pool"),
)
"""Numbers of a map that are compared over layers."""


def unit_map(
    *,
    network: str,
    layer: str,
    channel: int,
    generator: str,
    pixels: int | None,
    n_generations: int,
    seed: int,
    step: int = 18,
    place: tuple[int, tuple[int, int]] | None = None,
    device: str | None = None,
) -> Row:
    """Evolve codes for one unit, measure its tuning map, and take its signature.

    Parameters
    ----------
    network, layer, channel
        The unit, 0-based; of a layer with rows and columns the one in the middle.
    generator
        Name of a generator.
    pixels
        Size of the images that the network sees; None is its own.
    n_generations
        Length of the evolution, at least 2.
    seed
        Of the evolution.
    step
        Degrees between the nodes of the map, a divisor of 90.
    place
        Size of the image and its upper left pixel on a grey canvas of `pixels`; None fills it.
    device
        By default a GPU where there is one.

    Returns
    -------
    dict
        The map (121 values at 18 degrees, theta outermost), its signature and indices;
        ``evolved``, the mean score of the last generation; ``centre``, that of the map's centre.
    """
    from core.experiments.evolution.loop import Evolution, Thread, evolve
    from core.optimizers import make_optimizer
    from core.probing.unit_responses import UnitResponses, unit_label

    images_of, scorer = _generator(generator, device), _scorer(network, pixels, device)
    position = (channel, *(size // 2 for size in scorer.layer_shape(layer)[1:]))
    respond = UnitResponses(scorer, [(layer, *position)])
    angles = np.arange(-90.0, 90.0 + step, step)

    def shown_at_its_place(images: "torch.Tensor", units: np.ndarray) -> np.ndarray:
        return respond(_placed(images, place, pixels), units)

    name = unit_label(network, layer, position)
    random = np.random.default_rng([seed, *name.encode()])
    searcher = make_optimizer("CholeskyCMAES", images_of.latent_dim, random_seed=random)
    with scratch() as folder:
        thread = Thread(generator, images_of, searcher)
        evolution = Evolution(folder / "run.h5", name, [thread], 0.0, seed=seed)
        (record,) = evolve([evolution], shown_at_its_place, n_generations)
    (shown,) = record.threads
    last = shown.generations == n_generations - 1
    bases, radius = evolution_basis(shown.codes, shown.codes[last], random)
    values = sample_map(
        images_of,
        lambda images: shown_at_its_place(images, np.zeros(len(images), dtype=int)),
        bases["PC23"],
        radius,
        angles,
        angles,
    )
    return {
        **{"layer": layer, "channel": channel},
        **{"evolved": float(shown.scores_clean[last].mean()), "centre": _centre(values)},
        **map_row(values),
    }


def _centre(values: np.ndarray) -> float:
    return float(values[len(values) // 2, len(values) // 2])


def _placed(
    images: "torch.Tensor", place: tuple[int, tuple[int, int]] | None, pixels: int | None
) -> "torch.Tensor":
    from core.images.canvas import resize_and_pad_tsr

    if place is None:
        return images
    size, corner = place
    return resize_and_pad_tsr(
        images, (size, size), corner, (pixels, pixels), mode="bilinear", align_corners=False
    )


@lru_cache(maxsize=1)
def _generator(name: str, device: str | None) -> "Generator":
    from core.generators import load_generator

    return load_generator(name, device=device)


@lru_cache(maxsize=1)
def _scorer(network: str, pixels: int | None, device: str | None) -> "Scorer":
    from core.probing import Scorer

    return Scorer(network, size=pixels, device=device)


def map_row(values: np.ndarray) -> Row:
    """A map and what is compared of it, as a row of a table.

    Parameters
    ----------
    values : (n, n)
        Responses without noise, -90 to 90 degrees; 11 x 11 at 18 degrees.

    Returns
    -------
    dict
        ``map``, ``n_loop``, ``n_line`` as lists, and the numbers of `INDICES`, of which ratios are
        of the interpolated map; NaN of a constant map.

    Examples
    --------
    >>> row = map_row(np.pad(np.ones((1, 1)), 5))
    >>> row["maxima"], row["loop_lowest_idx"], sum(row["map"])
    (1, 0, 1.0)
    """
    signature = topology_signature(values)
    maxima, _, minima = signature.morse()
    ratios = {"axr_peak_mean_pool": np.nan}
    if np.ptp(values) > 0:
        angles = np.linspace(-90.0, 90.0, len(values))
        smooth = interpolate_sphere(values, theta=angles, phi=angles, clip=False)
        fine = fine_angles(angles)
        ratios = level_set_geometry(smooth, fine, fine).aspect_ratios()
    found = {**signature.summary(), **ratios, "maxima": maxima, "minima": minima}
    return {
        "map": values.ravel().tolist(),
        "n_loop": signature.counts.n_loop.tolist(),
        "n_line": signature.counts.n_line.tolist(),
        **{name: found[name] for name in INDICES},
    }


def map_tasks(
    network: str,
    n_units: int,
    layers: Sequence[str] | None = None,
    published: bool = False,
    **settings: Any,
) -> dict[str, Mapping[str, Any]]:
    """Tasks of a study, spread evenly over the layers, by name.

    Parameters
    ----------
    network
        Name of a network.
    n_units
        Number of units of all layers together.
    layers
        Layers from the lowest to the highest; None for those of `LAYERS`.
    published
        Show images at the published places, `PLACES`.
    settings
        The other arguments of `unit_map`.

    Raises
    ------
    SettingError
        If the network has no layers in `LAYERS` and none are named, or a layer has no place.

    Examples
    --------
    >>> list(map_tasks("efficientnet_lite0", 6))[:3]
    ['0_0', '0_1', '1_0']
    """
    if layers is None and network not in LAYERS:
        raise SettingError(
            path="--layer", expected=f"the layers of {network}, lowest first", found="none"
        )
    layers = LAYERS[network] if layers is None else layers
    if published and (unknown := [layer for layer in layers if layer not in PLACES]):
        raise SettingError(path="--layer", expected="layers of the design", found=unknown[0])
    share, more = divmod(whole(n_units, "--units", 1), len(layers))
    return {
        f"{depth}_{channel}": {
            **{"network": network, "layer": layer, "channel": channel, **settings},
            **({"place": PLACES[layer]} if published else {}),
        }
        for depth, layer in enumerate(layers)
        for channel in range(share + (depth < more))
    }


def trends(table: pd.DataFrame) -> pd.DataFrame:
    """Mean of every index in every layer, and its trend with depth.

    Parameters
    ----------
    table
        Rows of `unit_map`, the lowest layer first.

    Returns
    -------
    DataFrame
        One row per index: its mean in each layer, Spearman's ``rho`` with depth and its ``p``.
    """
    layers = list(dict.fromkeys(table["layer"]))
    rows = {}
    for name in INDICES:
        found = population_trend(table[name], list(table["layer"]), layers)
        means = dict(zip(layers, found.table["mean"], strict=True))
        rows[name] = {**means, "rho": found.rho, "p": found.p}
    return pd.DataFrame(rows).T


def study(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Measure all units, write the table and the figure, and say the trends.

    Parameters
    ----------
    options
        As the parser of the command gives them.
    say
        Takes a line, or several, for the user.

    Raises
    ------
    SettingError
        If an option cannot be meant, before any process is started.
    """
    _check(options)
    tasks = map_tasks(
        options.network,
        options.units,
        options.layer,
        options.design == "published",
        generator=options.generator,
        pixels=options.pixels,
        n_generations=options.generations,
        seed=options.seed,
        step=options.step,
        device=options.device,
    )
    out = writable_folder(options.out)
    n_workers = worker_count(options, choose_device(options.device).type)
    with workers(options.scheduler, n_workers, options.memory) as client:
        say(f"{len(tasks)} units on {described(client)}")
        table = sweep(unit_map, tasks, out / "units", client)
    with replacing(out / "units.parquet") as path:
        table.to_parquet(path)
    draw_layers(table, out / "progression.png")
    say(trends(table).round(3).to_string())
    say(f"{out / 'units.parquet'}\n{out / 'progression.png'}")


def _check(options: argparse.Namespace) -> None:
    from core.generators.by_name import check_name

    whole(options.generations, "--generations", at_least=2)
    if not 1 <= options.step <= 90 or 90 % options.step:
        found = options.step
        raise SettingError(path="--step", expected="degrees that divide 90", found=found)
    check_name(options.generator, "--generator")
    if not options.scheduler:  # whose workers may have other devices
        choose_device(options.device)


def draw_layers(table: pd.DataFrame, path: os.PathLike) -> None:
    """Draw the counts of every layer over the levels.

    Parameters
    ----------
    table
        Rows of `unit_map`, the lowest layer first.
    path
        Of the figure, a PNG.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    from core.level_sets.figures import draw_progression

    layers = list(dict.fromkeys(table["layer"]))
    shades = colormaps["viridis"](np.linspace(0, 0.9, len(layers)))
    figure = Figure(figsize=(12, 4), layout="constrained")
    draw_progression(
        figure.subplots(1, 3),
        [_signature(values) for values in table["map"]],
        list(table["layer"]),
        dict(zip(layers, map(tuple, shades), strict=True)),
    )
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")


def _signature(values: Sequence[float]) -> TopologySignature:
    n = math.isqrt(len(values))
    return topology_signature(np.reshape(values, (n, n)))

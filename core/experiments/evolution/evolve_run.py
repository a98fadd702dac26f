"""The work of ``python -m core.experiments.evolve``: from its options to files and figures."""

import argparse
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.errors import ImageError, MissingFileError, SettingError
from core.experiments.evolution.loop import Evolution, blocks_to_do, evolve
from core.experiments.evolution.named_threads import named_thread
from core.experiments.evolution.noise import POISSON, PoissonNoise, checked_noise
from core.experiments.evolution.record import GENERATOR_WEIGHTS
from core.files import writable_folder
from core.generators.by_name import check_name, load_generator
from core.generators.validation import ImageGenerator
from core.own_parts import is_own
from core.probing.scorer import Scorer
from core.probing.unit_responses import UnitResponses, unit_label
from core.probing.validation import validate_scorer
from core.progress import progress
from core.spaces import CODE_LENGTHS

IMAGE_TYPES = (".png", ".jpg", ".jpeg", ".bmp")


def evolve_units(options: argparse.Namespace, units: list[tuple]) -> list[Path]:
    """Evolve for units and draw what came out.

    Parameters
    ----------
    options
        As `core.experiments.evolve.parser` gives them.
    units
        Layer and position of each; see `core.experiments.evolve.parse_unit`.

    Returns
    -------
    list of Path
        For each unit its HDF5 file, then its figures.

    Raises
    ------
    SettingError
        If an optimizer is not one of its generator's.
    MissingFileError
        If there are no reference images or no Hessian where they are named.
    """
    for name in options.generator:
        check_name(name, "--generator")
    if options.sigma is not None and set(options.generator) <= set(CODE_LENGTHS):
        raise SettingError(
            path="--sigma",
            expected="a generator without presets of its own",
            found=", ".join(options.generator),
        )
    noise = _noise(options)
    out = writable_folder(options.out)
    scorer = Scorer(options.network, device=options.device)
    generators = [
        load_generator(
            name,
            pretrained=not options.random_weights,
            device=options.device,
            rng=0,  # random weights are the same in every run, so that it can go on
        )
        for name in options.generator
    ]
    respond = UnitResponses(scorer, units)
    if is_own(options.network):
        validate_scorer(lambda images: respond(images, np.zeros(len(images), dtype=int)))
    notes = {"network": options.network}
    if not all(map(is_own, options.generator)):
        notes[GENERATOR_WEIGHTS] = "random" if options.random_weights else "published"
    references = None if options.references is None else _read_images(options.references)
    common = {"noise": noise, "references": references, "seed": options.seed, "notes": notes}
    evolutions = [_evolution(unit, generators, common, out, options) for unit in units]
    to_do = blocks_to_do(evolutions, options.blocks)
    steps = iter(progress(range(to_do), to_do, "blocks"))
    next(steps, None)  # the bar stands before the first block
    records = evolve(evolutions, respond, options.blocks, after_block=lambda: next(steps, None))

    # only now, since matplotlib takes long to import
    from core.experiments.evolution.figures import save_figures

    paths = []
    for evolution, record in zip(evolutions, records, strict=True):
        by_name = {thread.name: thread.generator for thread in evolution.threads}
        paths += [evolution.path, *save_figures(record, by_name, evolution.path)]
    return paths


def _evolution(
    unit: tuple,
    generators: list[ImageGenerator],
    common: dict[str, Any],
    out: Path,
    options: argparse.Namespace,
) -> Evolution:
    layer, *position = unit
    name = unit_label(options.network, layer, position)
    threads = [
        named_thread(
            options.generator,
            thread,
            generators,
            options.optimizer[thread],
            unit=name,
            seed=options.seed,
            n_blocks=options.blocks,
            sigma=options.sigma,
            hessians=options.hessians,
        )
        for thread in range(len(generators))
    ]
    kinds = [f"{t.name}-{label}" for t, label in zip(threads, options.optimizer, strict=True)]
    noise = common["noise"]
    noisy = ["poisson"] if isinstance(noise, PoissonNoise) else [f"noise{noise:g}"] * (noise > 0)
    parts = [re.sub("[ ,:]", "_", name), *kinds, *noisy, f"seed{options.seed}"]
    return Evolution(
        path=out / f"{'_'.join(parts)}.h5",
        unit=name,
        threads=threads,
        **common,
    )


def _noise(options: argparse.Namespace) -> float | PoissonNoise:
    """The noise that the options ask for."""
    of_counts = {
        name: value
        for name in ("window", "baseline", "spontaneous", "scale")
        if (value := getattr(options, name)) is not None
    }
    if options.noise == POISSON:
        return PoissonNoise(**of_counts)
    if of_counts:
        raise SettingError(
            path=f"--{next(iter(of_counts))}", expected=f"--noise {POISSON}", found=options.noise
        )
    try:
        return checked_noise(float(options.noise))
    except ValueError:
        return checked_noise(options.noise)


def _read_images(path: Path) -> torch.Tensor:
    """All images of a folder in order of name, (n, 3, 256, 256) in [0, 1]."""
    files = sorted(file for file in path.glob("*") if file.suffix.lower() in IMAGE_TYPES)
    if not files:
        raise MissingFileError(
            path=path, expected=f"images ({', '.join(IMAGE_TYPES)})", found="none there"
        )
    images = [_read_image(file) for file in files]
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255


def _read_image(file: Path) -> np.ndarray:
    from PIL import Image

    try:
        return np.asarray(Image.open(file).convert("RGB").resize((256, 256)))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        found = f"that it cannot be read ({type(error).__name__})"
        raise ImageError(path=file, expected="an image", found=found) from None

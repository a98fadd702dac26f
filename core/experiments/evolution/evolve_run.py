"""The work of ``python -m core.experiments.evolve``: from its options to files and figures."""

import argparse
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from core.errors import ImageError, MissingFileError
from core.experiments.evolution.loop import Evolution, blocks_to_do, evolve
from core.experiments.evolution.named_threads import named_thread
from core.experiments.evolution.record import GENERATOR_WEIGHTS
from core.experiments.evolution.threads import checksum
from core.files import writable_folder
from core.generators.by_name import load_generator
from core.generators.protocol import Generator
from core.probing.scorer import Scorer
from core.probing.unit_responses import UnitResponses, unit_label

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
    notes = {
        "network": options.network,
        "network's weights": checksum(scorer.model),
        GENERATOR_WEIGHTS: "random" if options.random_weights else "published",
    }
    references = None if options.references is None else _read_images(options.references)
    evolutions = [_evolution(unit, generators, references, notes, out, options) for unit in units]
    to_do = blocks_to_do(evolutions, options.blocks)
    with tqdm(total=to_do, desc="blocks", disable=None) as bar:
        records = evolve(evolutions, respond, options.blocks, after_block=bar.update)

    # only now, since matplotlib takes long to import
    from core.experiments.evolution.figures import save_figures

    paths = []
    for evolution, record in zip(evolutions, records, strict=True):
        by_name = {thread.name: thread.generator for thread in evolution.threads}
        paths += [evolution.path, *save_figures(record, by_name, evolution.path)]
    return paths


def _evolution(
    unit: tuple,
    generators: list[Generator],
    references: torch.Tensor | None,
    notes: dict,
    out: Path,
    options: argparse.Namespace,
) -> Evolution:
    layer, *position = unit
    name = unit_label(options.network, layer, position)
    threads = [
        named_thread(
            options.generator,
            thread,
            generators[thread],
            options.optimizer[thread],
            unit=name,
            seed=options.seed,
            n_blocks=options.blocks,
            hessians=options.hessians,
        )
        for thread in range(len(generators))
    ]
    kinds = [f"{t.name}-{label}" for t, label in zip(threads, options.optimizer, strict=True)]
    stem = "_".join([name.replace(" ", "_").replace(",", "_"), *kinds, f"seed{options.seed}"])
    return Evolution(
        path=out / f"{stem}.h5",
        unit=name,
        threads=threads,
        noise=options.noise,
        references=references,
        seed=options.seed,
        notes=notes,
    )


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

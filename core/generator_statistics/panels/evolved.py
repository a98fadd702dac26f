"""Panel B: low-level statistics of images that were evolved for units of a network."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core.contract import ext1
from core.contract.descriptions import Table
from core.experiments.evolution.loop import Evolution, Thread, evolve
from core.files import scratch
from core.generator_statistics.image_sets import array_set
from core.generator_statistics.low_level import SpectrumSummary, set_statistics
from core.generator_statistics.panels.inputs import Study
from core.generators import Generator, start_code
from core.optimizers import CholeskyCMAES
from core.probing import Scorer
from core.probing.unit_responses import UnitResponses, unit_label

SIGMAS = {"DeePSim": 3.0, "BigGAN": 0.2, "small": 3.0, "random CNN": 1.0}
"""Step size with which an evolution starts, by generator; the first two are published."""


def panel_b(study: Study) -> dict[Table, pd.DataFrame]:
    """Statistics of the last generation of images evolved for units of a network."""
    rows, spectra = [], []
    for name in study.preset.generators:
        images, units = last_generation(study, name)
        gathered = SpectrumSummary()
        found = set_statistics(array_set(images, name), gathered)
        keys = {"generator": name, "unit_id": units}
        keys["image_in_gen"] = pd.Series(units).groupby(units).cumcount()
        rows.append(pd.concat([pd.DataFrame(keys), found], axis=1))
        spectra.append(gathered.table(name))
    return {ext1.LOWLEVEL: pd.concat(rows), ext1.SPECTRA: pd.concat(spectra)}


def last_generation(study: Study, name: str) -> tuple[torch.Tensor, np.ndarray]:
    """Images of the last generation of every unit, and the unit of each.

    All units evolve side by side, with CMA-ES and no gradient.

    Parameters
    ----------
    study
        Counts and models.
    name
        Name of a generator.
    """
    preset, generator = study.preset, study.generator(name)
    scorer = Scorer(
        preset.network, size=preset.pixels, device=study.device, weights_dir=study.weights_dir
    )
    shape = scorer.layer_shape(preset.layer)
    random = np.random.default_rng([study.seed, 0])
    channels = np.sort(random.choice(shape[0], preset.n_units, replace=False))
    middle = [size // 2 for size in shape[1:]]
    units = [(preset.layer, int(channel), *middle) for channel in channels]
    respond = UnitResponses(scorer, units)
    with scratch() as folder:
        evolutions = [
            _evolution(study, name, generator, unit, folder / f"{number}.h5")
            for number, unit in enumerate(units)
        ]
        records = evolve(evolutions, respond, preset.n_blocks)
        last = [
            thread.codes[thread.generations == preset.n_blocks - 1]
            for thread in (found.threads[0] for found in records)
        ]
    images = generator.images(np.concatenate(last), device="cpu")
    return images, np.repeat(channels, [len(codes) for codes in last])


def _evolution(study: Study, name: str, generator: Generator, unit: tuple, path: Path) -> Evolution:
    preset = study.preset
    random = np.random.default_rng([study.seed, unit[1]])
    if name == "BigGAN":
        start = start_code("BigGAN", random)
    else:
        start = random.standard_normal((1, generator.latent_dim))
    optimizer = CholeskyCMAES(
        generator.latent_dim,
        population_size=preset.population,
        init_sigma=SIGMAS[name],
        init_code=start,
        random_seed=random,
    )
    label = unit_label(preset.network, unit[0], unit[1:])
    return Evolution(path, label, [Thread(name, generator, optimizer, start)], seed=study.seed)

"""Panel C: photographs, and what each generator makes of them."""

import numpy as np
import pandas as pd
import torch

from core.contract import ext1
from core.contract.descriptions import Table
from core.errors import MissingFileError
from core.files import replacing
from core.generator_statistics.features import antialiased
from core.generator_statistics.inversions import invert_photographs
from core.generator_statistics.panels.inputs import Study
from core.generator_statistics.photographs import centre_square, files_of_images, random_crops
from core.images.grids import save_imgrid

N_EXAMPLES = 8
"""Examples of inversions that are kept as a picture."""


def panel_c(study: Study) -> dict[Table, pd.DataFrame]:
    """Photographs, and what each generator makes of them."""
    preset = study.preset
    images, ids, categories = _targets(study)
    targets = torch.from_numpy(images)
    tables, shown = [], [targets[:N_EXAMPLES]]
    for name in preset.generators:
        generator = study.generator(name)
        found = invert_photographs(
            generator,
            antialiased(targets, generator.images(generator.sample(1, rng=0)).shape[-1]),
            name,
            identities=ids,
            categories=categories,
            n_iterations=preset.n_iterations,
            seed=study.seed,
        )
        tables.append(found.table)
        shown.append(antialiased(found.images[:N_EXAMPLES], preset.target_pixels))
    with replacing(study.folder / ext1.PICTURES["C"]) as temporary:
        save_imgrid(torch.cat(shown), temporary, nrow=len(shown[0]))
    return {ext1.INVERSION: pd.concat(tables)}


def _targets(study: Study) -> tuple[np.ndarray, list[str], list[str]]:
    """Target images with their names and categories, a random choice over all categories."""
    preset = study.preset
    if not study.is_published:
        crops = random_crops(preset.n_targets, preset.target_pixels, study.seed)
        names = [crop.photograph for crop in crops]
        ids = [f"{name}_{number:03d}" for number, name in enumerate(names)]
        return np.stack([crop.image for crop in crops]), ids, names
    files = files_of_images(study.photographs)
    if len(files) < preset.n_targets:
        raise MissingFileError(
            path=study.photographs, expected=f"{preset.n_targets} photographs", found=len(files)
        )
    random = np.random.default_rng(study.seed)
    chosen = [files[n] for n in random.choice(len(files), preset.n_targets, replace=False)]
    images = np.stack([centre_square(file, preset.target_pixels) for file in chosen])
    ids = [file.relative_to(study.photographs).as_posix() for file in chosen]
    return images, ids, [file.parent.name for file in chosen]

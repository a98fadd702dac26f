"""Panel A: distances of image sets, and objects in their images."""

from collections.abc import Iterator
from itertools import combinations

import pandas as pd
import torch

from core.contract import ext1
from core.contract.descriptions import Table
from core.errors import SettingError
from core.files import replacing, scratch
from core.generator_statistics.features import FeatureExtractor, antialiased, set_features
from core.generator_statistics.frechet import bootstrap_error, frechet_of_features
from core.generator_statistics.image_sets import (
    NamedImages,
    crop_set,
    folder_set,
    generated_set,
    noise_set,
)
from core.generator_statistics.objectness import objectness_table
from core.generator_statistics.panels.inputs import Study
from core.generator_statistics.yolo_results import read_yolo_results
from core.images.grids import save_imgrid

REFERENCE_PIXELS = 299
"""Size of natural images of the published preset."""

N_SHOWN = 10
"""Sample images of each set that are kept as a picture."""


def panel_a(study: Study) -> dict[Table, pd.DataFrame]:
    """Fréchet distances of all pairs of sets, and objects in every image."""
    sets = list(_sets(study))
    _save_samples(study, sets)
    return {
        ext1.FRECHET: distance_table(sets, study.extractor(), study.preset.n_resamples, study.seed),
        ext1.OBJECTNESS: _objects(study, sets),
    }


def _sets(study: Study) -> Iterator[NamedImages]:
    preset, n = study.preset, study.preset.n_images
    for number in range(preset.n_crops):
        name = f"photograph crops {'AB'[number]}"
        yield crop_set(n, preset.pixels, study.seed + number, name)
    for name, folder in study.natural.items():
        yield folder_set(folder, name, REFERENCE_PIXELS, n)
    for kind in preset.kinds:
        of = next(name for name in preset.generators if kind.startswith(name.replace(" ", "_")))
        yield generated_set(study.generator(of), kind, n, study.seed)
    for color in ("pink", "white"):
        yield noise_set(color, n, preset.noise_pixels, study.seed)


def distance_table(
    sets: list[NamedImages], extractor: FeatureExtractor, n_resamples: int, seed: int = 0
) -> pd.DataFrame:
    """Fréchet distances of all pairs of sets with their errors.

    Parameters
    ----------
    sets
        At least two.
    extractor
        Gives the features.
    n_resamples
        Of each error.
    seed
        Of the resamples.

    Returns
    -------
    DataFrame
        Columns of `core.contract.ext1.FRECHET`.
    """
    rows = []
    with scratch() as folder:
        features = [
            set_features(images, extractor, folder / f"{number}.npy")
            for number, images in enumerate(sets)
        ]
        for (i, first), (j, second) in combinations(enumerate(sets), 2):
            found = frechet_of_features(features[i], features[j])
            error = bootstrap_error(features[i], features[j], seed, n_resamples)
            rows.append(
                {
                    **{"set1": first.name, "set2": second.name},
                    **{"kind1": first.kind, "kind2": second.kind},
                    **{"extractor": extractor.name, "dim": extractor.dim},
                    **{"n1": len(first), "n2": len(second)},
                    "preproc1": f"{first.preprocessing}; {extractor.preprocessing}",
                    "preproc2": f"{second.preprocessing}; {extractor.preprocessing}",
                    **{"frechet_distance": found.distance, "frechet_se": error},
                    **{"n_resamples": n_resamples, "seed": seed},
                }
            )
    return pd.DataFrame(rows)


def _objects(study: Study, sets: list[NamedImages]) -> pd.DataFrame:
    if study.yolo:
        tables = [
            read_yolo_results(study.yolo[images.name], images)
            for images in sets
            if images.name in study.yolo
        ]
        if not tables:
            names = ", ".join(images.name for images in sets)
            raise SettingError(path="--yolo", expected=f"one of {names}", found="others")
    else:
        detector = study.detector()
        tables = [objectness_table(images, detector) for images in sets]
    return pd.concat(tables, ignore_index=True)


def _save_samples(study: Study, sets: list[NamedImages]) -> None:
    """A row of sample images for each set."""
    pixels = min(study.preset.target_pixels, 128)
    rows = [antialiased(images.load(range(N_SHOWN)), pixels) for images in sets]
    path = study.folder / ext1.PICTURES["A"]
    with replacing(path) as temporary:
        save_imgrid(torch.cat([row.cpu() for row in rows]), temporary, nrow=N_SHOWN)

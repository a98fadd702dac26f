"""Panels A and B of the images that neurons evolved, from the authors' explorer."""

import pandas as pd

from core.contract import ext1
from core.contract.descriptions import Table
from core.generator_statistics.explorer_sets import explorer_sets
from core.generator_statistics.image_sets import crop_set
from core.generator_statistics.low_level import SpectrumSummary, set_statistics
from core.generator_statistics.objectness import objectness_table
from core.generator_statistics.panels.distances import distance_table
from core.generator_statistics.panels.inputs import Study


def explorer_tables(study: Study) -> dict[Table, pd.DataFrame]:
    """Panels A and B of the images that neurons evolved: by thread, block and area.

    Distances are those of each area's sets from one another, which hold the same experiments, and
    from as many crops of photographs.
    """
    sets = explorer_sets(study.explorer)
    extractor, detector = study.extractor(), study.detector()
    distances, objects, rows, spectra = [], [], [], []
    for area in dict.fromkeys(area for _, _, area in sets):
        of_area = {key: value for key, value in sets.items() if key[2] == area}
        images = [found for found, _ in of_area.values()]
        crops = crop_set(len(images[0]), 256, study.seed, f"photograph crops, {area}")
        distances.append(
            distance_table([*images, crops], extractor, study.preset.n_resamples, study.seed)
        )
        objects += [objectness_table(found, detector) for found in (*images, crops)]
        for (thread, block, _), (found, numbers) in of_area.items():
            gathered = SpectrumSummary()
            statistics = set_statistics(found, gathered)
            keys = {"generator": thread, "area": area, "block": block, "Expi": numbers}
            rows.append(pd.concat([pd.DataFrame(keys), statistics], axis=1))
            spectra.append(gathered.table(found.name))
    return {
        ext1.FRECHET_EXPLORER: pd.concat(distances),
        ext1.OBJECTNESS_EXPLORER: pd.concat(objects),
        ext1.LOWLEVEL_EXPLORER: pd.concat(rows),
        ext1.SPECTRA_EXPLORER: pd.concat(spectra),
    }

"""What ``python -m neuro_data_analysis.evolved_images`` does."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from core.errors import (
    MissingFileError,
    MissingPackageError,
    RunError,
    SettingError,
    WeightsError,
)
from core.explorer.averages import BlockAverages
from core.explorer.images import IMAGES_FOLDER, check_images, read_images
from core.explorer.store import FILE_NAME, load_averages, stated_origin
from core.files import replacing, writable_folder
from core.plotting.style import saveallforms
from core.progress import progress, say
from core.statistics.masks import AREAS
from neuro_data_analysis.evolutions.from_explorer import cohort_from_explorer
from neuro_data_analysis.evolved_images.galleries import draw_gallery, gallery_pairs
from neuro_data_analysis.evolved_images.sheets import contact_sheet

DOTS_PER_INCH = 150


def sheets(options: Namespace) -> Iterator[Path]:
    """Draw contact sheets, and give their paths.

    Raises
    ------
    SettingError
        If there is no such experiment.
    MissingFileError
        If one that was asked for has no image.
    """
    experiments = {experiment.expi: experiment for experiment in _open(options)}
    for expi in options.expi:
        if expi not in experiments:
            raise SettingError(
                path="EXPI",
                expected=f"one of {len(experiments)} experiments from {min(experiments)} to "
                f"{max(experiments)}",
                found=f"{expi}, which the explorer has not",
            )
    wanted = list(dict.fromkeys(options.expi)) or list(experiments)
    for expi in progress(wanted, len(wanted), "sheets"):
        experiment = experiments[expi]
        images = read_images(options.data, experiment)
        if not images and options.expi:
            raise MissingFileError(
                path=options.data / IMAGES_FOLDER / experiment.name,
                expected="images of its blocks",
                found="none",
                advice="`./reproduce download --from explorer --images` fetches them",
            )
        if images:
            figure = contact_sheet(experiment, images, stated_origin(options.data))
            yield _save(figure, options.out, experiment.name)


def galleries(options: Namespace) -> Iterator[Path]:
    """Draw a gallery for each area, and give their paths."""
    experiments = _open(options)
    meta = cohort_from_explorer(experiments).meta
    pairs = gallery_pairs(options.data, experiments, meta, options.block)
    for area in (area for area in AREAS if area in pairs):
        figure = draw_gallery(area, pairs[area], options.block, stated_origin(options.data))
        yield _save(figure, options.out, f"gallery_{area}_{options.block}")


def similarity_figures(options: Namespace) -> Iterator[Path]:
    """Draw a figure for each network, write both tables, and give their paths.

    Raises
    ------
    MissingFileError
        If no experiment has both images.
    RunError
        If no network has its weights.
    """
    from neuro_data_analysis.evolved_images.similarities import (
        DRAWN,
        best_block_images,
        difference_columns,
        draw_similarities,
        image_columns,
        pearson_table,
        shown_experiments,
    )
    from neuro_data_analysis.image_similarity.networks import check_names, load_feature_network

    names = list(dict.fromkeys(options.network or DRAWN))
    check_names(names)
    experiments = _open(options)
    shown = shown_experiments(cohort_from_explorer(experiments).meta)
    chosen = [experiment for experiment in experiments if experiment.expi in shown]
    pairs = best_block_images(options.data, chosen)
    if not pairs:
        raise MissingFileError(
            path=options.data / IMAGES_FOLDER,
            expected="best blocks' images of valid experiments in which both threads succeed",
            found="none",
            advice="`./reproduce download --from explorer --images` fetches all",
        )
    if lacking := [str(e.expi) for e in chosen if e.expi not in pairs]:
        say(f"lacking an image of a best block, and left out: Exp {', '.join(lacking)}")
    tables, left_out = {}, []
    for name in names:
        try:
            network = load_feature_network(
                name, device=options.device, trusted=options.trusted, allow_download=False
            )
        except (WeightsError, MissingPackageError):
            left_out.append(name)
            continue
        tables[name] = image_columns(network, pairs)
    if left_out:
        say(f"without weights at hand (docs/networks.md) and left out: {', '.join(left_out)}")
    if not tables:
        raise RunError(
            expected="a network with weights",
            found="none",
            advice="--network efficientnet_lite0 needs no download",
        )
    table = pd.concat([difference_columns(chosen), *tables.values()], axis=1)
    for name in tables:
        figure = draw_similarities(table, name, stated_origin(options.data))
        yield _save(figure, options.out, f"similarity_{name}")
    for content, stem in ((table, "similarity"), (pearson_table(table), "correlations")):
        path = options.out / f"{stem}.csv"
        with replacing(path) as temporary:
            content.to_csv(temporary, index=content is table, lineterminator="\n")
        yield path


COMMANDS: dict[str, Callable[[Namespace], Iterator[Path]]] = {
    "sheet": sheets,
    "gallery": galleries,
    "similarity": similarity_figures,
}
"""Functions by word of the command line."""


def _open(options: Namespace) -> list[BlockAverages]:
    """The averages, if there are images beside them and the folder can be written."""
    experiments = load_averages(options.data / FILE_NAME)
    check_images(options.data)
    writable_folder(options.out)
    return experiments


def _save(figure, folder: Path, name: str) -> Path:
    (path,) = saveallforms(folder, name, figure, ("png",), bbox_inches=None, dpi=DOTS_PER_INCH)
    return path

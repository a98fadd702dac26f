"""Images that the animals' neurons evolved, as sets: by thread, first or last block, and area."""

from pathlib import Path

import numpy as np
import torch

from core.errors import ImageError
from core.explorer.averages import BlockAverages
from core.explorer.images import check_images, read_images
from core.explorer.store import FILE_NAME, load_averages
from core.generator_statistics.image_sets import ImageSet
from core.threads import THREADS

BLOCKS = ("first", "last")

SIZE = 256
"""Pixels of the images."""

LEAST = 2
"""Fewest images of a set, which else has no covariance."""


def explorer_sets(
    folder: Path, by_area: bool = True
) -> dict[tuple[str, str, str], tuple[ImageSet, list[int]]]:
    """Sets of the explorer's images, with the numbers of their experiments.

    An experiment takes part in an area's sets only where all four of its images are there, so that
    the sets of an area hold the same experiments.

    Parameters
    ----------
    folder
        Of averages and images (``explorer_data/``).
    by_area
        Areas apart; otherwise all together, as area ``all``.

    Returns
    -------
    dict
        By thread, block (``first`` or ``last``) and area.

    Raises
    ------
    MissingFileError
        If there are no averages or no images.
    ImageError
        If a file is no image, or no experiment has all its images.
    """
    check_images(folder)
    found: dict[str, list[tuple[int, np.ndarray]]] = {}
    for experiment in load_averages(folder / FILE_NAME):
        images = _four_images(folder, experiment)
        if images is not None:
            area = experiment.area if by_area else "all"
            found.setdefault(area, []).append((experiment.expi, images))
    sets = {}
    for area, of_area in sorted(found.items()):
        if len(of_area) < LEAST:
            continue
        numbers = [expi for expi, _ in of_area]
        images = np.stack([images for _, images in of_area])
        for which, (thread, block) in enumerate((t, b) for b in BLOCKS for t in THREADS):
            name = f"{thread}, {block} block, {area}"
            ids = tuple(f"Exp{expi:03d}" for expi in numbers)
            words = f"best image of the {block} block, {SIZE} pixels"
            load = _loader(images[:, which])
            sets[thread, block, area] = (ImageSet(name, "generated", ids, words, load), numbers)
    if not sets:
        raise ImageError(path=folder, expected="experiments with all images", found="none")
    return sets


def _loader(images: np.ndarray):
    return lambda which: torch.from_numpy(images[which.start : which.stop])


def _four_images(folder: Path, experiment: BlockAverages) -> np.ndarray | None:
    """First block of both threads, then the last, (4, 3, size, size); None unless all are there.

    Experiments whose threads are not DeePSim's and BigGAN's are none, either.
    """
    if experiment.spaces[0] != "fc6" or not experiment.spaces[1].startswith("BigGAN"):
        return None
    last = experiment.n_blocks - 1
    keys = [(block, thread) for block in (0, last) for thread in range(len(THREADS))]
    images = {}
    for block in (0, last):
        images |= read_images(folder, experiment, (block,) * len(THREADS), SIZE)
    if any(key not in images for key in keys):
        return None
    stacked = np.stack([images[key] for key in keys]).transpose(0, 3, 1, 2)
    return stacked.astype(np.float32) / 255

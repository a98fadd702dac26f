"""Image files of a tuning recording, and the images along its axes."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import ImageError, MissingFileError
from core.optional import import_package

IMAGE_SUFFIXES = (".bmp", ".png", ".jpg", ".jpeg", ".tif", ".tiff")
"""Kinds of image file, in the order in which they are preferred."""


def image_files(folder: str | Path, image_names: Iterable[str]) -> dict[str, Path]:
    """File of every image, each name once.

    Parameters
    ----------
    folder
        Folder of the images.
    image_names
        Names without or with the ending.

    Returns
    -------
    dict
        Paths by name.

    Raises
    ------
    MissingFileError
        If the folder or an image is not there.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFileError(path=folder, expected="a folder of images", found="none")
    files: dict[str, Path] = {}
    for suffix in reversed(IMAGE_SUFFIXES):
        for path in sorted(p for p in folder.iterdir() if p.suffix.lower() == suffix):
            files[path.stem] = files[path.name] = path
    names = list(dict.fromkeys(image_names))
    absent = [name for name in names if name not in files]
    if absent:
        raise MissingFileError(
            path=folder,
            expected=f"{len(names)} images",
            found=f"{len(absent)} of them missing (first: {absent[0]})",
        )
    return {name: files[name] for name in names}


def axis_images(
    space: str, images: pd.DataFrame, files: Mapping[str, Path]
) -> dict[tuple[int, float], np.ndarray]:
    """Images along the axes of one space, by rank of the eigenvector and distance.

    Parameters
    ----------
    space
        ``class`` or ``noise``.
    images
        Axis and distance of every image, as `core.images.stimulus_names.parse_stimulus_names`
        returns them.
    files
        Paths by name, as `image_files` returns them.

    Returns
    -------
    Arrays (height, width, 3) uint8.

    Raises
    ------
    ImageError
        If a file is no image.
    """
    pillow = import_package("PIL.Image", "reading images")
    found = {}
    for row in images[images["space_name"] == space].drop_duplicates("img_name").itertuples():
        path = files[row.img_name]
        try:
            with pillow.open(path) as opened:
                found[int(row.eig_id), row.lin_dist] = np.asarray(opened.convert("RGB"))
        except OSError as error:
            raise ImageError(path=path, expected="an image", found=error) from None
    return found

"""Photographs: those that installed packages bring along, and those of a folder of the user's."""

from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.errors import MissingFileError
from core.images.opening import open_rgb
from core.optional import import_package

COLOUR = (
    *("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"),
    *("motorcycle_left.png", "hubble_deep_field.jpg", "retina.jpg", "ihc.png"),
)
"""Colour photographs in the wheel of scikit-image, not one twice."""

SMALLEST, LARGEST = 0.35, 0.9
"""Side of a crop over the shorter side of its photograph."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


class Crop(NamedTuple):
    """A square of a photograph: ``image`` (3, size, size) float32 in [0, 1], and what it is of."""

    image: np.ndarray
    photograph: str


def bundled_photographs() -> list[tuple[str, np.ndarray]]:
    """Name and RGB image (H, W, 3) uint8 of the photographs in the wheel of scikit-image.

    Raises
    ------
    MissingPackageError
        If scikit-image is not installed.

    Examples
    --------
    >>> len(bundled_photographs())
    8
    """
    import_package("skimage", "photographs that need no download")
    folder = Path(str(resources.files("skimage"))) / "data"
    return [(Path(name).stem, np.asarray(open_rgb(folder / name))) for name in COLOUR]


def random_crops(n: int, size: int = 112, seed: int = 0) -> list[Crop]:
    """Random squares of the bundled photographs, 35 to 90 % of the shorter side.

    Crop k is the same whatever `n` is.

    Parameters
    ----------
    n
        How many.
    size
        Rows and columns to which each is brought (bilinear, averaging over pixels).
    seed
        Of the set.

    Examples
    --------
    >>> first, second = random_crops(2, 32)
    >>> first.image.shape, first.image.dtype
    ((3, 32, 32), dtype('float32'))
    """
    pillow = import_package("PIL.Image", "reading images")
    photographs = bundled_photographs()
    crops = []
    for index in range(n):
        rng = np.random.default_rng([seed, index])
        name, photograph = photographs[rng.integers(len(photographs))]
        height, width = photograph.shape[:2]
        side = int(rng.uniform(SMALLEST, LARGEST) * min(height, width))
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        square = pillow.fromarray(photograph[top : top + side, left : left + side])
        square = square.resize((size, size), pillow.Resampling.BILINEAR)
        crops.append(Crop(_as_channels(np.asarray(square)), name))
    return crops


def files_of_images(folder: Path) -> list[Path]:
    """Image files in a folder and the folders below it, by name.

    Raises
    ------
    MissingFileError
        If there is no folder, or no image in it.

    Examples
    --------
    >>> files_of_images(Path("no_such_folder"))
    Traceback (most recent call last):
    core.errors.MissingFileError: no_such_folder: expected a folder of images, found no folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFileError(path=folder, expected="a folder of images", found="no folder")
    files = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not files:
        raise MissingFileError(
            path=folder, expected=f"images ({', '.join(SUFFIXES)})", found="none in it"
        )
    return files


def centre_square(path: Path, size: int) -> np.ndarray:
    """The middle of an image: shorter side brought to `size` (Pillow, bilinear), then cut square.

    Parameters
    ----------
    path
        Image file.
    size
        Rows and columns.

    Returns
    -------
    (3, size, size) float32
        RGB in [0, 1].

    Raises
    ------
    ImageError
        If it is no image.
    """
    pillow = import_package("PIL.Image", "reading images")
    image = open_rgb(path)
    scale = size / min(image.size)
    width, height = (max(size, round(side * scale)) for side in image.size)
    image = image.resize((width, height), pillow.Resampling.BILINEAR)
    left, top = (width - size) // 2, (height - size) // 2
    return _as_channels(np.asarray(image.crop((left, top, left + size, top + size))))


def _as_channels(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32) / np.float32(255)

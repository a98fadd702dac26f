"""The evolved images: of every block and thread the one that drove the unit most.

They lie beside the averages, as the explorer has them, where a user asked for them. Blocks without
an image are normal, and 25 experiments have an image of a block more than they have averages: the
number of blocks is always that of the averages.
"""

from pathlib import Path

import numpy as np

from core.errors import ImageError, MissingFileError
from core.explorer.averages import BlockAverages
from core.explorer.reading import THREAD_WORDS
from core.optional import import_package
from core.threads import N_THREADS

IMAGES_FOLDER = "images"
"""Folder of the images, in that of the averages."""

Images = dict[tuple[int, int], np.ndarray]
"""RGB images (H, W, 3), 8-bit, by block and thread, both 0-based."""


def image_path(folder: Path, experiment: BlockAverages, block: int, thread: int) -> Path:
    """Where an image lies, whether it is there or not.

    Parameters
    ----------
    folder
        Folder of the averages.
    experiment
        Whose image.
    block, thread
        0-based numbers.
    """
    name = f"{THREAD_WORDS[thread]}_img.webp"
    return folder / IMAGES_FOLDER / experiment.name / f"gen_{block + 1:02d}" / name


def read_images(
    folder: Path,
    experiment: BlockAverages,
    blocks: tuple[int, int] | None = None,
    size: int | None = None,
) -> Images:
    """The images of an experiment that are there.

    Parameters
    ----------
    folder
        Folder of the averages.
    experiment
        Whose images.
    blocks
        The 0-based block of each thread; None for all.
    size
        Rows and columns to which they are brought; None leaves them as they are.

    Raises
    ------
    ImageError
        If a file is no image.
    """
    wanted = (
        np.ndindex(experiment.n_blocks, N_THREADS)
        if blocks is None
        else zip(blocks, range(N_THREADS), strict=True)
    )
    paths = {key: image_path(folder, experiment, *key) for key in wanted}
    return {key: read_rgb(path, size) for key, path in paths.items() if path.is_file()}


def check_images(folder: Path) -> None:
    """Raise a MissingFileError unless there is an image, of whatever block.

    Parameters
    ----------
    folder
        Folder of the averages.

    Examples
    --------
    >>> check_images(Path("no_such_folder"))
    Traceback (most recent call last):
    core.errors.MissingFileError: no_such_folder/images: expected evolved images, found none; \
`./reproduce download --from explorer --images` fetches them.
    """
    if not any((folder / IMAGES_FOLDER).glob("Exp*/gen_*/*_img.webp")):
        raise MissingFileError(
            path=folder / IMAGES_FOLDER,
            expected="evolved images",
            found="none",
            advice="`./reproduce download --from explorer --images` fetches them",
        )


def read_rgb(path: Path, size: int | None = None) -> np.ndarray:
    """An image as RGB, (H, W, 3) uint8.

    Parameters
    ----------
    path
        WebP file.
    size
        Rows and columns to which it is brought (bilinear, with all pixels averaged that fall
        together); None leaves it as it is.

    Raises
    ------
    ImageError
        If it is no image.
    """
    pillow = import_package("PIL.Image", "reading images")
    try:
        with pillow.open(path, formats=("WEBP",)) as image:
            image = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, pillow.DecompressionBombError):
        raise ImageError(
            path=path,
            expected="a WebP image",
            found="something else, or a part of one",
            advice="`./reproduce download --from explorer --images --force` fetches all again",
        ) from None
    if size is not None:
        image = image.resize((size, size), pillow.Resampling.BILINEAR)
    return np.asarray(image)

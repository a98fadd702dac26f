"""Prototype images of the two threads, cut out of one montage per experiment.

A montage is a JPEG or PNG file ``Exp<NNN>...`` (three digits of Expi) of 3 rows and 4 columns of
tiles of 224 x 224 pixels, without gaps. Row 0 is DeePSim's, row 1 BigGAN's; columns are

- ``maxblk``: the image with the largest response in the best block,
- ``maxblk_avg``: the mean image of the best block,
- ``reevol_G``: re-evolved in the generator's latent space,
- ``reevol_pix``: re-evolved in pixels.

Row 2 (re-evolved for both threads together, columns 2 and 3) is not read.
"""

import re
import warnings
from pathlib import Path

import numpy as np

from core.errors import ImageError, MissingFileError, SettingError
from core.optional import import_package
from core.threads import N_THREADS, PREFIXES

TILE = 224
"""Rows and columns of a tile, pixels."""

N_TILE_ROWS = 3
COLUMNS = ("maxblk", "maxblk_avg", "reevol_G", "reevol_pix")

FORMATS = ("JPEG", "PNG", "BMP")
MAX_PIXELS = 4096 * 4096
FILE_NAME = re.compile(r"Exp(\d{3})(?!\d).*\.(?:jpe?g|png)", re.IGNORECASE)

Prototypes = dict[tuple[str, int], np.ndarray]
"""``(prototype, thread)``: image (3, 224, 224), RGB, float32 in [0, 1]; thread 0 is DeePSim."""


def find_prototypes(folder: str | Path) -> dict[int, Path]:
    """Montages in a folder by Expi (1-based), ascending.

    Raises
    ------
    SettingError
        If there is no such folder, or it holds two montages of one experiment.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SettingError(path=folder, expected="a folder of prototype images", found="none")
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        name = FILE_NAME.fullmatch(path.name)
        if name is None or not path.is_file():
            continue
        expi = int(name[1])
        if expi in found:
            raise SettingError(
                path=path,
                expected=f"one montage of Exp {expi}",
                found=f"{found[expi].name} as well",
            )
        found[expi] = path
    return dict(sorted(found.items()))


def read_prototypes(folder: str | Path, expi: int) -> Prototypes:
    """Prototypes of one experiment.

    Parameters
    ----------
    folder
        Folder of the montages.
    expi
        1-based number of the experiment.

    Raises
    ------
    MissingFileError
        If there is no montage of it.
    ImageError
        If its montage cannot be read, or has another size.
    """
    files = find_prototypes(folder)
    if expi not in files:
        raise MissingFileError(
            path=folder, expected=f"the montage Exp{expi:03d}... of Exp {expi}", found="none"
        )
    return read_montage(files[expi])


def read_montage(path: str | Path) -> Prototypes:
    """The tiles of one montage.

    Raises
    ------
    MissingFileError
        If there is no such file.
    ImageError
        If it cannot be read, or has another size.
    """
    montage = read_image(path, size=(N_TILE_ROWS * TILE, len(COLUMNS) * TILE))
    tiles = montage.reshape(N_TILE_ROWS, TILE, len(COLUMNS), TILE, 3).transpose(0, 2, 4, 1, 3)
    return {
        (prototype, thread): tiles[thread, column].astype(np.float32) / 255
        for thread in range(N_THREADS)
        for column, prototype in enumerate(COLUMNS)
    }


def cut_montage(montage: np.ndarray) -> dict[str, np.ndarray]:
    """The tiles of a montage, those for both threads together included.

    Parameters
    ----------
    montage : (672, 896, 3)
        RGB of any type.

    Returns
    -------
    dict
        (224, 224, 3) each, by ``FC_`` (DeePSim), ``BG_`` (BigGAN) or ``both_`` and the column.

    Raises
    ------
    ImageError
        If it has another size.

    Examples
    --------
    >>> list(cut_montage(np.zeros((672, 896, 3), np.uint8)))[6:]
    ['BG_reevol_G', 'BG_reevol_pix', 'both_reevol_G', 'both_reevol_pix']
    """
    size = (N_TILE_ROWS * TILE, len(COLUMNS) * TILE)
    if montage.shape != (*size, 3):
        raise ImageError(expected=f"a montage of {(*size, 3)}", found=montage.shape)
    return {
        f"{thread}_{prototype}": montage[
            row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE
        ]
        for row, thread in enumerate((*PREFIXES, "both"))
        for column, prototype in enumerate(COLUMNS)
        if thread != "both" or column >= 2
    }


def read_image(path: str | Path, size: tuple[int, int] | None = None) -> np.ndarray:
    """An RGB image file, turned as its EXIF says; a fourth channel (opacity) is left out.

    Parameters
    ----------
    path
        JPEG, PNG or BMP file.
    size
        Rows and columns that it must have; by default any, up to 4096 x 4096 pixels together.

    Returns
    -------
    (rows, columns, 3) uint8

    Raises
    ------
    MissingFileError
        If there is no such file.
    ImageError
        If it cannot be read, is not RGB, or has another size.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(path=path, expected="an image", found="no file")
    pillow = import_package("PIL.Image", "reading images")
    exif_transpose = import_package("PIL.ImageOps", "reading images").exif_transpose
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is too large is refused before it is decoded
            with pillow.open(path, formats=FORMATS) as image:
                _check_header(path, image.mode, (image.height, image.width))
                image = exif_transpose(image)
                _check_size(path, (image.height, image.width), size)
                return np.array(image.convert("RGB"))
    except ImageError:
        raise
    except Exception as error:  # a damaged file can make the decoders fail in any way
        raise ImageError(
            path=path,
            expected=f"an image ({', '.join(FORMATS)})",
            found=f"an error: {_reason(error, path)}",
        ) from None


def _check_size(path: Path, found: tuple[int, int], wanted: tuple[int, int] | None) -> None:
    """Raise unless an image has the size that is wanted, if any."""
    if wanted is not None and found != wanted:
        raise ImageError(
            path=path,
            expected=f"{wanted[1]} x {wanted[0]} pixels",
            found=f"{found[1]} x {found[0]}",
        )


def _check_header(path: Path, mode: str, found: tuple[int, int]) -> None:
    """Raise unless an image is RGB and of a bearable size."""
    if found[0] * found[1] > MAX_PIXELS:
        raise ImageError(
            path=path, expected=f"at most {MAX_PIXELS} pixels", found=f"{found[1]} x {found[0]}"
        )
    if mode not in ("RGB", "RGBA"):
        raise ImageError(path=path, expected="an RGB image", found=f"one of Pillow's mode {mode}")


def _reason(error: Exception, path: Path) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    words = " ".join(str(error).split()).replace(repr(str(path)), "the file")
    return words.rstrip(".")[:160] or type(error).__name__

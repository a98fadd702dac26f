"""Image files that people hand in, opened the same way by all who read them."""

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ImageError
from core.optional import import_package

if TYPE_CHECKING:
    from PIL.Image import Image


def open_rgb(path: Path) -> "Image":
    """An image file as a Pillow image in RGB, 8 bits a channel.

    Parameters
    ----------
    path
        Image file.

    Raises
    ------
    ImageError
        If it is no image, a part of one, or a grey one of more than 8 bits, of which Pillow would
        cut all values above 255.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "cut.png"
    >>> n_bytes = path.write_bytes(b"no image")
    >>> open_rgb(path)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    core.errors.ImageError: ...cut.png: expected an image of 8 bits, found something else (...).
    """
    pillow = import_package("PIL.Image", "reading images")
    try:
        with pillow.open(path) as image:
            if image.mode[0] in "IF":
                raise ValueError(f"more than 8 bits a pixel, mode {image.mode}")
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, pillow.DecompressionBombError) as error:
        raise ImageError(
            path=path, expected="an image of 8 bits", found=f"something else ({error})"
        ) from None

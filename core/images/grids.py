"""Grids of image tensors as pictures and picture files.

torch, torchvision and Pillow are imported when a function needs them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ImageError, SettingError
from core.files import replacing
from core.images.grid_layout import check_layout, image_batch, make_grid_T
from core.images.range import check_range
from core.optional import import_package

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image


def to_imgrid(
    img_tsr: "torch.Tensor | Sequence[torch.Tensor]", *args: object, **kwargs: object
) -> "Image":
    """Grid of tensors as a PIL image.

    Parameters
    ----------
    img_tsr
        (B, C, H, W), or a list of (C, H, W), (H, W) or (B, C, H, W) of one image size; intensities
        are floating point in [0, 1], clamped to it, or uint8.
    args, kwargs
        Further arguments of `make_grid_T`.

    Returns
    -------
    PIL image
        Of 8 bits a channel; intensities are multiplied by 255 and truncated.

    Raises
    ------
    ImageError
        If `make_grid_T` refuses the images, they hold NaN, or their scale is plainly not 0 to 1.

    Examples
    --------
    >>> import torch
    >>> to_imgrid([torch.full((3, 4, 4), value) for value in (0.5, 1.2)]).getpixel((8, 2))
    (255, 255, 255)
    """
    from PIL import Image

    grid = make_grid_T(img_tsr, *args, **kwargs).cpu()
    if grid.shape[0] not in (3, 4):
        raise ImageError(path="images", expected="1, 3 or 4 channels", found=grid.shape[0])
    return Image.fromarray(_eight_bits(grid).permute(1, 2, 0).contiguous().numpy())


def show_imgrid(
    img_tsr: "torch.Tensor | Sequence[torch.Tensor]", *args: object, **kwargs: object
) -> "Image":
    """Show a grid of tensors in the system's picture viewer.

    Parameters
    ----------
    img_tsr
        (B, C, H, W), or a list of (C, H, W), (H, W) or (B, C, H, W) of one image size; intensities
        are floating point in [0, 1], clamped to it, or uint8.
    args, kwargs
        Further arguments of `make_grid_T`.

    Returns
    -------
    PIL image
        What is shown.

    Raises
    ------
    ImageError
        If `to_imgrid` refuses the images.
    """
    image = to_imgrid(img_tsr, *args, **kwargs)
    image.show()
    return image


def save_imgrid(
    img_tsr: "torch.Tensor | Sequence[torch.Tensor]",
    path: str | Path,
    *args: object,
    **kwargs: object,
) -> "Image":
    """Save a grid of tensors as a picture file.

    Parameters
    ----------
    img_tsr
        (B, C, H, W), or a list of (C, H, W), (H, W) or (B, C, H, W) of one image size; intensities
        are floating point in [0, 1], clamped to it, or uint8.
    path
        File to write; its extension says the format.
    args, kwargs
        Further arguments of `make_grid_T`.

    Returns
    -------
    PIL image
        What was saved.

    Raises
    ------
    ImageError
        If `to_imgrid` refuses the images.
    SettingError
        If the extension is not that of a picture format.

    Examples
    --------
    >>> import torch
    >>> save_imgrid(torch.zeros(2, 3, 4, 4), "grid.txt")
    Traceback (most recent call last):
    core.errors.SettingError: grid.txt: expected the extension of a picture format, such as .png, \
found '.txt'.
    """
    image = to_imgrid(img_tsr, *args, **kwargs)
    _save(image, path)
    return image


def save_imgrid_by_row(
    img_tsr: "torch.Tensor | Sequence[torch.Tensor]",
    path: str | Path,
    n_row: int = 5,
    *args: object,
    **kwargs: object,
) -> list[Path]:
    """Save images in rows of `n_row`, each row as a picture file of its own.

    Parameters
    ----------
    img_tsr
        (B, C, H, W), or a list of (C, H, W), (H, W) or (B, C, H, W) of one image size; intensities
        are floating point in [0, 1], clamped to it, or uint8.
    path
        ``<stem><ext>``; row i, from 0, is written to ``<stem>_<i><ext>``.
    n_row
        Number of images in a row; the last row may have fewer.
    args, kwargs
        Arguments of `make_grid_T` after `nrow`.

    Returns
    -------
    list of ceil(n / n_row) paths

    Raises
    ------
    ImageError
        If `to_imgrid` refuses the images; then no file is written.
    SettingError
        If the extension is not that of a picture format.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import torch
    >>> with TemporaryDirectory() as folder:
    ...     paths = save_imgrid_by_row(torch.zeros(3, 3, 4, 4), f"{folder}/grid.png", n_row=2)
    >>> [path.name for path in paths]
    ['grid_0.png', 'grid_1.png']
    """
    check_layout(n_row)
    path = Path(path)
    images = image_batch(img_tsr)
    rows = [to_imgrid(row, n_row, *args, **kwargs) for row in images.split(n_row)]
    paths = [path.with_name(f"{path.stem}_{i}{path.suffix}") for i in range(len(rows))]
    for row, row_path in zip(rows, paths, strict=True):
        _save(row, row_path)
    return paths


def _eight_bits(grid: "torch.Tensor") -> "torch.Tensor":
    """Intensities as uint8, those of floating point multiplied by 255 and truncated."""
    torch = import_package("torch", "a grid of tensors")
    if grid.dtype in (torch.uint8, torch.bool):
        return grid if grid.dtype == torch.uint8 else grid.to(torch.uint8) * 255
    if not grid.is_floating_point():
        raise ImageError(path="images", expected="floating point or uint8", found=grid.dtype)
    check_range(grid)
    # in half precision the product would be rounded to the next level before it is truncated
    return grid.to(torch.promote_types(grid.dtype, torch.float32)).clamp(0, 1).mul(255).byte()


def _save(image: "Image", path: str | Path) -> None:
    """Write a picture, whole or not at all."""
    from PIL import Image

    path = Path(path)
    if Image.registered_extensions().get(path.suffix.lower()) not in Image.SAVE:
        raise SettingError(
            path=path,
            expected="the extension of a picture format, such as .png",
            found=f"{path.suffix!r}",
        )
    with replacing(path) as temporary:
        image.save(temporary)

"""Random crops of images: where they lie, and cutting them out of many images at once."""

import torch
from torch.nn.functional import interpolate, pad

from core.errors import SettingError
from dualneuron.synthesis.presets import CLAMPS
from dualneuron.synthesis.roi import roi_align


def margin(size: tuple[int, int], reflect_pad_frac: float) -> int:
    """Pixels of the mirrored margin of an image.

    Parameters
    ----------
    size
        Height and width of the image.
    reflect_pad_frac
        The margin as a share of its shorter side.

    Raises
    ------
    SettingError
        If it is as wide as the image.

    Examples
    --------
    >>> margin((93, 100), 0.05)
    4
    """
    width = int(reflect_pad_frac * min(size))
    if not 0 <= width < min(size):
        raise SettingError(
            path="reflect_pad_frac", expected="a share from 0 to below 1", found=reflect_pad_frac
        )
    return width


def random_boxes(
    nb_crops: int,
    box_size: tuple[float, float],
    size: tuple[int, int],
    jitter_std: float,
    frame: int,
    clamp: str,
    generator: torch.Generator | None,
) -> torch.Tensor:
    """Boxes of random crops; draws centres along x, along y, then sizes.

    Parameters
    ----------
    nb_crops
        Number of crops.
    box_size
        Range of their sides, as shares of the image's.
    size
        Height and width of the image, without its frame.
    jitter_std
        Standard deviation of their centres, as a share of the image's side.
    frame
        Pixels around the image.
    clamp
        ``"stretch"`` or ``"shift"``.
    generator
        On the CPU; None is torch's global one.

    Returns
    -------
    Tensor (nb_crops, 4)
        ``x1, y1, x2, y2`` in pixels of the framed image.

    Raises
    ------
    SettingError
        If `clamp` is neither.

    Examples
    --------
    >>> random_boxes(1, (1, 1), (10, 8), 0.0, 2, "stretch", None)
    tensor([[ 2.,  2., 10., 12.]])
    """
    if clamp not in CLAMPS:
        raise SettingError(path="clamp", expected=" or ".join(CLAMPS), found=f"{clamp!r}")
    smallest, largest = box_size
    centres = [0.5 + torch.randn(nb_crops, generator=generator) * jitter_std for _ in range(2)]
    shares = torch.rand(nb_crops, generator=generator) * (largest - smallest) + smallest
    height, width = size
    x1, x2 = _ends(centres[0], shares, width, frame, clamp)
    y1, y2 = _ends(centres[1], shares, height, frame, clamp)
    return torch.stack((x1, y1, x2, y2), dim=1)


def _ends(
    centres: torch.Tensor, shares: torch.Tensor, size: int, frame: int, clamp: str
) -> tuple[torch.Tensor, torch.Tensor]:
    middle, half = centres * size + frame, shares * size / 2
    whole = size + 2 * frame
    if clamp == "shift":
        inset = half.clamp(max=whole / 2)
        middle = torch.minimum(torch.maximum(middle, inset), whole - inset)
    return (middle - half).clamp(0, whole), (middle + half).clamp(0, whole)


def cut(
    images: torch.Tensor, boxes: torch.Tensor, input_size: int, oversample: float, frame: int
) -> torch.Tensor:
    """Cut boxes out of images and resize them.

    Parameters
    ----------
    images : (B, C, H, W)
        Images.
    boxes : (B, n, 4)
        Boxes of each image, in pixels of the framed image; on the CPU.
    input_size
        Side of a crop, in pixels.
    oversample
        They are cut at this multiple of it, then resized.
    frame
        Mirrored pixels that are put around the images.

    Returns
    -------
    Tensor (B, n, C, input_size, input_size)

    Examples
    --------
    >>> cut(torch.ones(2, 1, 8, 8), torch.tensor([[[0.0, 0, 4, 4]]] * 2), 6, 1, 2).shape
    torch.Size([2, 1, 1, 6, 6])
    """
    if frame:
        images = pad(images, (frame,) * 4, mode="reflect")
    fine = input_size * max(1, int(oversample))
    crops = roi_align(images, boxes, fine)
    if fine == input_size:
        return crops
    size = (input_size, input_size)
    flat = interpolate(crops.flatten(0, 1), size=size, mode="bicubic", antialias=True)
    return flat.view(*crops.shape[:3], *size)

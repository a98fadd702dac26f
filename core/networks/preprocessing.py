"""Images on their way into a network: one batch, checked, normalised, resized."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from core.errors import ImageError
from core.images.range import CAFFE_MEAN

Images = Sequence[np.ndarray] | np.ndarray | torch.Tensor


@dataclass(frozen=True)
class Preprocessing:
    """What a network wants done to RGB images in [0, 1].

    Attributes
    ----------
    mean, std
        The network takes ``(image - mean) / std``, per channel, RGB.
    bgr
        Then with the channels the other way round.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    bgr: bool = False


IMAGENET = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CAFFE = Preprocessing(
    tuple((np.float32(CAFFE_MEAN) / np.float32(255)).tolist()), (1 / 255,) * 3, bgr=True
)
LITE = Preprocessing((127 / 255,) * 3, (128 / 255,) * 3)


def normalised(images: torch.Tensor, how: Preprocessing, scale: float) -> torch.Tensor:
    """Images ``(B, 3, H, W)`` in [0, scale] as a network was trained on them.

    Parameters
    ----------
    images : (B, 3, H, W)
        RGB in [0, scale].
    how
        What the network wants done.
    scale
        Value of white.

    Returns
    -------
    (B, 3, H, W)

    Examples
    --------
    >>> normalised(torch.full((1, 3, 1, 1), 255.0), LITE, 255).flatten()
    tensor([1., 1., 1.])
    """
    mean, std = (images.new_tensor(value).reshape(3, 1, 1) for value in (how.mean, how.std))
    images = torch.addcmul(-mean / std, images, 1 / (std * scale))
    return images.flip(1) if how.bgr else images


def resized(images: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Images ``(B, 3, H, W)`` of another size, bilinear with aligned corners.

    Parameters
    ----------
    images : (B, 3, H, W)
        Images.
    size
        Rows and columns.

    Returns
    -------
    (B, 3, *size)

    Examples
    --------
    >>> resized(torch.zeros(1, 3, 8, 8), (4, 5)).shape
    torch.Size([1, 3, 4, 5])
    """
    if tuple(images.shape[2:]) == tuple(size):
        return images
    return nn.functional.interpolate(images, size=size, mode="bilinear", align_corners=True)


def as_batch(images: Images) -> torch.Tensor:
    """Images of one size as one tensor ``(B, 3, H, W)``, of the type and where they are.

    Parameters
    ----------
    images
        List of ``(H, W, 3)`` arrays or ``(3, H, W)`` tensors, array ``(B, H, W, 3)`` or
        ``(H, W, 3)``, or tensor ``(B, 3, H, W)`` or ``(3, H, W)``.

    Raises
    ------
    ImageError
        If there is none, they have several sizes, or are not RGB.

    Examples
    --------
    >>> as_batch([np.zeros((4, 5, 3))] * 2).shape
    torch.Size([2, 3, 4, 5])
    """
    if isinstance(images, list | tuple) and images:
        return _joined(images)
    if isinstance(images, torch.Tensor):
        batch = images if images.dim() == 4 else images[None]
        is_real = not (batch.is_complex() or batch.dtype == torch.bool)
        if batch.dim() != 4 or batch.shape[1] != 3 or not is_real:
            raise ImageError(
                expected="a tensor (B, 3, H, W) of RGB images",
                found=f"{tuple(images.shape)} of {images.dtype}",
            )
    else:
        _refuse_other_colours(images)
        array = np.asarray(images)
        array = array if array.ndim == 4 else array[None]
        if array.ndim != 4 or array.shape[3] != 3 or array.dtype.kind not in "fui":
            raise ImageError(
                expected="RGB images (H, W, 3) of numbers",
                found=f"{np.shape(images)} of {array.dtype}",
            )
        if array.dtype != np.uint8:
            array = array.astype(np.float32 if array.itemsize <= 4 else np.float64)
        batch = torch.from_numpy(np.ascontiguousarray(array)).permute(0, 3, 1, 2)
    if 0 in batch.shape:
        raise ImageError(expected="at least one image", found=tuple(batch.shape))
    return batch


def _refuse_other_colours(image: object) -> None:
    """Raise for a Pillow image whose three channels are not red, green and blue."""
    mode = getattr(image, "mode", "RGB")
    if mode != "RGB":
        raise ImageError(expected="an RGB image", found=f"one of Pillow's mode {mode}")


def _joined(images: Sequence[np.ndarray | torch.Tensor]) -> torch.Tensor:
    """A list of single images as one batch."""
    for image in images:
        if len(np.shape(image)) != 3:
            raise ImageError(
                expected="a list of RGB images (H, W, 3)", found=f"one of shape {np.shape(image)}"
            )
    batches = [as_batch(image) for image in images]
    sizes = {tuple(batch.shape[2:]) for batch in batches}
    if len(sizes) > 1:
        raise ImageError(expected="images of one size", found=sorted(sizes))
    return torch.cat(batches)

"""From a picture to what a network sees: crop, resize, grey, tensor, normalise, mask, norm, clip.

The steps, their order and their rounding are the published ones, with Pillow and torch alone.
"""

import hashlib
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate

from core.errors import ImageError, SettingError
from core.settings import positive_number, whole

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, by which colours in [0, 1] are normalised."""

GREY_MEAN, GREY_STD = 0.449, 0.226
"""The same for one channel: averages of the three."""

EPSILON = 1e-8
"""Added to what is divided by, as published."""


class MaskTransform:
    """Fade an image into a background outside a mask: ``t * m + background * (1 - m)``.

    Parameters
    ----------
    mask : (H, W)
        Any range, which is scaled to 0...1; resized bilinearly to images of another size.
    bg_value
        The background.

    Raises
    ------
    SettingError
        If the mask is no plane of finite numbers, or is constant, so that nothing would be seen.

    Examples
    --------
    >>> MaskTransform(np.array([[0.0, 2.0]]), bg_value=0.5)(torch.tensor([[[8.0, 8.0]]]))
    tensor([[[0.5000, 8.0000]]])
    """

    def __init__(self, mask: "np.ndarray | torch.Tensor", bg_value: float = 0.0):
        self.mask = torch.as_tensor(mask).detach().cpu()
        if self.mask.ndim != 2 or not self.mask.isfinite().all():
            found = f"an array {tuple(self.mask.shape)}"
            raise SettingError(path="mask", expected="a plane of finite numbers", found=found)
        if self.mask.min() == self.mask.max():
            found = f"{self.mask.max():g} everywhere"
            raise SettingError(path="mask", expected="a mask that shows something", found=found)
        self.bg_value = bg_value
        self._scaled: dict[tuple[int, int], torch.Tensor] = {}

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """The masked image, (C, H, W)."""
        size = tuple(image.shape[-2:])
        if size not in self._scaled:
            self._scaled[size] = self._of_size(size)
        mask = self._scaled[size]
        return image * mask + self.bg_value * (1 - mask)

    def _of_size(self, size: tuple[int, int]) -> torch.Tensor:
        mask = self.mask
        if tuple(mask.shape) != size:
            mask = interpolate(mask.double()[None, None], size, mode="bilinear")[0, 0]
        mask = mask.float()
        return (mask - mask.min()) / (mask.max() - mask.min() + EPSILON)


class NormTransform:
    """Scale an image to a Euclidean norm, all channels together.

    Parameters
    ----------
    norm
        Above 0.

    Examples
    --------
    >>> NormTransform(10)(torch.tensor([[[3.0, 4.0]]]))
    tensor([[[6., 8.]]])
    """

    def __init__(self, norm: float):
        self.norm = positive_number(norm, "norm")

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """The scaled image; one of zeros stays as it is."""
        return image * self.norm / (image.norm() + EPSILON)


class ClipTransform:
    """Keep values within a range.

    Parameters
    ----------
    min_val, max_val
        The range.

    Examples
    --------
    >>> ClipTransform()(torch.tensor([-1.0, 0.5, 2.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """

    def __init__(self, min_val: float = 0.0, max_val: float = 1.0):
        if not min_val < max_val:
            found = f"{min_val:g} and {max_val:g}"
            raise SettingError(path="clip_min, clip_max", expected="an ascending pair", found=found)
        self.min_val, self.max_val = min_val, max_val

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """The clipped image."""
        return image.clamp(self.min_val, self.max_val)


class EnsureRGB:
    """Repeat the channel of a grey image three times.

    Examples
    --------
    >>> EnsureRGB()(torch.zeros(1, 4, 5)).shape
    torch.Size([3, 4, 5])
    """

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """An image of three channels."""
        return image.repeat(3, 1, 1) if image.shape[0] == 1 else image


def normalise(image: torch.Tensor) -> torch.Tensor:
    """Subtract ImageNet's mean from values in [0, 1] and divide by its standard deviation.

    These are not the statistics that the twins were trained with (0.488 and 0.276 for V1): once
    an image is masked and scaled to a norm, only the offset differs.

    Examples
    --------
    >>> normalise(torch.full((1, 1, 1), 0.449))
    tensor([[[0.]]])
    """
    grey = image.shape[0] == 1
    mean = torch.tensor([GREY_MEAN] if grey else MEAN).view(-1, 1, 1)
    std = torch.tensor([GREY_STD] if grey else STD).view(-1, 1, 1)
    return image.sub(mean).div_(std)


@dataclass(frozen=True, eq=False)
class ImageTransforms:
    """What is done to every image of a set, in the published order.

    Centre crop, resize, greyscale (ITU-R 601), tensor in [0, 1], normalise, mask, norm, clip, three
    channels: each only where it is asked for.

    Attributes
    ----------
    use_center_crop, crop_size
        Cut out a square of so many pixels from the middle.
    use_resize_output, output_size
        Resize bilinearly with antialiasing, to (height, width), whatever the aspect.
    use_grayscale
        One channel.
    use_normalize
        By ImageNet's mean and standard deviation.
    use_mask, mask, bg_value
        See `MaskTransform`.
    use_norm, norm
        See `NormTransform`.
    use_clip, clip_min, clip_max
        See `ClipTransform`.
    num_channels
        3 repeats one channel; None is 1 for greyscale, else 3.

    Raises
    ------
    SettingError
        If a mask or a norm is wanted and not given, or a number cannot be used.

    Examples
    --------
    >>> seen = ImageTransforms(use_center_crop=True, crop_size=2, use_grayscale=True)
    >>> seen(Image.new("RGB", (4, 4), (255, 255, 255)))
    tensor([[[1., 1.],
             [1., 1.]]])
    """

    use_center_crop: bool = False
    use_resize_output: bool = False
    use_grayscale: bool = False
    use_normalize: bool = False
    use_mask: bool = False
    use_norm: bool = False
    use_clip: bool = False
    mask: "np.ndarray | torch.Tensor | None" = None
    num_channels: int | None = None
    output_size: tuple[int, int] = (224, 224)
    crop_size: int = 236
    bg_value: float = 0.0
    clip_min: float = 0.0
    clip_max: float = 1.0
    norm: float | None = None

    def __post_init__(self) -> None:
        for needed, value, name in (
            (self.use_mask, self.mask, "mask"),
            (self.use_norm, self.norm, "norm"),
        ):
            if needed and value is None:
                raise SettingError(path=name, expected=f"a {name} (use_{name} is on)", found="none")
        if self.num_channels not in (None, 1, 3):
            raise SettingError(
                path="num_channels", expected="1, 3 or None", found=repr(self.num_channels)
            )
        whole(self.crop_size, "crop_size", at_least=1)
        height, width = self.output_size
        sizes = (whole(height, "output_size", 1), whole(width, "output_size", 1))
        object.__setattr__(self, "output_size", sizes)
        object.__setattr__(self, "_after", self._tensor_steps())

    def _tensor_steps(self) -> list:
        steps = []
        if self.use_normalize:
            steps.append(normalise)
        if self.use_mask:
            steps.append(MaskTransform(self.mask, self.bg_value))
        if self.use_norm:
            steps.append(NormTransform(self.norm))
        if self.use_clip:
            steps.append(ClipTransform(self.clip_min, self.clip_max))
        if (self.num_channels or (1 if self.use_grayscale else 3)) == 3:
            steps.append(EnsureRGB())
        return steps

    def __call__(self, image: Image.Image) -> torch.Tensor:
        """The image as a tensor (C, H, W), float32.

        Raises
        ------
        ImageError
            If it is smaller than the crop.
        """
        if self.use_center_crop:
            image = center_crop(image, self.crop_size)
        if self.use_resize_output:
            height, width = self.output_size
            image = image.resize((width, height), Image.Resampling.BILINEAR)
        if self.use_grayscale and image.mode != "L":
            image = image.convert("L")
        tensor = as_tensor(image)
        for step in self._after:
            tensor = step(tensor)
        return tensor

    def described(self) -> dict[str, Any]:
        """All options in types of JSON, the mask by the beginning of its SHA-256."""
        options = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.mask is not None:
            mask = np.ascontiguousarray(self.mask, np.float64)
            options["mask"] = hashlib.sha256(mask.tobytes()).hexdigest()[:16]
        return options


def center_crop(image: Image.Image, size: int) -> Image.Image:
    """A square from the middle of a picture.

    Parameters
    ----------
    image
        Picture.
    size
        Side in pixels.

    Raises
    ------
    ImageError
        If the picture is smaller.

    Examples
    --------
    >>> center_crop(Image.new("L", (9, 5)), 3).size
    (3, 3)
    """
    width, height = image.size
    if min(width, height) < size:
        raise ImageError(
            expected=f"at least {size} x {size} pixels for the centre crop",
            found=f"{height} x {width}",
            advice="choose a smaller crop",
        )
    top, left = round((height - size) / 2), round((width - size) / 2)
    return image.crop((left, top, left + size, top + size))


def resize_shorter_side(image: Image.Image, size: int) -> Image.Image:
    """A picture resized, bilinearly with antialiasing, so that its shorter side has a length.

    Parameters
    ----------
    image
        Picture.
    size
        Pixels of the shorter side; the other keeps the aspect, rounded down.

    Examples
    --------
    >>> resize_shorter_side(Image.new("L", (300, 512)), 256).size
    (256, 436)
    """
    width, height = image.size
    shorter, longer = sorted((width, height))
    other = int(size * longer / shorter)
    wanted = (size, other) if width <= height else (other, size)
    return image.resize(wanted, Image.Resampling.BILINEAR)


def as_tensor(image: Image.Image) -> torch.Tensor:
    """A picture of 8 bits a channel as a tensor (C, H, W) in [0, 1], float32.

    Examples
    --------
    >>> as_tensor(Image.new("L", (1, 1), 51))
    tensor([[[0.2000]]])
    """
    values = np.asarray(image)
    planes = values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
    return torch.from_numpy(planes.astype(np.float32)).div_(255)

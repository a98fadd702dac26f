"""Operators of synthesis, under their published names, without torchvision."""

from typing import Any

import torch
from torch.nn.functional import conv2d, interpolate, pad

from core.computing.random_source import Randomness, torch_generator
from core.errors import ImageError, SettingError
from dualneuron.synthesis.crops import cut, margin, random_boxes
from dualneuron.synthesis.presets import RANGE_FUNCTIONS
from dualneuron.synthesis.spectrum import check_symmetric, image_of, load_magnitude

COLOR_CORRELATION = (
    (0.56282854, 0.58447580, 0.58447580),
    (0.19482528, 0.0, -0.19482528),
    (0.04329450, -0.10823626, 0.06494176),
)
"""Rows of the matrix that gives decorrelated channels the colours of natural images."""

EPS = 1e-8


def buffer(
    path: Any,
    init_image: Any = None,
    target_size: int | tuple[int, int] | None = None,
    *,
    resize: str = "bilinear",
    generator: Randomness = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Magnitude spectrum and first phases of a Fourier ascent.

    Parameters
    ----------
    path
        Name of a prior (``"natural_gray"``, ``"natural_rgb"``), path of an npy file, or an array.
    init_image
        Image (C, H, W) or (H, W, C), array or tensor, whose phases are taken.
    target_size
        Side of the image in pixels, or height and width; None is the spectrum's.
    resize
        ``"bilinear"`` (published) or ``"spectral"``.
    generator
        Seed or torch generator on the CPU; None is torch's global one.

    Returns
    -------
    magnitude, phase : Tensor (C, H, W)
        Phases in radians, uniform in [-pi, pi) unless there is an image.

    Raises
    ------
    ImageError
        If spectrum or image have another shape or number of channels.

    Examples
    --------
    >>> magnitude, phase = buffer(torch.ones(1, 8, 8), target_size=6, generator=0)
    >>> magnitude.shape, bool(phase.abs().max() <= torch.pi)
    (torch.Size([1, 6, 6]), True)
    """
    magnitude = load_magnitude(path, target_size, resize)
    if init_image is None:
        drawn = torch.rand(magnitude.shape, generator=torch_generator(generator))
        return magnitude, drawn * 2 * torch.pi - torch.pi
    image = _as_image(init_image, magnitude.shape[0])
    image = interpolate(image[None], size=tuple(magnitude.shape[-2:]), mode="bilinear")[0]
    return magnitude, torch.angle(torch.fft.fft2(image))


def _as_image(image: Any, n_channels: int) -> torch.Tensor:
    image = torch.as_tensor(image, dtype=torch.float32).detach().cpu()
    found = tuple(image.shape)
    if image.ndim == 3 and image.shape[0] not in (1, 3):
        image = image.permute(2, 0, 1)
    if image.ndim != 3 or image.shape[0] != n_channels or not image.numel():
        raise ImageError(
            path="init_image", expected=f"{n_channels} channels (C, H, W)", found=f"shape {found}"
        )
    return image


def precondition(
    magnitude: torch.Tensor,
    phase: torch.Tensor,
    values_range: tuple[float, float],
    range_fn: str = "linear",
    device: Any = None,
    *,
    hermitian: bool = False,
) -> torch.Tensor:
    """Images of a magnitude spectrum and phases, with colours and in a range.

    Parameters
    ----------
    magnitude : (C, H, W)
        Unshifted magnitudes.
    phase : (..., C, H, W)
        Phases in radians.
    values_range
        Darkest and brightest value.
    range_fn
        ``"linear"`` cuts, ``"sigmoid"`` and ``"tanh"`` squash.
    device
        Where to compute; None is where the phases are.
    hermitian
        Whether every magnitude is held, where the published method has it as an upper bound.

    Returns
    -------
    Tensor (..., C, H, W)

    Raises
    ------
    SettingError
        If `range_fn` is unknown, or `hermitian` and the magnitude differs between k and -k.

    Examples
    --------
    >>> image = precondition(torch.ones(1, 4, 4), torch.zeros(1, 4, 4), (-2, 2))
    >>> image[0, 0]
    tensor([1., 0., 0., 0.])
    """
    if range_fn not in RANGE_FUNCTIONS:
        raise SettingError(
            path="range_fn", expected=" or ".join(RANGE_FUNCTIONS), found=f"{range_fn!r}"
        )
    if hermitian:
        check_symmetric(magnitude)
    device = phase.device if device is None else device
    image = image_of(magnitude.to(device), phase.to(device), hermitian)
    return in_range(recorrelate_colors(image), values_range, range_fn)


def in_range(image: torch.Tensor, values_range: tuple[float, float], range_fn: str) -> torch.Tensor:
    """Values within a range.

    Parameters
    ----------
    image
        Any tensor.
    values_range
        Lower and upper bound.
    range_fn
        ``"linear"`` cuts at the bounds, ``"sigmoid"`` and ``"tanh"`` squash between them.

    Examples
    --------
    >>> in_range(torch.tensor([-9.0, 0.0, 9.0]), (-1, 3), "linear")
    tensor([-1.,  0.,  3.])
    >>> in_range(torch.tensor(0.0), (-1, 3), "tanh")
    tensor(1.)
    """
    low, high = values_range
    if range_fn == "linear":
        return image.clamp(low, high)
    if range_fn == "sigmoid":
        return torch.sigmoid(image) * (high - low) + low
    return torch.tanh(image) * (high - low) / 2 + (high + low) / 2


def recorrelate_colors(image: torch.Tensor) -> torch.Tensor:
    """Give three decorrelated channels the correlations of natural colours; one channel stays.

    Examples
    --------
    >>> recorrelate_colors(torch.ones(3, 1, 1)).flatten()
    tensor([0.8009, 0.4762, 0.4546])
    """
    if image.shape[-3] != 3:
        return image
    matrix = torch.tensor(COLOR_CORRELATION, dtype=image.dtype, device=image.device)
    return torch.einsum("...ihw,ij->...jhw", image, matrix)


def create_crops(
    image: torch.Tensor,
    nb_crops: int,
    box_size: tuple[float, float],
    input_size: int,
    jitter_std: float = 0.03,
    oversample: float = 2,
    reflect_pad_frac: float = 0.05,
    *,
    clamp: str = "stretch",
    generator: Randomness = None,
) -> torch.Tensor:
    """Random crops of an image, each resized to the same square.

    Parameters
    ----------
    image : (C, H, W)
        Image.
    nb_crops
        Number of crops.
    box_size
        Range of their sides, as shares of the image's.
    input_size
        Side of each, in pixels.
    jitter_std
        Standard deviation of their centres around the image's, as a share of its side.
    oversample
        They are cut at this multiple of `input_size`, then resized.
    reflect_pad_frac
        Margin of mirrored pixels, as a share of the image's shorter side.
    clamp
        A crop that reaches over the edge is cut there and stretched (``"stretch"``, published) or
        moved inside (``"shift"``).
    generator
        Seed or torch generator on the CPU; None is torch's global one.

    Returns
    -------
    Tensor (nb_crops, C, input_size, input_size)

    Raises
    ------
    SettingError
        If the margin does not fit the image.

    Examples
    --------
    >>> image = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(0))
    >>> crops = create_crops(image, 2, (1, 1), 8, 0, 1, 0)
    >>> torch.equal(crops[1], image)
    True
    """
    size = tuple(image.shape[-2:])
    frame = margin(size, reflect_pad_frac)
    boxes = random_boxes(
        nb_crops, box_size, size, jitter_std, frame, clamp, torch_generator(generator)
    )
    return cut(image[None], boxes[None], input_size, oversample, frame)[0]


def change_norm(images: torch.Tensor, target: float | None) -> torch.Tensor:
    """Scale images to an L2 norm.

    Parameters
    ----------
    images : (..., C, H, W)
        Each image is scaled on its own.
    target
        Norm of each; None leaves them.

    Examples
    --------
    >>> change_norm(torch.full((2, 1, 2, 2), 3.0), 12.0).flatten(1).norm(dim=1)
    tensor([12., 12.])
    """
    if target is None:
        return images
    return images * (target / (images.flatten(-3).norm(dim=-1)[..., None, None, None] + EPS))


def gaussian_blur(images: torch.Tensor) -> torch.Tensor:
    """Blur every channel by a Gaussian of 5 x 5 pixels, sigma 1.5, mirrored at the edges.

    Examples
    --------
    >>> blurred = gaussian_blur(torch.full((1, 2, 6, 6), 3.0))
    >>> torch.allclose(blurred, torch.tensor(3.0))
    True
    """
    steps = torch.arange(-2, 3, dtype=images.dtype, device=images.device)
    weights = torch.exp(-0.5 * (steps / 1.5) ** 2)
    weights = weights / weights.sum()
    channels = images.reshape(-1, 1, *images.shape[-2:])
    kernel = torch.outer(weights, weights)[None, None]
    return conv2d(pad(channels, (2, 2, 2, 2), mode="reflect"), kernel).view(images.shape)


def total_variation(images: torch.Tensor) -> torch.Tensor:
    """``sqrt(sum dx^2 + sum dy^2 + 1e-8)`` over all pixels and channels of each image.

    Examples
    --------
    >>> total_variation(torch.tensor([[[0.0, 3.0], [0.0, 7.0]]]))
    tensor(8.6023)
    """
    across = images.diff(dim=-1).square().flatten(-3).sum(-1)
    down = images.diff(dim=-2).square().flatten(-3).sum(-1)
    return torch.sqrt(across + down + EPS)


def standardize(values: torch.Tensor) -> torch.Tensor:
    """``(t - mean) / (std + 1e-4)`` over the whole tensor, as published; used by nothing here.

    Examples
    --------
    >>> standardize(torch.tensor([1.0, 3.0])).round(decimals=3)
    tensor([-0.7070,  0.7070])
    """
    return (values - values.mean()) / (values.std() + 1e-4)

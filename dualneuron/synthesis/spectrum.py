"""Images of a magnitude spectrum and free phases, and the spectra that they take.

Published: ``Re ifft2(M exp(i phi))`` with a free phase for each of the H x W frequencies, so that
the amplitude is ``M |cos((phi(k) + phi(-k)) / 2)|`` and M is its bound. With ``hermitian=True`` it
is M: phases of the half spectrum count, and in the columns that are their own mirror image (0, and
W/2 if W is even) those of the lower half of the rows, ``phi(-k) = -phi(k)``. Four frequencies at
most are their own mirror images (0 is one): their phases are 0 or pi, by the sign of ``cos(phi)``.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import interpolate

from core.errors import ImageError, MissingFileError, SettingError
from dualneuron.files import load_prior
from dualneuron.synthesis.presets import RESIZES

SYMMETRY = 1e-3
"""Largest difference of ``M(k)`` and ``M(-k)``, relative to their mean, that counts as none."""


def load_magnitude(source: Any, size: int | None = None, resize: str = "bilinear") -> torch.Tensor:
    """A magnitude spectrum, in the size of the image.

    Parameters
    ----------
    source
        Name of a prior (``"natural_rgb"``), path of an npy file, or an array or tensor (C, H, W)
        of unshifted magnitudes |fft2|.
    size
        Side of the image in pixels; None keeps the spectrum's.
    resize
        As in `resized_magnitude`.

    Returns
    -------
    Tensor (C, H, W), float32

    Raises
    ------
    ImageError
        If it is not (C, H, W), or holds negative or non-finite numbers.
    MissingFileError
        If there is no such file.
    """
    magnitude = torch.as_tensor(_array(source), dtype=torch.float32).detach().clone()
    what = source if isinstance(source, str | Path) else "magnitude_path"
    if magnitude.ndim != 3 or not magnitude.numel():
        raise ImageError(
            path=what, expected="magnitudes (C, H, W)", found=f"shape {tuple(magnitude.shape)}"
        )
    if not bool((magnitude >= 0).all()) or not bool(magnitude.isfinite().all()):
        raise ImageError(
            path=what, expected="magnitudes of at least 0", found="negative numbers, NaN or inf"
        )
    return resized_magnitude(magnitude, size or tuple(magnitude.shape[-2:]), resize)


def _array(source: Any) -> Any:
    if not isinstance(source, str | Path):
        return source
    path = Path(source).expanduser()
    if not path.is_absolute() and path.name == str(source):
        return load_prior(path.name.removesuffix(".npy"))
    if not path.is_file():
        raise MissingFileError(path=path, expected="an npy file of magnitudes", found="none")
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError):
        raise ImageError(path=path, expected="an npy file of magnitudes", found="another") from None


def resized_magnitude(
    magnitude: torch.Tensor, size: int | tuple[int, int], resize: str = "bilinear"
) -> torch.Tensor:
    """A magnitude spectrum for images of another size.

    Parameters
    ----------
    magnitude : (C, H, W)
        Unshifted magnitudes.
    size
        Height and width wanted, or one number for both.
    resize
        ``"bilinear"`` (published) stretches the unshifted array, which leaves it unsymmetric and of
        the wrong scale. ``"spectral"`` reads it at the same cycles per pixel and multiplies by the
        ratio of areas: symmetric, and images keep their mean.

    Returns
    -------
    Tensor (C, h, w)

    Raises
    ------
    SettingError
        If `resize` is neither.

    Examples
    --------
    >>> flat = torch.ones(1, 4, 4)
    >>> resized_magnitude(flat, 8, "spectral").mean()
    tensor(4.)
    """
    if resize not in RESIZES:
        raise SettingError(path="resize", expected=" or ".join(RESIZES), found=f"{resize!r}")
    height, width = (size, size) if isinstance(size, int) else size
    old_height, old_width = magnitude.shape[-2:]
    if (height, width) == (old_height, old_width):
        return magnitude
    if resize == "bilinear":
        return interpolate(magnitude[None], size=(height, width), mode="bilinear")[0]
    rows, columns = _frequency_matrix(old_height, height), _frequency_matrix(old_width, width)
    area = height * width / (old_height * old_width)
    return area * (rows.to(magnitude) @ magnitude @ columns.to(magnitude).T)


def _frequency_matrix(n_old: int, n_new: int) -> torch.Tensor:
    """Linear interpolation along the circle of frequencies, at the same cycles per pixel."""
    place = torch.fft.fftfreq(n_new, dtype=torch.float64) * n_old
    below = place.floor()
    matrix = torch.zeros(n_new, n_old, dtype=torch.float64)
    for number, weight in ((below, 1 - (place - below)), (below + 1, place - below)):
        matrix.scatter_add_(1, number.long().remainder(n_old)[:, None], weight[:, None])
    return matrix


def image_of(magnitude: torch.Tensor, phase: torch.Tensor, hermitian: bool) -> torch.Tensor:
    """Images of a magnitude and phases.

    Parameters
    ----------
    magnitude : (C, H, W)
        Unshifted magnitudes.
    phase : (..., C, H, W)
        Phases in radians.
    hermitian
        Whether every magnitude is held; see the head of this module.

    Returns
    -------
    Tensor (..., C, H, W)

    Examples
    --------
    >>> magnitude = torch.full((1, 4, 5), 3.0)
    >>> image = image_of(magnitude, torch.rand(1, 4, 5), hermitian=True)
    >>> torch.allclose(torch.fft.fft2(image).abs(), magnitude, atol=1e-5)
    True
    """
    if not hermitian:
        spectrum = torch.complex(magnitude * phase.cos(), magnitude * phase.sin())
        return torch.fft.ifft2(spectrum).real
    height, width = magnitude.shape[-2:]
    half = slice(0, width // 2 + 1)
    tied = _tied(phase[..., half], width)
    amplitude = magnitude[..., half]
    spectrum = torch.complex(amplitude * tied.cos(), amplitude * tied.sin())
    return torch.fft.irfft2(spectrum, s=(height, width))


def _tied(phase: torch.Tensor, width: int) -> torch.Tensor:
    """Phases of a half spectrum, those of its self-mirrored columns odd in k."""
    columns = [0, width // 2] if width % 2 == 0 else [0]
    height = phase.shape[-2]
    n_free = (height - 1) // 2
    tied = phase.clone()
    for column in columns:
        free = phase[..., 1 : 1 + n_free, column]
        own = [0, height // 2] if height % 2 == 0 else [0]
        tied[..., height - n_free :, column] = -free.flip(-1)
        tied[..., own, column] = torch.pi * (phase[..., own, column].cos() < 0).to(phase)
    return tied


def check_symmetric(magnitude: torch.Tensor) -> None:
    """Refuse magnitudes that no real image has.

    Raises
    ------
    SettingError
        If ``M(k)`` and ``M(-k)`` differ.

    Examples
    --------
    >>> check_symmetric(torch.tensor([[[1.0, 2.0, 3.0]]]))
    Traceback (most recent call last):
    core.errors.SettingError: hermitian: expected magnitudes that are the same at k and -k, found \
differences up to 40%; resize="spectral" keeps them so.
    """
    mirrored = magnitude.flip(-2, -1).roll((1, 1), (-2, -1))
    apart = float(((magnitude - mirrored).abs() / (magnitude + mirrored).clamp(min=1e-12)).max())
    if 2 * apart > SYMMETRY:
        raise SettingError(
            path="hermitian",
            expected="magnitudes that are the same at k and -k",
            found=f"differences up to {2 * apart:.0%}",
            advice='resize="spectral" keeps them so',
        )

"""Low-level statistics of images, many at once: luminance, contrast, spectrum, edges, colour.

Grey is the unweighted mean of red, green and blue. The radial spectrum is the authors': power per
ring, not per frequency, so that a power spectrum of 1/f**alpha has a slope of 1 - alpha.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn

from core.contract.ext1 import STATISTICS
from core.errors import ImageError
from core.generator_statistics.image_sets import ImageSet

N_SECTORS = 18
"""Sectors of 10 degrees; the first holds horizontal structure."""

LOWEST = 2
"""Lowest frequency, cycles per image, of sectors and of the fit on a logarithmic scale."""

N_LOG_BINS = 12
"""Bins of that fit, from `LOWEST` to a quarter of the sampling rate."""

SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 8


class Spectra(NamedTuple):
    """Normalised radial spectra.

    Attributes
    ----------
    k : (N // 2,)
        Cycles per image.
    power : (n, N // 2)
        Share of each ring in the power of an image, DC left out; NaN of a constant image.
    """

    k: np.ndarray
    power: np.ndarray


class SpectrumSummary:
    """Mean and SEM (ddof 0, as published) of normalised spectra that come batch by batch."""

    def __init__(self) -> None:
        self.k, self._sum, self._squares, self.n = np.empty(0), 0.0, 0.0, 0

    def add(self, spectra: Spectra) -> None:
        """Take in more spectra of one size; those of constant images are left out."""
        known = spectra.power[np.isfinite(spectra.power).all(axis=1)]
        if self.n and len(spectra.k) != len(self.k):
            raise ImageError(
                expected=f"images of {2 * len(self.k)} pixels", found=2 * len(spectra.k)
            )
        self.k = spectra.k
        self._sum = self._sum + known.sum(axis=0)
        self._squares = self._squares + np.square(known).sum(axis=0)
        self.n += len(known)

    def table(self, generator: str) -> pd.DataFrame:
        """Rows of `core.contract.ext1.SPECTRA`; none where all images were constant."""
        if not self.n:
            return pd.DataFrame()
        mean = self._sum / self.n
        sd = np.sqrt(np.maximum(self._squares / self.n - mean**2, 0))
        return pd.DataFrame(
            {
                "generator": generator,
                "k": self.k.astype(int),
                "psd_norm_mean": mean,
                "psd_norm_sem": sd / np.sqrt(self.n),
                "n": self.n,
            }
        )


def set_statistics(images: ImageSet, spectra: SpectrumSummary | None = None) -> pd.DataFrame:
    """Low-level statistics of a set, a row for each image.

    Parameters
    ----------
    images
        The set.
    spectra
        Takes in the spectra, too.
    """
    rows = []
    for batch in images.batches():
        found = radial_spectra(batch)
        rows.append(image_statistics(batch, found))
        if spectra is not None:
            spectra.add(found)
    return pd.concat(rows, ignore_index=True)


def image_statistics(images: torch.Tensor, spectra: Spectra | None = None) -> pd.DataFrame:
    """Low-level statistics of images, all at once.

    Parameters
    ----------
    images : (n, 3, N, N)
        RGB in [0, 1], square, of 16 pixels or more.
    spectra
        Their `radial_spectra`, where they are at hand.

    Returns
    -------
    DataFrame
        A row for each image, columns `core.contract.ext1.STATISTICS`. A constant image has no
        slope, no share of high frequencies and no orientation (NaN), and contrast 0.

    Raises
    ------
    ImageError
        If images are not square RGB images.

    Examples
    --------
    >>> halves = torch.zeros(1, 3, 32, 32)
    >>> halves[..., 16:] = 1.0
    >>> found = image_statistics(halves)
    >>> found[["luminance_mean", "rms_contrast"]].to_numpy().tolist()
    [[0.5, 0.5]]
    """
    images = _checked(images)
    spectra = spectra or radial_spectra(images)
    grey = images.mean(1)
    columns = {
        "luminance_mean": grey.mean((1, 2)),
        "luminance_std": grey.std((1, 2), correction=0),
        "rms_contrast": images.std((2, 3), correction=0).mean(1),
        "edge_density": _edge_density(grey),
        "saturation_mean": _saturation(images),
        "colorfulness": _colorfulness(images),
    }
    found = {name: values.cpu().numpy() for name, values in columns.items()}
    found |= _slopes(spectra)
    found |= _orientation(grey)
    return pd.DataFrame({name: found[name] for name in STATISTICS})


def radial_spectra(images: torch.Tensor) -> Spectra:
    """Power of images by spatial frequency, summed over orientation.

    The squared magnitude of the Fourier transform of grey is averaged over the ring of each
    frequency and multiplied by the ring's area, as `core.images.power_spectrum_freq` does for one
    image; then by all power.

    Parameters
    ----------
    images : (n, 3, N, N)
        RGB, square.

    Examples
    --------
    >>> x = torch.arange(32) / 32
    >>> grating = (0.5 + 0.5 * torch.cos(2 * torch.pi * 5 * x)).expand(1, 3, 32, 32)
    >>> k, power = radial_spectra(grating)
    >>> int(k[power[0].argmax()])
    5
    """
    images = _checked(images)
    power = _power(images.mean(1))
    n = images.shape[-1]
    ring, count, area = _rings(n)
    ring = torch.from_numpy(ring).to(power.device)
    sums = torch.zeros((len(images), n // 2 + 2), dtype=power.dtype, device=power.device)
    sums.index_add_(1, ring, power.flatten(1))
    rings = sums[:, 1:-1].cpu().numpy() / count * area
    total = rings.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        shares = np.where(_is_flat(images)[:, None], np.nan, rings / total)
    return Spectra(np.arange(1, n // 2 + 1), shares)


def _checked(images: torch.Tensor) -> torch.Tensor:
    images = torch.as_tensor(images)
    if images.dim() != 4 or images.shape[1] != 3 or images.shape[2] != images.shape[3]:
        raise ImageError(expected="square RGB images (n, 3, N, N)", found=tuple(images.shape))
    if images.shape[3] < 16:
        raise ImageError(expected="images of 16 pixels or more", found=images.shape[3])
    if not torch.isfinite(images).all():
        raise ImageError(expected="images of finite values", found="NaN or infinity")
    return images.double()


def _is_flat(images: torch.Tensor) -> np.ndarray:
    """Whether grey does not vary, (n,)."""
    grey = images.mean(1).flatten(1)
    return (grey.amax(1) - grey.amin(1) <= 1e-12).cpu().numpy()


def _power(grey: torch.Tensor) -> torch.Tensor:
    """Squared magnitude of the Fourier transform, (n, N, N), without the mean."""
    deviation = grey - grey.mean((1, 2), keepdim=True)
    return torch.fft.fft2(deviation).abs().square()


@lru_cache(maxsize=4)
def _rings(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ring of every frequency (0: DC, last: corners), frequencies and area of each ring."""
    cycles = np.fft.fftfreq(n) * n
    frequency = np.hypot(cycles[:, None], cycles).ravel()
    edges = np.arange(n // 2 + 1) + 0.5
    ring = np.digitize(frequency, edges)
    # the last edge belongs to the last ring, as in scipy's binned_statistic
    ring[frequency == edges[-1]] = n // 2
    return ring, np.bincount(ring, minlength=n // 2 + 2)[1:-1], np.pi * np.diff(edges**2)


def _slopes(spectra: Spectra) -> dict[str, np.ndarray]:
    """Fits of log10 power on log10 k, over all rings and over 12 bins on a logarithmic scale."""
    k, power = spectra
    n = 2 * len(k)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope, intercept = _line(np.log10(k), np.log10(power))
        edges = np.geomspace(LOWEST, n / 4, N_LOG_BINS + 1)
        bins = np.clip(np.digitize(k, edges), 0, N_LOG_BINS + 1)
        bins[k == edges[-1]] = N_LOG_BINS
        used = [b for b in range(1, N_LOG_BINS + 1) if (bins == b).any()]
        centres = np.array([np.log10(k[bins == b]).mean() for b in used])
        heights = np.stack([np.log10(power[:, bins == b].mean(axis=1)) for b in used], axis=1)
        logarithmic, _ = _line(centres, heights)
    return {
        "psd_slope": slope,
        "psd_intercept": intercept,
        "psd_slope_logbin": logarithmic,
        "hf_fraction": power[:, k > n / 8].sum(axis=1),
    }


def _line(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and intercept of each row of y, NaN where a value is not finite."""
    y = np.where(np.isfinite(y).all(axis=1, keepdims=True), y, np.nan)
    deviation = x - x.mean()
    slope = y @ deviation / (deviation @ deviation)
    return slope, y.mean(axis=1) - slope * x.mean()


@lru_cache(maxsize=4)
def _sectors(n: int) -> np.ndarray:
    """Sector of every frequency from `LOWEST` to N / 4, `N_SECTORS` for the others."""
    cycles = np.fft.fftfreq(n) * n
    down, across = np.meshgrid(cycles, cycles, indexing="ij")
    frequency = np.hypot(down, across)
    # structure lies across its frequency: horizontal lines vary downwards
    angle = np.degrees(np.arctan2(across, down)) % 180
    sector = (np.round(angle / (180 / N_SECTORS)).astype(int)) % N_SECTORS
    inside = (frequency >= LOWEST) & (frequency <= n / 4)
    return np.where(inside, sector, N_SECTORS).ravel()


def _orientation(grey: torch.Tensor) -> dict[str, np.ndarray]:
    sector = torch.from_numpy(_sectors(grey.shape[-1])).to(grey.device)
    power = _power(grey)
    sums = torch.zeros((len(grey), N_SECTORS + 1), dtype=power.dtype, device=power.device)
    sums.index_add_(1, sector, power.flatten(1))
    energy = sums[:, :-1].cpu().numpy()
    total = energy.sum(axis=1, keepdims=True)
    flat = (grey.flatten(1).amax(1) - grey.flatten(1).amin(1) <= 1e-12).cpu().numpy()
    with np.errstate(invalid="ignore"):
        share = np.where(flat[:, None], np.nan, energy / total)
    angle = np.deg2rad(np.arange(N_SECTORS) * 180 / N_SECTORS)
    anisotropy = np.abs(share @ np.exp(2j * angle))
    return {f"orient_energy_{s:02d}": share[:, s] for s in range(N_SECTORS)} | {
        "orient_anisotropy": anisotropy
    }


def _edge_density(grey: torch.Tensor) -> torch.Tensor:
    """Mean magnitude of Sobel's gradient (weights of 1/8) over pixels that have all neighbours."""
    kernel = SOBEL.to(grey)
    across = nn.functional.conv2d(grey[:, None], kernel[None, None])
    down = nn.functional.conv2d(grey[:, None], kernel.T[None, None])
    return torch.hypot(across, down).mean((1, 2, 3))


def _saturation(images: torch.Tensor) -> torch.Tensor:
    """Mean of HSV's saturation; black has none."""
    high, low = images.amax(1), images.amin(1)
    return torch.where(high > 0, (high - low) / high.clamp(min=1e-12), 0.0).mean((1, 2))


def _colorfulness(images: torch.Tensor) -> torch.Tensor:
    """Colourfulness of Hasler & Suesstrunk (2003), of images in [0, 1]."""
    red, green, blue = images.unbind(1)
    opponents = torch.stack([red - green, (red + green) / 2 - blue])
    spread = opponents.var((2, 3), correction=0).sum(0).sqrt()
    offset = opponents.mean((2, 3)).square().sum(0).sqrt()
    return spread + 0.3 * offset

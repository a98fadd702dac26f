"""Spectra and contrast of images."""

import numpy as np
from scipy import ndimage, stats

from core.errors import ImageError


def power_spectrum_freq(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power of a square image against spatial frequency, summed over orientation.

    The squared magnitude of the Fourier transform is averaged over the ring of each frequency and
    multiplied by the ring's area.

    Parameters
    ----------
    gray : (n, n)
        Greyscale image, in any unit; the power is in its square.

    Returns
    -------
    frequency : (n // 2,)
        1, 2, ..., n // 2, in cycles per image. Ring k holds the frequencies in [k - 1/2, k + 1/2).
    power : (n // 2,)
        Power of each ring.

    Raises
    ------
    ImageError
        If the image is not square, is smaller than two pixels or has values that are not finite.

    Examples
    --------
    >>> x = np.arange(32) / 32
    >>> grating = np.cos(2 * np.pi * 5 * x) * np.ones((32, 1))
    >>> frequency, power = power_spectrum_freq(grating)
    >>> frequency[power.argmax()]
    np.int64(5)
    """
    gray = _checked(gray)
    n = len(gray)
    if gray.shape[1] != n or n < 2:
        raise ImageError(expected="a square image of 2 pixels or more", found=f"shape {gray.shape}")
    power = np.abs(np.fft.fft2(gray)) ** 2
    cycles = np.fft.fftfreq(n) * n
    frequency = np.hypot(cycles[:, None], cycles)
    edges = np.arange(n // 2 + 1) + 0.5
    mean = stats.binned_statistic(frequency.ravel(), power.ravel(), "mean", edges).statistic
    return np.arange(1, n // 2 + 1), mean * np.pi * np.diff(edges**2)


def power_spectrum_orientation(gray: np.ndarray) -> np.ndarray:
    """Energy of an image's projections at every orientation, as a share of the largest.

    The image is turned by 0, 1, ..., 179 degrees, summed along its rows, and the squares of these
    sums are added. Despite its published name this is not a Fourier spectrum: the image's mean and
    the corners lost in turning count too.

    Parameters
    ----------
    gray : (height, width)
        Greyscale image.

    Returns
    -------
    (180,)
        The largest is 1.

    Raises
    ------
    ImageError
        If the image is not two-dimensional, is black all over, or has values that are not finite.

    Examples
    --------
    >>> lines = np.zeros((31, 31))
    >>> lines[15] = 1.0
    >>> power_spectrum_orientation(lines).argmax()
    np.int64(0)
    >>> power_spectrum_orientation(np.zeros((31, 31)))
    Traceback (most recent call last):
    core.errors.ImageError: expected an image with some energy, found one that is zero all over.
    """
    gray = _checked(gray)
    turned = (ndimage.rotate(gray, angle, reshape=False) for angle in range(180))
    energy = np.array([np.square(image.sum(axis=1)).sum() for image in turned])
    if energy.max() == 0:
        raise ImageError(expected="an image with some energy", found="one that is zero all over")
    return energy / energy.max()


def calculate_rms_contrast(image: np.ndarray) -> float:
    """Standard deviation over the pixels of each colour channel, averaged over the channels.

    Parameters
    ----------
    image : (3, height, width)
        Colour image.

    Returns
    -------
    float
        In the unit of the image.

    Raises
    ------
    ImageError
        If the image has another shape.

    Examples
    --------
    >>> checkerboard = np.indices((4, 4)).sum(axis=0) % 2
    >>> calculate_rms_contrast(np.stack([checkerboard] * 3))
    0.5
    """
    image = np.asarray(image)
    if image.ndim != 3 or len(image) != 3 or image.size == 0:
        raise ImageError(expected="an image of shape (3, height, width)", found=image.shape)
    return float(image.std(axis=(1, 2)).mean(dtype=float))


def _checked(gray: np.ndarray) -> np.ndarray:
    """A greyscale image of finite numbers, as float64."""
    gray = np.asarray(gray, dtype=float)
    if gray.ndim != 2 or gray.size == 0:
        raise ImageError(expected="a grey image of shape (height, width)", found=gray.shape)
    if not np.isfinite(gray).all():
        raise ImageError(expected="an image of finite values", found="NaN or infinity")
    return gray

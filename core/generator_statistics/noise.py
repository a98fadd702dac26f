"""Images of noise, by number: the same image whatever is drawn before it."""

import numpy as np

CONTRAST, MEAN = 0.2, 0.5
"""Standard deviation and mean of pink noise before it is clipped to [0, 1]."""


def white_noise(index: int, size: int = 256, seed: int = 0) -> np.ndarray:
    """Uniform noise, independent in every pixel and channel.

    Parameters
    ----------
    index
        Number of the image, from 0.
    size
        Rows and columns.
    seed
        Of the set.

    Returns
    -------
    (3, size, size) float32
        In [0, 1).
    """
    return _uniform(index, size, seed).astype(np.float32)


def pink_noise(index: int, size: int = 256, seed: int = 0) -> np.ndarray:
    """Noise whose amplitude falls as 1/f, standardised over all three channels together.

    The DC term of every channel is 0; the original zeroed the red channel of the first image of a
    batch instead.

    Parameters
    ----------
    index
        Number of the image, from 0.
    size
        Rows and columns.
    seed
        Of the set.

    Returns
    -------
    (3, size, size) float32
        In [0, 1].

    Examples
    --------
    >>> image = pink_noise(0, 64)
    >>> round(float(image.mean()), 1), round(float(image.std()), 1)
    (0.5, 0.2)
    """
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    frequency[0, 0] = np.inf
    image = np.fft.ifft2(np.fft.fft2(_uniform(index, size, seed)) / frequency).real
    image = (image - image.mean()) / image.std(ddof=1)
    return np.clip(image * CONTRAST + MEAN, 0, 1).astype(np.float32)


def _uniform(index: int, size: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, index]).random((3, size, size))

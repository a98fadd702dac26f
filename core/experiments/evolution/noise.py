"""Noise of single trials: proportional to the score, or that of a count of spikes."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.errors import ScoreError, SettingError
from core.settings import positive_number

LARGEST_NOISE = 100.0
"""Level of noise, as a multiple of the score, that nobody asks for but by mistake beyond it."""

LARGEST_RATE = 1e9
"""Events/s beyond which a score is no rate."""

POISSON = "poisson"
"""What is said for `PoissonNoise` with its defaults."""


@dataclass(frozen=True)
class PoissonNoise:
    """A clean score s is a rate of ``spontaneous + scale * s`` events/s, whose spikes are counted.

    What the optimizer learns from is the count divided by the window, less that of the baseline
    window where there is one, and divided by `scale`: in units of the clean score again. Rates
    below 0 are 0.

    Attributes
    ----------
    window
        Milliseconds over which an image's spikes are counted; 150 as in the recordings.
    baseline
        Milliseconds of the count before the response, at the spontaneous rate, that is subtracted;
        45 in the recordings, 0 for none. Scores can then be negative.
    spontaneous
        Events/s without an image.
    scale
        Events/s that a score of 1 means.

    Examples
    --------
    >>> noise = PoissonNoise(scale=10)
    >>> noise(np.array([0.0, 8.0]), np.random.default_rng(0)).round(2)  # of 0 and 80 events/s
    array([0.  , 8.67])
    """

    window: float = 150.0
    baseline: float = 0.0
    spontaneous: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        positive_number(self.window, "window")
        positive_number(self.scale, "scale")
        for name in ("baseline", "spontaneous"):
            value = getattr(self, name)
            if value != 0:
                positive_number(value, name)

    def __call__(self, clean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Scores with noise.

        Parameters
        ----------
        clean : (n,)
            Scores without noise.
        rng
            Source of the counts.

        Returns
        -------
        (n,)

        Raises
        ------
        ScoreError
            If a rate is beyond `LARGEST_RATE`.
        """
        rates = np.maximum(0, self.spontaneous + self.scale * clean)
        if rates.max(initial=0) > LARGEST_RATE:
            raise ScoreError(
                path="poisson",
                expected=f"rates up to {LARGEST_RATE:g} events/s",
                found=f"{rates.max():.3g}",
            )
        counted = _counted(rates, self.window, rng)
        if self.baseline:
            before = np.full(len(clean), self.spontaneous)
            counted = counted - _counted(before, self.baseline, rng)
        return counted / self.scale


Noise = float | str | PoissonNoise
"""Level of noise proportional to the score, ``"poisson"``, or a `PoissonNoise`."""


def checked_noise(noise: Noise) -> float | PoissonNoise:
    """Noise that can be had.

    Raises
    ------
    SettingError
        If it is neither a level of 0 to 100, nor ``"poisson"``, nor a `PoissonNoise`.

    Examples
    --------
    >>> checked_noise("poisson").window
    150.0
    >>> checked_noise(-1)
    Traceback (most recent call last):
    core.errors.SettingError: noise: expected a level of 0 to 100, or 'poisson', found -1.
    """
    if isinstance(noise, str) and noise == POISSON:
        return PoissonNoise()
    is_level = isinstance(noise, int | float | np.number) and 0 <= noise <= LARGEST_NOISE
    if not is_level and not isinstance(noise, PoissonNoise):
        expected = f"a level of 0 to {LARGEST_NOISE:g}, or '{POISSON}'"
        raise SettingError(path="noise", expected=expected, found=f"{noise!r}")
    return noise


def noise_settings(noise: float | PoissonNoise) -> float | dict[str, Any]:
    """What says in a file how noisy the scores were: the level, or all of a `PoissonNoise`."""
    return {"kind": POISSON, **asdict(noise)} if isinstance(noise, PoissonNoise) else noise


def with_noise(
    clean: np.ndarray, noise: float | PoissonNoise, rng: np.random.Generator
) -> np.ndarray:
    """Scores with noise that is proportional to them and does not change their sign, or counts.

    Parameters
    ----------
    clean : (n,)
        Scores without noise.
    noise
        Standard deviation of the noise over the score, 0 is none; or a `PoissonNoise`.
    rng
        Source of the noise.

    Returns
    -------
    (n,)
        ``clean * max(0, 1 + level * N(0, 1))``, or what `PoissonNoise` gives.

    Examples
    --------
    >>> with_noise(np.array([0.0, 2.0]), 0.0, np.random.default_rng(0))
    array([0., 2.])
    """
    if isinstance(noise, PoissonNoise):
        return noise(clean, rng)
    return clean * np.maximum(0, 1 + noise * rng.standard_normal(len(clean)))


def _counted(rates: np.ndarray, window: float, rng: np.random.Generator) -> np.ndarray:
    """Counts in a window of some milliseconds, in events/s."""
    seconds = window / 1000
    return rng.poisson(rates * seconds) / seconds

"""A model neuron: from the response of a unit to spike times, with what real sessions do to them.

Facts measured on real recordings (block means and PSTHs of 170 experiments): a dead time of
0.78 ms; rates in the first block 8 to 15 % above those that follow, in the second less so; then a
drift with a standard deviation of about 0.18 over a session, which references share wholly and the
baseline by half.
"""

from dataclasses import dataclass

import numpy as np

DEAD_TIME = 0.78
"""ms after a spike in which there is no other."""

FIRST_BLOCKS = (1.145, 1.05)
"""Gain of the first two blocks, that of the others being 1."""

DRIFT_SD = 0.025
"""Standard deviation of a block's change of log gain: 0.18 over 50 blocks."""

BASELINE_SHARE = 0.5
"""Share of the drift that the baseline has."""

TRIAL_CV = 0.12
"""Coefficient of variation of the gain from trial to trial."""

LATENCY, RISE, DECAY = 60.0, 8.0, 60.0
"""ms: half height of the response after image onset, its rise, and its decay after the peak."""

DURATION = 200
"""ms after image onset that are answered for."""

BEFORE = 50
"""ms before image onset that are answered for."""

EVOKED = (50, 200)
"""Window, ms, whose mean evoked rate is the expected one."""


@dataclass(frozen=True)
class Neuron:
    """How responses become rates.

    Attributes
    ----------
    baseline
        events/s without an image.
    middle, spread
        Evoked rate, events/s, of a response that is the mean of the first block's, and what one
        standard deviation of those adds.
    largest
        Evoked rate that is never passed, events/s.
    steady
        Without first-block transient and drift.
    seed
        Of drift and spikes; those of a block are the same whenever they are drawn.
    """

    baseline: float = 8.0
    middle: float = 25.0
    spread: float = 10.0
    largest: float = 250.0
    steady: bool = False
    seed: int = 0

    def rates(self, responses: np.ndarray, first_responses: np.ndarray) -> np.ndarray:
        """Expected evoked rates, events/s.

        Parameters
        ----------
        responses : (n,)
            Of the unit.
        first_responses : (m,)
            Of the unit, to the evolved images of block 0, which set the scale.

        Examples
        --------
        >>> Neuron().rates(np.array([0.0, 2.0, 100.0]), np.array([-1.0, 1.0]))
        array([ 25.,  45., 250.])
        """
        sd = first_responses.std()
        z = (responses - first_responses.mean()) / (sd if sd > 0 else 1.0)
        return np.clip(self.middle + self.spread * z, 0.0, self.largest)

    def gain(self, block: int) -> float:
        """Gain of a block, 0-based, which all images and the references share.

        Examples
        --------
        >>> Neuron(steady=True).gain(0)
        1.0
        """
        if self.steady:
            return 1.0
        steps = np.random.default_rng([self.seed, 1]).standard_normal(block + 1)
        first = FIRST_BLOCKS[block] if block < len(FIRST_BLOCKS) else 1.0
        return float(first * np.exp(DRIFT_SD * steps[1:].sum()))

    def spikes(self, rates: np.ndarray, block: int) -> list[np.ndarray]:
        """Times of spikes, ms from image onset, of one trial of each image.

        Parameters
        ----------
        rates : (n,)
            Expected evoked rates, events/s.
        block
            Number of the block, 0-based.
        """
        rng = np.random.default_rng([self.seed, 2, block])
        gain = self.gain(block)
        course = response_course()
        trials = gain * rng.gamma(1 / TRIAL_CV**2, TRIAL_CV**2, len(rates))
        expected = self.baseline * gain**BASELINE_SHARE + np.outer(trials * rates, course)
        counts = rng.poisson(np.maximum(expected, 0) / 1000)
        return [_without_close_ones(_in_bins(row, rng)) for row in counts]


def response_course() -> np.ndarray:
    """Evoked rate in 1-ms bins from `BEFORE` ms before image onset, as a share of its mean.

    Returns
    -------
    (BEFORE + DURATION,)
        Its mean over `EVOKED` is 1.

    Examples
    --------
    >>> course = response_course()
    >>> len(course), round(float(course[BEFORE + 50 : BEFORE + 200].mean()), 6)
    (250, 1.0)
    """
    time = np.arange(-BEFORE, DURATION) + 0.5
    rise = 1 / (1 + np.exp(-(time - LATENCY) / RISE))
    fall = np.exp(-np.maximum(time - LATENCY - 3 * RISE, 0) / DECAY)
    course = rise * (0.35 + 0.65 * fall)
    start, stop = EVOKED
    return course / course[BEFORE + start : BEFORE + stop].mean()


def _in_bins(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ascending times of spikes, at random within their bins, rounded to 0.01 ms."""
    starts = np.repeat(np.arange(-BEFORE, DURATION), counts)
    return np.sort(np.round(starts + rng.random(len(starts)), 2))


def _without_close_ones(times: np.ndarray) -> np.ndarray:
    """Spikes that come no sooner than the dead time after the one before."""
    kept: list[float] = []
    for time in times:
        if not kept or time - kept[-1] >= DEAD_TIME:
            kept.append(time)
    return np.array(kept)

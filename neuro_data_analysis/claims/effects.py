"""Effect sizes with interval and test, and what they say about a claim.

A difference is that of an experiment's two threads, DeePSim minus BigGAN, unless said otherwise.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import special

from core.statistics.comparisons import paired

Expected = Literal["above", "below", "equal"]
"""What a claim says of an effect: above 0, below 0, or as small as its margin."""

LEVEL = 0.05
"""Level that q must stay below; intervals cover 1 - LEVEL."""


@dataclass(frozen=True)
class Effect:
    """An effect with its 95 % interval and a test.

    Attributes
    ----------
    value, low, high
        Size and interval; NaN where there is none.
    n
        Experiments.
    test
        What was tested, in words.
    statistic
        Name and value, say ``t(9) = 4.65``; empty where there is none.
    p
        Uncorrected; two-sided, but one-sided in a test of equivalence.
    """

    value: float
    low: float
    high: float
    n: int
    test: str
    statistic: str
    p: float


def undetermined(n: int) -> Effect:
    """What is known where there are too few experiments.

    Examples
    --------
    >>> undetermined(1).test
    'too few experiments'
    """
    return Effect(np.nan, np.nan, np.nan, n, "too few experiments", "", np.nan)


def mean_difference(differences: np.ndarray) -> Effect:
    """Mean of paired differences with the paired t test.

    Parameters
    ----------
    differences : (n,)
        Of any unit.

    Examples
    --------
    >>> effect = mean_difference(np.array([1.0, 2.0, 3.0]))
    >>> effect.value, round(effect.low, 2), effect.statistic
    (2.0, -0.48, 't(2) = 3.46')
    """
    n = len(differences)
    if n < 2:
        return undetermined(n)
    test, half = paired(differences, np.zeros(n)), _half_width(differences)
    value = float(differences.mean())
    statistic = named_statistic("t", n - 1, float(test.t))
    return Effect(value, value - half, value + half, n, "paired t", statistic, float(test.p))


def equivalence(effect: Effect, freedom: int, margin: float) -> Effect:
    """The same effect with the two one-sided t tests that it is smaller than a margin.

    The statistic names the smallest margin within which the test would pass at P < 0.05.

    Parameters
    ----------
    effect
        Size and interval.
    freedom
        Degrees of freedom of its t.
    margin
        Sizes below it count as no difference; of the unit of the effect, above 0.

    Returns
    -------
    Effect
        p is the larger of the two one-sided ones (Schuirmann 1987); t is that of the nearer bound.

    Examples
    --------
    >>> effect = mean_difference(np.array([-0.02, 0.01, 0.03, -0.01]))
    >>> tested = equivalence(effect, 3, 0.1)
    >>> round(tested.p, 4), tested.test
    (0.0015, 'equivalence within 0.1')
    """
    error = (effect.high - effect.low) / 2 / special.stdtrit(freedom, 1 - LEVEL / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (margin - abs(effect.value)) / error
    p = float(special.stdtr(freedom, -t))
    smallest = abs(effect.value) + error * special.stdtrit(freedom, 1 - LEVEL)
    statistic = f"{named_statistic('t', freedom, float(t))}; within {smallest:.2g} at least"
    return replace(effect, test=_within(margin), statistic=statistic, p=p)


def success_difference(
    first: np.ndarray, second: np.ndarray, margin: float | None = None
) -> Effect:
    """Difference of two success rates of the same experiments.

    Parameters
    ----------
    first, second : (n,)
        Truth values.
    margin
        Where it is given, the test is that of equivalence within it.

    Returns
    -------
    Effect
        Interval of Agresti and Min (2005: half an experiment is added to each of the four cells);
        exact McNemar test, or the two one-sided tests with that interval's centre and error.

    Examples
    --------
    >>> effect = success_difference(np.ones(10, bool), np.zeros(10, bool))
    >>> effect.value, round(effect.low, 2), effect.statistic, round(effect.p, 5)
    (1.0, 0.57, 'discordant 10:0', 0.00195)
    >>> always = np.ones(10, bool)
    >>> round(success_difference(always, always, margin=0.1).p, 2)
    0.12
    """
    if not (n := len(first)):
        return undetermined(0)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    discordant = only_first + only_second
    size = n + 2
    centre, both = (only_first - only_second) / size, (discordant + 1) / size
    error = np.sqrt((both - centre**2) / size)
    half = special.ndtri(1 - LEVEL / 2) * error
    if margin is None:
        test = "McNemar, exact"
        p = min(1.0, 2 * special.bdtr(min(only_first, only_second), discordant, 0.5))
    else:
        test, p = _within(margin), special.ndtr(-(margin - abs(centre)) / error)
    low, high = np.clip([centre - half, centre + half], -1, 1)
    statistic = f"discordant {only_first}:{only_second}"
    value = (only_first - only_second) / n
    return Effect(value, float(low), float(high), n, test, statistic, float(p))


def welch(first: np.ndarray, second: np.ndarray) -> Effect:
    """Difference of the means of two groups of experiments, whose spread may differ.

    Parameters
    ----------
    first, second : (n,)
        Of one unit, at least two each.

    Examples
    --------
    >>> effect = welch(np.array([5.0, 7.0, 6.0]), np.array([1.0, 2.0]))
    >>> effect.value, effect.statistic
    (4.5, 't(2.9) = 5.89')
    """
    value, n = float(first.mean() - second.mean()), len(first) + len(second)
    parts = np.array([group.var(ddof=1) / len(group) for group in (first, second)])
    error, sizes = np.sqrt(parts.sum()), np.array([len(first), len(second)])
    freedom = parts.sum() ** 2 / (parts**2 / (sizes - 1)).sum()
    half = error * special.stdtrit(freedom, 1 - LEVEL / 2)
    p = float(2 * special.stdtr(freedom, -abs(value) / error))
    statistic = f"t({freedom:.1f}) = {value / error:.2f}"
    return Effect(value, value - half, value + half, n, "Welch t", statistic, p)


def decide(effect: Effect, expected: Expected, q: float, margin: float) -> str:
    """What an effect says about a claim.

    Parameters
    ----------
    effect
        Size and interval.
    expected
        What the claim says of it.
    q
        p, corrected for the number of tests.
    margin
        Size below which there is no difference. A directed claim does not hold where the interval
        leaves no room for half of it.

    Returns
    -------
    ``holds``, ``does not hold`` or ``not decided``.

    Examples
    --------
    >>> effect = Effect(0.2, 0.1, 0.3, 37, "paired t", "t(36) = 6.0", 1e-6)
    >>> decide(effect, "above", 1e-5, 0.1), decide(effect, "below", 1e-5, 0.1)
    ('holds', 'does not hold')
    """
    if expected == "equal":
        contradicted = effect.low > 0 or effect.high < 0
        holds = q < LEVEL
    else:
        sign = 1 if expected == "above" else -1
        furthest = effect.high if sign > 0 else -effect.low
        holds = q < LEVEL and sign * effect.value > 0
        contradicted = (q < LEVEL and sign * effect.value < 0) or furthest < margin / 2
    return "holds" if holds else "does not hold" if contradicted else "not decided"


def named_statistic(name: str, freedom: int, value: float) -> str:
    """A statistic as it is printed, empty where it is undetermined.

    Parameters
    ----------
    name
        Letter of the statistic.
    freedom
        Degrees of freedom.
    value
        The statistic.

    Examples
    --------
    >>> named_statistic("t", 9, 4.6508)
    't(9) = 4.65'
    """
    return f"{name}({freedom}) = {value:.2f}" if np.isfinite(value) else ""


def _within(margin: float) -> str:
    return f"equivalence within {margin:g}"


def _half_width(differences: np.ndarray) -> float:
    n = len(differences)
    error = differences.std(ddof=1) / np.sqrt(n)
    return float(error * special.stdtrit(n - 1, 1 - LEVEL / 2))

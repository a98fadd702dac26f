"""How often the published test of success finds one where nothing evolves.

The best pair of blocks is selected and then tested, so its level does not hold.
"""

import numpy as np
from scipy import special

from core.explorer.averages import Rates
from core.statistics.masks import RISE_LEVEL
from core.threads import N_THREADS
from neuro_data_analysis.claims.drift import drift
from neuro_data_analysis.claims.observations import Beside, Observations
from neuro_data_analysis.evolutions.evolution_tests import best_pair

N_DRAWS = 20
"""Flat evolutions that are drawn for each thread."""

REFERENCE_TRIALS = 20
"""Presentations of references in a block: not known of averages, and the test hardly depends on
them, since means and SEMs are given."""

FEWEST_BLOCKS = 4
"""Blocks with references that a test of the references needs."""


def success_p(means: np.ndarray, sems: np.ndarray, trials: np.ndarray) -> np.ndarray:
    """p of the published test of the best pair of blocks against the first, of many evolutions.

    Parameters
    ----------
    means : (n, n_blocks)
        Block means, events/s.
    sems : (n, n_blocks)
        Their standard errors (ddof 1).
    trials : (n_blocks,)
        Trials in every block.

    Returns
    -------
    (n,)
        NaN without spread, as `evolution_tests` has it.

    Examples
    --------
    >>> rising, trials = np.array([[10.0, 11.0, 14.0, 15.0, 15.0]]), np.full(5, 25)
    >>> success_p(rising, np.ones((1, 5)), trials).round(4)
    array([0.0001])
    """
    best = np.array([best_pair(of) for of in means])
    rows = np.arange(len(means))[:, None]
    pairs = [np.array([[0, 1]]) + np.zeros_like(rows), best[:, None] + [0, 1]]
    sizes, centres, squares = [], [], []
    for pair in pairs:
        n, mean, sem = trials[pair], means[rows, pair], sems[rows, pair]
        size = n.sum(axis=1)
        centre = (n * mean).sum(axis=1) / size
        within = n * (n - 1) * sem**2 + n * (mean - centre[:, None]) ** 2
        sizes.append(size), centres.append(centre), squares.append(within.sum(axis=1))
    freedom = sizes[0] + sizes[1] - 2
    error = np.sqrt(sum(squares) / freedom * (1 / sizes[0] + 1 / sizes[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (centres[1] - centres[0]) / error
    return 2 * special.stdtr(freedom, -np.abs(t))


def flat(
    level: np.ndarray, sems: np.ndarray, rng: np.random.Generator, n_draws: int = N_DRAWS
) -> np.ndarray:
    """Block means that vary by their standard errors only, (n_draws, n_blocks), events/s.

    Parameters
    ----------
    level : (n_blocks,)
        Expected rate, events/s.
    sems : (n_blocks,)
        Standard errors, events/s.
    rng
        Generator of the draws.
    n_draws
        Evolutions to draw.
    """
    return level + sems * rng.standard_normal((n_draws, len(sems)))


def false_alarms(observations: Observations, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Which flat threads the published test calls successful at P < 0.01, by what was drawn.

    Parameters
    ----------
    observations
        All experiments; the valid ones are taken.
    rng
        Generator of the draws.

    Returns
    -------
    dict of (n_threads * n_draws,) bool
        By words.
    """
    found: dict[str, list[np.ndarray]] = {}
    for row in np.flatnonzero(observations.masks["valid"]):
        responses, beside = observations.cohort.summaries[row].responses, observations.beside[row]
        for thread in range(N_THREADS):
            rates = Rates(responses.mean[:, thread], responses.sem[:, thread])
            for words, p in _p_values(rates, thread, beside, rng).items():
                found.setdefault(words, []).append(p < RISE_LEVEL)
    return {words: np.concatenate(of) for words, of in found.items()}


def _p_values(
    rates: Rates, thread: int, beside: Beside, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """p of all draws of one thread, and of the references that were shown in it."""
    trials, reference = beside.trials[:, thread], beside.reference
    trend, level = drift(reference.mean), np.full(len(trials), rates.mean.mean())
    sems = np.tile(np.nan_to_num(rates.sem), (N_DRAWS, 1))
    means, falling = flat(level, sems[0], rng), flat(level * trend, sems[0], rng)
    fits = np.stack([_drift_of_flat(reference, rng) for _ in means])
    result = {
        "Flat threads that pass": success_p(means, sems, trials),
        "... with the references' trend": success_p(falling, sems, trials),
        "... flat, divided by a fit to flat references": success_p(
            means / fits, sems / fits, trials
        ),
    }
    shown = np.isfinite(reference.sem[:, thread])
    if shown.sum() >= FEWEST_BLOCKS:
        own = (part[None, shown, thread] for part in reference)
        p = success_p(*own, np.full(shown.sum(), REFERENCE_TRIALS))
        result["References that pass"] = p
    return result


def _drift_of_flat(reference: Rates, rng: np.random.Generator) -> np.ndarray:
    """Drift fitted to references that only vary by their standard errors, (n_blocks,)."""
    shown = np.isfinite(reference.mean)
    level = reference.mean[shown].mean() if shown.any() else np.nan
    noise = np.nan_to_num(reference.sem) * rng.standard_normal(reference.sem.shape)
    return drift(np.where(shown, level + noise, np.nan))

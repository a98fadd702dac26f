"""How far a map's signature is that of the neuron and not of noise.

Trials are drawn again with replacement (`bootstrap_signature`), split in halves (`split_half`), or
handed to other nodes (`permutation_null`). A signature is called reliable when its halves agree
better than those of 95 % of the maps whose trials were handed around (`reliability`).
"""

from dataclasses import dataclass

import numpy as np

from core.errors import SampleError
from core.level_sets.counting import (
    N_LEVELS,
    LevelCounts,
    counts_of,
    even_levels,
    filtration,
    level_counts,
)
from core.level_sets.merge_trees import lifetimes
from core.level_sets.smoothing import interpolate_sphere
from core.level_sets.tuning_maps import TuningMap, mean_maps
from core.settings import whole


@dataclass(frozen=True, eq=False)
class BootstrapSignature:
    """Signatures of maps of trials that were drawn again.

    `counts` (n_resamples, n_levels); `maxima` and `minima` (n_resamples,) of a persistence above
    the threshold `tau`; `maps` (n_resamples, n_theta, n_phi), smoothed
    where that was asked for.
    """

    counts: LevelCounts
    maxima: np.ndarray
    minima: np.ndarray
    tau: float
    maps: np.ndarray

    def mean(self, name: str) -> np.ndarray:
        """Mean of one of the counts at every level, (n_levels,)."""
        return getattr(self.counts, name).mean(axis=0)

    def sd(self, name: str) -> np.ndarray:
        """Standard deviation (ddof 1) of one of the counts at every level, (n_levels,)."""
        return getattr(self.counts, name).std(axis=0, ddof=1)

    def interval(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """2.5th and 97.5th percentile of one of the counts at every level, (n_levels,) each."""
        low, high = np.percentile(getattr(self.counts, name), [2.5, 97.5], axis=0)
        return low, high


@dataclass(frozen=True, eq=False)
class SplitHalf:
    """Spearman-Brown corrected correlations between halves of the trials, (n_splits,) each.

    NaN where a half does not vary.
    """

    signature: np.ndarray
    map: np.ndarray


@dataclass(frozen=True, eq=False)
class Reliability:
    """Mean agreement of halves of the trials, of a map and of null maps, (n_nulls,).

    The signatures of maps without tuning agree well, since all noise has loops and lines at much
    the same levels: a reliable signature is more than a reliable map.
    """

    signature: float
    map: float
    null_signature: np.ndarray
    null_map: np.ndarray

    @property
    def signature_is_reliable(self) -> bool:
        """Whether the signature agrees better than that of 95 % of the null maps."""
        return bool(self.signature > np.percentile(self.null_signature, 95))

    @property
    def map_is_reliable(self) -> bool:
        """Whether the map agrees better than 95 % of the null maps."""
        return bool(self.map > np.percentile(self.null_map, 95))


def bootstrap_signature(
    tuned: TuningMap,
    n_resamples: int = 200,
    rng: int | np.random.Generator = 0,
    tau: float | None = None,
    n_levels: int = N_LEVELS,
    s: float | None = None,
) -> BootstrapSignature:
    """Signatures of maps whose trials are drawn again, with replacement, at every node.

    Parameters
    ----------
    tuned
        Map with trials, none missing.
    n_resamples
        Number of maps.
    rng
        Seed or generator.
    tau
        Persistence that a maximum or minimum must have to be counted, in the unit of the map; None
        for the map's `noise_threshold`.
    n_levels
        Number of levels, from the minimum to the maximum of each map.
    s
        Smoothing of every map by `interpolate_sphere`, such as the `smoothing_factor` of the
        measured trials; None for signatures of the grid as it is.

    Returns
    -------
    BootstrapSignature

    Raises
    ------
    SampleError
        If a node has no trial.
    """
    _no_missing(tuned)
    n_resamples, rng = whole(n_resamples, "n_resamples", 2), np.random.default_rng(rng)
    tau = tuned.noise_threshold() if tau is None else float(tau)
    maps = mean_maps(_drawn_again(tuned, n_resamples, rng), tuned.topology)
    if s is not None:
        maps = np.stack([interpolate_sphere(drawn, s, tuned.theta, tuned.phi) for drawn in maps])
    found = filtration(maps, tuned.topology)
    holes, births, deaths = found.holes()
    map_of, heights, ends = lifetimes(found.above)
    n_minima = np.bincount(holes[births - deaths > tau], minlength=n_resamples)
    return BootstrapSignature(
        counts=counts_of(found, even_levels(found.vertices, n_levels)),
        maxima=np.bincount(map_of[heights - ends > tau], minlength=n_resamples),
        minima=n_minima + (tuned.topology == "sphere"),
        tau=tau,
        maps=maps,
    )


def split_half(
    tuned: TuningMap, n_splits: int = 100, rng: int | np.random.Generator = 0
) -> SplitHalf:
    """Agreement of the signatures, and of the maps, of random halves of the trials of each node.

    Parameters
    ----------
    tuned
        Map with at least two trials at every node; of an odd number, one is left out each time.
    n_splits
        Number of splits.
    rng
        Seed or generator.

    Returns
    -------
    SplitHalf
        Of the signature, the loops and lines at the interior levels are correlated; of the map, the
        means of all nodes.

    Raises
    ------
    SampleError
        If a node has fewer than two trials.
    """
    n_trials = tuned.n_trials
    if n_trials.min() < 2:
        raise SampleError(
            expected="at least two trials at every node",
            found=f"{np.count_nonzero(n_trials < 2)} nodes with fewer",
        )
    n_splits, rng = whole(n_splits, "n_splits", 1), np.random.default_rng(rng)
    shape = (n_splits, *tuned.trials.shape)
    keys = np.where(np.isfinite(tuned.trials), rng.random(shape), np.inf)
    place = np.argsort(np.argsort(keys, axis=3), axis=3)
    half = (n_trials // 2)[:, :, None]
    halves = [
        mean_maps(np.where(part, tuned.trials, np.nan), tuned.topology)
        for part in (place < half, (place >= half) & (place < 2 * half))
    ]
    signatures = [level_counts(maps, topology=tuned.topology).interior for maps in halves]
    return SplitHalf(
        signature=_corrected(_row_correlations(*signatures)),
        map=_corrected(_row_correlations(*(maps.reshape(n_splits, -1) for maps in halves))),
    )


def permutation_null(
    tuned: TuningMap, n_maps: int = 200, rng: int | np.random.Generator = 0
) -> list[TuningMap]:
    """Maps without tuning: trials handed to random nodes.

    Trials of the inner nodes are permuted among them, each keeping its number of trials; trials of
    both poles are permuted among the poles' nodes.

    Parameters
    ----------
    tuned
        Map with trials.
    n_maps
        Number of maps.
    rng
        Seed or generator.

    Returns
    -------
    list of TuningMap
    """
    rng = np.random.default_rng(rng)
    groups = [np.isfinite(tuned.trials)]
    if tuned.topology != "plane":
        pole = np.zeros(tuned.trials.shape, dtype=bool)
        pole[:, [0, -1]] = True
        groups = [groups[0] & pole, groups[0] & ~pole]
    nulls = []
    for _ in range(whole(n_maps, "n_maps", 1)):
        trials = tuned.trials.copy()
        for group in groups:
            trials[group] = rng.permutation(trials[group])
        nulls.append(TuningMap(trials, tuned.theta, tuned.phi, tuned.topology))
    return nulls


def reliability(
    tuned: TuningMap, n_splits: int = 100, n_nulls: int = 100, rng: int | np.random.Generator = 0
) -> Reliability:
    """Whether the halves of a map's trials agree better than those of maps without tuning.

    Parameters
    ----------
    tuned
        Map with at least two trials at every node.
    n_splits
        Number of splits of the map and of each null map.
    n_nulls
        Number of null maps.
    rng
        Seed or generator.

    Returns
    -------
    Reliability

    Raises
    ------
    SampleError
        If a node has fewer than two trials.
    """
    rng = np.random.default_rng(rng)
    own = _mean_agreement(tuned, n_splits, rng)
    nulls = [_mean_agreement(null, n_splits, rng) for null in permutation_null(tuned, n_nulls, rng)]
    return Reliability(*own, *np.transpose(nulls))


def _mean_agreement(
    tuned: TuningMap, n_splits: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Mean of the agreement over splits, of signature and map; 0 where no half varies."""
    halves = split_half(tuned, n_splits, rng)
    known = (values[np.isfinite(values)] for values in (halves.signature, halves.map))
    signature, map_ = (float(values.mean()) if len(values) else 0.0 for values in known)
    return signature, map_


def _drawn_again(tuned: TuningMap, n_resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Trials of `n_resamples` maps; all indices of equal numbers of trials are drawn in one call,
    others node by node, theta outermost."""
    n_trials = tuned.n_trials
    most = tuned.trials.shape[2]
    if (n_trials == most).all():
        picked = rng.integers(0, most, size=(n_resamples, *tuned.trials.shape))
    else:
        picked = np.full((n_resamples, *tuned.trials.shape), most - 1)
        for i, j in np.ndindex(n_trials.shape):
            n = n_trials[i, j]
            picked[:, i, j, :n] = rng.integers(0, n, size=(n_resamples, n))
    drawn = np.take_along_axis(tuned.trials[None], picked, axis=3)
    beyond = np.arange(most) >= n_trials[:, :, None]
    return np.where(beyond, np.nan, drawn)


def _no_missing(tuned: TuningMap) -> None:
    if tuned.n_missing:
        raise SampleError(
            expected="a trial at every node",
            found=f"{tuned.n_missing} of {tuned.n_trials.size} nodes without",
            advice="smooth the map by a Gaussian process, which fills them",
        )


def _row_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pearson's correlation of each pair of rows; NaN where one does not vary."""
    first, second = (rows - rows.mean(axis=1, keepdims=True) for rows in (first, second))
    with np.errstate(invalid="ignore", divide="ignore"):
        norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
        return np.vecdot(first, second) / norms


def _corrected(r: np.ndarray) -> np.ndarray:
    """Correlation expected of whole sets of trials from that of halves (Spearman-Brown)."""
    with np.errstate(divide="ignore"):
        return 2 * r / (1 + r)

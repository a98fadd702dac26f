"""Topological signature of a tuning map: how its level sets change as the level rises."""

from dataclasses import dataclass

import numpy as np

from core.errors import SampleError
from core.level_sets.counting import (
    N_LEVELS,
    Filtration,
    LevelCounts,
    chosen_levels,
    counts_of,
    filtration,
)
from core.level_sets.merge_trees import elder_rule, sorted_pairs


@dataclass(frozen=True, eq=False)
class TopologySignature:
    """Topology of one map, level by level and as a whole.

    `levels` (n_levels,) in the unit of the map; `counts` at them. `pairs0` (n, 2) are births and
    deaths of components, `pairs1` of holes; the component of the global maximum dies at -inf.
    """

    levels: np.ndarray
    counts: LevelCounts
    pairs0: np.ndarray
    pairs1: np.ndarray
    minimum: float
    maximum: float
    topology: str

    @property
    def level_maxfrac(self) -> np.ndarray:
        """Levels as shares of the maximum, as published; NaN or infinite where that is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.levels / self.maximum

    @property
    def level_rangefrac(self) -> np.ndarray:
        """Levels from 0 to 1 of their range, free of the baseline; NaN of a constant map."""
        with np.errstate(invalid="ignore"):
            return (self.levels - self.minimum) / (self.maximum - self.minimum)

    @property
    def vector(self) -> np.ndarray:
        """The published vector: numbers of loops, then of lines, (2 * n_levels,)."""
        return np.concatenate([self.counts.n_loop, self.counts.n_line])

    def morse(self, tau: float = 0.0) -> tuple[int, int, int]:
        """Numbers of maxima, saddles and minima of a persistence above `tau`.

        Parameters
        ----------
        tau
            Persistence, in the unit of the map; see `noise_threshold`.

        Returns
        -------
        maxima, saddles, minima
            maxima - saddles + minima is 1 on a disc, 2 on a sphere; minima and saddles of the
            boundary do not count.
        """
        maxima = int(np.count_nonzero(self.pairs0[:, 0] - self.pairs0[:, 1] > tau))
        holes = int(np.count_nonzero(self.pairs1[:, 0] - self.pairs1[:, 1] > tau))
        return maxima, maxima - 1 + holes, holes + (self.topology == "sphere")

    def summary(self) -> dict[str, float]:
        """Published indices of a map, by name: areas under the curves and lowest single levels.

        Returns
        -------
        dict
            ``nbranch_AUC``, ``nbranch_AUC_range``, ``nbranch_wsum`` and the same of loops and
            lines; ``branch_lowest_idx``, ``branch_lowest_lvl``, ``loop_lowest_idx``,
            ``loop_lowest_lvl``.
        """
        found: dict[str, float] = {}
        for kind in ("branch", "loop", "line"):
            counts = getattr(self.counts, f"n_{kind}")
            found[f"n{kind}_AUC"] = signature_auc(counts, self.level_maxfrac)
            found[f"n{kind}_AUC_range"] = signature_auc(counts, self.level_rangefrac)
            found[f"n{kind}_wsum"] = float(counts @ self.level_maxfrac)
            if kind != "line":
                lowest = lowest_single_level(counts)
                found[f"{kind}_lowest_idx"] = lowest
                found[f"{kind}_lowest_lvl"] = float(self.level_maxfrac[lowest])
        return found


def topology_signature(
    values: np.ndarray, levels: int | np.ndarray = N_LEVELS, topology: str = "hemisphere"
) -> TopologySignature:
    """Topological signature of a map.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses; pole columns that are not constant are averaged.
    levels
        Their number, spread evenly from the minimum to the maximum, or ascending levels, (n,).
    topology
        ``hemisphere`` (the published maps), ``sphere`` or ``plane``; see `domain`.

    Returns
    -------
    TopologySignature

    Raises
    ------
    SampleError
        If a value is missing or infinite, or the levels do not ascend.

    Examples
    --------
    >>> ring = np.zeros((5, 5))
    >>> ring[1:4, 1:4] = [[2, 2, 2], [2, 1, 2], [2, 2, 3]]
    >>> signature = topology_signature(ring, levels=np.array([0.5, 1.5, 2.5]))
    >>> signature.counts.b0, signature.counts.b1, signature.morse()
    (array([1, 1, 1]), array([0, 1, 0]), (1, 1, 1))
    """
    found = filtration(_one_map(values)[None], topology)
    levels = chosen_levels(found.vertices, levels)
    counts = counts_of(found, levels).of_map(0)
    extremes = float(found.vertices.min()), float(found.vertices.max())
    return TopologySignature(levels[0], counts, *_pairs(found), *extremes, topology)


def persistence_pairs(
    values: np.ndarray, topology: str = "hemisphere"
) -> tuple[np.ndarray, np.ndarray]:
    """Births and deaths of the components and of the holes of a map's super-level sets.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses.
    topology
        ``hemisphere``, ``sphere`` or ``plane``; see `domain`.

    Returns
    -------
    pairs0, pairs1 : (n, 2)
        Birth and death, by birth and then death, descending; pairs of zero persistence are left
        out. The component of the global maximum dies at -inf.

    Raises
    ------
    SampleError
        If a value is missing or infinite.

    Examples
    --------
    >>> pairs0, pairs1 = persistence_pairs(np.diag([1.0, 3.0, 2.0]), "plane")
    >>> pairs0.tolist()
    [[3.0, -inf], [2.0, 0.0], [1.0, 0.0]]
    """
    return _pairs(filtration(_one_map(values)[None], topology))


def morse_counts(
    values: np.ndarray, topology: str = "hemisphere", tau: float = 0.0
) -> tuple[int, int, int]:
    """Numbers of maxima, saddles and minima of a map whose persistence is above a threshold.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses.
    topology
        ``hemisphere``, ``sphere`` or ``plane``; see `domain`.
    tau
        Threshold, in the unit of the map.

    Returns
    -------
    maxima, saddles, minima

    Examples
    --------
    >>> morse_counts(np.diag([1.0, 3.0, 2.0]), "plane", tau=1.5)
    (2, 1, 0)
    """
    return topology_signature(values, topology=topology).morse(tau)


def lowest_single_level(counts: np.ndarray) -> int:
    """Lowest level from which, up to the last but one, there is exactly one level curve.

    Parameters
    ----------
    counts : (n_levels,)
        Numbers of curves, or of closed ones; the last level, the maximum, is skipped.

    Returns
    -------
    0-based index; that of the last level where not even the last but one has a single curve. The
    published code never gives 0 (it gives the last index where all levels are single).

    Examples
    --------
    >>> lowest_single_level(np.array([2, 1, 3, 1, 1, 0]))
    3
    >>> lowest_single_level(np.array([1, 1, 1, 0])), lowest_single_level(np.array([1, 1, 2, 0]))
    (0, 3)
    """
    single = np.asarray(counts)[-2::-1] == 1
    return len(single) - int(np.logical_and.accumulate(single).sum())


def signature_auc(counts: np.ndarray, level_fraction: np.ndarray) -> float:
    """Area under a curve of counts, by trapezoids.

    Parameters
    ----------
    counts : (n_levels,)
        Numbers at the levels.
    level_fraction : (n_levels,)
        Levels as a share, of the maximum (published) or of the range.

    Examples
    --------
    >>> signature_auc(np.array([1, 1, 0]), np.array([0.0, 0.5, 1.0]))
    0.75
    """
    return float(np.trapezoid(counts, level_fraction))


def _one_map(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 2:
        raise SampleError(expected="a map (n_theta, n_phi)", found=f"shape {values.shape}")
    return values


def _pairs(found: Filtration) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of dimension 0 and 1 of a single map."""
    _, birth, death = found.holes()
    kept = birth > death
    return elder_rule(found.above).pairs, sorted_pairs(birth[kept], death[kept])

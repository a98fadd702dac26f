"""Merge trees of many maps at once: where super-level sets are born, and where they join.

As the level sinks, a component appears at every maximum, and two become one at a saddle. Each
vertex leads upwards to its highest neighbour and so to one maximum, staying inside every
super-level set that holds it. The basins of the maxima, joined by the best edges between them,
therefore have the components of the whole graph at every level; a maximum spanning forest of this
small graph holds all there is to know. Equal values are ordered by the number of their vertex,
which makes pairs of zero persistence and changes no other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from core.level_sets.domains import Graph, domain

NONE = -1
"""In place of a vertex or branch that there is not."""


@dataclass(frozen=True, eq=False)
class Forest:
    """Maxima of maps and the edges that join their components.

    Of every maximum: `map` it is on, `vertex`, `height`; maxima of one map stand together, highest
    first. Of every joining edge: the two `ends` (n, 2) as numbers of maxima, and `saddle`, the
    vertex at which they join, of `level`; ordered by map, highest first.
    """

    map: np.ndarray
    vertex: np.ndarray
    height: np.ndarray
    ends: np.ndarray
    saddle: np.ndarray
    level: np.ndarray

    def components(self, levels: np.ndarray, inclusive: bool = False) -> np.ndarray:
        """Number of components of ``f > level`` of every map.

        Parameters
        ----------
        levels : (n_maps, n_levels)
            Levels of each map.
        inclusive
            Count those of ``f >= level``.

        Returns
        -------
        (n_maps, n_levels), int
        """
        joined = self.map[self.ends[:, 0]]
        reaches = np.greater_equal if inclusive else np.greater
        n_peaks = _tally(reaches(self.height[:, None], levels[self.map]), self.map, len(levels))
        return n_peaks - _tally(reaches(self.level[:, None], levels[joined]), joined, len(levels))


@dataclass(frozen=True, eq=False)
class MergeTree:
    """Components of the super-level sets of one map, from their birth to their death.

    Arrays (n_branches,), the highest birth first; the first never dies and has death -inf. `peak`
    and `saddle` are vertices, `parent` the branch that each joins; -1 where there is none.
    """

    birth: np.ndarray
    death: np.ndarray
    peak: np.ndarray
    saddle: np.ndarray
    parent: np.ndarray

    @property
    def pairs(self) -> np.ndarray:
        """Births and deaths, (n, 2), by birth and then death, descending."""
        return sorted_pairs(self.birth, self.death)


@dataclass(frozen=True, eq=False)
class Basins:
    """Maxima of maps and the best edges between neighbouring basins.

    A vertex is named by its rank from 0 at the highest of its map, plus `n_vertices` times the
    map: `rank` (n_maps, n_vertices) and, the other way round, `order`. `tops` are the maxima, of
    which `basin` gives every vertex the number of its own. Each of `pairs` (n, 2) of basins meets
    at the vertex `lower`, the lower end of the highest edge between them.
    """

    values: np.ndarray
    order: np.ndarray
    rank: np.ndarray
    tops: np.ndarray
    basin: np.ndarray
    pairs: np.ndarray
    lower: np.ndarray


def merge_tree(values: np.ndarray, topology: str = "hemisphere") -> MergeTree:
    """Merge tree of the super-level sets of a map; branches of zero persistence are left out.

    Parameters
    ----------
    values : (n_theta, n_phi)
        Responses.
    topology
        ``hemisphere``, ``sphere`` or ``plane``.

    Returns
    -------
    MergeTree
        Vertices are numbered as in `domain`.

    Raises
    ------
    SampleError
        If a value is missing or infinite.

    Examples
    --------
    >>> two_peaks = np.zeros((3, 5))
    >>> two_peaks[1] = [0, 5, 1, 3, 0]
    >>> tree = merge_tree(two_peaks)
    >>> tree.pairs.tolist(), tree.parent.tolist()
    ([[5.0, -inf], [3.0, 1.0]], [-1, 0])
    """
    surface = domain(np.shape(values), topology)
    return elder_rule(forest(basins(surface.vertex_values(values)[None], surface.four)))


def basins(values: np.ndarray, neighbours: Graph) -> Basins:
    """Basins of the maxima of maps.

    Parameters
    ----------
    values : (n_maps, n_vertices)
        Finite values.
    neighbours
        Who neighbours whom, the same for all maps.

    Returns
    -------
    Basins
    """
    n_maps, n_vertices = values.shape
    order = np.argsort(-values, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(n_vertices)[None], axis=1)
    rank += n_vertices * np.arange(n_maps)[:, None]

    leads_to = np.empty(rank.size, dtype=np.intp)
    leads_to[rank.ravel()] = np.minimum.reduceat(
        rank[:, neighbours.reach], neighbours.start, axis=1
    ).ravel()
    top_of = _roots(leads_to)
    tops = np.flatnonzero(top_of == np.arange(rank.size))
    number = np.empty(rank.size, dtype=np.intp)
    number[tops] = np.arange(len(tops))
    basin = number[top_of]

    ends = [rank[:, side].ravel() for side in neighbours.edges.T]
    sides = [basin[end] for end in ends]
    between = np.flatnonzero(sides[0] != sides[1])
    pairs = np.stack([side[between] for side in sides], axis=1)
    pairs, lower = _best_edges(pairs, np.maximum(*ends)[between])
    return Basins(values, order, rank, tops, basin, pairs, lower)


def forest(found: Basins, rim: np.ndarray | None = None) -> Forest:
    """Maximum spanning forest of basins.

    Parameters
    ----------
    found
        Basins of maps.
    rim : (n,)
        Vertices next to one more vertex, which has the value infinity on every map and so leads its
        maxima; without it there is no such vertex.

    Returns
    -------
    Forest
    """
    n_maps, n_vertices = found.values.shape
    tops, pairs, lower = found.tops, found.pairs, found.lower
    top_map = tops // n_vertices
    peak = found.order.ravel()[tops]
    height = found.values[top_map, peak]
    if rim is not None:
        first = np.searchsorted(top_map, np.arange(n_maps))
        to_rim = found.rank[:, rim]
        basin = found.basin[to_rim] + np.arange(1, n_maps + 1)[:, None]
        new = np.broadcast_to((first + np.arange(n_maps))[:, None], basin.shape)
        more = np.stack([new.ravel(), basin.ravel()], axis=1)
        pairs = np.concatenate([pairs + (top_map[pairs] + 1), more])
        pairs, lower = _best_edges(pairs, np.concatenate([lower, to_rim.ravel()]))
        top_map, peak, height = (
            np.insert(of_tops, first, of_rim)
            for of_tops, of_rim in ((top_map, np.arange(n_maps)), (peak, NONE), (height, np.inf))
        )
    pairs, lower = _spanning(pairs, lower, len(peak))
    saddle = found.order.ravel()[lower]
    level = found.values[lower // n_vertices, saddle]
    return Forest(top_map, peak, height, pairs, saddle, level)


def elder_rule(found: Forest) -> MergeTree:
    """Births and deaths of the components of one map: where two meet, the younger dies.

    Parameters
    ----------
    found
        Forest of a single connected map.
    """
    n = len(found.height)
    death, saddle, parent = np.full(n, -np.inf), np.full(n, NONE), np.full(n, NONE)
    for younger, elder, edge in _merges(found):
        death[younger], saddle[younger] = found.level[edge], found.saddle[edge]
        parent[younger] = elder
    kept = found.height > death
    # a branch of zero persistence is never the elder of one that is kept
    number = np.cumsum(kept) - 1
    parent = np.where(parent == NONE, NONE, number[parent])
    return MergeTree(
        found.height[kept], death[kept], found.vertex[kept], saddle[kept], parent[kept]
    )


def lifetimes(found: Forest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Map, birth and death of all components of many maps, those of zero persistence included.

    Parameters
    ----------
    found
        Forest of the maps.

    Returns
    -------
    map, birth, death : (n_components,)
        The component of the highest maximum of each map dies at -inf.
    """
    death = np.full(len(found.height), -np.inf)
    for younger, _, edge in _merges(found):
        death[younger] = found.level[edge]
    return found.map, found.height, death


def sorted_pairs(birth: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Births and deaths as rows, (n, 2), by birth and then death, descending.

    Parameters
    ----------
    birth, end : (n,)
        Levels of births and deaths.

    Examples
    --------
    >>> sorted_pairs(np.array([1.0, 3.0]), np.array([0.0, -np.inf])).tolist()
    [[3.0, -inf], [1.0, 0.0]]
    """
    return np.stack([birth, end], axis=1)[np.lexsort((-end, -birth))]


def _roots(leads_to: np.ndarray) -> np.ndarray:
    """Where one comes by following a number to the number that stands there."""
    while True:
        further = leads_to[leads_to]
        if np.array_equal(further, leads_to):
            return leads_to
        leads_to = further


def _best_edges(pairs: np.ndarray, rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of all edges between two basins the one whose lower end is highest: pairs, lower end."""
    n, n_ranks = int(pairs.max(initial=0)) + 1, int(rank.max(initial=0)) + 1
    key = pairs.min(axis=1) * n + pairs.max(axis=1)
    sorted_keys = np.sort(key * n_ranks + rank)
    key, rank = np.divmod(sorted_keys, n_ranks)
    first = np.flatnonzero(np.diff(key, prepend=-1))
    return np.stack(np.divmod(key[first], n), axis=1), rank[first]


def _spanning(pairs: np.ndarray, rank: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The edges of a spanning forest that lie highest, highest first in every map.

    `pairs` ascend. Ranks are the weights, from 1, as a weight of 0 is no edge.
    """
    starts = np.searchsorted(pairs[:, 0], np.arange(n + 1))
    graph = csr_array((rank + 1.0, pairs[:, 1], starts), shape=(n, n))
    tree = minimum_spanning_tree(graph, overwrite=True)
    order = np.argsort(tree.data, kind="stable")
    first = np.repeat(np.arange(n), np.diff(tree.indptr))
    ends = np.stack([first, tree.indices.astype(np.intp)], axis=1)
    return ends[order], tree.data[order].astype(np.intp) - 1


def _merges(found: Forest) -> Iterator[tuple[int, int, int]]:
    """Each joining of two components: the younger, the elder it joins, and the edge."""
    elder_of = list(range(len(found.height)))

    def eldest(branch: int) -> int:
        while elder_of[branch] != branch:
            elder_of[branch] = branch = elder_of[elder_of[branch]]
        return branch

    for edge, (a, b) in enumerate(found.ends.tolist()):
        elder, younger = sorted((eldest(a), eldest(b)))
        elder_of[younger] = elder
        yield younger, elder, edge


def _tally(reached: np.ndarray, map_of: np.ndarray, n_maps: int) -> np.ndarray:
    """Number of true values of each map; rows belong to the maps `map_of`, which ascends."""
    running = np.zeros((len(reached) + 1, reached.shape[1]), dtype=np.intp)
    np.cumsum(reached, axis=0, out=running[1:])
    bounds = np.searchsorted(map_of, np.arange(n_maps + 1))
    return np.diff(running[bounds], axis=0)

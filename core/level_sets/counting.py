"""Counts of level curves, components and holes, of many maps at many levels at once.

At a level the super-level set S is ``f > level``, connected over 4 neighbours, and T its
complement, connected over 8. On a simply connected surface every level curve adds one region, so
that there are ``c(S) + c(T) - 1`` of them, and an open one uses two of the changes between S and T
around the boundary. Counts are exact also where the level equals values of the map, which tracing
of contours is not.
"""

from dataclasses import dataclass, fields

import numpy as np

from core.errors import SampleError
from core.level_sets.domains import Domain, domain
from core.level_sets.merge_trees import Forest, basins, forest, lifetimes
from core.settings import whole

N_LEVELS = 21
"""Published number of levels, from the minimum to the maximum of a map, both included."""


AT_ONCE = 200_000
"""Number of nodes whose maps are worked on together."""


@dataclass(frozen=True, eq=False)
class LevelCounts:
    """Counts at every level of every map; all (n_maps, n_levels), or (n_levels,) of one map.

    Level curves: `n_branch`, of which `n_loop` are closed and `n_line` end on the boundary. Of the
    super-level set: components `b0`, holes `b1`, Euler characteristic `chi`.
    """

    n_branch: np.ndarray
    n_loop: np.ndarray
    n_line: np.ndarray
    b0: np.ndarray
    b1: np.ndarray
    chi: np.ndarray

    def of_map(self, index: int) -> "LevelCounts":
        """The counts of one of the maps, by its 0-based number."""
        return LevelCounts(*(getattr(self, field.name)[index] for field in fields(self)))

    @property
    def interior(self) -> np.ndarray:
        """Loops, then lines, without the two end levels, which are degenerate; (..., 2 * n)."""
        return np.concatenate([self.n_loop[..., 1:-1], self.n_line[..., 1:-1]], axis=-1)


@dataclass(frozen=True, eq=False)
class Filtration:
    """Maps at the vertices of a surface, and how their sets merge as the level moves.

    `above` is of S as the level sinks; `below` of T as it rises, on the negated values; `enclosed`
    is `below` with the boundary as one vertex that belongs to T at every level, so that all its
    other components are holes of S. On a sphere nothing is the boundary, and the last component of
    T is no hole.
    """

    surface: Domain
    vertices: np.ndarray
    above: Forest
    below: Forest
    enclosed: Forest

    def holes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Map, birth and death of the holes of S, (n,) each, those of zero persistence included."""
        map_of, minimum, cut_off = lifetimes(self.enclosed)
        kept = np.isfinite(cut_off)
        return map_of[kept], -cut_off[kept], -minimum[kept]


def filtration(maps: np.ndarray, topology: str) -> Filtration:
    """The sets of maps and how they merge.

    Parameters
    ----------
    maps : (n_maps, n_theta, n_phi)
        Responses.
    topology
        ``hemisphere``, ``sphere`` or ``plane``.

    Returns
    -------
    Filtration

    Raises
    ------
    SampleError
        If a value is missing or infinite.
    """
    maps = np.asarray(maps, dtype=float)
    surface = domain(maps.shape[-2:], topology)
    vertices = surface.vertex_values(maps)
    above, below = basins(vertices, surface.four), basins(-vertices, surface.eight)
    rim = surface.boundary if len(surface.boundary) else None
    return Filtration(surface, vertices, forest(above), forest(below), forest(below, rim))


def even_levels(vertices: np.ndarray, n_levels: int = N_LEVELS) -> np.ndarray:
    """Levels from the minimum to the maximum of each map.

    Parameters
    ----------
    vertices : (n_maps, n_vertices)
        Values of maps, of any unit.
    n_levels
        Number of levels, at least 3.

    Returns
    -------
    (n_maps, n_levels)

    Examples
    --------
    >>> even_levels(np.array([[0.0, 4.0, 1.0]]), 5)
    array([[0., 1., 2., 3., 4.]])
    """
    n_levels = whole(n_levels, "levels", 3)
    return np.linspace(vertices.min(axis=1), vertices.max(axis=1), n_levels, axis=1)


def level_counts(
    maps: np.ndarray, levels: int | np.ndarray = N_LEVELS, topology: str = "hemisphere"
) -> LevelCounts:
    """Exact counts of many maps of one shape; 200 maps cost little more than one.

    Parameters
    ----------
    maps : (n_maps, n_theta, n_phi)
        Responses; pole columns that are not constant are averaged.
    levels
        Number of even levels of each map, or levels (n_levels,) of all or (n_maps, n_levels) of
        each.
    topology
        ``hemisphere``, ``sphere`` or ``plane``; see `domain`.

    Returns
    -------
    LevelCounts
        Arrays (n_maps, n_levels).

    Raises
    ------
    SampleError
        If a value is missing or infinite, or the levels do not ascend.

    Examples
    --------
    >>> bump = np.zeros((1, 5, 5))
    >>> bump[0, 2, 2] = 1
    >>> level_counts(bump, 3).n_loop
    array([[1, 1, 0]])
    """
    maps = np.asarray(maps, dtype=float)
    if maps.ndim != 3 or not len(maps):
        raise SampleError(expected="maps (n_maps, n_theta, n_phi)", found=f"shape {maps.shape}")
    at_once = max(1, AT_ONCE // maps[0].size)
    own_levels = np.ndim(levels) == 2
    parts = []
    for start in range(0, len(maps), at_once):
        some = slice(start, start + at_once)
        found = filtration(maps[some], topology)
        parts.append(
            counts_of(found, chosen_levels(found.vertices, levels[some] if own_levels else levels))
        )
    names = [field.name for field in fields(LevelCounts)]
    return LevelCounts(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def chosen_levels(vertices: np.ndarray, levels: int | np.ndarray) -> np.ndarray:
    """Levels of each map, (n_maps, n_levels), from their number or from given ones.

    Parameters
    ----------
    vertices : (n_maps, n_vertices)
        Values of maps.
    levels
        As in `level_counts`.
    """
    if np.ndim(levels) == 0:
        return even_levels(vertices, levels)
    levels = np.asarray(levels, dtype=float)
    if levels.ndim > 2 or (levels.ndim == 2 and len(levels) != len(vertices)):
        raise SampleError(
            path="levels",
            expected=f"(n_levels,) or ({len(vertices)}, n_levels)",
            found=f"shape {levels.shape}",
        )
    if not (np.diff(levels, axis=-1) >= 0).all():
        raise SampleError(path="levels", expected="levels that ascend", found="others")
    return np.broadcast_to(levels, (len(vertices), levels.shape[-1]))


def counts_of(found: Filtration, levels: np.ndarray) -> LevelCounts:
    """Counts of maps from the merging of their sets.

    Parameters
    ----------
    found
        The sets.
    levels : (n_maps, n_levels)
        Levels of each map.

    Returns
    -------
    LevelCounts
    """
    b0, n_below = found.above.components(levels), found.below.components(-levels, inclusive=True)
    b1 = np.maximum(found.enclosed.components(-levels, inclusive=True) - 1, 0)
    curves = (b0 > 0) & (n_below > 0)
    n_branch = np.where(curves, b0 + n_below - 1, 0)
    n_line = _boundary_changes(found, levels) // 2
    closed_surface = (n_below == 0) & (found.surface.topology == "sphere")
    return LevelCounts(n_branch, n_branch - n_line, n_line, b0, b1, b0 - b1 + closed_surface)


def _boundary_changes(found: Filtration, levels: np.ndarray) -> np.ndarray:
    """How often one passes between S and T on a round along the boundary, (n_maps, n_levels)."""
    if not len(found.surface.boundary):
        return np.zeros(levels.shape, dtype=np.intp)
    inside = found.vertices[:, None, found.surface.boundary] > levels[:, :, None]
    return np.count_nonzero(inside != np.roll(inside, 1, axis=2), axis=2)

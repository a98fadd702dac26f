"""The surface that a map lies on, as a graph of vertices.

A map is an array (n_theta, n_phi). On a `hemisphere` each pole column is one vertex, and the two
outer meridians, joined at the poles, are the boundary of a disc; on a `sphere` the poles are
vertices too, and the last row neighbours the first; on a `plane` every node is a vertex and the
rectangle's edge is the boundary. Super-level sets ``f > level`` are connected over 4 neighbours and
their complements over 8, the pair under which the two have dual topologies.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from core.errors import SampleError, SettingError

TOPOLOGIES = ("hemisphere", "sphere", "plane")


@dataclass(frozen=True, eq=False)
class Graph:
    """Neighbours of vertices: `edges` (n_edges, 2), each pair once, and the same from each vertex.

    Vertex v and its neighbours are ``reach[start[v]:start[v + 1]]``.
    """

    edges: np.ndarray
    reach: np.ndarray
    start: np.ndarray


@dataclass(frozen=True, eq=False)
class Domain:
    """Vertices of a map and who neighbours whom.

    `vertex` (n_theta, n_phi) gives the vertex of every node; `four` and `eight` are its neighbours.
    `boundary` (n,) goes once around the boundary and is empty on a sphere.
    """

    topology: str
    vertex: np.ndarray = field(repr=False)
    four: Graph = field(repr=False)
    eight: Graph = field(repr=False)
    boundary: np.ndarray = field(repr=False)

    @property
    def n_vertices(self) -> int:
        """Number of vertices."""
        return int(self.vertex.max()) + 1

    def vertex_values(self, maps: np.ndarray) -> np.ndarray:
        """Values of maps at the vertices; a pole has the mean of its column.

        A column of equal values is taken as it is: their mean may differ in the last bit.

        Parameters
        ----------
        maps : (..., n_theta, n_phi)
            Responses.

        Returns
        -------
        (..., n_vertices)

        Raises
        ------
        SampleError
            If the maps are of another shape, or a value is missing or infinite.
        """
        maps = np.asarray(maps, dtype=float)
        if maps.shape[-2:] != self.vertex.shape:
            raise SampleError(
                expected=f"a map of shape {self.vertex.shape}", found=f"shape {maps.shape}"
            )
        n_bad = int(np.count_nonzero(~np.isfinite(maps)))
        if n_bad:
            raise SampleError(
                expected="finite responses at all nodes",
                found=f"{n_bad} of {maps.size} that are not",
                advice="smooth the map by a Gaussian process, which fills missing nodes",
            )
        values = np.empty((*maps.shape[:-2], self.n_vertices))
        values[..., self.vertex] = maps
        if self.topology != "plane":
            for column in (0, -1):
                values[..., self.vertex[0, column]] = _pole(maps[..., column])
        return values


def collapse_poles(maps: np.ndarray) -> np.ndarray:
    """Maps with every pole column replaced by its mean, unless it is constant already.

    Parameters
    ----------
    maps : (..., n_theta, n_phi)
        Responses; NaN nodes are left out of the mean.

    Returns
    -------
    The shape of `maps`

    Examples
    --------
    >>> collapse_poles(np.array([[1.0, 5.0, 2.0], [3.0, 6.0, 2.0]]))
    array([[2., 5., 2.],
           [2., 6., 2.]])
    """
    maps = np.array(maps, dtype=float)
    for column in (0, -1):
        maps[..., column] = _pole(maps[..., column])[..., None]
    return maps


@lru_cache(maxsize=16)
def domain(shape: tuple[int, int], topology: str = "hemisphere") -> Domain:
    """The graph of a map's nodes.

    Parameters
    ----------
    shape
        Numbers of angles, (n_theta, n_phi), at least 3 x 3.
    topology
        ``hemisphere``, ``sphere`` or ``plane``.

    Raises
    ------
    SettingError
        If the topology is another word.
    SampleError
        If a map of this shape is too small.

    Examples
    --------
    >>> disc = domain((11, 11))
    >>> disc.n_vertices, len(disc.boundary)
    (101, 20)
    >>> domain((11, 11), "torus")
    Traceback (most recent call last):
    core.errors.SettingError: topology: expected one of hemisphere, sphere, plane, found 'torus'.
    """
    if topology not in TOPOLOGIES:
        raise SettingError(
            path="topology", expected=f"one of {', '.join(TOPOLOGIES)}", found=f"{topology!r}"
        )
    if len(shape) != 2 or min(shape) < 3:
        raise SampleError(expected="a map of at least 3 x 3 nodes", found=f"shape {shape}")
    vertex = _vertices(shape, poles=topology != "plane")
    around = np.concatenate([vertex, vertex[:1]]) if topology == "sphere" else vertex
    corners = [around[:-1, :-1], around[1:, :-1], around[1:, 1:], around[:-1, 1:]]
    faces = np.stack([corner.ravel() for corner in corners], axis=-1)
    sides = faces[:, [[0, 1], [1, 2], [2, 3], [3, 0]]].reshape(-1, 2)
    diagonals = faces[:, [[0, 2], [1, 3]]].reshape(-1, 2)
    boundary, n = _boundary(vertex, topology), int(vertex.max()) + 1
    return Domain(
        topology=topology,
        vertex=vertex,
        four=_graph(n, sides),
        eight=_graph(n, np.concatenate([sides, diagonals])),
        boundary=boundary,
    )


def _vertices(shape: tuple[int, int], poles: bool) -> np.ndarray:
    """Vertex of every node, numbered row by row; a pole where its first node stands."""
    n_theta, n_phi = shape
    vertex = np.arange(n_theta * n_phi).reshape(shape)
    if poles:
        vertex[:, 0], vertex[:, -1] = vertex[0, 0], vertex[0, -1]
    return np.unique(vertex, return_inverse=True)[1].reshape(shape)


def _graph(n_vertices: int, pairs: np.ndarray) -> Graph:
    """Graph of pairs of vertices, (n, 2), which may occur twice or join a vertex to itself."""
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    edges = np.stack(np.divmod(np.unique(pairs @ [n_vertices, 1]), n_vertices), axis=1)
    itself = np.arange(n_vertices)
    origin = np.concatenate([itself, edges[:, 0], edges[:, 1]])
    reach = np.concatenate([itself, edges[:, 1], edges[:, 0]])
    order = np.argsort(origin, kind="stable")
    return Graph(edges, reach[order], np.searchsorted(origin[order], itself))


def _boundary(vertex: np.ndarray, topology: str) -> np.ndarray:
    """Vertices once around the boundary."""
    if topology == "sphere":
        return vertex[0, :0]
    first, last = vertex[0, :-1], vertex[-1, :0:-1]
    if topology == "hemisphere":
        return np.concatenate([first, last])
    return np.concatenate([first, vertex[:-1, -1], last, vertex[:0:-1, 0]])


def _pole(column: np.ndarray) -> np.ndarray:
    """Value of a pole from the nodes of its column, (..., n_theta)."""
    equal = (column == column[..., :1]).all(axis=-1)
    with np.errstate(invalid="ignore"):
        known = np.isfinite(column)
        mean = np.where(known, column, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return np.where(equal, column[..., 0], mean)

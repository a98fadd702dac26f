"""Topology of maps: golden vectors, closed forms, an independent count, and invariances."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import label

from core.errors import SampleError, SettingError
from core.level_sets import (
    domain,
    level_counts,
    lowest_single_level,
    merge_tree,
    morse_counts,
    persistence_pairs,
    signature_auc,
    topology_signature,
)
from core.level_sets.sphere_grid import grid_vectors

GOLDEN = np.load(Path(__file__).parents[2] / "data" / "level_sets.npz")

MAPS = [
    *("bump", "two_bumps", "ring", "saddle", "ramp", "pole_bump", "trough", "clipped_bump"),
    *("constant", "ties", "noise_mean"),
]

by_topology = pytest.mark.parametrize("topology", ["hemisphere", "sphere", "plane"])

small_maps = arrays(float, (7, 6), elements=st.integers(0, 5).map(float))


def counted(counts):
    return np.stack([counts.n_branch, counts.n_loop, counts.n_line, counts.b0, counts.b1], -1)


@pytest.mark.parametrize("name", MAPS)
def test_signatures_are_those_of_the_reference(name):
    signature = topology_signature(GOLDEN[f"{name}_map"])
    np.testing.assert_array_equal(signature.levels, GOLDEN[f"{name}_levels"])
    np.testing.assert_array_equal(counted(signature.counts), GOLDEN[f"{name}_sig"])
    np.testing.assert_array_equal(signature.pairs0, GOLDEN[f"{name}_pers0"])
    np.testing.assert_array_equal(signature.pairs1, GOLDEN[f"{name}_pers1"])
    assert signature.morse() == tuple(GOLDEN[f"{name}_morse"])
    found = signature.summary()
    lowest = [found["branch_lowest_idx"], found["loop_lowest_idx"]]
    assert lowest == GOLDEN[f"{name}_lowest"].tolist()


@pytest.mark.parametrize("name", [name for name in MAPS if name not in ("constant", "ties")])
def test_inside_the_range_counts_are_those_of_traced_contours(name):
    counts = topology_signature(GOLDEN[f"{name}_map"]).counts
    traced = GOLDEN[f"{name}_ref_sig"]
    np.testing.assert_array_equal(counted(counts)[1:-1, :3], traced[1:-1])


@pytest.mark.parametrize("name", [name for name in MAPS if name != "constant"])
def test_areas_and_weighted_sums_of_counts_are_those_of_the_published_code(name):
    levels = GOLDEN[f"{name}_levels"]
    traced = GOLDEN[f"{name}_ref_sig"].T
    areas = [signature_auc(counts, levels / levels[-1]) for counts in traced]
    np.testing.assert_allclose(areas, GOLDEN[f"{name}_ref_auc"], rtol=1e-9)
    np.testing.assert_allclose(
        traced @ (levels / levels[-1]), GOLDEN[f"{name}_ref_wsum"], rtol=1e-9
    )


def on_sphere(n_theta=24, n_phi=13):
    theta, phi = np.arange(n_theta) * 360 / n_theta - 180, np.linspace(-90, 90, n_phi)
    return grid_vectors(theta, phi)


def bumps(grid, *centres, sharpness=8.0):
    return sum(np.exp(sharpness * (grid @ np.asarray(centre) - 1)) for centre in centres)


OCTAHEDRON = [*np.eye(3), *-np.eye(3)]


def test_a_bump_on_the_sphere_has_one_maximum_one_minimum_and_no_saddle():
    bump = bumps(on_sphere(), [0.6, 0.48, 0.64])
    assert morse_counts(bump, "sphere") == (1, 0, 1)
    assert persistence_pairs(bump, "sphere")[1].shape == (0, 2)


def test_six_bumps_on_the_sphere_have_twelve_saddles_and_eight_minima():
    # at the corners of an octahedron, whose 12 edges and 8 faces they are
    six = bumps(on_sphere(48, 25), *OCTAHEDRON, sharpness=4.0)
    assert morse_counts(six, "sphere", tau=1e-6) == (6, 12, 8)


def test_a_band_around_the_sphere_is_an_annulus_whichever_its_axis():
    for axis in np.eye(3):
        band = -((on_sphere(48, 25) @ axis) ** 2)
        counts = topology_signature(band, levels=np.array([-0.3]), topology="sphere").counts
        assert (counts.b0[0], counts.b1[0], counts.n_loop[0], counts.chi[0]) == (1, 1, 2, 0)


def test_on_the_hemisphere_a_pole_lies_on_the_boundary():
    grid = grid_vectors(np.linspace(-90, 90, 31), np.linspace(-90, 90, 31))
    at_pole, inside = bumps(grid, [0, 0, 1]), bumps(grid, [1, 0, 0])
    level = np.array([0.5])
    counts = level_counts(np.stack([at_pole, inside]), level)
    assert counts.n_line.ravel().tolist() == [1, 0]
    assert counts.n_loop.ravel().tolist() == [0, 1]


def test_three_peaks_and_a_hole_on_the_disc():
    grid = grid_vectors(np.linspace(-90, 90, 61), np.linspace(-90, 90, 61))
    angles = np.deg2rad([0, 120, 240])
    around = [[0.8, 0.6 * np.cos(a), 0.6 * np.sin(a)] for a in angles]
    signature = topology_signature(bumps(grid, *around, sharpness=10.0))
    # the three merge by two saddles, and a third closes the ring around the hole in the middle
    assert signature.morse(tau=1e-6) == (3, 3, 1)


@by_topology
def test_below_the_minimum_the_set_is_the_whole_surface(topology):
    values = np.random.default_rng(0).normal(size=(9, 8))
    level = np.array([values.min() - 1])
    counts = topology_signature(values, levels=level, topology=topology).counts
    whole_surface = 2 if topology == "sphere" else 1
    assert (counts.b0[0], counts.n_branch[0], counts.chi[0]) == (1, 0, whole_surface)


def cells(shape, topology):
    """Vertices, edges and triangles or squares of the grid, from its definition, as sets."""
    n_theta, n_phi = shape

    def vertex(i, j):
        if topology == "sphere":
            i %= n_theta
        if topology != "plane" and j in (0, n_phi - 1):
            i = 0
        return i, j

    rows = n_theta if topology == "sphere" else n_theta - 1
    vertices = {vertex(i, j) for i in range(n_theta) for j in range(n_phi)}
    squares = {
        frozenset(vertex(i + di, j + dj) for di in (0, 1) for dj in (0, 1))
        for i in range(rows)
        for j in range(n_phi - 1)
    }
    edges = set()
    for i in range(rows + (topology != "sphere")):
        for j in range(n_phi):
            if j + 1 < n_phi:
                edges.add(frozenset([vertex(i, j), vertex(i, j + 1)]))
            if i < rows:
                edges.add(frozenset([vertex(i, j), vertex(i + 1, j)]))
    return vertices, {edge for edge in edges if len(edge) == 2}, squares


@by_topology
@given(values=small_maps)
@settings(max_examples=25, deadline=None)
def test_euler_characteristic_is_vertices_minus_edges_plus_faces(topology, values):
    surface = domain(values.shape, topology)
    at = surface.vertex_values(values)
    vertices, edges, squares = cells(values.shape, topology)
    levels = np.arange(-1.0, 6.0) + 0.5
    expected = []
    for level in levels:
        inside = {v for v in vertices if at[surface.vertex[v]] > level}
        lists = [[cell for cell in some if cell <= inside] for some in (edges, squares)]
        expected.append(len(inside) - len(lists[0]) + len(lists[1]))
    counts = topology_signature(values, levels=levels, topology=topology).counts
    assert counts.chi.tolist() == expected


@given(values=small_maps)
@settings(max_examples=50, deadline=None)
def test_counts_on_a_plane_are_those_of_labelled_images(values):
    signature = topology_signature(values, topology="plane")
    for k, level in enumerate(signature.levels):
        inside = values > level
        components = label(inside)[1]
        # outside the picture is complement, so that what is left of it are holes
        outside = label(np.pad(~inside, 1, constant_values=True), np.ones((3, 3)))[1]
        n_below = label(~inside, np.ones((3, 3)))[1]
        assert signature.counts.b0[k] == components
        assert signature.counts.b1[k] == outside - 1
        assert signature.counts.n_branch[k] == (components + n_below - 1 if components else 0)


@by_topology
@given(values=small_maps)
@settings(max_examples=25, deadline=None)
def test_betti_numbers_follow_from_the_pairs(topology, values):
    signature = topology_signature(values, topology=topology)
    for pairs, betti in ((signature.pairs0, "b0"), (signature.pairs1, "b1")):
        birth, death = pairs.T[:, :, None]
        alive = ((birth > signature.levels) & (death <= signature.levels)).sum(axis=0)
        if betti == "b1" and topology == "sphere":
            alive = alive[:-1]
            assert getattr(signature.counts, betti)[:-1].tolist() == alive.tolist()
        else:
            assert getattr(signature.counts, betti).tolist() == alive.tolist()


@by_topology
@given(values=small_maps, tau=st.floats(0, 5))
@settings(max_examples=25, deadline=None)
def test_maxima_minus_saddles_plus_minima_is_that_of_the_surface(topology, values, tau):
    maxima, saddles, minima = morse_counts(values, topology, tau)
    assert maxima - saddles + minima == (2 if topology == "sphere" else 1)


def raised(values):
    return values**3 + 7 * values


@by_topology
@given(values=small_maps)
@settings(max_examples=25, deadline=None)
def test_an_increasing_function_of_the_values_moves_pairs_and_changes_no_count(topology, values):
    surface = domain(values.shape, topology)
    values = surface.vertex_values(values)[surface.vertex]
    levels = np.unique(values)
    before, after = (
        topology_signature(some, levels=at, topology=topology)
        for some, at in ((values, levels), (raised(values), raised(levels)))
    )
    np.testing.assert_array_equal(counted(before.counts), counted(after.counts))
    np.testing.assert_array_equal(raised(before.pairs0), after.pairs0)
    np.testing.assert_array_equal(raised(before.pairs1), after.pairs1)


@given(values=small_maps, turn=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_turning_the_sphere_about_its_poles_changes_nothing(values, turn):
    surface = domain(values.shape, "sphere")
    values = surface.vertex_values(values)[surface.vertex]
    before, after = (
        topology_signature(some, topology="sphere")
        for some in (values, np.roll(values, turn, axis=0))
    )
    np.testing.assert_array_equal(counted(before.counts), counted(after.counts))
    np.testing.assert_array_equal(before.pairs0, after.pairs0)
    np.testing.assert_array_equal(before.pairs1, after.pairs1)


@by_topology
@pytest.mark.parametrize("axis", [0, 1])
def test_a_mirror_image_has_the_same_signature(topology, axis):
    values = np.random.default_rng(axis).normal(size=(9, 7))
    before, after = (
        topology_signature(some, topology=topology) for some in (values, np.flip(values, axis))
    )
    np.testing.assert_array_equal(counted(before.counts), counted(after.counts))
    np.testing.assert_allclose(before.pairs0, after.pairs0, rtol=1e-12)


def test_many_maps_at_once_give_the_counts_of_each(monkeypatch):
    maps = np.random.default_rng(1).integers(0, 9, size=(7, 6, 5)).astype(float)
    monkeypatch.setattr("core.level_sets.counting.AT_ONCE", 100)
    together = level_counts(maps)
    for k, values in enumerate(maps):
        np.testing.assert_array_equal(
            counted(together)[k], counted(topology_signature(values).counts)
        )


def test_a_merge_tree_names_peaks_saddles_and_parents():
    values = np.zeros((5, 9))
    values[2] = [0, 9, 4, 7, 2, 8, 1, 3, 0]
    tree = merge_tree(values, "plane")
    nodes = lambda vertices: [values.flat[v] for v in vertices]  # noqa: E731
    assert nodes(tree.peak) == [9, 8, 7, 3] == tree.birth.tolist()
    assert tree.death.tolist() == [-np.inf, 2, 4, 1]
    assert nodes(tree.saddle[1:]) == [2, 4, 1]
    assert tree.parent.tolist() == [-1, 0, 0, 0]


def test_a_younger_peak_joins_the_branch_that_it_meets_and_not_the_highest():
    values = np.zeros((3, 9))
    values[1] = [0, 9, 1, 7, 3, 5, 0, 0, 0]
    assert merge_tree(values, "plane").parent.tolist() == [-1, 0, 1]


def test_a_column_that_stands_for_a_pole_is_averaged_unless_it_is_constant():
    values = np.random.default_rng(2).normal(size=(11, 11))
    values[:, 0] = 0.1
    at = domain((11, 11)).vertex_values(values)
    assert at[0] == 0.1
    assert at[10] == pytest.approx(values[:, -1].mean(), rel=1e-12)


def test_a_hemisphere_has_two_poles_and_a_boundary_of_two_meridians():
    assert domain((5, 4)).vertex.tolist() == [
        [0, 1, 2, 3],
        [0, 4, 5, 3],
        [0, 6, 7, 3],
        [0, 8, 9, 3],
        [0, 10, 11, 3],
    ]
    assert domain((5, 4)).boundary.tolist() == [0, 1, 2, 3, 11, 10]
    assert domain((5, 4), "sphere").boundary.size == 0


def test_the_lowest_single_level_of_a_map_that_is_single_throughout_is_zero():
    assert lowest_single_level(np.ones(21)) == 0
    assert lowest_single_level(np.zeros(21)) == 20


def test_maps_with_missing_nodes_are_refused_and_the_nodes_counted():
    values = np.zeros((11, 11))
    values[3, 4:6] = np.nan
    with pytest.raises(SampleError, match="found 2 of 121 that are not"):
        topology_signature(values)


@pytest.mark.parametrize("shape", [(11,), (2, 11), (3, 4, 5)])
def test_arrays_that_are_no_map_are_refused(shape):
    with pytest.raises(SampleError, match="expected a map"):
        topology_signature(np.zeros(shape))


def test_of_two_equal_maxima_one_is_left_above_any_persistence():
    values = np.zeros((3, 7))
    values[1] = [0, 5, 1, 0, 5, 0, 0]
    signature = topology_signature(values, topology="plane")
    assert [signature.morse(tau)[0] for tau in (0, 4, 5, 100)] == [2, 2, 1, 1]


def test_given_levels_are_shares_of_the_range_of_the_map():
    values = np.array([[1.0, 1, 1], [1, 5, 1], [1, 1, 1]])
    signature = topology_signature(values, levels=np.array([2.0, 3.0]))
    np.testing.assert_allclose(signature.level_maxfrac, [0.4, 0.6])
    np.testing.assert_allclose(signature.level_rangefrac, [0.25, 0.5])


def test_levels_that_fall_and_unknown_surfaces_are_refused():
    with pytest.raises(SampleError, match="expected levels that ascend"):
        topology_signature(np.zeros((5, 5)), levels=np.array([2.0, 1.0]))
    with pytest.raises(SampleError, match=r"expected \(n_levels,\) or \(2, n_levels\)"):
        level_counts(np.zeros((2, 5, 5)), np.zeros((3, 4)))
    with pytest.raises(SettingError, match="found 'torus'"):
        topology_signature(np.zeros((5, 5)), topology="torus")

"""Geometry of level curves: golden tables and circles on the sphere."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import SampleError
from core.level_sets import (
    Contour,
    arc_lengths,
    contours_at,
    geodesic_curvature,
    grid_vectors,
    level_counts,
    level_set_geometry,
    resample_curve,
    unit_vectors,
)

GOLDEN = np.load(Path(__file__).parents[2] / "data" / "level_sets.npz")

DEGREES = np.arange(-90.0, 91.0)
FINE = grid_vectors(DEGREES, DEGREES)
CENTRE = unit_vectors(9, -12)


def bump():
    return 60 * np.exp(4 * (FINE @ CENTRE - 1))


def kent(theta, phi, psi, kappa, beta, amplitude):
    """A peak that is longer than wide, angles in radians."""
    first = np.array([np.cos(theta) * np.cos(phi), np.sin(theta) * np.cos(phi), np.sin(phi)])
    east = np.array([-np.sin(theta), np.cos(theta), 0])
    down = np.array([np.cos(theta) * np.sin(phi), np.sin(theta) * np.sin(phi), -np.cos(phi)])
    long = np.cos(psi) * east - np.sin(psi) * down
    short = np.sin(psi) * east + np.cos(psi) * down
    along = beta * ((FINE @ long) ** 2 - (FINE @ short) ** 2)
    return amplitude * np.exp(kappa * FINE @ first + along)


PEAKS = {"bump": bump, "aniso": lambda: kent(0.1, -0.2, 0.6, 5, 2, 1)}

peaks = pytest.mark.parametrize("name", PEAKS)


@peaks
def test_tables_are_those_of_the_published_code(name):
    found = level_set_geometry(PEAKS[name](), DEGREES, DEGREES)
    columns = ["level", "angdist_max", "angdist_min", "angdist_mean", "angdist_std"]
    columns += ["angdist_ratio", "distmat_max"]
    expected = GOLDEN[f"{name}_fine_geom_merged"]
    np.testing.assert_allclose(found.merged[columns], expected, rtol=1e-6)
    columns = ["level", "isloop", "isinside", "angdist_max", "angdist_min", "angdist_mean"]
    expected = GOLDEN[f"{name}_fine_geom_seg"]
    curves = found.curves[[*columns, "angdist_ratio"]].astype(float)
    np.testing.assert_allclose(curves, expected, rtol=1e-6)
    ratios = list(found.aspect_ratios().values())
    np.testing.assert_allclose(ratios, GOLDEN[f"{name}_fine_axr"], rtol=1e-4)


def test_level_curves_of_a_bump_are_circles_of_the_radius_that_follows_from_the_level():
    table = level_set_geometry(bump(), DEGREES, DEGREES).curves
    radius = np.arccos(1 + np.log(table["level"] / 60) / 4)
    np.testing.assert_allclose(table["angdist_mean"], radius, atol=2e-4)
    # straight pieces within cells of a degree cut a circle short
    short = 1 - table["length"] / (2 * np.pi * np.sin(radius))
    assert (np.abs(short) < np.deg2rad(1) ** 2 / radius**2 / 6).all()
    np.testing.assert_allclose(table["distmat_max"], 2 * radius, rtol=1e-3)
    assert table["angdist_ratio"].max() < 1.002


@pytest.mark.parametrize("radius", [20, 45, 70])
def test_the_curvature_of_a_traced_circle_is_the_cotangent_of_its_radius(radius):
    level = np.cos(np.deg2rad(radius))
    [curve] = contours_at(FINE[:, :, 0], level, DEGREES, DEGREES, "hemisphere")
    curvature = geodesic_curvature(resample_curve(curve.directions, 73), closed=True)
    assert np.abs(curvature).mean() == pytest.approx(1 / np.tan(np.deg2rad(radius)), rel=0.01)
    # Gauss-Bonnet: the curvature along a closed curve is 2 pi less the area inside
    step = arc_lengths(curve.directions).sum() / 72
    area = 2 * np.pi * (1 - level)
    assert np.abs(curvature).sum() * step == pytest.approx(2 * np.pi - area, rel=0.01)


def test_a_great_circle_has_no_curvature():
    meridian = unit_vectors(np.full(10, 30.0), np.linspace(-80, 80, 10))
    np.testing.assert_allclose(geodesic_curvature(meridian, closed=False), 0, atol=1e-12)


def test_points_of_a_resampled_curve_lie_on_it_at_equal_distances():
    curve = GOLDEN["bump_fine_curve_idx"] - 90
    curve = Contour(*curve.T, closed=True)
    np.testing.assert_allclose(curve.directions, GOLDEN["bump_fine_curve_xyz"], atol=1e-12)
    length = arc_lengths(curve.directions).sum()
    assert length == pytest.approx(float(GOLDEN["bump_fine_curve_arclen"]), abs=1e-9)
    points = resample_curve(curve.directions, 21)
    np.testing.assert_allclose(arc_lengths(points), length / 20, rtol=3e-3)
    radius = np.arccos(curve.directions @ CENTRE).mean()
    np.testing.assert_allclose(np.arccos(points @ CENTRE), radius, atol=1e-3)


@peaks
def test_as_many_curves_are_traced_as_counted(name):
    values = PEAKS[name]()
    levels = np.linspace(values.min(), values.max(), 9)[1:-1]
    counts = level_counts(values[None], levels)
    for k, level in enumerate(levels):
        found = contours_at(values, level, DEGREES, DEGREES, "hemisphere")
        assert len(found) == counts.n_branch[0, k]
        assert sum(curve.closed for curve in found) == counts.n_loop[0, k]


def test_a_point_beside_a_bent_curve_is_outside_though_its_box_holds_it():
    # a U, open upwards: the point lies in the gap
    theta = np.array([0, 0, 9, 9, 6, 6, 3, 3, 0.0])
    phi = np.array([9, 0, 0, 9, 9, 3, 3, 9, 9.0])
    bent = Contour(theta, phi, closed=True)
    assert not bent.surrounds(4.5, 6.0)
    assert bent.surrounds(4.5, 1.5)
    assert not Contour(theta[:-1], phi[:-1], closed=False).surrounds(4.5, 1.5)


def test_a_map_without_a_loop_around_its_peak_has_no_aspect_ratio_of_loops():
    ramp = FINE[:, :, 1]
    ratios = level_set_geometry(ramp, DEGREES, DEGREES).aspect_ratios()
    assert np.isnan(ratios["axr_max"])
    assert np.isnan(ratios["axr_peak_mean"])
    assert ratios["axr_peak_mean_pool"] > 1


def test_maps_that_cannot_be_traced_are_refused():
    with pytest.raises(SampleError, match="expected a map with level curves, found none"):
        level_set_geometry(np.ones((11, 11)), DEGREES[:11], DEGREES[:11])
    with pytest.raises(SampleError, match="1 not finite"):
        contours_at(np.diag([1.0, np.nan, 0]), 0.5, DEGREES[:3], DEGREES[:3], "plane")
    with pytest.raises(SampleError, match="expected hemisphere or plane, found 'sphere'"):
        contours_at(np.eye(3), 0.5, DEGREES[:3], DEGREES[:3], "sphere")
    with pytest.raises(SampleError, match="a curve of some length"):
        resample_curve(np.ones((3, 3)) / np.sqrt(3), 5)

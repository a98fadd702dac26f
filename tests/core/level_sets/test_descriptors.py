"""Descriptors of whole maps: golden values, closed forms, fits that find what they were made of."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import SampleError
from core.level_sets import Kent, fit_kent, grid_vectors, map_volume, peak_direction, roughness

GOLDEN = np.load(Path(__file__).parents[2] / "data" / "level_sets.npz")


@pytest.mark.parametrize(("name", "baseline"), [("bump", 25.0), ("two_bumps", 15.0)])
def test_descriptors_are_those_of_the_published_code(name, baseline):
    values = GOLDEN[f"{name}_map"]
    energies = roughness(values)
    found = [
        *peak_direction(values),
        *peak_direction(values, by_mass=False),
        *map_volume(values),
        *map_volume(values, baseline),
        *(energies[kind] for kind in ("laplace", "tv", "dirichlet")),
    ]
    np.testing.assert_allclose(found, GOLDEN[f"nonparam_{name}_bsl{baseline:.0f}"], rtol=1e-9)


def test_the_kent_function_is_that_of_the_published_code():
    peak = Kent(*GOLDEN["kent_params"])
    np.testing.assert_allclose(peak.predict(grid_vectors()), GOLDEN["kent_map"], rtol=1e-12)


def test_a_fit_finds_the_peak_that_a_map_was_made_of():
    true = Kent(0.3, -0.2, 0.7, 3.0, 0.8, 2.0, 5.0)
    found, r2 = fit_kent(true.predict(grid_vectors()))
    assert r2 == pytest.approx(1, abs=1e-9)
    parameters = ("theta", "phi", "psi", "kappa", "beta", "amplitude", "baseline")
    for name in parameters:
        assert getattr(found, name) == pytest.approx(getattr(true, name), rel=1e-3), name


def test_missing_nodes_are_left_out_of_the_fit():
    values = Kent(0.3, -0.2, 0.7, 3.0, 0.8, 2.0, 5.0).predict(grid_vectors())
    values[2, 3] = np.nan
    assert fit_kent(values)[0].kappa == pytest.approx(3, rel=1e-3)
    with pytest.raises(SampleError, match="at least seven known nodes, found 0"):
        fit_kent(np.full((11, 11), np.nan))


def test_a_constant_map_has_no_peak_and_no_roughness():
    peak, r2 = fit_kent(np.full((11, 11), 4.0))
    assert np.isnan([peak.kappa, r2]).all()
    assert set(roughness(np.full((11, 11), 4.0)).values()) == {0.0}


def test_roughness_grows_with_the_map_in_its_own_powers():
    values = GOLDEN["two_bumps_map"]
    once, thrice = roughness(values), roughness(3 * values)
    assert [thrice[name] / once[name] for name in ("laplace", "tv", "dirichlet")] == pytest.approx(
        [3, 3, 9]
    )

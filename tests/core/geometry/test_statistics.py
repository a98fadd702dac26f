"""Spectra, dimensions, consistency, averages and blocks: golden vectors and closed forms."""

import numpy as np
import pytest

from core.errors import SampleError, SettingError
from core.geometry import (
    Metric,
    amplification,
    average_metric,
    block_metric,
    consistency_of,
    dimensions,
    mean_spectrum,
    noise_floor,
    null_counts,
    off_diagonal,
    power_along_axes,
    project_metric,
)
from core.optimizers import HessCMAES


def metric_of(matrix, **more):
    return Metric(*np.linalg.eigh(matrix), matrix, **more)


def test_golden_dimensions_as_published_and_as_needed(golden):
    shares = (0.99, 0.999, 0.9999, 0.99999)
    for values, below, needed in zip(
        golden["geo_dims_spectra"],
        golden["geo_dims_published"],
        golden["geo_dims_needed"],
        strict=True,
    ):
        found = dimensions(values, shares)
        np.testing.assert_array_equal(found.below, below)
        np.testing.assert_array_equal(found.needed, needed)


def test_a_flat_spectrum_needs_its_share_of_dimensions():
    assert dimensions(np.ones(200), [0.5, 0.9925, 1]).needed.tolist() == [100, 199, 200]
    with pytest.raises(SampleError, match="eigenvalues other than 0, found 3 zeros"):
        dimensions(np.zeros(3))


def test_the_mean_spectrum_is_taken_rank_by_rank():
    found = mean_spectrum([[1, 5, 3], [6, -4, 2]])
    np.testing.assert_array_equal(found.mean, [5.5, 3.5, 1.5])
    np.testing.assert_allclose(found.low, [5.05, 3.05, 1.05])
    np.testing.assert_allclose(found.high, [5.95, 3.95, 1.95])


def test_a_null_space_is_counted_beside_its_noise_floor():
    values = np.array([-1e-9, 1e-9, 1e-7, 1, 2])
    assert null_counts(values, [0, 1e-8, 1e-6]).tolist() == [1, 2, 3]
    assert noise_floor(values, "float64") == pytest.approx(5 * 2 * 2.22e-16, rel=1e-3)


def golden_metrics(golden, name):
    parts = (golden[f"geo_mlp_{what}_{name}"] for what in ("eva", "evc", "H"))
    return [Metric(*part) for part in zip(*parts, strict=True)]


@pytest.mark.parametrize("name", ["mse", "perc"])
def test_golden_consistency(golden, name):
    found = consistency_of(golden_metrics(golden, name))
    np.testing.assert_allclose(found.log, golden[f"geo_mlp_corr_log_{name}"], rtol=1e-8)
    np.testing.assert_allclose(found.linear, golden[f"geo_mlp_corr_lin_{name}"], rtol=1e-8)
    np.testing.assert_allclose(found.entries, golden[f"geo_mlp_corr_vec_{name}"], rtol=1e-8)
    summary = [*off_diagonal(found.log), *off_diagonal(found.linear)]
    np.testing.assert_allclose(summary, golden[f"geo_mlp_homog_{name}"], rtol=1e-8)


def test_logarithms_that_do_not_exist_are_left_out_pair_by_pair(golden):
    found = consistency_of([metric_of(matrix) for matrix in golden["geo_neg_H"]])
    np.testing.assert_allclose(found.log, golden["geo_neg_corr_log"], rtol=1e-8)
    np.testing.assert_allclose(found.linear, golden["geo_neg_corr_lin"], rtol=1e-8)


def test_consistency_does_not_depend_on_how_much_is_done_at_once(golden, monkeypatch):
    metrics = golden_metrics(golden, "mse")
    whole = consistency_of(metrics)
    monkeypatch.setattr("core.geometry.consistency.ENTRIES_AT_ONCE", 1)
    np.testing.assert_allclose(consistency_of(metrics).log, whole.log, rtol=1e-12)


def test_metrics_of_other_lengths_or_in_part_have_no_consistency(golden):
    whole = golden_metrics(golden, "mse")
    leading = Metric(whole[0].eigenvalues[1:], whole[0].eigenvectors[:, 1:])
    for metrics in ([], [metric_of(np.eye(2)), whole[0]], [leading]):
        with pytest.raises(SampleError, match="all eigenvectors of codes of one length"):
            consistency_of(metrics)


def test_amplification_along_its_own_frame_gives_the_eigenvalues(golden):
    matrix, values, vectors = (golden[f"geo_mlp_{what}_mse"][0] for what in ("H", "eva", "evc"))
    np.testing.assert_allclose(amplification(vectors, matrix), values, rtol=1e-8)


def test_golden_average_and_its_top_axes(golden):
    metrics = (metric_of(matrix, generator="tanh") for matrix in golden["geo_mlp_H_perc"])
    found = average_metric(metrics)
    np.testing.assert_allclose(found.matrix, golden["geo_mlp_Havg_perc"], rtol=1e-8)
    np.testing.assert_allclose(found.eigenvalues, golden["geo_mlp_eva_avg_perc"], rtol=1e-8)
    top = found.top(3)
    np.testing.assert_allclose(top @ top.T, golden["geo_mlp_proj_top3_perc"], atol=1e-10)
    assert (found.code, found.method, found.generator) == (None, "average", "tanh")


def test_leading_parts_can_be_averaged(golden):
    wholes = [metric_of(matrix) for matrix in golden["geo_mlp_H_mse"]]
    leading = [Metric(m.eigenvalues[-2:], m.eigenvectors[:, -2:]) for m in wholes]
    found = average_metric(leading)
    expected = sum((m.eigenvectors * m.eigenvalues) @ m.eigenvectors.T for m in leading) / 5
    np.testing.assert_allclose(found.matrix, expected, atol=1e-15)
    with pytest.raises(SettingError, match="all eigenvectors, for a null space, found 2 of 8"):
        leading[0].null(1)


def test_metrics_of_different_generators_are_not_averaged():
    with pytest.raises(SampleError, match=r"all of \('a', '', 2\), found \('b', '', 2\)"):
        average_metric([metric_of(np.eye(2), generator=name) for name in "ab"])
    with pytest.raises(SampleError, match="at least one, found none"):
        average_metric([])


def test_a_block_is_the_metric_of_a_part_of_the_code(golden):
    whole = metric_of(golden["geo_mlp_H_mse"][0])
    block = block_metric(whole, slice(3, 8))
    np.testing.assert_array_equal(block.matrix, whole.matrix[3:, 3:])
    vector = block.axis(1)
    np.testing.assert_allclose(block.matrix @ vector, block.eigenvalues[-2] * vector, atol=1e-15)


def test_projected_on_its_own_top_axes_a_metric_is_diagonal(golden):
    whole = metric_of(golden["geo_mlp_H_mse"][0])
    found = project_metric(whole, whole.top(3))
    np.testing.assert_allclose(found.matrix, np.diag(whole.eigenvalues[-3:]), atol=1e-15)


def test_axes_are_counted_from_the_top():
    metric = metric_of(np.diag([1.0, 5.0, 3.0]))
    np.testing.assert_array_equal(np.abs(metric.axis(0)), [0, 1, 0])
    np.testing.assert_array_equal(np.abs(metric.null(1)[:, 0]), [1, 0, 0])
    with pytest.raises(SettingError, match="expected 0 to 2 of 3 eigenvectors, found 3"):
        metric.axis(3)
    with pytest.raises(SettingError, match="expected 1 to 3 of 3 eigenvectors, found 4"):
        metric.top(4)


def test_power_along_axes_counts_from_the_top_and_adds_up_to_1(golden):
    metric = metric_of(golden["geo_mlp_H_mse"][0])
    found = power_along_axes(np.stack([3 * metric.axis(2), np.ones(8)]), metric.eigenvectors)
    np.testing.assert_allclose(found[0], np.eye(8)[2], atol=1e-15)
    np.testing.assert_allclose(found.sum(1), 1)
    np.testing.assert_allclose(found[1, 0], metric.axis(0).sum() ** 2 / 8)
    with pytest.raises(SampleError, match="directions: expected lengths above 0"):
        power_along_axes(np.zeros((1, 8)), metric.eigenvectors)


def test_an_average_is_what_hessian_cma_searches_along(golden):
    average = average_metric(metric_of(matrix) for matrix in golden["geo_mlp_H_perc"])
    optimizer = HessCMAES(8, cutoff=int(golden["geo_hc_cutoff"]))
    optimizer.set_Hessian(
        average.eigenvalues[::-1],
        average.eigenvectors[:, ::-1],
        expon=float(golden["geo_hc_expon"]),
    )
    np.testing.assert_allclose(optimizer.A.T @ optimizer.A, golden["geo_hc_AtA"], rtol=1e-7)
    lengths = np.linalg.norm(optimizer.A, axis=1)
    np.testing.assert_allclose(lengths, golden["geo_hc_scaling"], rtol=1e-7)

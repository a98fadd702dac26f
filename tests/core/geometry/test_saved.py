"""Metrics in files: what is written is read, and published names are."""

import numpy as np
import pytest

from core.errors import StateError
from core.geometry import Metric, load_metric, save_metric
from core.geometry.saved import BLOCKS, EIGENPAIRS

MATRIX = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])

VALUES, VECTORS = np.linalg.eigh(MATRIX)


def test_a_metric_comes_back_whole(tmp_path):
    metric = Metric(
        VALUES,
        VECTORS,
        MATRIX,
        np.arange(3.0),
        distance="MSE",
        reduction="mean",
        dtype="float64",
        method="lanczos",
        residuals=np.zeros(3),
        asymmetry=1e-9,
        generator="small",
        seed=4,
    )
    save_metric(tmp_path / "metric.npz", metric)
    found = load_metric(tmp_path / "metric.npz", generator="small", n=3)
    for name, value in vars(metric).items():
        np.testing.assert_array_equal(getattr(found, name), value)


def test_what_a_metric_does_not_have_is_not_made_up(tmp_path):
    save_metric(tmp_path / "leading.npz", Metric(VALUES[1:], VECTORS[:, 1:]))
    found = load_metric(tmp_path / "leading.npz")
    assert (found.matrix, found.code, found.residuals, found.seed) == (None,) * 4
    np.testing.assert_array_equal(found.eigenvectors, VECTORS[:, 1:])


@pytest.mark.parametrize("names", EIGENPAIRS, ids="-".join)
@pytest.mark.parametrize("order", ["ascending", "descending", "rows"])
def test_published_files_are_read_in_any_order(tmp_path, names, order):
    values, vectors = VALUES, VECTORS
    if order == "descending":
        values, vectors = values[::-1], vectors[:, ::-1]
    if order == "rows":
        vectors = vectors.T
    arrays = dict(zip(names, (values, vectors, MATRIX), strict=True))
    np.savez(tmp_path / "Hess.npz", **arrays, vect=np.ones((1, 3)))
    found = load_metric(tmp_path / "Hess.npz")
    np.testing.assert_allclose(found.eigenvalues, VALUES)
    np.testing.assert_allclose(found.matrix @ found.eigenvectors, VECTORS * VALUES, atol=1e-14)
    assert (found.convention, found.code.tolist()) == ("hessian", [1, 1, 1])


@pytest.mark.parametrize("part", BLOCKS)
def test_the_blocks_of_a_published_biggan_file(tmp_path, part):
    names = BLOCKS[part][1]
    arrays = dict(zip(names, (VALUES, VECTORS, MATRIX), strict=True))
    np.savez(tmp_path / "H_avg_1000cls.npz", eigvals_avg=[1.0], eigvects_avg=[[1.0]], **arrays)
    np.testing.assert_array_equal(
        load_metric(tmp_path / "H_avg_1000cls.npz", part=part).matrix, MATRIX
    )
    assert load_metric(tmp_path / "H_avg_1000cls.npz").n == 1


def test_leading_eigenvectors_in_rows_are_turned(tmp_path):
    np.savez(tmp_path / "evol.npz", eigvals=VALUES[1:], eigvects=VECTORS[:, 1:].T)
    np.testing.assert_array_equal(load_metric(tmp_path / "evol.npz").eigenvectors, VECTORS[:, 1:])


def test_files_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "metric.npz"
    save_metric(path, Metric(VALUES, VECTORS, generator="BigGAN"))
    with pytest.raises(StateError, match="expected a metric of fc6, found one of BigGAN"):
        load_metric(path, generator="fc6")
    with pytest.raises(StateError, match="codes of length 4096, found length 3"):
        load_metric(path, n=4096)
    with pytest.raises(StateError, match=r"eigvals_nois, eigvects_nois or .*, found asymmetry"):
        load_metric(path, part="noise")
    np.savez(path, eva=VALUES, evc=VECTORS[:, ::-1], H=MATRIX)
    with pytest.raises(StateError, match="eigenvectors of the matrix beside them, found an error"):
        load_metric(path)
    np.savez(path, eva=VALUES, evc=VECTORS[:2, :2])
    with pytest.raises(StateError, match=r"eigenvectors of 3 eigenvalues, found \(2, 2\)"):
        load_metric(path)
    path.write_bytes(b"no archive")
    with pytest.raises(StateError, match="an npz file without pickles"):
        load_metric(path)
    np.savez(path, eva=VALUES, evc=np.where(VECTORS > 0, np.nan, VECTORS))
    with pytest.raises(StateError, match="finite eigenvalues and eigenvectors"):
        load_metric(path)
    np.savez(path, eva=np.array([None]), evc=VECTORS)
    with pytest.raises(StateError, match="without pickles"):
        load_metric(path)
    with pytest.raises(FileNotFoundError):
        load_metric(tmp_path / "none.npz")


@pytest.mark.parametrize(
    "others",
    [
        {"seed": "x"},
        {"asymmetry": np.arange(3)},
        {"H": np.full((3, 3), "a")},
        {"H": np.full((3, 3), np.nan)},
        {"eva": np.empty(0), "evc": np.empty((0, 0)), "H": np.empty((0, 0))},
    ],
)
def test_arrays_of_another_kind_are_refused_with_the_file_named(tmp_path, others):
    np.savez(tmp_path / "m.npz", **{"eva": VALUES, "evc": VECTORS, "H": MATRIX, **others})
    with pytest.raises(StateError, match=r"m\.npz: expected"):
        load_metric(tmp_path / "m.npz")


def test_a_metric_of_zero_is_read(tmp_path):
    np.savez(tmp_path / "m.npz", eva=np.zeros(3), evc=np.eye(3), H=np.zeros((3, 3)))
    assert load_metric(tmp_path / "m.npz").eigenvalues.tolist() == [0, 0, 0]

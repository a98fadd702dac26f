"""Metrics in npz files: one layout for what this project writes, and the names that it reads.

All published files are npz, and NumPy alone reads them; HDF5 would add a package and no more.

Written are ``eva`` and ``evc`` (eigenvalues ascending, eigenvectors in columns), ``H``, ``z``,
``residuals`` where there are any, and ``distance``, ``reduction``, ``convention``, ``dtype``,
``method``, ``asymmetry``, ``generator``, ``seed``. No pickles, in or out.
"""

from pathlib import Path

import numpy as np

from core.computing.archives import from_archive
from core.errors import StateError
from core.files import replacing
from core.geometry.metric import Metric

EIGENPAIRS = (
    ("eva", "evc", "H"),
    ("eva_BP", "evc_BP", "H_BP"),
    ("eigvals", "eigvects", "H"),
    ("eigvals_avg", "eigvects_avg", "H_avg"),
    ("eigv_avg", "eigvect_avg", "H_avg"),
    ("eva_avg", "evc_avg", "H_avg"),
    ("eigval_avg", "eigvect_avg", "H_avg"),
    ("eigval", "eigvec", "H_avg"),
)
"""Names of eigenvalues, eigenvectors and metric: ours, and those of the published files."""

BLOCKS = {
    "noise": (
        ("eigvals_nois", "eigvects_nois", "H_nois"),
        ("eigvals_nois_avg", "eigvects_nois_avg", "H_nois_avg"),
    ),
    "class": (
        ("eigvals_clas", "eigvects_clas", "H_clas"),
        ("eigvals_clas_avg", "eigvects_clas_avg", "H_clas_avg"),
    ),
}
"""The same for the parts of a BigGAN code in published files."""

CODES = ("z", "feat", "vect", "code", "vector")

TEXTS = ("distance", "reduction", "convention", "dtype", "method", "generator")

TOLERANCE = 1e-2
"""Largest ``|H v - lambda v|`` by the largest eigenvalue in files of single precision."""


def save_metric(path: Path, metric: Metric) -> None:
    """Write a metric; the file appears whole or not at all.

    Parameters
    ----------
    path
        Where, with the ending ``.npz``.
    metric
        What.
    """
    arrays = {"eva": metric.eigenvalues, "evc": metric.eigenvectors, "asymmetry": metric.asymmetry}
    optional = {
        "H": metric.matrix,
        "z": metric.code,
        "residuals": metric.residuals,
        "seed": metric.seed,
    }
    arrays |= {name: value for name, value in optional.items() if value is not None}
    arrays |= {name: getattr(metric, name) for name in TEXTS}
    with replacing(Path(path)) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def load_metric(
    path: Path, *, part: str | None = None, generator: str = "", n: int | None = None
) -> Metric:
    """Read a metric of this project or a published one.

    Eigenvalues come back ascending and eigenvectors in columns, however they were stored.

    Parameters
    ----------
    path
        An npz file.
    part
        ``"noise"`` or ``"class"``: that block of a published BigGAN file.
    generator
        Name of the generator that it must be of; files that name none pass.
    n
        Length that its codes must have.

    Returns
    -------
    Metric

    Raises
    ------
    MissingFileError
        If there is no such file.
    StateError
        If the file holds no metric, or one with NaN or infinity, is of another generator, or its
        eigenvectors do not fit its matrix.
    """
    arrays = _read(Path(path))
    candidates = EIGENPAIRS if part is None else BLOCKS[part]
    names = next((names for names in candidates if names[0] in arrays), None)
    if names is None or names[1] not in arrays:
        wanted = " or ".join(f"{values}, {vectors}" for values, vectors, _ in candidates)
        raise StateError(path=path, expected=wanted, found=", ".join(sorted(arrays)) or "nothing")
    values, vectors = arrays[names[0]].ravel(), arrays[names[1]]
    matrix = arrays.get(names[2])
    given = [array for array in (values, vectors, matrix) if array is not None]
    if not len(values) or not all(_is_finite(array) for array in given):
        raise StateError(path=path, expected="finite eigenvalues and eigenvectors", found="others")
    values, vectors = _ascending(values, _in_columns(path, values, vectors, matrix))
    texts = {name: str(arrays[name]) for name in TEXTS if name in arrays}
    code = next((arrays[name].ravel() for name in CODES if name in arrays), None)
    try:
        asymmetry = float(arrays.get("asymmetry", 0))
        seed = int(arrays["seed"]) if "seed" in arrays else None
    except (TypeError, ValueError, OverflowError) as error:
        found = f"others ({error})"
        raise StateError(path=path, expected="numbers as asymmetry and seed", found=found) from None
    metric = Metric(
        values,
        vectors,
        matrix,
        code,
        residuals=arrays.get("residuals"),
        asymmetry=asymmetry,
        seed=seed,
        **texts,
    )
    if generator and metric.generator not in ("", generator):
        raise StateError(
            path=path, expected=f"a metric of {generator}", found=f"one of {metric.generator}"
        )
    if n is not None and metric.n != n:
        raise StateError(
            path=path, expected=f"a metric of codes of length {n}", found=f"length {metric.n}"
        )
    return metric


def has_part(path: Path, part: str) -> bool:
    """Whether a file holds a block of BigGAN's metric under a published name.

    Parameters
    ----------
    path
        An npz file.
    part
        ``"noise"`` or ``"class"``.

    Raises
    ------
    MissingFileError, StateError
        If it is none.
    """
    names = from_archive(path, lambda archive: archive.files, "an npz file with a metric")
    return any(values in names for values, *_ in BLOCKS[part])


def _read(path: Path) -> dict[str, np.ndarray]:
    return from_archive(path, dict, "an npz file without pickles")


def _is_finite(array: np.ndarray) -> bool:
    return array.dtype.kind in "fiu" and bool(np.isfinite(array).all())


def _in_columns(
    path: Path, values: np.ndarray, vectors: np.ndarray, matrix: np.ndarray | None
) -> np.ndarray:
    """Eigenvectors in columns: the first published files of fc6 have them in rows."""
    k = len(values)
    if vectors.ndim != 2 or k not in vectors.shape:
        raise StateError(
            path=path, expected=f"eigenvectors of {k} eigenvalues", found=vectors.shape
        )
    if vectors.shape[1] != k:
        return vectors.T
    if matrix is None or _misfit(matrix, values, vectors) < TOLERANCE:
        return vectors
    if vectors.shape[0] == k and _misfit(matrix, values, vectors.T) < TOLERANCE:
        return vectors.T
    raise StateError(
        path=path,
        expected="eigenvectors of the matrix beside them",
        found=f"an error of {_misfit(matrix, values, vectors):.2g} of the largest eigenvalue",
    )


def _misfit(matrix: np.ndarray, values: np.ndarray, vectors: np.ndarray) -> float:
    if matrix.shape != (len(vectors), len(vectors)):
        return np.inf
    error = float(np.abs(matrix @ vectors - vectors * values).max())
    return error / float(np.abs(values).max()) if error else 0.0


def _ascending(values: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(values, kind="stable")
    return values[order], vectors[:, order]

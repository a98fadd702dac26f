"""The leading eigenpairs of a metric that is never formed: Lanczos, or a randomised range finder.

Both need products of the metric with vectors only. Lanczos asks for one at a time, the randomised
way (Halko, Martinsson & Tropp 2011) for a block, so that the network is passed for many at once.
Lanczos pays where k is far below a tenth of the length of a code; otherwise form the metric.
"""

import numpy as np
import torch

from core.computing.random_source import Randomness, standard_normal
from core.errors import RunError, SettingError
from core.generators.protocol import Generator
from core.geometry.at_code import with_origin
from core.geometry.local_map import MEMORY, Distance, Images, LocalMap
from core.geometry.metric import Metric
from core.optional import import_package
from core.settings import whole

POWER_STEPS = 1
"""Times that the block of the randomised way goes through the metric before it is measured."""


def leading_metric(
    generator: Generator | Images,
    code: torch.Tensor | np.ndarray,
    distance: Distance,
    k: int,
    *,
    method: str = "randomised",
    power: int = POWER_STEPS,
    dtype: torch.dtype | None = None,
    memory: float = MEMORY,
    rng: Randomness,
) -> Metric:
    """The k largest eigenvalues of the metric at a code, and their eigenvectors.

    Parameters
    ----------
    generator
        As in `metric_tensor`.
    code : (n,) or (1, n)
        Where.
    distance
        As in `metric_tensor`.
    k
        How many pairs; at most n.
    method
        ``"randomised"``, with a block of k more vectors than are wanted (at least 10), or
        ``"lanczos"`` (ARPACK), for fewer than n pairs. Randomised values of flat spectra are too
        small: see the residuals.
    power
        Power steps of the randomised way.
    dtype
        Precision; by default the generator's.
    memory
        Bytes that derivatives may take at a time.
    rng
        Source of the start vectors.

    Returns
    -------
    Metric
        Without its matrix; with the residual of each pair. Of Lanczos, the pairs that converged.

    Raises
    ------
    SettingError
        If more pairs are wanted than there are, or there is no such method.
    RunError
        If Lanczos finds no pair at all.

    Examples
    --------
    >>> from core.generators.small import SmallGenerator
    >>> from core.geometry.distances import PixelDistance
    >>> small, code = SmallGenerator(32, 16), torch.zeros(32)
    >>> found = leading_metric(small, code, PixelDistance(), 3, method="lanczos", rng=0)
    >>> found.eigenvectors.shape, bool(found.residuals.max() < 1e-4)
    ((32, 3), True)
    """
    around = LocalMap(generator, code, distance, dtype=dtype, memory=memory)
    whole(k, "k", at_least=1)
    highest = {"randomised": around.n, "lanczos": around.n - 1}.get(method)
    if highest is None:
        raise SettingError(path="method", expected="randomised or lanczos", found=repr(method))
    if k > highest:
        raise SettingError(
            path="k", expected=f"at most {highest} pairs of a code of {around.n}", found=k
        )
    if method == "lanczos":
        values, vectors = _lanczos(around, k, rng)
    else:
        values, vectors = _randomised(around, k, whole(power, "power", at_least=0), rng)
    apart = around.products(vectors.T.contiguous()).T - values * vectors
    return with_origin(around, distance, generator, method)(
        values.cpu().numpy(),
        vectors.cpu().numpy(),
        residuals=(torch.linalg.vector_norm(apart, dim=0) / values.abs().max()).cpu().numpy(),
        seed=rng if isinstance(rng, int) else None,
    )


def _randomised(
    around: LocalMap, k: int, power: int, rng: Randomness
) -> tuple[torch.Tensor, torch.Tensor]:
    width = min(around.n, k + max(10, k))
    block = _start(around, width, rng)
    for _ in range(power + 1):
        block = torch.linalg.qr(around.products(block).T).Q.T.contiguous()
    if around.is_of_features:
        _, singular, rows = torch.linalg.svd(around.jvp(block).T, full_matrices=False)
        values, rows = 2 * singular.square().flip(0), rows.flip(0)
    else:
        small = block @ around.products(block).T
        values, columns = torch.linalg.eigh((small + small.T) / 2)
        rows = columns.T
    return values[-k:], (rows[-k:] @ block).T


def _lanczos(around: LocalMap, k: int, rng: Randomness) -> tuple[torch.Tensor, torch.Tensor]:
    linalg = import_package("scipy.sparse.linalg", "Lanczos")
    start = _start(around, 1, rng)[0]

    def product(vector: np.ndarray) -> np.ndarray:
        row = torch.from_numpy(np.ascontiguousarray(vector.ravel())).to(around.code)
        return around.products(row[None])[0].cpu().numpy()

    like = start.cpu().numpy()
    operator = linalg.LinearOperator((around.n, around.n), matvec=product, dtype=like.dtype)
    try:
        values, vectors = linalg.eigsh(operator, k, which="LM", v0=like)
    except linalg.ArpackNoConvergence as error:
        values, vectors = error.eigenvalues, error.eigenvectors
        if not len(values):
            found = "that none converged"
            raise RunError(path="lanczos", expected="eigenpairs", found=found) from None
    order = np.argsort(values)
    return (torch.from_numpy(part).to(around.code) for part in (values[order], vectors[:, order]))


def _start(around: LocalMap, n_rows: int, rng: Randomness) -> torch.Tensor:
    return standard_normal((n_rows, around.n), around.code.device, rng).to(around.dtype)

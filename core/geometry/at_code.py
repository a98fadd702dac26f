"""The whole metric at one code.

For distances of features ``H = 2 J^T J``; eigenvalues come from J and not from H, so that none is
negative, and those far below float32's noise in H are still right. The published way,
backpropagation through the gradient, is kept as a check.
"""

from collections.abc import Callable

import numpy as np
import torch

from core.errors import PromiseError, SettingError
from core.generators.protocol import Generator
from core.geometry.local_map import MEMORY, Distance, Images, LocalMap
from core.geometry.metric import Metric, name_of

METHODS = ("auto", "jacobian", "products", "backprop")


def metric_tensor(
    generator: Generator | Images,
    code: torch.Tensor | np.ndarray,
    distance: Distance,
    *,
    method: str = "auto",
    dtype: torch.dtype | None = None,
    memory: float = MEMORY,
) -> Metric:
    """The whole metric at one code.

    Parameters
    ----------
    generator
        A `Generator`, or any function from codes ``(B, n)`` to images ``(B, 3, H, W)`` in [0, 1].
    code : (n,) or (1, n)
        Where.
    distance
        A `FeatureDistance`, or any function of two batches of images, smooth where they are equal.
    method
        ``"jacobian"`` (distances of features; exact to the rounding of J); ``"products"`` (any
        distance; J is not kept); ``"backprop"`` (as published, slow); ``"auto"``: the first where J
        fits into memory, else the second.
    dtype
        Precision; by default the generator's. float64 is `torch.float64`.
    memory
        Bytes that derivatives, and J, may take at a time.

    Returns
    -------
    Metric

    Raises
    ------
    SettingError
        If the method does not exist or does not fit the distance or memory.
    PromiseError
        If the generator cannot be differentiated, is random, or ignores the code.
    CodeError, ImageError
        If a code or an image is not finite.

    Examples
    --------
    >>> from core.geometry.distances import PixelDistance
    >>> stretch = torch.tensor([1.0, 2.0, 3.0])
    >>> line = lambda codes: (codes * stretch).reshape(-1, 3, 1, 1)
    >>> metric_tensor(line, torch.zeros(3), PixelDistance("sum")).eigenvalues
    array([ 2.,  8., 18.], dtype=float32)
    """
    if method not in METHODS:
        raise SettingError(path="method", expected=", ".join(METHODS), found=repr(method))
    around = LocalMap(generator, code, distance, dtype=dtype, memory=memory)
    n_bytes = len(around.value) * around.n * around.value.itemsize
    fits = around.is_of_features and n_bytes <= memory
    if method == "auto":
        method = "jacobian" if fits else "products"
    if method == "jacobian" and not fits:
        raise SettingError(
            path="method",
            expected="products for a distance without features, or a Jacobian above memory",
            found=f"jacobian ({n_bytes:.3g} bytes)",
        )
    values, vectors, matrix, asymmetry = _WAYS[method](around)
    if not values[-1] > 0:
        advice = "it ignores the code, rounds, or is saturated everywhere"
        if not around.is_of_features:
            advice += ", or the distance has a kink where images are equal"
        raise PromiseError(
            path="generator",
            expected="images that change with the code",
            found="a derivative of 0 in every direction",
            advice=advice,
        )
    return with_origin(around, distance, generator, method)(
        values.cpu().numpy(),
        vectors.cpu().numpy(),
        matrix.cpu().numpy(),
        asymmetry=asymmetry,
    )


def with_origin(
    around: LocalMap, distance: Distance, generator: Generator | Images, method: str
) -> Callable[..., Metric]:
    """`Metric` with all that says where it comes from filled in.

    Parameters
    ----------
    around
        The generator and distance at the code.
    distance, generator
        For their names.
    method
        How it was computed.
    """

    def make(values, vectors, matrix=None, **more) -> Metric:
        return Metric(
            values,
            vectors,
            matrix,
            around.code.cpu().numpy(),
            distance=name_of(distance),
            reduction=getattr(distance, "reduction", ""),
            dtype=str(around.dtype).removeprefix("torch."),
            method=method,
            generator=name_of(generator),
            **more,
        )

    return make


def _by_jacobian(around: LocalMap) -> tuple:
    """From the singular values of the Jacobian, by whichever of its sides is shorter."""
    identity = torch.eye(min(around.n, len(around.value))).to(around.code)
    is_tall = len(identity) == around.n
    jacobian = around.jvp(identity).T if is_tall else around.vjp(identity)
    core = torch.linalg.qr(jacobian, mode="r").R  # (<= n, n), the same singular values
    matrix, _ = _symmetric(2 * core.T @ core)
    if around.dtype == torch.float64:
        _, singular, rows = torch.linalg.svd(core, full_matrices=True)
        values = torch.zeros_like(around.code)
        values[: len(singular)] = 2 * singular.square()
        return values.flip(0), rows.flip(0).T, matrix, 0.0
    # in double precision the product keeps what single precision resolves; a GPU's SVD is slow
    double = core.double()
    values, vectors = torch.linalg.eigh(2 * double.T @ double)
    values[: around.n - len(core)] = 0
    return values.clamp_min(0).to(core), vectors.to(core), matrix, 0.0


def _by_products(around: LocalMap) -> tuple:
    return _decomposed(around.products(torch.eye(around.n).to(around.code)))


def _by_backprop(around: LocalMap) -> tuple:
    code = around.code.clone().requires_grad_(True)
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(around.distance_from_here(code), code, create_graph=True)
        rows = [
            torch.autograd.grad(entry, code, retain_graph=True, materialize_grads=True)[0]
            for entry in slope
        ]
    return _decomposed(torch.stack(rows))


_WAYS = {"jacobian": _by_jacobian, "products": _by_products, "backprop": _by_backprop}


def _decomposed(matrix: torch.Tensor) -> tuple:
    matrix, asymmetry = _symmetric(matrix)
    return *torch.linalg.eigh(matrix), matrix, asymmetry


def _symmetric(matrix: torch.Tensor) -> tuple[torch.Tensor, float]:
    """A matrix made symmetric, and how far it was from it."""
    largest = matrix.abs().max()
    apart = (matrix - matrix.T).abs().max() / 2
    return (matrix + matrix.T) / 2, float(apart / largest) if largest else 0.0

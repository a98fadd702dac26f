"""How well a linear function of the latent code predicts each unit of a network.

Images are generated from random codes; the unit in the middle of every feature map, and every unit
of the layers without positions, is regressed on the codes by ridge regression, on all of the code
and on parts of it. Extended Data Figure 5D (BigGAN) and 5E (DeePSim fc6), there with Caffenet; any
generator and network will do.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from core.computing.random_source import Randomness, torch_generator
from core.contract.ext5 import N_HESSIAN
from core.errors import CodeError
from core.generators.biggan import BigGAN
from core.generators.protocol import Generator
from core.probing.recording import centre
from core.probing.scorer import Scorer
from core.spaces import TRUNCATION
from core.statistics.linearity import ALPHAS, linearity_table

N_CODES = 5000

NO_UNITS = "flatten"
"""A layer of Caffenet that repeats another's units."""


def sample_codes(G: Generator, n: int = N_CODES, rng: Randomness = None) -> np.ndarray:  # noqa: N803
    """Codes from a generator's own distribution.

    Parameters
    ----------
    G
        DeePSim, BigGAN or another generator.
    n
        How many.
    rng
        Source of randomness.

    Returns
    -------
    (n, latent_dim) float32

    Notes
    -----
    BigGAN's noise is truncated at two standard deviations and scaled by 0.7, its classes are drawn
    evenly; DeePSim's codes are standard normal.
    """
    rng = torch_generator(rng)
    codes = G.sample(n, rng=rng).flatten(1)
    if isinstance(G, BigGAN):
        n_noise = G.latent_dim // 2
        noise = torch.empty(n, n_noise, device=None if rng is None else rng.device)
        torch.nn.init.trunc_normal_(noise, a=-2.0, b=2.0, generator=rng)
        codes[:, :n_noise] = TRUNCATION * noise.to(codes)
    return codes.cpu().numpy()


def code_parts(
    codes: np.ndarray, eigenvectors: np.ndarray | None = None, biggan: bool = False
) -> dict[str, np.ndarray]:
    """A code and its parts, by the suffix of their columns.

    Parameters
    ----------
    codes
        ``(n, d)``
    eigenvectors
        ``(d, d)`` columns, by rising eigenvalue, of the generator's mean metric (Hessian). The top
        parts are projections on the last 512, 256 and 128, the null parts on the first.
    biggan
        Whether the code is noise and then class.

    Raises
    ------
    CodeError
        If the eigenvectors do not have the codes' dimension.
    """
    parts = {"": codes}
    if biggan:
        half = codes.shape[1] // 2
        parts |= {"_class": codes[:, half:], "_noise": codes[:, :half]}
    if eigenvectors is not None:
        if eigenvectors.shape != (codes.shape[1],) * 2:
            raise CodeError(
                expected=f"eigenvectors {(codes.shape[1],) * 2} for codes of "
                f"{codes.shape[1]} values",
                found=eigenvectors.shape,
            )
        parts |= {f"_top_Hess{k}": codes @ eigenvectors[:, -k:] for k in N_HESSIAN}
        parts |= {f"_null_Hess{k}": codes @ eigenvectors[:, :k] for k in N_HESSIAN}
    return parts


def central_features(
    G: Generator,  # noqa: N803
    scorer: Scorer,
    codes: np.ndarray,
    layers: Sequence[str],
    batch_size: int = 40,
) -> dict[str, np.ndarray]:
    """Central units of layers, for the images of codes.

    Parameters
    ----------
    G, scorer
        Generator, and the scorer of a network, whose recordings are replaced.
    codes
        ``(n, latent_dim)``
    layers
        Names as the scorer takes them.
    batch_size
        Images at a time.

    Returns
    -------
    By layer, ``(n, n_units)`` float32: one unit for each channel of a layer with positions, all
    units of one without.
    """
    scorer.close()
    for layer in layers:
        scorer.record(layer, layer, mask=central_units(scorer.layer_shape(layer)))
    features: dict[str, np.ndarray] = {}
    for start in range(0, len(codes), batch_size):
        where = slice(start, start + batch_size)
        images = G.images(codes[where], batch_size=batch_size)
        recorded = scorer.responses(images, batch_size=batch_size)
        for layer, values in recorded.items():
            if layer not in features:
                features[layer] = np.empty((len(codes), values.shape[1]), dtype=np.float32)
            features[layer][where] = values
    scorer.close()
    return features


def central_units(shape: Sequence[int]) -> np.ndarray:
    """Flat indices (C order) of the middle of every feature map, or of all units.

    Examples
    --------
    >>> central_units((2, 3, 3))
    array([ 4, 13])
    >>> central_units((3,))
    array([0, 1, 2])
    """
    if len(shape) == 1:
        return np.arange(shape[0])
    row, column = centre(shape)
    _, n_rows, n_columns = shape
    return np.arange(shape[0]) * n_rows * n_columns + row * n_columns + column


def linearity_results(
    G: Generator,  # noqa: N803
    scorer: Scorer,
    layers: Mapping[str, tuple[str, int]],
    codes: np.ndarray,
    eigenvectors: np.ndarray | None = None,
    alphas: Sequence[float] | np.ndarray = ALPHAS,
) -> pd.DataFrame:
    """R2 of every central unit from codes and their parts, in the published form.

    Parameters
    ----------
    G, scorer
        Generator, and the scorer of a network, whose recordings are replaced.
    layers
        By short name, the name as the scorer takes it and the published index, as from
        `caffenet_layers`.
    codes
        ``(n, latent_dim)``, as from `sample_codes`.
    eigenvectors
        As in `code_parts`.
    alphas
        Ridge penalties to choose from.

    Returns
    -------
    DataFrame with ``Layer``, ``Target``, ``Train_R2<suffix>`` and ``Test_R2<suffix>`` for each
    part, ``Layer_index`` and ``unit_index``. The target is the unit: for BigGAN its place in the
    layer as text, ``"(12, 6, 6)"`` or ``"(12,)"``, for others its number, as published.
    """
    biggan = isinstance(G, BigGAN)
    parts = code_parts(codes, eigenvectors, biggan)
    recorded = central_features(G, scorer, codes, [name for name, _ in layers.values()])
    features = {short: recorded[name] for short, (name, _) in layers.items()}
    table = linearity_table(parts, features, alphas)
    table["Layer_index"] = table["Layer"].map({short: i for short, (_, i) in layers.items()})
    places = {short: _place(scorer.layer_shape(name)) for short, (name, _) in layers.items()}
    table["Target"] = [
        str((unit, *places[layer])) if biggan else unit
        for layer, unit in zip(table["Layer"], table["unit_index"], strict=True)
    ]
    last = ["Layer_index", "unit_index"]
    return table[["Layer", "Target", *(c for c in table if "_R2" in c), *last]]


def _place(shape: Sequence[int]) -> tuple[int, ...]:
    """Row and column of the central units of a layer; nothing where it has no positions."""
    return () if len(shape) == 1 else centre(shape)


def caffenet_layers(scorer: Scorer) -> dict[str, tuple[str, int]]:
    """Short name, dotted name and published index of every layer of Caffenet that has units.

    Returns
    -------
    ``{"conv1": (".net.Conv2dconv1", 0), "relu1": (".net.ReLUrelu1", 1), ...}``
    """
    children = list(scorer.model.net.named_children())
    return {
        name: (f".net.{type(layer).__name__}{name}", index)
        for index, (name, layer) in enumerate(children)
        if name != NO_UNITS
    }

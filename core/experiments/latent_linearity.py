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

from core.errors import CodeError, SettingError
from core.optional import import_package
from core.utils.biggan import PUBLISHED_TRUNCATION, BigGAN_wrapper
from core.utils.generator import Generator, Randomness, as_generator
from core.utils.recording import centre
from core.utils.scoring import TorchScorer

N_CODES = 5000

ALPHAS = np.logspace(-3, 12, 100)
"""Ridge penalties: those of the same authors' regressions on neurons, as these are unpublished."""

TEST_SHARE, SPLIT_SEED = 0.2, 42

N_HESSIAN = (512, 256, 128)
"""Numbers of eigenvectors that the top and the null part of a DeePSim code keep."""

NO_UNITS = "flatten"
"""A layer of Caffenet that repeats another's units."""


def sample_codes(G: Generator, n: int = N_CODES, generator: Randomness = None) -> np.ndarray:  # noqa: N803
    """Codes ``(n, latent_dim)`` float32 from a generator's own distribution.

    BigGAN's noise is truncated at two standard deviations and scaled by 0.7, its classes are drawn
    evenly; DeePSim's codes are standard normal.
    """
    generator = as_generator(generator)
    codes = G.sample_vector(n, generator=generator).flatten(1)
    if isinstance(G, BigGAN_wrapper):
        n_noise = G.latent_dim // 2
        noise = torch.empty(n, n_noise, device=None if generator is None else generator.device)
        torch.nn.init.trunc_normal_(noise, a=-2.0, b=2.0, generator=generator)
        codes[:, :n_noise] = PUBLISHED_TRUNCATION * noise.to(codes)
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
                f"expected eigenvectors {(codes.shape[1],) * 2} for codes of {codes.shape[1]} "
                f"values, found {eigenvectors.shape}."
            )
        parts |= {f"_top_Hess{k}": codes @ eigenvectors[:, -k:] for k in N_HESSIAN}
        parts |= {f"_null_Hess{k}": codes @ eigenvectors[:, :k] for k in N_HESSIAN}
    return parts


def central_features(
    G: Generator,  # noqa: N803
    scorer: TorchScorer,
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
    scorer.cleanup()
    for layer in layers:
        scorer.set_popul_recording(layer, central_units(scorer.layer_shape(layer)))
    features: dict[str, np.ndarray] = {}
    for start in range(0, len(codes), batch_size):
        where = slice(start, start + batch_size)
        images = G.visualize_batch(torch.from_numpy(codes[where]), B=batch_size, device=None)
        _, recorded = scorer.score_tsr(images, B=batch_size)
        for layer, values in recorded.items():
            if layer not in features:
                features[layer] = np.empty((len(codes), values.shape[1]), dtype=np.float32)
            features[layer][where] = values
    scorer.cleanup()
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


def ridge_r2(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """R2 of every column of y from x, in the training and in the test set, (n_units,) each.

    One ridge regression of all columns, with a penalty of its own for each, chosen by generalised
    cross-validation on the training set. A column that is constant has R2 = 1.

    Raises
    ------
    SettingError
        If there are fewer than ten codes.
    """
    linear_model = import_package("sklearn.linear_model", "ridge regression")
    selection = import_package("sklearn.model_selection", "ridge regression")
    metrics = import_package("sklearn.metrics", "ridge regression")
    if len(x) < 10:
        raise SettingError(f"expected at least 10 codes, found {len(x)}.")
    halves = selection.train_test_split(
        x, y.astype(float), test_size=TEST_SHARE, random_state=SPLIT_SEED
    )
    x_train, x_test, y_train, y_test = halves
    ridge = linear_model.RidgeCV(ALPHAS, alpha_per_target=y.shape[1] > 1).fit(x_train, y_train)
    train, test = (
        metrics.r2_score(truth, ridge.predict(codes).reshape(truth.shape), multioutput="raw_values")
        for codes, truth in ((x_train, y_train), (x_test, y_test))
    )
    return train, test


def linearity_table(
    parts: Mapping[str, np.ndarray], features: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """R2 of every unit from the code and from its parts.

    Parameters
    ----------
    parts
        By suffix, ``(n, k)``, as from `code_parts`.
    features
        By layer, ``(n, n_units)``, as from `central_features`; in the order of the network.

    Returns
    -------
    DataFrame with ``Layer``, ``unit_index``, ``Layer_index`` (position among `features`), and
    ``Train_R2<suffix>`` and ``Test_R2<suffix>`` for each part.
    """
    tables = []
    for index, (layer, values) in enumerate(features.items()):
        columns = {"Layer": layer, "unit_index": np.arange(values.shape[1]), "Layer_index": index}
        for suffix, x in parts.items():
            train, test = ridge_r2(x, values)
            columns |= {f"Train_R2{suffix}": train, f"Test_R2{suffix}": test}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def caffenet_layers(scorer: TorchScorer) -> dict[str, tuple[str, int]]:
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

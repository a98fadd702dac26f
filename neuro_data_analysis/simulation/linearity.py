"""How linear surrogate network units are in the simulated codes (Extended Data Figure 5D and 5E).

Seven layers of 96 units stand in for Caffenet's, under its layer names: each unit is a random
linear readout of image features, with noise; low layers read texture, high ones objects. Nothing is
drawn from the published outcome: codes make features, features make units, and ridge regression
predicts the units from the codes. Model: docs/simulation.md.
"""

import numpy as np
import pandas as pd

from core.contract import ext5
from core.statistics.linearity import linearity_table
from neuro_data_analysis.simulation.parameters import N_LATENT, Parameters
from neuro_data_analysis.simulation.world import GROUPS, FeatureGenerator, World

LAYERS = {
    "conv1": 0,
    "relu1": 1,
    "conv2": 4,
    "relu2": 5,
    "conv3": 8,
    "relu3": 9,
    "conv4": 10,
    "relu4": 11,
    "conv5": 12,
    "relu5": 13,
    "fc6": 16,
    "relu6": 17,
    "fc7": 18,
    "relu7": 19,
}
"""Caffenet's layers that are stood in for, with their place in the network; each is followed by
its rectified version."""

N_UNITS = 96
N_CODES, CODE_SD = 1200, 1.2
"""Codes per generator, and their spread in units of the optimizer's first step."""

OTHER_SHARE, READOUT_SCALE, NOISE_SHARE = 0.35, 1 / 6, 0.15
ALPHAS = 10.0 ** np.arange(-2, 6)
"""Ridge penalties."""


def simulate_linearity(
    world: World, rng: np.random.Generator, parameters: Parameters
) -> dict[str, pd.DataFrame]:
    """R2 of the surrogate units from the codes of both generators.

    Parameters
    ----------
    world
        Both generators.
    rng
        Generator of codes, units and noise.
    parameters
        Constants of the model.

    Returns
    -------
    "BigGAN" and "DeePSim": DataFrame with the columns of `core.contract.ext5.LINEARITY`, rows in
    the order of the network.
    """
    n_noise = parameters.object_space.n_code // 2
    codes = draw_codes(world.object, rng)
    features = surrogate_features(world.object.features(codes), rng)
    biggan = _published_form("BigGAN", biggan_parts(world.object, codes, n_noise), features)
    codes = draw_codes(world.texture, rng)
    features = surrogate_features(world.texture.features(codes), rng)
    deepsim = _published_form("DeePSim", deepsim_parts(world.texture, codes, rng), features)
    return {"BigGAN": biggan, "DeePSim": deepsim}


def draw_codes(generator: FeatureGenerator, rng: np.random.Generator) -> np.ndarray:
    """Codes (n, n_code) around a generator's origin, as wide as a young population.

    Parameters
    ----------
    generator
        Its origin and first step are used.
    rng
        Generator of the draw.
    """
    space = generator.space
    spread = CODE_SD * space.init_sigma
    return generator.origin + spread * rng.standard_normal((N_CODES, space.n_code))


def surrogate_features(
    groups: dict[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Responses of the units of every layer to images.

    Parameters
    ----------
    groups
        Features of the images by group, (n, 12) each.
    rng
        Generator of readouts and noise.

    Returns
    -------
    dict
        (n, 96) by layer, in the order of the network.
    """
    names = list(LAYERS)
    results = {}
    for depth, share in enumerate(np.linspace(0, 1, len(names) // 2)):
        weights = {
            "texture": 1 - share,
            "object": share,
            "other": OTHER_SHARE * np.sqrt(1 - share),
        }
        x = np.hstack([weights[group] * groups[group] for group in GROUPS])
        y = READOUT_SCALE * x @ rng.standard_normal((x.shape[1], N_UNITS))
        y += NOISE_SHARE * y.std(axis=0) * rng.standard_normal(y.shape)
        results[names[2 * depth]] = y
        results[names[2 * depth + 1]] = np.maximum(y, y.mean(axis=0))
    return results


def biggan_parts(
    generator: FeatureGenerator, codes: np.ndarray, n_noise: int
) -> dict[str, np.ndarray]:
    """Latents (n, 24) of the whole code, and of its class and its noise part alone, by suffix.

    The latents are linear in the code and features depend on nothing else, so they say what a code
    does in fewer numbers.

    Parameters
    ----------
    generator
        The object space.
    codes : (n, n_code)
        Codes, which begin with the noise.
    n_noise
        Length of the noise.
    """
    is_noise = np.arange(codes.shape[1]) < n_noise
    return {
        "": generator.latents(codes),
        "_class": generator.latents(codes * ~is_noise),
        "_noise": generator.latents(codes * is_noise),
    }


def deepsim_parts(
    generator: FeatureGenerator, codes: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Latents (n, 24) of codes, and codes projected on eigenvectors of the metric, by suffix.

    The metric of the features at the generator's origin, ``J.T @ J``, has 24 eigenvectors of
    positive eigenvalue. All others span its null space, in which any orthonormal basis will do: the
    top k are the 24 and k - 24 null ones, the null k are null ones that no top part holds. Null
    directions only add noise, so R2 falls as k rises. Projections are in the units of the latents,
    so that the penalties mean the same.

    Parameters
    ----------
    generator
        The texture space.
    codes : (n, n_code)
        Codes.
    rng
        Generator of the basis of the null space.
    """
    _, _, directions = np.linalg.svd(
        generator.jacobian(generator.origin, GROUPS), full_matrices=False
    )
    n_top = max(ext5.N_HESSIAN)
    others = rng.standard_normal((codes.shape[1], 2 * n_top - N_LATENT))
    basis = np.linalg.qr(np.hstack([directions[:N_LATENT].T, others]))[0]
    projected = codes @ basis / generator.space.latent_scale
    return {
        "": generator.latents(codes),
        **{f"_top_Hess{k}": projected[:, :k] for k in ext5.N_HESSIAN},
        **{f"_null_Hess{k}": projected[:, n_top : n_top + k] for k in ext5.N_HESSIAN},
    }


def _published_form(
    name: str, parts: dict[str, np.ndarray], features: dict[str, np.ndarray]
) -> pd.DataFrame:
    """One regression of all units, as a table with the published columns."""
    table = linearity_table(parts, {"": np.hstack(list(features.values()))}, ALPHAS)
    table["Layer"] = np.repeat(list(features), N_UNITS)
    table["Layer_index"] = table["Layer"].map(LAYERS)
    table["unit_index"] = np.tile(np.arange(N_UNITS), len(features))
    units = table["unit_index"]
    table["Target"] = units.map("({},)".format) if name == "BigGAN" else units
    return table[[column.name for column in ext5.LINEARITY[name].columns]]

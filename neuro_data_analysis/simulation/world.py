"""Two caricature generators and the feature space that they share with natural images.

An image is three groups of 12 features: texture, object, and other (which neither generator guides
smoothly). The texture space T stands in for DeePSim, the object space O for BigGAN. How hard a
feature is to evolve depends on how crooked the map from code to feature is, which is the idea of
Extended Data Figure 5C. Model: docs/simulation.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neuro_data_analysis.simulation.parameters import (
    N_GROUP,
    N_LATENT,
    Parameters,
    RuggedMap,
    SmoothMap,
    Space,
)

HALF, HIDDEN, BIAS_SD = N_GROUP // 2, 16, 0.3

LATENTS_OF = {"texture": slice(0, 12), "object": slice(12, 24), "other": slice(6, 18)}
"""Latents, of 24, that drive each feature group."""

GROUPS = tuple(LATENTS_OF)

DIFFERENCE_STEP = 1e-3
"""Step of the central differences, in units of the latents."""

FeatureMap = Callable[[np.ndarray], np.ndarray]
"""Latents (n, 12) to features (n, 12)."""


class RealNVP:
    """Invertible map of 12 numbers: affine couplings, each followed by a rotation."""

    def __init__(self, depth: int, rng: np.random.Generator):
        self._layers = [
            (
                rng.normal(0, np.sqrt(1 / HALF), (HALF, HIDDEN)),
                rng.normal(0, BIAS_SD, HIDDEN),
                rng.normal(0, np.sqrt(1 / HIDDEN), (HIDDEN, HIDDEN)),
                rng.normal(0, BIAS_SD, HIDDEN),
                rng.normal(0, np.sqrt(1 / HIDDEN), (HIDDEN, N_GROUP)),
                random_rotation(N_GROUP, rng),
            )
            for _ in range(depth)
        ]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Images of rows x, (n, 12)."""
        for w1, b1, w2, b2, w3, rotation in self._layers:
            kept, moved = x[:, :HALF], x[:, HALF:]
            hidden = silu(silu(kept @ w1 + b1) @ w2 + b2) @ w3
            moved = moved * np.exp(np.tanh(hidden[:, :HALF])) + hidden[:, HALF:]
            x = np.hstack([kept, moved]) @ rotation
        return x


class FeatureGenerator:
    """Codes to features: an orthonormal projection to 24 latents, then one map per group."""

    def __init__(
        self,
        name: str,
        space: Space,
        projection: np.ndarray,
        maps: dict[str, SmoothMap | RuggedMap],
        rng: np.random.Generator,
    ):
        self.name = name
        self.space = space
        self._projection = (projection / space.latent_scale).T
        self.origin = rng.normal(0, space.origin_sd, space.n_code)
        center = self.latents(self.origin[None])
        self._maps = {}
        for group, part in LATENTS_OF.items():
            shape = maps[f"{name}_to_{group}"]
            self._maps[group] = (
                _smooth(shape, center[:, part], rng)
                if isinstance(shape, SmoothMap)
                else _rugged(shape, rng)
            )

    def latents(self, codes: np.ndarray) -> np.ndarray:
        """Effective latents of codes (n, n_code), (n, 24)."""
        return codes @ self._projection

    def features(self, codes: np.ndarray) -> dict[str, np.ndarray]:
        """Feature groups of codes (n, n_code), (n, 12) each."""
        return self.features_of(self.latents(codes))

    def features_of(self, latents: np.ndarray) -> dict[str, np.ndarray]:
        """Feature groups of latents (n, 24), (n, 12) each."""
        return {group: self._maps[group](latents[:, part]) for group, part in LATENTS_OF.items()}

    def jacobian(self, code: np.ndarray, groups: Sequence[str]) -> np.ndarray:
        """Derivative of feature groups with respect to a code.

        It is taken by central differences in the latents.

        Parameters
        ----------
        code : (n_code,)
            Code at which it is taken.
        groups
            Feature groups.

        Returns
        -------
        (12 n_groups, n_code)
        """
        latents = self.latents(code[None])
        steps = DIFFERENCE_STEP * np.eye(N_LATENT)
        ahead, behind = self.features_of(latents + steps), self.features_of(latents - steps)
        slopes = [(ahead[group] - behind[group]) / (2 * DIFFERENCE_STEP) for group in groups]
        return np.hstack(slopes).T @ self._projection.T


@dataclass(frozen=True)
class World:
    """Both generators, and the direction in which initial texture images leave the natural ones."""

    texture: FeatureGenerator
    object: FeatureGenerator
    texture_offset: np.ndarray
    object_offset: np.ndarray


def make_world(seed: int, parameters: Parameters) -> World:
    """The world of a seed, the same for all experiments.

    Parameters
    ----------
    seed
        Seed of the world.
    parameters
        Constants of the model.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    t_space, o_space = parameters.texture_space, parameters.object_space
    half = o_space.n_code // 2
    share = parameters.noise_share
    o_projection = np.hstack(
        [
            np.sqrt(share) * orthonormal_rows(N_LATENT, half, rng),
            np.sqrt(1 - share) * orthonormal_rows(N_LATENT, half, rng),
        ]
    )
    t_projection = orthonormal_rows(N_LATENT, t_space.n_code, rng)
    return World(
        texture=FeatureGenerator("texture", t_space, t_projection, parameters.maps, rng),
        object=FeatureGenerator("object", o_space, o_projection, parameters.maps, rng),
        texture_offset=unit_vector(N_GROUP, rng),
        object_offset=unit_vector(N_GROUP, rng),
    )


def _smooth(shape: SmoothMap, center: np.ndarray, rng: np.random.Generator) -> FeatureMap:
    flow = RealNVP(shape.depth, rng)
    at_center = flow(center)
    return lambda u: shape.limit * np.tanh((flow(u) - at_center) / shape.limit)


def _rugged(shape: RuggedMap, rng: np.random.Generator) -> FeatureMap:
    frequencies = rng.standard_normal((N_GROUP, N_GROUP))
    phases = rng.uniform(0, 2 * np.pi, N_GROUP)
    size = shape.limit * np.sqrt(2)
    return lambda u: size * np.cos(shape.gamma * u @ frequencies + phases)


def silu(x: np.ndarray) -> np.ndarray:
    """x times its logistic.

    Examples
    --------
    >>> silu(np.array([0.0, 100.0]))
    array([  0., 100.])
    """
    return x / (1 + np.exp(-x))


def orthonormal_rows(n_rows: int, n_columns: int, rng: np.random.Generator) -> np.ndarray:
    """Random matrix (n_rows, n_columns) with orthonormal rows.

    Parameters
    ----------
    n_rows, n_columns
        Shape; at most as many rows as columns.
    rng
        Generator of the draw.

    Examples
    --------
    >>> rows = orthonormal_rows(2, 5, np.random.default_rng(0))
    >>> np.allclose(rows @ rows.T, np.eye(2))
    True
    """
    return np.linalg.qr(rng.standard_normal((n_columns, n_rows)))[0].T


def random_rotation(n: int, rng: np.random.Generator) -> np.ndarray:
    """Random orthogonal matrix (n, n), Haar distributed.

    Parameters
    ----------
    n
        Number of dimensions.
    rng
        Generator of the draw.

    Examples
    --------
    >>> rotation = random_rotation(3, np.random.default_rng(0))
    >>> np.allclose(rotation @ rotation.T, np.eye(3))
    True
    """
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return q * np.sign(np.diag(r))


def unit_vector(n: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform direction in n dimensions.

    Parameters
    ----------
    n
        Number of dimensions.
    rng
        Generator of the draw.

    Examples
    --------
    >>> round(float(np.linalg.norm(unit_vector(12, np.random.default_rng(0)))), 6)
    1.0
    """
    vector = rng.standard_normal(n)
    return vector / np.linalg.norm(vector)

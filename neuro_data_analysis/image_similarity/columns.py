"""How alike the two threads' prototype images are to a network: the image columns of Figure 3G.

Every column is a cosine similarity (1 for equal images), not a distance; the published text calls
some of them distances, and ``RNrobust_L4focus`` LPIPS. FC is DeePSim's image (thread 0), BG
BigGAN's (thread 1).
"""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from core.contract.fig3 import COSINE_PROTOTYPES, PARTNERS, PROTOTYPES
from core.statistics.similarity import cosine_similarity
from core.threads import N_THREADS
from neuro_data_analysis.image_similarity.features import Feature
from neuro_data_analysis.image_similarity.networks import FeatureNetwork, image_features
from neuro_data_analysis.image_similarity.prototypes import Prototypes

Vectors = Mapping[str, np.ndarray]
"""Vectors (3, positions, channels) of the prototypes, in the order of `PROTOTYPES`, by feature."""

Pair = tuple[Vectors, Vectors]
"""Vectors of thread 0 and thread 1 of one experiment."""


def similarity(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosine similarity along channels, averaged over positions.

    Parameters
    ----------
    first, second : (n, positions, channels)
        Vectors of n images each.

    Returns
    -------
    (n,)
        Positions at which a vector is zero do not count; NaN where none is left.

    Examples
    --------
    >>> similarity(np.ones((1, 2, 3)), np.array([[[2.0, 2.0, 2.0], [0.0, 0.0, 0.0]]]))
    array([1.])
    """
    at_positions = cosine_similarity(first, second)
    defined = np.isfinite(at_positions)
    n_defined = defined.sum(axis=-1)
    total = np.where(defined, at_positions, 0).sum(axis=-1)
    return np.where(n_defined > 0, total / np.maximum(n_defined, 1), np.nan)


def prototype_vectors(network: FeatureNetwork, prototypes: Prototypes) -> Pair:
    """What a network says of an experiment's prototypes.

    The threads go through the network one after the other, in batches of the same make-up, so that
    equal images get equal vectors.

    Parameters
    ----------
    network
        The network.
    prototypes
        Images of one experiment.
    """
    fc, bg = (
        image_features(network, np.stack([prototypes[name, thread] for name in PROTOTYPES]))
        for thread in range(N_THREADS)
    )
    return fc, bg


def cosine_columns(features: Sequence[Feature], pair: Pair) -> dict[str, float]:
    """Similarity of whole images, ``cosine_<reevol|maxblk>_<feature>``.

    Parameters
    ----------
    features
        Those in `FeatureSet.whole`.
    pair
        Vectors of the experiment's two threads.
    """
    of_feature = {feature.name: _by_prototype(feature, *pair) for feature in features}
    return {
        f"cosine_{word}_{name}": values[prototype]
        for word, prototype in COSINE_PROTOTYPES.items()
        for name, values in of_feature.items()
    }


def masked_columns(features: Sequence[Feature], pair: Pair) -> dict[str, float]:
    """Similarity under masks, ``<prototype>_<feature>``.

    Parameters
    ----------
    features
        Those in `FeatureSet.centred` or `FeatureSet.masked`.
    pair
        Vectors of the experiment's two threads.
    """
    of_feature = {feature.name: _by_prototype(feature, *pair) for feature in features}
    return {
        f"{prototype}_{name}": values[prototype]
        for prototype in PROTOTYPES
        for name, values in of_feature.items()
    }


def swapped_columns(
    features: Sequence[Feature], pair: Pair, other: Pair | None
) -> dict[str, float]:
    """Similarity with another experiment's prototypes, ``<prototype>_<feature>_<BGalt|FCalt>``.

    Parameters
    ----------
    features
        Those in `FeatureSet.centred`.
    pair
        Vectors of the experiment's two threads.
    other
        Those of the other experiment: BGalt compares FC of this one with BG of the other, FCalt FC
        of the other with BG of this one. NaN where there is none.
    """
    columns = {}
    for partner in PARTNERS:
        for feature in features:
            values = dict.fromkeys(PROTOTYPES, np.nan)
            if other is not None:
                fc, bg = (other[0], pair[1]) if partner == "FCalt" else (pair[0], other[1])
                values = _by_prototype(feature, fc, bg)
            columns |= {f"{name}_{feature.name}_{partner}": values[name] for name in PROTOTYPES}
    return columns


def draw_alternates(
    sites: Mapping[int, Hashable], rng: np.random.Generator | int
) -> dict[int, int | None]:
    """For every experiment a random other one, of another site.

    Parameters
    ----------
    sites
        What tells sites apart, (prefchan, Animal), by Expi.
    rng
        Generator or seed. The published draw was unseeded and cannot be repeated.

    Returns
    -------
    dict
        Expi of the other experiment by Expi, ascending; None where all are of the same site.

    Examples
    --------
    >>> draw_alternates({3: (5, "Alfa"), 4: (5, "Alfa"), 7: (5, "Beto")}, 0)[3]
    7
    >>> draw_alternates({3: (5, "Alfa"), 4: (5, "Alfa")}, 0)
    {3: None, 4: None}
    """
    rng = np.random.default_rng(rng)
    alternates: dict[int, int | None] = {}
    for expi in sorted(sites):
        others = [other for other in sorted(sites) if sites[other] != sites[expi]]
        alternates[expi] = int(rng.choice(others)) if others else None
    return alternates


def _by_prototype(feature: Feature, fc: Vectors, bg: Vectors) -> dict[str, float]:
    values = similarity(fc[feature.name], bg[feature.name])
    return dict(zip(PROTOTYPES, values.tolist(), strict=True))

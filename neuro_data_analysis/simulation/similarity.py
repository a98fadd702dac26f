"""Similarity of the two threads' prototypes in a stand-in network (Figure 3G).

A prototype is the mean of a thread's best block; a fixed random readout of its features stands in
for an image network. No image is made. Model: docs/simulation.md.
"""

from dataclasses import dataclass

import numpy as np

from core.statistics.windows import window_rate
from core.threads import N_THREADS
from neuro_data_analysis.evolutions.trajectories import n_complete_blocks
from neuro_data_analysis.simulation.evolution import SimulatedEvolution
from neuro_data_analysis.simulation.parameters import N_GROUP

GROUPS = ("texture", "object")

N_UNITS = 64
GAIN, NOISE_SD = 2.0, 0.3
GLOBAL_BIAS, FOCUS_BIAS = 2.0, 1.0

GLOBAL_COLUMN = "cosine_reevol_resnet_avgpool"
FOCUS_COLUMNS = tuple(f"{name}_RNrobust_L4focus" for name in ("reevol_pix", "reevol_G", "maxblk"))
COLUMNS = (GLOBAL_COLUMN, *FOCUS_COLUMNS)


@dataclass(frozen=True)
class ReadoutNetwork:
    """Units that read texture and object features: weights (64, 24) and bias (64,)."""

    weights: np.ndarray
    bias: np.ndarray


def make_network(seed: int) -> ReadoutNetwork:
    """The network of a seed, the same for all experiments.

    Examples
    --------
    >>> make_network(7).weights.shape
    (64, 24)
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(3,)))
    n_features = len(GROUPS) * N_GROUP
    weights = rng.normal(0, np.sqrt(1 / n_features), (N_UNITS, n_features))
    return ReadoutNetwork(weights, rng.standard_normal(N_UNITS))


def similarities(
    evolution: SimulatedEvolution, network: ReadoutNetwork, rng: np.random.Generator
) -> dict[str, float]:
    """Cosine similarity of the prototypes, by column of Figure 3G's table.

    The global similarity reads all features; the focused ones read what the site is tuned to.

    Parameters
    ----------
    evolution
        What was shown, block by block.
    network
        Network that reads the prototypes.
    rng
        Generator of the noise.
    """
    prototypes = [prototype(evolution, thread) for thread in range(N_THREADS)]
    focused = [focus(evolution, features) for features in prototypes]
    result = {GLOBAL_COLUMN: _similarity(prototypes, network, GLOBAL_BIAS, rng)}
    return result | {
        column: _similarity(focused, network, FOCUS_BIAS, rng) for column in FOCUS_COLUMNS
    }


def prototype(evolution: SimulatedEvolution, thread: int) -> dict[str, np.ndarray]:
    """Mean features (12,) by group of a thread's best block, as the site sees them.

    An incomplete last block does not count, as it does not in the analyses.

    Parameters
    ----------
    evolution
        What was shown, block by block.
    thread
        0 (DeePSim) or 1 (BigGAN).
    """
    psth = [[block[k].psth.T for block in evolution.blocks] for k in range(N_THREADS)]
    shown = evolution.blocks[: n_complete_blocks(*psth)]
    rates = [window_rate(block[thread].psth, axis=1).mean() for block in shown]
    features = shown[int(np.argmax(rates))][thread].mean_features
    if evolution.descriptor.spaces[thread] != "fc6":
        return {group: features[group] for group in GROUPS}
    site = evolution.site
    return {group: features[group] + site.frames[group] @ site.offsets[group] for group in GROUPS}


def focus(evolution: SimulatedEvolution, features: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Features inside the site's tuned subspaces, weighted as the site weights the groups.

    Parameters
    ----------
    evolution
        Evolution of the site.
    features
        Features (12,) by group.
    """
    site = evolution.site
    of_object = site.object_weights.mean()
    weights = {"texture": 1 - of_object, "object": of_object}
    return {
        group: site.frames[group] @ (site.frames[group].T @ features[group]) * weights[group]
        / site.width
        for group in GROUPS
    }  # fmt: skip


def _similarity(
    pair: list[dict[str, np.ndarray]],
    network: ReadoutNetwork,
    bias: float,
    rng: np.random.Generator,
) -> float:
    first, second = (
        GAIN * network.weights @ np.concatenate([features[group] for group in GROUPS])
        + bias * network.bias
        + NOISE_SD * rng.standard_normal(N_UNITS)
        for features in pair
    )
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))

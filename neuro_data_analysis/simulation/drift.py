"""How the gain of a recording and its baseline change from block to block, whatever is shown.

Both threads and the references share the gain; the baseline shares its transient and its noise.
Sizes are those of the real recordings (docs/simulation.md).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from core.statistics.masks import UNSTABLE_BASELINE
from core.threads import N_THREADS
from neuro_data_analysis.simulation.descriptors import Descriptor
from neuro_data_analysis.simulation.parameters import Parameters
from neuro_data_analysis.simulation.quantiles import SiteQuantiles


@dataclass(frozen=True)
class Drift:
    """Factors in every block: of all responses (n_blocks,), of the evolved images of each thread
    beside that (n_blocks, 2), and of the baseline (n_blocks,)."""

    response: np.ndarray
    threads: np.ndarray
    baseline: np.ndarray


def draw_drift(
    descriptor: Descriptor,
    n_blocks: int,
    parameters: Parameters,
    quantiles: SiteQuantiles,
    rng: np.random.Generator,
) -> Drift:
    """Transient of the first blocks, slow trend, and noise from block to block.

    Parameters
    ----------
    descriptor
        Experiment: its area says how large the transient is, and its baseline may be unstable.
    n_blocks
        Number of blocks, incomplete ones included.
    parameters
        Constants of the model.
    quantiles
        Where the recording stands among all; they say how far it drifts.
    rng
        Generator of the draw.
    """
    p = parameters.drift
    transient = np.zeros(n_blocks)
    shape = np.array(p.transient)[:n_blocks]
    transient[: len(shape)] = shape * np.log(parameters.areas[descriptor.area].first_block)
    # middles of the first and last third lie at -1/2 and 1/2
    course = 0.75 * np.linspace(-1, 1, n_blocks) if n_blocks > 1 else np.zeros(1)
    trend = p.trend_mean + p.trend_scale * stdtrit(p.trend_freedom, quantiles.gain_trend)
    of_baseline = stdtrit(p.trend_freedom, quantiles.baseline_trend)
    base_trend = p.baseline_mean + p.baseline_scale * of_baseline
    noise = autoregressive(n_blocks, p.block_sd, p.block_persistence, rng)
    of_threads = p.thread_sd * rng.standard_normal((n_blocks, N_THREADS))
    gain = transient + trend * course + noise
    base = p.baseline_transient * transient + base_trend * course + noise
    baseline = np.exp(base)
    if descriptor.scheduled_name in UNSTABLE_BASELINE:
        jump = rng.integers(round(0.3 * n_blocks), round(0.7 * n_blocks))
        baseline[jump:] *= rng.uniform(*p.unstable_jump)
    return Drift(np.exp(gain), np.exp(of_threads), baseline)


def autoregressive(
    n_blocks: int, sd: float, persistence: float, rng: np.random.Generator
) -> np.ndarray:
    """Noise of which a share stays from block to block, (n_blocks,), with mean 0.

    Parameters
    ----------
    n_blocks
        Number of blocks.
    sd
        Standard deviation of every block.
    persistence
        Correlation of neighbouring blocks.
    rng
        Generator of the draw.

    Examples
    --------
    >>> autoregressive(3, 0.0, 0.5, np.random.default_rng(0))
    array([0., 0., 0.])
    """
    noise = sd * rng.standard_normal(n_blocks)
    for block in range(1, n_blocks):
        fresh = np.sqrt(1 - persistence**2) * noise[block]
        noise[block] = persistence * noise[block - 1] + fresh
    return noise

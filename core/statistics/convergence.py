"""How fast an evolution rises: first block above a share of the rise (Figure 4D)."""

from dataclasses import dataclass

import numpy as np

from core.statistics.analysis import RISE_SHARE


@dataclass(frozen=True)
class Convergence:
    """`first_block`: 0-based first block above the level (0 if none); `n_below`: blocks below."""

    first_block: int
    n_below: int


def convergence(
    trajectory: np.ndarray, baseline: float, fraction: float = RISE_SHARE
) -> Convergence:
    """Compare a trajectory of block means with `fraction` of its largest rise above `baseline`.

    The paper calls this a time constant; no exponential is fitted (docs/panel_map.md).

    Parameters
    ----------
    trajectory : (n_blocks,)
        Block means, events/s or normalised; measured blocks only.
    baseline
        Rate from which the rise is counted, in the unit of the trajectory. Figure 4D uses the first
        block's mean.
    fraction
        Share of the largest rise that counts as arrived.

    Examples
    --------
    >>> convergence(np.array([10.0, 14.0, 19.0, 20.0]), baseline=10.0)
    Convergence(first_block=2, n_below=2)
    """
    rise = np.asarray(trajectory, dtype=float) - baseline
    level = fraction * rise.max()
    return Convergence(int(np.argmax(rise > level)), int(np.sum(rise < level)))

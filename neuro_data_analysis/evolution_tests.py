"""Did the evolution succeed? Two-sample tests on single-trial evoked rates (analyses.md 2).

t > 0 means that the first-named sample is larger. The published maximum excludes the last block; it
is selected and then tested, so its nominal level does not hold (simulated_recordings.md 11.1).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from core.statistics.comparisons import two_sample

Clamp = Literal["published", "exact"]


def best_pair(block_means: np.ndarray, clamp: Clamp = "published") -> int:
    """First index of the two neighbouring blocks that count as the maximum.

    ``published`` moves a maximum in either of the last two blocks to the third last, ``exact`` only
    one in the last block to the second last.

    Parameters
    ----------
    block_means : (n_blocks,)

    Examples
    --------
    >>> rising = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> best_pair(rising), best_pair(rising, clamp="exact")
    (2, 3)
    """
    n_blocks, best = len(block_means), int(np.argmax(block_means))
    if clamp == "exact":
        return max(0, min(best, n_blocks - 2))
    return max(0, n_blocks - 3 if best >= n_blocks - 2 else best)


def evolution_tests(
    evoked: Sequence[Sequence[np.ndarray]], clamp: Clamp = "published"
) -> dict[str, float]:
    """t and p of the published comparisons, by column name.

    Parameters
    ----------
    evoked
        ``evoked[thread][block]``: single-trial rates, events/s, incomplete last block dropped.
    clamp
        Rule for the best pair of blocks.

    Returns
    -------
    dict
        ``t_`` and ``p_`` of ``endinit_k``, ``maxinit_k``, ``maxend_k`` for thread k in 0, 1, and
        ``FCBG_end_01``, ``FCBG_max_01``; NaN where a sample is empty.
    """
    samples = []
    for blocks in evoked:
        first = best_pair(np.array([block.mean() for block in blocks]), clamp)
        samples.append(
            {
                "init": np.concatenate(blocks[:2]),
                "max": np.concatenate(blocks[first : first + 2]),
                "end": np.concatenate(blocks[-2:]),
            }
        )
    comparisons = {
        f"{a}{b}_{thread}": (samples[thread][a], samples[thread][b])
        for a, b in (("end", "init"), ("max", "init"), ("max", "end"))
        for thread in (0, 1)
    }
    for when in ("end", "max"):
        comparisons[f"FCBG_{when}_01"] = (samples[0][when], samples[1][when])
    results = {}
    for name, (first, second) in comparisons.items():
        test = two_sample(first, second)
        results[f"t_{name}"], results[f"p_{name}"] = float(test.t), float(test.p)
    return results


def block_responses(evoked: Sequence[Sequence[np.ndarray]]) -> dict[str, float]:
    """Mean, std (ddof 0) and SEM (ddof 1) of the best, last and first block, by column name.

    Parameters
    ----------
    evoked
        ``evoked[thread][block]``: single-trial rates, events/s, incomplete last block dropped per
        thread.
    """
    results = {}
    for name in ("max", "end", "init"):
        for thread, blocks in enumerate(evoked):
            best = int(np.argmax([block.mean() for block in blocks]))
            block = blocks[{"max": best, "end": -1, "init": 0}[name]]
            error = block.std(ddof=1) / np.sqrt(len(block)) if len(block) > 1 else np.nan
            results[f"{name}rsp_{thread}_mean"] = float(block.mean())
            results[f"{name}rsp_{thread}_std"] = float(block.std())
            results[f"{name}rsp_{thread}_sem"] = float(error)
    return results

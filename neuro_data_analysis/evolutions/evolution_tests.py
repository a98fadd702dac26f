"""Did the evolution succeed? Two-sample tests on single-trial evoked rates.

t > 0 means that the first-named sample is larger. The published maximum excludes the last block. It
is selected and then tested, so its nominal level does not hold; `shuffled_blocks_p` accounts for
the selection, and no published table contains it.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from core.statistics.comparisons import TTest, two_sample

Clamp = Literal["published", "exact"]


def best_pair(block_means: np.ndarray, clamp: Clamp = "published") -> int:
    """First index of the two neighbouring blocks that count as the maximum.

    ``published`` moves a maximum in either of the last two blocks to the third last, ``exact`` only
    one in the last block to the second last.

    Parameters
    ----------
    block_means : (n_blocks,)
        Mean evoked rate of every block, events/s.
    clamp
        Rule where the maximum lies in the last two blocks.

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

    Examples
    --------
    >>> flat = [np.array([10.0, 11.0, 12.0])] * 6
    >>> rising = [block + 10 * number for number, block in enumerate(flat)]
    >>> tests = evolution_tests([flat, rising])
    >>> tests["p_maxinit_0"] < 0.01, tests["p_maxinit_1"] < 0.01
    (False, True)
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


def last_against_first(evoked: Sequence[np.ndarray]) -> TTest:
    """Test of the last block against the first, Figure 6's measure of an evolution.

    Single blocks, unlike the pairs of `evolution_tests`.

    Parameters
    ----------
    evoked
        Single-trial rates per block of one thread, events/s, incomplete last block dropped.

    Examples
    --------
    >>> first = np.array([10.0, 11.0, 12.0])
    >>> test = last_against_first([first, first + 5, first + 20])
    >>> bool(test.t > 0), bool(test.p < 0.01)
    (True, True)
    """
    return two_sample(evoked[-1], evoked[0])


def shuffled_blocks_p(
    evoked: Sequence[np.ndarray],
    rng: np.random.Generator,
    n_shuffles: int = 1000,
    clamp: Clamp = "published",
) -> float:
    """One-sided p of max against init that allows for the selection of the maximum.

    The order of the blocks is shuffled, the best pair chosen anew, and its t compared with the one
    observed. Valid where blocks are exchangeable if nothing evolves; a slow drift breaks that too.

    Parameters
    ----------
    evoked
        Single-trial rates per block of one thread, events/s, incomplete last block dropped.
    rng
        Generator of the shuffles.
    n_shuffles
        Number of shuffles; the smallest p is ``1 / (n_shuffles + 1)``.

    clamp
        Rule for the best pair of blocks.

    Returns
    -------
    float
        NaN with fewer than four blocks, where no pair is apart from the first, and where rates do
        not vary.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rising = [10 * block + rng.standard_normal(12) for block in range(8)]
    >>> shuffled_blocks_p(rising, rng, n_shuffles=99) <= 0.1
    True
    """
    n_blocks = len(evoked)
    if n_blocks < 4:
        return np.nan
    orders = np.stack(
        [np.arange(n_blocks), *(rng.permutation(n_blocks) for _ in range(n_shuffles))]
    )
    count = np.array([len(block) for block in evoked])[orders]
    total = np.array([block.sum() for block in evoked])[orders]
    squares = np.array([np.square(block).sum() for block in evoked])[orders]
    best = np.array([best_pair(means, clamp) for means in total / count])
    rows = np.arange(len(orders))
    pair = [
        (moment[:, 0] + moment[:, 1], moment[rows, best] + moment[rows, best + 1])
        for moment in (count, total, squares)
    ]
    (n_init, n_max), (sum_init, sum_max), (squares_init, squares_max) = pair
    rise = sum_max / n_max - sum_init / n_init
    within = squares_init - sum_init**2 / n_init + squares_max - sum_max**2 / n_max
    if not (within > 0).all():
        return np.nan
    t = rise / np.sqrt(within / (n_init + n_max - 2) * (1 / n_init + 1 / n_max))
    return float(np.mean(t >= t[0] - 1e-9 * abs(t[0])))


def block_responses(evoked: Sequence[Sequence[np.ndarray]]) -> dict[str, float]:
    """Mean, std (ddof 0) and SEM (ddof 1) of the best, last and first block, by column name.

    Parameters
    ----------
    evoked
        ``evoked[thread][block]``: single-trial rates, events/s, incomplete last block dropped per
        thread.

    Examples
    --------
    >>> blocks = [np.array([10.0, 12.0]), np.array([30.0, 34.0]), np.array([20.0, 20.0])]
    >>> responses = block_responses([blocks, blocks])
    >>> responses["maxrsp_0_mean"], responses["endrsp_0_mean"], responses["initrsp_0_sem"]
    (32.0, 20.0, 1.0)
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

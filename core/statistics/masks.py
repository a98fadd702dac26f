"""Which experiments count where: visual areas, the valid set, and evolution success.

Functions that take the metadata table, one row per experiment (``meta_stats``), return boolean
Series on its index. The paper calls an evolution successful by three criteria, which stand side by
side: `success` (the labels of Figures 3 to 5 and Extended Data Figure 4), `success_with_rise`
(Figure 4A) and `success_of_last_block` (Figure 6).
"""

import logging

import pandas as pd

from core.statistics.analysis import AREAS, MIN_BLOCKS, SUCCESS_LEVEL
from core.statistics.samples import LARGEST_T
from core.threads import SUCCESS_WORDS

logger = logging.getLogger(__name__)

PAIR = ("fc6", "BigGAN")
"""Spaces of both threads of a paired evolution."""

UNSTABLE_BASELINE = (
    "Beto-18082020-002",
    "Beto-07092020-006",
    "Beto-14092020-002",
    "Beto-27102020-003",
    "Alfa-22092020-003",
    "Alfa-04092020-003",
)
"""Recordings with a jump of the baseline, matched as part of ``ephysFN``."""

SUCCESS_LEVELS = {"005": 0.05, "001": 0.01}
"""Suffix of a success label and the level that p must stay below."""

RISE_LEVEL = SUCCESS_LEVEL
"""Level that p must stay below in Figure 4A."""

LAST_BLOCK_LEVEL = SUCCESS_LEVEL
"""Level that p must stay below in Figure 6."""


def area(meta: pd.DataFrame, name: str) -> pd.Series:
    """Experiments of one visual area.

    Parameters
    ----------
    meta
        Table with the column ``visual_area``.
    name
        One of `AREAS`.

    Examples
    --------
    >>> area(pd.DataFrame({"visual_area": ["V1", "IT"]}), "IT").tolist()
    [False, True]
    """
    return meta["visual_area"] == name


def long_enough(meta: pd.DataFrame, min_blocks: int = MIN_BLOCKS) -> pd.Series:
    """Experiments with more than 14 blocks, or another number.

    Parameters
    ----------
    meta
        Table with the column ``blockN``.
    min_blocks
        Fewest blocks.

    Examples
    --------
    >>> long_enough(pd.DataFrame({"blockN": [14, 15]})).tolist()
    [False, True]
    """
    return meta["blockN"] >= min_blocks


def stands_for(space: str, generator: str) -> str:
    """Name of a generator that stands for another one in a trial without an animal.

    Parameters
    ----------
    space
        The one that it stands for, of `PAIR`.
    generator
        What it is.

    Examples
    --------
    >>> stands_for("fc6", "small")
    'small for fc6'
    """
    return f"{generator} for {space}"


def fc6_against_biggan(meta: pd.DataFrame) -> pd.Series:
    """Thread 0 evolved in fc6, thread 1 in BigGAN or its class subspace, or in what stands for it.

    Examples
    --------
    >>> spaces = {"space1": ["fc6", "small for fc6", "fc7"], "space2": "BigGAN"}
    >>> fc6_against_biggan(pd.DataFrame(spaces)).tolist()
    [True, True, False]
    """
    first = meta["space1"]
    is_first = (first == PAIR[0]) | first.str.endswith(stands_for(PAIR[0], ""))
    return is_first & meta["space2"].str.contains(PAIR[1], regex=False)


def unstable_baseline(meta: pd.DataFrame) -> pd.Series:
    """The recordings of `UNSTABLE_BASELINE`.

    Examples
    --------
    >>> names = ["Beto-18082020-002-SIM", "Beto-28072020-006"]
    >>> unstable_baseline(pd.DataFrame({"ephysFN": names})).tolist()
    [True, False]
    """
    return meta["ephysFN"].map(lambda name: any(part in name for part in UNSTABLE_BASELINE))


def valid(meta: pd.DataFrame, min_blocks: int = MIN_BLOCKS) -> pd.Series:
    """Long enough, stable, and fc6 against BigGAN (154 of the published 170).

    Parameters
    ----------
    meta
        Table with the columns of ``meta_stats``.
    min_blocks
        Fewest blocks.

    Examples
    --------
    >>> meta = pd.DataFrame(
    ...     {
    ...         "blockN": [30, 14, 30],
    ...         "ephysFN": ["Beto-28072020-006", "Beto-29072020-002", "Beto-18082020-002"],
    ...         "space1": "fc6",
    ...         "space2": "BigGAN_class",
    ...     }
    ... )
    >>> valid(meta).tolist()
    [True, False, False]
    """
    return long_enough(meta, min_blocks) & ~unstable_baseline(meta) & fc6_against_biggan(meta)


def success(meta: pd.DataFrame, thread: int, level: float) -> pd.Series:
    """Whether the best two blocks differ from the first two; the sign of t is not asked.

    It is the criterion of the success labels, by which Figures 3G, 4B to 4D, 5 and Extended Data
    Figure 4 choose experiments.

    Parameters
    ----------
    meta
        Table with the column ``p_maxinit_<thread>``.
    thread
        0 (DeePSim) or 1 (BigGAN).
    level
        Level that p must stay below.

    Examples
    --------
    >>> success(pd.DataFrame({"p_maxinit_1": [0.003, 0.03]}), 1, 0.01).tolist()
    [True, False]
    """
    return meta[f"p_maxinit_{thread}"] < level


def success_with_rise(meta: pd.DataFrame, thread: int, level: float = RISE_LEVEL) -> pd.Series:
    """Whether the best two blocks respond more than the first two, p < 0.01 and t > 0 (Figure 4A).

    Parameters
    ----------
    meta
        Table with the columns ``p_maxinit_<thread>`` and ``t_maxinit_<thread>``.
    thread
        0 (DeePSim) or 1 (BigGAN).
    level
        Level that p must stay below.

    Examples
    --------
    >>> meta = pd.DataFrame({"p_maxinit_1": [0.003, 0.003], "t_maxinit_1": [4.0, -4.0]})
    >>> success_with_rise(meta, 1).tolist()
    [True, False]
    """
    return success(meta, thread, level) & (meta[f"t_maxinit_{thread}"] > 0)


def success_without_variation(meta: pd.DataFrame, thread: int, level: float) -> pd.Series:
    """Successes whose rates do not vary within the two pairs of blocks, so that t is infinite.

    They count as successes, as published; a few identical trials are enough for them.

    Parameters
    ----------
    meta
        Table with the columns ``p_maxinit_<thread>`` and ``t_maxinit_<thread>``.
    thread
        0 (DeePSim) or 1 (BigGAN).
    level
        Level that p must stay below.

    Examples
    --------
    >>> meta = pd.DataFrame({"p_maxinit_1": [0.003, 0.0], "t_maxinit_1": [4.0, float("inf")]})
    >>> success_without_variation(meta, 1, 0.01).tolist()
    [False, True]
    """
    return success(meta, thread, level) & (meta[f"t_maxinit_{thread}"].abs() > LARGEST_T)


def success_of_last_block(p: float, level: float = LAST_BLOCK_LEVEL) -> bool:
    """Whether the last block differs from the first; the sign of t is not asked (Figure 6).

    Parameters
    ----------
    p
        p of the two blocks' two-sample test.
    level
        Level that p must stay below.

    Examples
    --------
    >>> success_of_last_block(0.003), success_of_last_block(0.03)
    (True, False)
    """
    return bool(p < level)


def success_labels(meta: pd.DataFrame, suffix: str) -> dict[str, pd.Series]:
    """The five labels of one level, by published column name.

    Parameters
    ----------
    meta
        Table with the columns ``p_maxinit_0`` and ``p_maxinit_1``.
    suffix
        One of `SUCCESS_LEVELS`.

    Examples
    --------
    >>> meta = pd.DataFrame({"p_maxinit_0": [0.2], "p_maxinit_1": [0.001]})
    >>> [name for name, label in success_labels(meta, "005").items() if label.all()]
    ['BGsucc005', 'anysucc005']
    """
    deepsim, biggan = (success(meta, thread, SUCCESS_LEVELS[suffix]) for thread in (0, 1))
    labels = (deepsim, biggan, deepsim & biggan, ~(deepsim | biggan), deepsim | biggan)
    return {f"{word}succ{suffix}": label for word, label in zip(SUCCESS_WORDS, labels, strict=True)}


def mask_table(meta: pd.DataFrame) -> pd.DataFrame:
    """The 14 published mask columns as 0 and 1, one row per row of `meta`.

    `meta` needs ``valid``, ``visual_area`` and ``p_maxinit_0``, ``p_maxinit_1``. Column order is
    that of Figure 4; Figure 5 stores the same columns in another order.

    Examples
    --------
    >>> p = {"p_maxinit_0": [0.2], "p_maxinit_1": [0.001]}
    >>> masks = mask_table(pd.DataFrame({"valid": [True], "visual_area": ["IT"], **p}))
    >>> [name for name in masks if masks[name].all()]
    ['valid', 'BGsucc005', 'anysucc005', 'ITmsk', 'BGsucc001', 'anysucc001']
    """
    columns = {
        "valid": meta["valid"],
        **success_labels(meta, "005"),
        **{f"{name}msk": area(meta, name) for name in AREAS},
        **success_labels(meta, "001"),
    }
    return pd.DataFrame(columns).astype(int).reset_index(drop=True)


def published_masks(meta: pd.DataFrame) -> dict[str, pd.Series]:
    """The published masks of the metadata table, by name; warns of another number of unstable ones.

    Parameters
    ----------
    meta
        Table with the columns of ``meta_stats``.

    Returns
    -------
    ``Amsk``, ``Bmsk``, ``V1msk``, ``V4msk``, ``ITmsk``, ``length_msk``, ``spc_msk``, ``sucsmsk``,
    ``bsl_unstable_msk``, ``bsl_stable_msk``, ``validmsk``
    """
    unstable = unstable_baseline(meta)
    if unstable.sum() != len(UNSTABLE_BASELINE):
        logger.warning(
            "expected %d experiments with an unstable baseline, found %d (right for a part of the "
            "data set or another one)",
            len(UNSTABLE_BASELINE),
            unstable.sum(),
        )
    return {
        "Amsk": meta["Animal"] == "Alfa",
        "Bmsk": meta["Animal"] == "Beto",
        **{f"{name}msk": area(meta, name) for name in AREAS},
        "length_msk": long_enough(meta),
        "spc_msk": fc6_against_biggan(meta),
        "sucsmsk": success_labels(meta, "005")["anysucc005"],
        "bsl_unstable_msk": unstable,
        "bsl_stable_msk": ~unstable,
        "validmsk": valid(meta),
    }

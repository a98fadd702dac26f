"""Which experiments count where: visual areas, the valid set, and evolution success.

All functions take the metadata table, one row per experiment (``meta_stats``), and
return boolean Series on its index.
"""

import pandas as pd

AREAS = ("V1", "V4", "IT")
"""Visual areas in the order of every panel; the paper's text calls ``IT`` PIT."""

MIN_BLOCKS = 15
"""Fewest blocks of a valid experiment (the published rule reads ``blockN > 14``)."""

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


def area(meta: pd.DataFrame, name: str) -> pd.Series:
    """Experiments of one visual area."""
    return meta["visual_area"] == name


def long_enough(meta: pd.DataFrame) -> pd.Series:
    """Experiments with more than 14 blocks."""
    return meta["blockN"] >= MIN_BLOCKS


def fc6_against_biggan(meta: pd.DataFrame) -> pd.Series:
    """Thread 0 evolved in fc6, thread 1 in BigGAN or its class subspace."""
    return (meta["space1"] == "fc6") & meta["space2"].str.contains("BigGAN", regex=False)


def unstable_baseline(meta: pd.DataFrame) -> pd.Series:
    """The recordings of `UNSTABLE_BASELINE`."""
    return meta["ephysFN"].map(lambda name: any(part in name for part in UNSTABLE_BASELINE))


def valid(meta: pd.DataFrame) -> pd.Series:
    """Long enough, stable, and fc6 against BigGAN (154 of the published 170)."""
    return long_enough(meta) & ~unstable_baseline(meta) & fc6_against_biggan(meta)


def success(meta: pd.DataFrame, thread: int, level: float) -> pd.Series:
    """Best two blocks differ from the first two, ``p_maxinit < level``; the sign of t is not asked.

    `thread` is 0 (DeePSim) or 1 (BigGAN).
    """
    return meta[f"p_maxinit_{thread}"] < level


def success_labels(meta: pd.DataFrame, suffix: str) -> dict[str, pd.Series]:
    """The five labels of one level, by published column name.

    `suffix` is a key of `SUCCESS_LEVELS`.
    """
    deepsim, biggan = (success(meta, thread, SUCCESS_LEVELS[suffix]) for thread in (0, 1))
    return {
        f"FCsucc{suffix}": deepsim,
        f"BGsucc{suffix}": biggan,
        f"bothsucc{suffix}": deepsim & biggan,
        f"nonesucc{suffix}": ~(deepsim | biggan),
        f"anysucc{suffix}": deepsim | biggan,
    }


def mask_table(meta: pd.DataFrame) -> pd.DataFrame:
    """The 14 published mask columns as 0 and 1, one row per row of `meta`.

    `meta` needs ``valid``, ``visual_area`` and ``p_maxinit_0``, ``p_maxinit_1``. Column order is
    that of Figure 4; Figure 5 stores the same columns in another order.
    """
    columns = {
        "valid": meta["valid"],
        **success_labels(meta, "005"),
        **{f"{name}msk": area(meta, name) for name in AREAS},
        **success_labels(meta, "001"),
    }
    return pd.DataFrame(columns).astype(int).reset_index(drop=True)

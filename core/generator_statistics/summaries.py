"""What the tables of Extended Data Figure 1 say in numbers; needs no torch."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.contract.ext1 import STANDS_FOR, STATISTICS
from core.errors import SampleError
from core.statistics import (
    median_with_errors,
    population_sem,
    rank_sum_effect,
    two_proportions,
    wilson_interval,
)

ROLES = ("DeePSim", "BigGAN")
"""Generators of the paper; others stand in the place of one of them."""


def in_place_of(table: pd.DataFrame, column: str = "generator") -> dict[str, str]:
    """Which generator of a table stands in the place of which of the paper's.

    Parameters
    ----------
    table
        With names of generators.
    column
        Column of the names.

    Raises
    ------
    SampleError
        If there is not exactly one for each.

    Examples
    --------
    >>> in_place_of(pd.DataFrame({"generator": ["random CNN", "small"]}))
    {'DeePSim': 'small', 'BigGAN': 'random CNN'}
    """
    names = list(dict.fromkeys(table[column]))
    found = {role: [name for name in names if STANDS_FOR.get(name) == role] for role in ROLES}
    if any(len(some) != 1 for some in found.values()) or len(names) != len(ROLES):
        raise SampleError(
            path=column, expected="one generator in the place of each", found=", ".join(names)
        )
    return {role: some[0] for role, some in found.items()}


def detection_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Detect rate and confidence of each set.

    Parameters
    ----------
    table
        Rows of `objectness_table` of one set or several.

    Returns
    -------
    DataFrame
        ``set``, ``kind``, ``n``, ``detect_rate`` with its 95 % interval (Wilson) ``ci_low`` and
        ``ci_high``; mean and SEM (ddof 1) of the confidence over images with an object
        (``conf_mean``, ``conf_sem``) and with 0 for the others (``conf_fill0_mean``,
        ``conf_fill0_sem``). A set without any object has NaN for the former.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"set": "a", "kind": "generated", "n_objs": [1, 0], "confidence": [0.5, None]}
    ... )
    >>> detection_summary(table)[["detect_rate", "conf_fill0_mean"]].to_numpy().tolist()
    [[0.5, 0.25]]
    """
    rows = []
    for name, of_set in table.groupby("set", sort=False):
        n, n_found = len(of_set), int((of_set["n_objs"] > 0).sum())
        low, high = wilson_interval(n_found, n)
        filled = of_set["confidence"].fillna(0.0)
        rows.append(
            {
                "set": name,
                "kind": of_set["kind"].iloc[0],
                "n": n,
                "detect_rate": n_found / n,
                "ci_low": float(low),
                "ci_high": float(high),
                "conf_mean": of_set["confidence"].mean(),
                "conf_sem": of_set["confidence"].sem(),
                "conf_fill0_mean": filled.mean(),
                "conf_fill0_sem": filled.sem(),
            }
        )
    return pd.DataFrame(rows)


def compare_objectness(table: pd.DataFrame, first: str, second: str) -> dict[str, float]:
    """Two sets beside each other; the caption states no test, so these are added.

    Parameters
    ----------
    table
        Rows of `objectness_table`.
    first, second
        Names of sets.

    Returns
    -------
    dict
        ``z`` and ``p_rate`` of two proportions; ``p_confidence`` of Mann and Whitney's test of the
        confidences, 0 where there is no object.
    """
    from scipy import stats

    sets = [table[table["set"] == name] for name in (first, second)]
    for name, of_set in zip((first, second), sets, strict=True):
        if of_set.empty:
            raise SampleError(path=name, expected="images of this set", found="none")
    counts = [(int((some["n_objs"] > 0).sum()), len(some)) for some in sets]
    rates = two_proportions(*counts[0], *counts[1])
    filled = [some["confidence"].fillna(0.0) for some in sets]
    p = stats.mannwhitneyu(*filled).pvalue
    return {"z": rates.z, "p_rate": rates.p, "p_confidence": float(p)}


def statistic_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and SEM of every low-level statistic over the images of each generator.

    Parameters
    ----------
    table
        Rows of `core.contract.ext1.LOWLEVEL`.

    Returns
    -------
    DataFrame
        ``generator``, ``statistic``, ``n``, ``mean``, ``sem`` (ddof 0, as published); NaN is left
        out.
    """
    rows = []
    for generator, of_generator in table.groupby("generator", sort=False):
        for name in STATISTICS:
            values = of_generator[name].dropna().to_numpy(dtype=float)
            mean = values.mean() if len(values) else np.nan
            sem = float(population_sem(values)) if len(values) else np.nan
            row = {"generator": generator, "statistic": name, "n": len(values)}
            rows.append({**row, "mean": mean, "sem": sem})
    return pd.DataFrame(rows)


def unit_comparisons(table: pd.DataFrame) -> pd.DataFrame:
    """Both generators' images of the same units: means of each unit's images, paired.

    Images of one unit are not independent, so this is added to what the paper shows.

    Parameters
    ----------
    table
        Rows of `core.contract.ext1.LOWLEVEL`.

    Returns
    -------
    DataFrame
        ``statistic``, ``n_units``, ``difference`` (median, DeePSim minus BigGAN or what stands for
        them) and ``p`` of Wilcoxon's signed rank test, NaN where it cannot be made.
    """
    from scipy import stats

    roles = in_place_of(table)
    means = table.groupby(["generator", "unit_id"])[list(STATISTICS)].mean()
    first, second = (means.loc[roles[role]] for role in ROLES)
    rows = []
    for name in STATISTICS:
        difference = (first[name] - second[name]).dropna().to_numpy(dtype=float)
        some = len(difference) > 0 and bool((difference != 0).any())
        rows.append(
            {
                "statistic": name,
                "n_units": len(difference),
                "difference": float(np.median(difference)) if len(difference) else np.nan,
                "p": float(stats.wilcoxon(difference).pvalue) if some else np.nan,
            }
        )
    return pd.DataFrame(rows)


def group_medians(table: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    """Median of a column in every group with both errors and the quartiles.

    Parameters
    ----------
    table
        Any table.
    by
        Columns that make the groups.
    value
        Column of the values.

    Returns
    -------
    DataFrame
        The columns of `by` and the fields of `core.statistics.Median`.
    """
    rows = []
    for key, group in table.groupby(by, sort=False):
        found = median_with_errors(group[value].to_numpy(dtype=float))
        rows.append({**dict(zip(by, key, strict=True)), **vars(found)})
    return pd.DataFrame(rows)


def paired_inversions(table: pd.DataFrame) -> pd.DataFrame:
    """Pearson's r of each target by both generators, targets without one of them left out.

    Parameters
    ----------
    table
        Rows of `core.contract.ext1.INVERSION`.

    Returns
    -------
    DataFrame
        Columns ``DeePSim`` and ``BigGAN`` (or what stands for them), a row for each target.
    """
    roles = in_place_of(table)
    wide = table.pivot(index="image_id", columns="generator", values="pearson_r")
    return wide[[roles[role] for role in ROLES]].set_axis(list(ROLES), axis=1).dropna()


def inversion_test(table: pd.DataFrame) -> tuple[float, int]:
    """P of Wilcoxon's signed rank test of paired r, two-sided, and the number of pairs.

    Parameters
    ----------
    table
        Rows of `core.contract.ext1.INVERSION`.
    """
    from scipy import stats

    pairs = paired_inversions(table)
    difference = (pairs["DeePSim"] - pairs["BigGAN"]).to_numpy()
    if not (difference != 0).any():
        return np.nan, len(pairs)
    return float(stats.wilcoxon(difference).pvalue), len(pairs)


def activation_comparisons(table: pd.DataFrame) -> pd.DataFrame:
    """BigGAN against DeePSim (or what stands for them) in maximum activation, three ways.

    ``pooled`` takes all optimizers together, as published, though the generators had different
    ones; ``best`` of each generator the optimizer with the highest median; ``matched`` the runs in
    which both had the same optimizers, with rates that follow the scale of the codes. ``units`` is
    the pooled comparison on means of each unit, paired. Z counts for BigGAN.

    Parameters
    ----------
    table
        Rows of `core.contract.ext1.ACTIVATION`.

    Returns
    -------
    DataFrame
        ``netname``, ``comparison``, ``method_DeePSim``, ``method_BigGAN``, ``n_DeePSim``,
        ``n_BigGAN``, ``median_DeePSim``, ``median_BigGAN``, ``z``, ``p``, ``r_of_z`` (Z over the
        root of N) and ``rank_biserial``; the last three are NaN where only units are compared.
    """
    rows = [
        {"netname": network, **row}
        for network, of_network in table.groupby("netname", sort=False)
        for row in _comparisons(of_network)
    ]
    return pd.DataFrame(rows)


def _comparisons(table: pd.DataFrame) -> Iterator[dict]:
    roles = in_place_of(table, "GANname")
    runs = {role: table[table["GANname"] == roles[role]] for role in ROLES}
    plain = {role: some[~some["matched"]] for role, some in runs.items()}
    matched = {role: some[some["matched"]] for role, some in runs.items()}
    best = {role: some[some["optimmethod"] == _best_method(some)] for role, some in plain.items()}
    for name, chosen in (("pooled", plain), ("best", best), ("matched", matched)):
        if all(len(some) for some in chosen.values()):
            yield {"comparison": name, **_compared(chosen)}
    if all(len(some) for some in plain.values()):
        yield {"comparison": "units", **_by_unit(plain)}


def _best_method(runs: pd.DataFrame) -> str | None:
    medians = runs.groupby("optimmethod")["maxscore"].median()
    return medians.idxmax() if len(medians) else None


def _described(chosen: dict[str, pd.DataFrame]) -> dict:
    def methods(runs: pd.DataFrame) -> str:
        return ", ".join(dict.fromkeys(runs["optimmethod"]))

    return {
        **{f"method_{role}": methods(chosen[role]) for role in ROLES},
        **{f"n_{role}": len(chosen[role]) for role in ROLES},
        **{f"median_{role}": chosen[role]["maxscore"].median() for role in ROLES},
    }


def _compared(chosen: dict[str, pd.DataFrame]) -> dict:
    test = rank_sum_effect(chosen["BigGAN"]["maxscore"], chosen["DeePSim"]["maxscore"])
    effect = {name: getattr(test, name) for name in ("z", "p", "r_of_z", "rank_biserial")}
    return {**_described(chosen), **effect}


def _by_unit(chosen: dict[str, pd.DataFrame]) -> dict:
    from scipy import stats

    unit = ["layer", "unitid", "RFresize"]
    means = [chosen[role].groupby(unit)["maxscore"].mean() for role in ROLES]
    pairs = pd.concat(means, axis=1, keys=ROLES).dropna()
    difference = (pairs["DeePSim"] - pairs["BigGAN"]).to_numpy()
    p = float(stats.wilcoxon(difference).pvalue) if (difference != 0).any() else np.nan
    return {
        **_described(chosen),
        **{f"n_{role}": len(pairs) for role in ROLES},
        **{f"median_{role}": pairs[role].median() for role in ROLES},
        **{"z": np.nan, "p": p, "r_of_z": np.nan, "rank_biserial": np.nan},
    }

"""Figure 3G's table: are features that go with responses more alike in some experiments?

Each summary of a layer's similarity (`core.contract.fig3.COVARIANCE_STATISTICS`) is compared
between two groups of valid experiments. Experiments without a value are left out of a test.
"""

import numpy as np
import pandas as pd

from core.contract import fig3
from core.contract.source_data import SourceData
from core.statistics.comparisons import two_sample
from core.statistics.masks import area, success
from figure_reproduction.results import ClaimNumbers, Statistics

LEVEL = 0.001
"""Level that p of a thread's success must stay below."""

AREAS = ("V4", "IT")

ACROSS_AREAS = ("any_p_0_001_V4", "any_p_0_001_IT")

COMPARISONS = {
    **dict.fromkeys(
        ("cos_thr_crop_q9", "cos_thr_q9", "cos_thr_max", "thr_crop_q9"), (ACROSS_AREAS,)
    ),
    "crop_q9": (
        ("both_p_0_001_V4", "both_p_0_001_IT"),
        ACROSS_AREAS,
        ("V4", "IT"),
        ("not_any_p_0_001_IT", "any_p_0_001_IT"),
        ("both_p_0_001_V4", "not_both_p_0_001_V4"),
        ("both_p_0_001_IT", "not_both_p_0_001_IT"),
    ),
}
"""Pairs of groups by summary, as the ids name them."""

COUNTED = {
    "any": "any_p_0_001_",
    "both": "both_p_0_001_",
    "none": "not_any_p_0_001_",
    "notboth": "not_both_p_0_001_",
}
"""Beginnings of groups whose sizes were printed, by the word of the ids."""


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Means, standard deviations and tests of two groups, and sizes of groups, by id.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this family is random.
    """
    meta = source.read(fig3.META).set_index("Expi")
    table = source.read(fig3.SIMILARITY).set_index("Expi")
    members = {name: meta.index[rows] for name, rows in groups(meta).items()}
    results: Statistics = {
        f"pc.covtsr.n.{name}.{word}": len(members[f"{beginning}{name}"])
        for name in AREAS
        for word, beginning in COUNTED.items()
    }
    for layer in fig3.COVARIANCE_LAYERS:
        for summary, pairs in COMPARISONS.items():
            values = table[f"{layer}_{summary}"].dropna()
            for pair in pairs:
                samples = [values[values.index.isin(members[name])].to_numpy() for name in pair]
                name = f"pc.covtsr.{layer}_{summary}.{'_vs_'.join(pair)}"
                results |= {f"{name}.{word}": n for word, n in compare_samples(*samples).items()}
    return ClaimNumbers(results)


def groups(meta: pd.DataFrame) -> dict[str, pd.Series]:
    """Valid experiments of V4 and IT by success at `LEVEL`, by name; bool on the table's rows."""
    first, second = (success(meta, thread, LEVEL) for thread in (0, 1))
    by_success = {
        "": True,
        "any_p_0_001_": first | second,
        "both_p_0_001_": first & second,
        "not_any_p_0_001_": ~(first | second),
        "not_both_p_0_001_": ~(first & second),
    }
    return {
        f"{words}{name}": meta["valid"] & area(meta, name) & rows
        for name in AREAS
        for words, rows in by_success.items()
    }


def compare_samples(first: np.ndarray, second: np.ndarray) -> Statistics:
    """Mean and standard deviation (ddof 1) of two samples, and their two-sample test.

    Parameters
    ----------
    first, second : (n,)
        Finite values.

    Examples
    --------
    >>> found = compare_samples(np.array([1.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    >>> [round(float(found[name]), 3) for name in ("mean_2", "sd_2", "t")]
    [4.0, 2.0, -1.2]
    """
    test = two_sample(first, second)
    results: Statistics = {"t": test.t, "p": test.p}
    for number, sample in enumerate((first, second), 1):
        results[f"mean_{number}"] = sample.mean() if len(sample) else np.nan
        results[f"sd_{number}"] = sample.std(ddof=1) if len(sample) > 1 else np.nan
    return results

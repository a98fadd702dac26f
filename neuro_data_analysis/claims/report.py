"""The table of claims as lines on a terminal."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from neuro_data_analysis.claims.effects import LEVEL
from neuro_data_analysis.claims.rows import CONTROLS, VARIANTS

SAMPLES = {
    "anysucc005": "any",
    "bothsucc005": "both",
    "bothsucc001": "both .01",
    "valid": "valid",
}
"""Short words of the samples: experiments in which any or both threads succeed at P < 0.05."""


def lines(table: pd.DataFrame) -> list[str]:
    """What is printed.

    Parameters
    ----------
    table
        What `claims_table` gives.
    """
    result = [f"Source: {table['source'].iloc[0]}", count_of_tests(table)]
    for variant, part in table.groupby("variant", sort=False):
        n = part["tests"].iloc[0]
        width = part["claim"].str.len().max()
        shown = "what was found" if part["value"].isna().all() else "DeePSim - BigGAN [95 %]"
        shown = "share [95 %]" if variant == CONTROLS else shown
        head = f"{'claim':{width}} {'area':10} {'sample':8} {'n':>4} {shown:28}"
        result += ["", VARIANTS[variant] + (f" ({n} tests)" if n else "")]
        result += [f"{head} {'P':>8} {'q':>8}  verdict"]
        result += [_line(row, width) for row in part.itertuples()]
    return result


def count_of_tests(table: pd.DataFrame) -> str:
    """How many tests there are, and how many of them survive the correction.

    Parameters
    ----------
    table
        What `claims_table` gives.
    """
    by_p, by_q = (int((table[name] < LEVEL).sum()) for name in ("p", "q"))
    n = int(table["p"].count())
    return (
        f"{n} tests in all; P < {LEVEL} in {by_p} of them, q < {LEVEL} in {by_q} "
        "(Benjamini-Hochberg within each part). Verdicts follow from q."
    )


def _line(row: NamedTuple, width: int) -> str:
    effect = interval(row.value, row.low, row.high, row.unit) or row.statistic
    p, q = (f"{value:8.2g}" if np.isfinite(value) else " " * 8 for value in (row.p, row.q))
    sample = SAMPLES.get(row.sample, row.sample)
    start = f"{row.claim:{width}} {row.area:10} {sample:8} {row.n:4d} {effect:28}"
    return f"{start} {p} {q}  {row.verdict}".rstrip()


def interval(value: float, low: float, high: float, unit: str) -> str:
    """An effect with its interval, in digits that fit its unit; empty where there is none.

    Parameters
    ----------
    value, low, high
        Effect and bounds, which may be infinite (a crossing that does not come) or NaN.
    unit
        ``ms``, ``blocks`` or a share.

    Examples
    --------
    >>> interval(0.1624, 0.107, 0.217, "share"), interval(162, 144, np.inf, "ms")
    ('+0.162 [+0.107, +0.217]', '162 [144, none] ms')
    """
    if np.isnan(value):
        return ""

    def digits(number: float) -> str:
        if np.isinf(number):
            return "none"
        if unit == "share":
            return f"{number:+.3f}"
        return f"{number:.0f}" if unit == "ms" else f"{number:.3g}"

    bounds = "" if np.isnan(low) else f" [{digits(low)}, {digits(high)}]"
    return f"{digits(value)}{bounds}" + (f" {unit}" if unit in ("ms", "blocks") else "")

"""A line of the table of claims."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from neuro_data_analysis.claims.catalogue import Claim
from neuro_data_analysis.claims.effects import Effect

PUBLISHED, ADJUSTED, CORRECTED = "published", "animal and era held", "drift corrected"
FACTORS, CONTROLS = "factors", "controls"
VARIANTS = {
    PUBLISHED: "As published",
    ADJUSTED: "With animal and era held, errors by channel",
    CORRECTED: "Rates and labels corrected for the drift of reference images (an upper bound)",
    FACTORS: "Do animals or eras differ?",
    CONTROLS: "False alarms of the published test of success, and what the correction does",
}
"""Headings of the parts of the table."""

LAST = ("tests", "q", "verdict", "source")
"""Columns that stand last."""


@dataclass(frozen=True)
class Row:
    """One line; words and numbers as they stand in the columns, the effect spelled out there.

    Attributes
    ----------
    variant
        A key of `VARIANTS`.
    name
        Short and unique in its variant.
    claim, place, area, when
        Words, where the paper has it, where and when in the response.
    sample
        Column of the published masks by which experiments were taken.
    unit
        Of the effect.
    effect
        Size, interval and test.
    verdict
        What follows.
    q
        p of the effect, corrected for the tests of its variant.
    """

    variant: str
    name: str
    claim: str
    place: str
    area: str
    when: str
    sample: str
    unit: str
    effect: Effect
    verdict: str = ""
    q: float = np.nan


def row_of(claim: Claim, effect: Effect, variant: str, q: float, verdict: str) -> Row:
    """The line of a claim.

    Parameters
    ----------
    claim
        Whose words stand in it.
    effect
        What was found.
    variant
        A key of `VARIANTS`.
    q
        Corrected p.
    verdict
        What follows.
    """
    words = (claim.name, claim.words, claim.place, claim.where, claim.when, claim.mask, claim.unit)
    return Row(variant, *words, effect, verdict, q)


def table_of(rows: Iterable[Row], source: str) -> pd.DataFrame:
    """All lines; ``tests`` is the number of tests of a line's variant.

    Parameters
    ----------
    rows
        At least one.
    source
        What the data are; stands in every line.
    """
    lines = []
    for row in rows:
        line = asdict(row)
        effect = line.pop("effect")
        lines.append(line | effect)
    table = pd.DataFrame(lines).assign(source=source)
    table["tests"] = table.groupby("variant")["p"].transform("count")
    return table[[name for name in table if name not in LAST] + list(LAST)]

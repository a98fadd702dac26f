"""The 170 experiments: how many of which kind, and two rows of their table."""

import numpy as np
import pandas as pd

from core.contract import fig3
from core.contract.source_data import SourceData
from core.statistics.masks import AREAS, area, long_enough
from figure_reproduction.results import ClaimNumbers, Statistics

ANIMALS = {"A": "Alfa", "B": "Beto"}
"""Monkeys by the letter of the ids."""

EXPERIMENTS = (6, 149)
"""Numbers of the experiments whose rows the authors printed."""


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Counts of experiments, and the numbers in two rows of their table, by id.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this family is random.
    """
    meta = source.read(fig3.META)
    return ClaimNumbers(cohort(meta) | printed_rows(meta))


def cohort(meta: pd.DataFrame) -> Statistics:
    """Counts of experiments by animal, area, spaces, length and date."""
    animals = {letter: meta["Animal"] == name for letter, name in ANIMALS.items()}
    areas = {name: area(meta, name) for name in AREAS}
    blocks, dates = meta["blockN"], meta["expdate"].str.replace("-", "")
    return {
        "pc.cohort.n": len(meta),
        **{f"pc.cohort.animal.{letter}": of.sum() for letter, of in animals.items()},
        **{f"pc.cohort.area.{name}": of.sum() for name, of in areas.items()},
        **{
            f"pc.cohort.animal_area.{letter}.{name}": (of_animal & of_area).sum()
            for letter, of_animal in animals.items()
            for name, of_area in areas.items()
        },
        **{
            f"pc.cohort.spaces.{first}.{second}": n
            for (first, second), n in meta.groupby(["space1", "space2"]).size().items()
        },
        "pc.cohort.gen.min": blocks.min(),
        "pc.cohort.gen.max": blocks.max(),
        "pc.cohort.gen.median": blocks.median(),
        "pc.cohort.gen.mean": blocks.mean(),
        "pc.cohort.gen.short": (~long_enough(meta)).sum(),
        "pc.cohort.date.first": int(dates.min()),
        "pc.cohort.date.last": int(dates.max()),
        "pc.cohort.units.distinct": meta.groupby(["Animal", "prefchan", "prefunit"]).ngroups,
        "pc.cohort.channels.distinct": meta.groupby(["Animal", "prefchan"]).ngroups,
    }


def printed_rows(meta: pd.DataFrame) -> Statistics:
    """Numbers of the experiments of `EXPERIMENTS`, as far as they are there."""
    rows = meta.set_index("Expi").select_dtypes("number")
    return {
        f"pc.metarow.Exp{number}.{column}": value
        for number in rows.index.intersection(EXPERIMENTS)
        for column, value in rows.loc[number].items()
    }

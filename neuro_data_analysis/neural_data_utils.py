"""Names, areas and masks of the recordings, under the published names."""

import datetime
from collections.abc import Iterable

import pandas as pd

from core.statistics.masks import published_masks
from neuro_data_analysis.evolutions.cohort import metadata_table
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.naming import area_of_channel

__all__ = ["area_mapping", "get_all_masks", "get_meta_df", "parse_meta"]


def parse_meta(S: Experiment) -> tuple[str, datetime.date]:  # noqa: N803 (published name)
    """Animal and day of an experiment."""
    return S.Animal, S.expdate


def area_mapping(chan: int, Animal: str, expdate: datetime.date) -> str:  # noqa: N803
    """Visual area of an array channel.

    Parameters
    ----------
    chan
        1-based channel, 1 to 64.
    Animal
        Alfa or Beto.
    expdate
        Day of the recording; Beto's arrays changed in 2021.

    Examples
    --------
    >>> area_mapping(12, "Alfa", datetime.date(2020, 11, 25))
    'IT'
    """
    return area_of_channel(chan, Animal, expdate)


def get_meta_df(BFEStats: Iterable[Experiment | None]) -> pd.DataFrame:  # noqa: N803
    """``meta_stats``: a row per usable experiment, indexed by Expi."""
    return metadata_table(BFEStats)


def get_all_masks(meta_df: pd.DataFrame, return_type: type = tuple) -> tuple | dict:
    """The published masks of the metadata table.

    Parameters
    ----------
    meta_df
        Table with the columns of ``meta_stats``.
    return_type
        ``tuple`` for the masks in the order below, ``dict`` for the same by name.

    Returns
    -------
    Amsk, Bmsk, V1msk, V4msk, ITmsk, length_msk, spc_msk, sucsmsk, bsl_unstable_msk,
    bsl_stable_msk, validmsk
        Boolean Series on the index of `meta_df`.
    """
    named = published_masks(meta_df)
    return named if return_type is dict else tuple(named.values())

"""Names, areas and masks of the recordings, under the published names."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from core.statistics.masks import published_masks
from core.statistics.windows import EVOKED
from neuro_data_analysis.evolutions.cohort import evoked_rates, metadata, metadata_table
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.naming import animal_and_date, area_of_channel
from neuro_data_analysis.recordings.published_form import as_experiments, recorded

__all__ = [
    "area_mapping",
    "get_Animal_expdate",
    "get_all_masks",
    "get_meta_df",
    "get_meta_dict",
    "parse_meta",
]

Element = Experiment | Mapping[str, Any]
"""An experiment, or a mapping with its fields as the published pickles hold them."""


def parse_meta(S: Element) -> tuple[str, datetime.date]:  # noqa: N803 (published name)
    """Animal and day of an experiment."""
    experiment = recorded(S)
    return experiment.Animal, experiment.expdate


def get_Animal_expdate(  # noqa: N802 (published name)
    ephysFN: str,  # noqa: N803
    expControlFN: str,  # noqa: N803
) -> tuple[str, datetime.date]:
    """Animal and day of a recording, by the names of its files.

    Parameters
    ----------
    ephysFN
        ``<Animal>-<DDMMYYYY>-<NNN>``, or empty.
    expControlFN
        ``<YYMMDD>[_<HHMMSS>]_<Animal>_<task>``, or empty.

    Raises
    ------
    RecordingError
        If both are empty, or contradict each other.

    Examples
    --------
    >>> get_Animal_expdate("Beto-28072020-006", "200728_Beto_generate_BigGAN(1)")
    ('Beto', datetime.date(2020, 7, 28))
    """
    return animal_and_date(ephysFN, expControlFN)


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


def get_meta_dict(
    S: Element,  # noqa: N803 (published name)
    rsp_wdw: range = range(*EVOKED),
) -> dict[str, Any]:
    """A row of ``meta_stats`` as a dict; ``expdate`` is a date.

    Parameters
    ----------
    S
        The experiment.
    rsp_wdw
        Window of the rates that are tested, ms.
    """
    experiment = recorded(S)
    row = metadata(experiment, evoked_rates(experiment.psth, (rsp_wdw.start, rsp_wdw.stop)))
    return {**row, "expdate": experiment.expdate}


def get_meta_df(
    BFEStats: Iterable[Element | None],  # noqa: N803
    rsp_wdw: range = range(*EVOKED),
) -> pd.DataFrame:
    """``meta_stats``: a row per usable experiment, indexed by Expi; ``expdate`` is a date.

    Parameters
    ----------
    BFEStats
        All experiments.
    rsp_wdw
        Window of the rates that are tested, ms.
    """
    table = metadata_table(as_experiments(BFEStats), (rsp_wdw.start, rsp_wdw.stop))
    return table.assign(expdate=table["expdate"].map(datetime.date.fromisoformat))


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

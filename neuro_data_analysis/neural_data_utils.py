"""Names, areas and masks of the recordings, under the published names."""

import datetime
import logging
from collections.abc import Iterable

import pandas as pd

from core.statistics import masks
from neuro_data_analysis.evolutions.cohort import evoked_rates, identity
from neuro_data_analysis.evolutions.evolution_tests import evolution_tests
from neuro_data_analysis.evolutions.trajectories import complete_blocks
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.naming import area_of_channel

logger = logging.getLogger(__name__)

N_UNSTABLE = len(masks.UNSTABLE_BASELINE)


def parse_meta(S: Experiment) -> tuple[str, datetime.date]:  # noqa: N803 (published name)
    """Animal and day of an experiment."""
    return S.Animal, S.expdate


def area_mapping(chan: int, Animal: str, expdate: datetime.date) -> str:  # noqa: N803
    """Visual area of a 1-based array channel; see `naming.area_of_channel`."""
    return area_of_channel(chan, Animal, expdate)


def get_meta_df(BFEStats: Iterable[Experiment | None]) -> pd.DataFrame:  # noqa: N803
    """``meta_stats``: a row per usable experiment, indexed by Expi."""
    rows = {}
    for experiment in BFEStats:
        if experiment is None:
            continue
        psth = complete_blocks(experiment.psth)
        rows[experiment.Expi] = {
            **identity(experiment),
            "blockN": len(psth[0]),
            **evolution_tests(evoked_rates(psth)),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("Expi").sort_index()


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
    unstable = masks.unstable_baseline(meta_df)
    if unstable.sum() != N_UNSTABLE:
        logger.warning(
            "expected %d experiments with an unstable baseline, found %d (right for a part of the "
            "data set or another one)",
            N_UNSTABLE,
            unstable.sum(),
        )
    named = {
        "Amsk": meta_df["Animal"] == "Alfa",
        "Bmsk": meta_df["Animal"] == "Beto",
        **{f"{name}msk": masks.area(meta_df, name) for name in masks.AREAS},
        "length_msk": masks.long_enough(meta_df),
        "spc_msk": masks.fc6_against_biggan(meta_df),
        "sucsmsk": masks.success_labels(meta_df, "005")["anysucc005"],
        "bsl_unstable_msk": unstable,
        "bsl_stable_msk": ~unstable,
        "validmsk": masks.valid(meta_df),
    }
    return named if return_type is dict else tuple(named.values())

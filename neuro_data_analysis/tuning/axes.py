"""Responses of one unit along the Hessian axes of BigGAN: trial by trial, and averaged.

An axis is a space (class or noise) and the rank of an eigenvector. Where an axis was not shown at
its origin, which all axes share, it takes the origin's trials of both spaces.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import RecordingError
from core.images.stimulus_names import parse_stimulus_names
from core.statistics.windows import BASELINE, EVOKED
from neuro_data_analysis.evolutions.trajectories import sem
from neuro_data_analysis.recordings.formatted import FormattedRecording
from neuro_data_analysis.recordings.naming import unit_name

AXIS = ["space_name", "eig_id"]


@dataclass(frozen=True)
class Tuning:
    """A tuning recording's preferred unit.

    `trials` as `single_trials` returns it; baseline mean and SEM (ddof 1) over all trials,
    events/s.
    """

    name: str
    channel: int
    unit: int
    trials: pd.DataFrame
    baseline_mean: float
    baseline_sem: float

    @property
    def unit_name(self) -> str:
        """Channel and letter, say 5B."""
        return unit_name(self.channel, self.unit)


@dataclass(frozen=True)
class Axis:
    """Trials along one axis: distances and rates (n_trials,), events/s."""

    space: str
    eig_id: int
    distance: np.ndarray
    rate: np.ndarray


def read_tuning(recording: FormattedRecording, channel: int, unit: int) -> Tuning:
    """The preferred unit of a tuning recording.

    Raises
    ------
    RecordingError
        If the unit is not there exactly once, or no image lies on a Hessian axis.
    """
    row = recording.row_of(channel, unit)
    baseline = recording.rates(row, BASELINE)
    return Tuning(
        name=recording.name,
        channel=channel,
        unit=unit,
        trials=single_trials(recording, row),
        baseline_mean=float(baseline.mean()),
        baseline_sem=float(sem(baseline)),
    )


def single_trials(recording: FormattedRecording, row: int) -> pd.DataFrame:
    """One row per trial: image, rate in [50, 200) ms of one row (events/s), axis and distance.

    Columns as in the source data of Figure 6C.
    """
    table = parse_stimulus_names(recording.image_names)
    if not table["hessian_img"].any():
        raise RecordingError(
            path=recording.name,
            expected="images named like class_eig0_lin-0.24",
            found=f"none among {len(table)} trials",
        )
    table.insert(1, "pref_unit_resp", recording.rates(row, EVOKED))
    return table


def axes(trials: pd.DataFrame) -> Iterator[Axis]:
    """Every axis with its trials, class before noise, by rank; see the module on the origin."""
    shown = trials[trials["hessian_img"]]
    origin = shown.loc[shown["lin_dist"] == 0, "pref_unit_resp"].to_numpy()
    for (space, eig_id), of_axis in shown.groupby(AXIS):
        distance = of_axis["lin_dist"].to_numpy()
        rate = of_axis["pref_unit_resp"].to_numpy()
        if not (distance == 0).any():
            distance = np.concatenate([distance, np.zeros(len(origin))])
            rate = np.concatenate([rate, origin])
        yield Axis(str(space), int(eig_id), distance, rate)


def averages(tuning: Tuning) -> pd.DataFrame:
    """Mean rate (events/s) and number of trials per axis and distance.

    Columns as in the source data of Figure 6D.
    """
    tables = []
    for axis in axes(tuning.trials):
        by_distance = pd.Series(axis.rate).groupby(axis.distance)
        tables.append(
            pd.DataFrame(
                {
                    "ephysFN": tuning.name,
                    "prefchan": tuning.channel,
                    "prefunit": tuning.unit,
                    "prefchan_str": tuning.unit_name,
                    "bsl_mean": tuning.baseline_mean,
                    "bsl_sem": tuning.baseline_sem,
                    "eig_id": axis.eig_id,
                    "space_name": axis.space,
                    "lin_dist": by_distance.mean().index.to_numpy(),
                    "pref_unit_resp": by_distance.mean().to_numpy(),
                    "n_repeats": by_distance.size().to_numpy(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)

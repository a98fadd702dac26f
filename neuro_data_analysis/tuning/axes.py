"""Responses of one unit along the Hessian axes of BigGAN: trial by trial, and averaged."""

from dataclasses import dataclass

import pandas as pd

from core.errors import RecordingError
from core.images.stimulus_names import parse_stimulus_names
from core.statistics.analysis import PUBLISHED, AnalysisSettings
from core.statistics.tuning_axes import axes
from core.statistics.windows import EVOKED, Window
from neuro_data_analysis.evolutions.trajectories import sem
from neuro_data_analysis.recordings.formatted import FormattedRecording
from neuro_data_analysis.recordings.naming import unit_name


@dataclass(frozen=True)
class Tuning:
    """A tuning recording's preferred unit.

    Attributes
    ----------
    name
        Name of the recording.
    channel
        1-based channel.
    unit
        Number on the channel, from 1.
    trials
        Single trials, as `single_trials` returns them.
    baseline_mean, baseline_sem
        Baseline over all trials, events/s; SEM with ddof 1.
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


def read_tuning(
    recording: FormattedRecording,
    channel: int,
    unit: int,
    settings: AnalysisSettings = PUBLISHED,
) -> Tuning:
    """The preferred unit of a tuning recording.

    Parameters
    ----------
    recording
        The recording.
    channel
        1-based channel.
    unit
        Number on the channel, from 1.
    settings
        Windows of the response and of the baseline.

    Raises
    ------
    RecordingError
        If the unit is not there exactly once, or no image lies on a Hessian axis.
    """
    row = recording.row_of(channel, unit)
    baseline = recording.rates(row, settings.baseline)
    return Tuning(
        name=recording.name,
        channel=channel,
        unit=unit,
        trials=single_trials(recording, row, settings.evoked),
        baseline_mean=float(baseline.mean()),
        baseline_sem=float(sem(baseline)),
    )


def single_trials(recording: FormattedRecording, row: int, window: Window = EVOKED) -> pd.DataFrame:
    """One row per trial: image, rate of one unit in a window (events/s), axis and distance.

    Parameters
    ----------
    recording
        The recording.
    row
        0-based row of the unit.
    window
        Start and stop in ms, half-open, 0-based.

    Returns
    -------
    DataFrame
        Columns of the source data of Figure 6C.

    Raises
    ------
    RecordingError
        If no image lies on a Hessian axis.
    """
    table = parse_stimulus_names(recording.image_names)
    if not table["hessian_img"].any():
        raise RecordingError(
            path=recording.name,
            expected="images named like class_eig0_lin-0.24",
            found=f"none among {len(table)} trials",
        )
    table.insert(1, "pref_unit_resp", recording.rates(row, window))
    return table


def averages(tuning: Tuning) -> pd.DataFrame:
    """Mean rate (events/s) and number of trials per axis and distance.

    The columns are those of the source data of Figure 6D.
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

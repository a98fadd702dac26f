"""Everything that the exporters need of all experiments, gathered in one pass over the recordings.

Each experiment is read, summarised and let go, so memory holds one recording at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from core.errors import RecordingError
from core.progress import progress
from core.statistics.masks import valid
from core.statistics.windows import EVOKED, Window
from neuro_data_analysis.evolutions.evolution_tests import block_responses, evolution_tests
from neuro_data_analysis.evolutions.trajectories import (
    Padded,
    complete_blocks,
    n_complete_blocks,
    pad_all,
    psth_trajectory,
    response_trajectory,
    window_rate,
    window_trajectories,
)
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.experiment import Experiment


@dataclass(frozen=True)
class Summary:
    """One experiment, reduced to block means and tests.

    `meta` holds the columns of ``meta_activation_stats``; `responses` is
    (n_blocks, 6), `psth` (n_blocks, 4, 200) and `windows` (n_windows, n_blocks, 4), all events/s.
    """

    expi: int
    meta: dict
    responses: np.ndarray
    psth: np.ndarray
    windows: np.ndarray


def summarise(experiment: Experiment, windows: tuple[Window, ...] = ()) -> Summary:
    """Read one experiment's trials and reduce them.

    Raises
    ------
    RecordingError
        If the recording contradicts itself.
    """
    try:
        psth = complete_blocks(experiment.psth)
        per_thread = [thread[: n_complete_blocks(thread)] for thread in experiment.psth]
        meta = {
            **identity(experiment),
            "blockN": len(psth[0]),
            **evolution_tests(evoked_rates(psth)),
            **block_responses(evoked_rates(per_thread)),
        }
    except RecordingError as error:
        raise error.about(error.path or f"Exp {experiment.Expi}") from None
    return Summary(
        expi=experiment.Expi,
        meta=meta,
        responses=response_trajectory(psth),
        psth=psth_trajectory(psth),
        windows=window_trajectories(psth, windows),
    )


def evoked_rates(psth: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
    """Single-trial rates in [50, 200) ms of every thread and block, events/s."""
    return [[window_rate(block, EVOKED) for block in thread] for thread in psth]


def identity(experiment: Experiment) -> dict:
    """The columns of ``meta_stats`` that describe the recording, up to the optimizers."""
    return {
        "Animal": experiment.Animal,
        "expdate": experiment.expdate.isoformat(),
        "ephysFN": experiment.ephysFN,
        "prefchan": experiment.pref_chan,
        "prefunit": experiment.unit_in_pref_chan,
        "visual_area": experiment.visual_area,
        "space1": experiment.space_names[0],
        "space2": experiment.space_names[1],
        "optim_names1": experiment.optim_names[0],
        "optim_names2": experiment.optim_names[1],
    }


@dataclass(frozen=True)
class Cohort:
    """All usable experiments in ascending order of Expi, on a common number of blocks."""

    summaries: tuple[Summary, ...]
    windows: tuple[Window, ...]

    @cached_property
    def meta(self) -> pd.DataFrame:
        """``meta_activation_stats`` indexed by Expi, with the mask ``valid`` as last column."""
        index = pd.Index([summary.expi for summary in self.summaries], name="Expi")
        table = pd.DataFrame([summary.meta for summary in self.summaries], index=index)
        return table.assign(valid=valid(table))

    @cached_property
    def responses(self) -> Padded:
        """(n_experiments, n_blocks, 6); see `response_trajectory`."""
        return pad_all([summary.responses for summary in self.summaries])

    @cached_property
    def psth(self) -> np.ndarray:
        """(n_experiments, n_blocks, 4, 200); see `psth_trajectory`."""
        return pad_all([summary.psth for summary in self.summaries]).values

    @cached_property
    def normaliser(self) -> np.ndarray:
        """Largest block mean of the evoked rate of either thread, (n_experiments,), events/s."""
        return self.responses.values[:, :, :2].max(axis=(1, 2))

    @property
    def order(self) -> pd.DataFrame:
        """See `experiment_order`."""
        rows = self.meta.reset_index()[["Expi", "ephysFN", "blockN"]]
        return rows.rename(columns={"blockN": "n_blocks"})

    def window_responses(self, window: Window) -> np.ndarray:
        """Padded trajectories in one of `windows`, (n_experiments, n_blocks, 4), events/s."""
        row = self.windows.index(window)
        return pad_all([summary.windows[row] for summary in self.summaries]).values


def gather_all(recordings: Recordings, windows: tuple[Window, ...] = ()) -> Cohort:
    """`gather` for a whole data set, whose name stands in what is raised."""
    experiments = progress(recordings.experiments(), len(recordings.usable()), "experiments")
    try:
        return gather(experiments, windows)
    except RecordingError as error:
        raise error.inside(recordings.name) from None


def experiment_order(recordings: Recordings) -> pd.DataFrame:
    """The experiment behind every row of the all-experiment tables, without reading responses.

    Returns
    -------
    DataFrame
        ``Expi``, ``ephysFN`` and ``n_blocks`` after the last-block drop, ascending in Expi.
    """
    rows = []
    for experiment in recordings.experiments():
        try:
            n_blocks = n_complete_blocks(*experiment.idx_seq)
        except RecordingError as error:
            raise error.inside(f"Exp {experiment.Expi}").inside(recordings.name) from None
        rows.append((experiment.Expi, experiment.ephysFN, n_blocks))
    return pd.DataFrame(rows, columns=["Expi", "ephysFN", "n_blocks"])


def gather(experiments: Iterable[Experiment], windows: tuple[Window, ...] = ()) -> Cohort:
    """Summaries of all experiments, each read once.

    Raises
    ------
    RecordingError
        If there is no experiment, or one contradicts itself, or none ever responds.
    """
    summaries = tuple(summarise(experiment, windows) for experiment in experiments)
    if not summaries:
        raise RecordingError(expected="at least one usable experiment", found="none")
    cohort = Cohort(tuple(sorted(summaries, key=lambda summary: summary.expi)), tuple(windows))
    silent = cohort.meta.index[cohort.normaliser <= 0]
    if len(silent):
        raise RecordingError(
            path=f"Exp {silent[0]}", expected="evoked spikes", found="none in any block"
        )
    return cohort

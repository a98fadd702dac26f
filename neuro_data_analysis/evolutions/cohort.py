"""Everything that the exporters need of all experiments, gathered in one pass over the recordings.

Each experiment is read, summarised and let go, so memory holds one recording at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from core.contract.descriptions import SLICES
from core.errors import RecordingError
from core.progress import progress
from core.statistics.analysis import PUBLISHED, AnalysisSettings
from core.statistics.masks import valid
from core.statistics.windows import EVOKED, Window, window_rate
from neuro_data_analysis.evolutions.evolution_tests import block_responses, evolution_tests
from neuro_data_analysis.evolutions.trajectories import (
    BlockMeans,
    Moments,
    complete_blocks,
    n_complete_blocks,
    pad_fields,
    psth_trajectory,
    response_trajectory,
    window_trajectories,
)
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.experiment import Blocks, Experiment


@dataclass(frozen=True)
class Summary:
    """One experiment, reduced to block means and tests.

    Attributes
    ----------
    expi
        1-based number of the experiment.
    meta
        Columns of ``meta_activation_stats``.
    responses
        Evoked rate and baseline, (n_blocks, 2) each, events/s.
    psth
        PSTH, (n_blocks, 2, 200) each, events/s; None where it was not asked for.
    windows
        Rates in windows, (n_blocks, 2) each, events/s.
    n_trials
        All trials of both threads, those of a dropped block too; None where they are not known.
    """

    expi: int
    meta: dict
    responses: BlockMeans
    psth: Moments | None
    windows: dict[Window, Moments]
    n_trials: tuple[int, ...] | None = None


def summarise(
    experiment: Experiment,
    windows: tuple[Window, ...] = (),
    with_psth: bool = True,
    settings: AnalysisSettings = PUBLISHED,
) -> Summary:
    """Read one experiment's trials and reduce them.

    Parameters
    ----------
    experiment
        Experiment to read.
    windows
        Windows of `Summary.windows`, start and stop in ms.
    with_psth
        Whether the PSTHs are averaged, too.
    settings
        Windows of the response and of the baseline.

    Raises
    ------
    RecordingError
        If the recording contradicts itself.
    """
    try:
        psth = complete_blocks(experiment.psth)
        evoked = evoked_rates(experiment.psth, settings.evoked)
        per_thread = [thread[: n_complete_blocks(thread)] for thread in evoked]
        meta = {**metadata(experiment, evoked), **block_responses(per_thread)}
    except RecordingError as error:
        raise error.about(error.path or f"Exp {experiment.Expi}") from None
    return Summary(
        expi=experiment.Expi,
        meta=meta,
        responses=response_trajectory(psth, settings.evoked, settings.baseline),
        psth=psth_trajectory(psth) if with_psth else None,
        windows=window_trajectories(psth, windows),
        n_trials=tuple(sum(map(len, thread)) for thread in evoked),
    )


def evoked_rates(psth: Blocks, window: Window = EVOKED) -> Blocks:
    """Single-trial rates in a window of every thread and block, (n_trials,) each, events/s.

    Parameters
    ----------
    psth
        Both threads' blocks of trials, (200, n_trials) each, events/s.
    window
        Start and stop in ms, half-open, 0-based.

    Examples
    --------
    >>> evoked_rates([[np.full((200, 2), 12.0)], [np.full((200, 1), 8.0)]])
    [[array([12., 12.])], [array([8.])]]
    """
    return [[window_rate(block, window) for block in thread] for thread in psth]


def metadata(experiment: Experiment, evoked: Blocks) -> dict:
    """The columns of ``meta_stats``: who was recorded, and the tests of the evolution.

    Parameters
    ----------
    experiment
        Experiment to describe.
    evoked
        Its single-trial rates, as `evoked_rates` gives them.

    Raises
    ------
    RecordingError
        If no block is complete.
    """
    complete = complete_blocks(evoked)
    return {**identity(experiment), "blockN": len(complete[0]), **evolution_tests(complete)}


def metadata_table(
    experiments: Iterable[Experiment | None], window: Window = EVOKED
) -> pd.DataFrame:
    """``meta_stats``: a row per usable experiment, indexed by Expi, ascending.

    Parameters
    ----------
    experiments
        Experiments; None for one without a recording.
    window
        Of the rates that are tested: start and stop in ms, half-open, 0-based.
    """
    rows = {
        experiment.Expi: metadata(experiment, evoked_rates(experiment.psth, window))
        for experiment in experiments
        if experiment is not None
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("Expi").sort_index()


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
    """All usable experiments in ascending order of Expi, on a common number of blocks.

    `settings` are those that they were summarised with.
    """

    summaries: tuple[Summary, ...]
    settings: AnalysisSettings = PUBLISHED

    @cached_property
    def meta(self) -> pd.DataFrame:
        """``meta_activation_stats`` indexed by Expi, with the mask ``valid`` as last column."""
        index = pd.Index([summary.expi for summary in self.summaries], name="Expi")
        table = pd.DataFrame([summary.meta for summary in self.summaries], index=index)
        return table.assign(valid=valid(table, self.settings.min_blocks))

    @cached_property
    def responses(self) -> BlockMeans:
        """Evoked rate and baseline, padded, (n_experiments, n_blocks, 2) each, events/s."""
        return pad_fields([summary.responses for summary in self.summaries])

    @cached_property
    def measured(self) -> np.ndarray:
        """Which blocks were measured and not padded, (n_experiments, n_blocks) bool."""
        n_blocks = self.meta["blockN"].to_numpy()
        return np.arange(n_blocks.max()) < n_blocks[:, None]

    @cached_property
    def psth(self) -> Moments:
        """PSTHs, padded, (n_experiments, n_blocks, 2, 200) each, events/s."""
        return pad_fields([summary.psth for summary in self.summaries])

    @cached_property
    def normaliser(self) -> np.ndarray:
        """Largest block mean of the evoked rate of either thread, (n_experiments,), events/s."""
        return self.responses.mean.max(axis=(1, 2))

    @property
    def order(self) -> pd.DataFrame:
        """The experiment behind every row, see `order_table`."""
        return order_table(
            zip(self.meta.index, self.meta["ephysFN"], self.meta["blockN"], strict=True)
        )

    def window_responses(self, window: Window) -> Moments:
        """Rates in one of the windows, padded, (n_experiments, n_blocks, 2) each, events/s."""
        return pad_fields([summary.windows[window] for summary in self.summaries])


def by_slice(moments: Moments | BlockMeans) -> dict[str, np.ndarray]:
    """Padded moments by the suffix of their published files, (n_experiments, n_blocks, ...) each.

    Examples
    --------
    >>> list(by_slice(Moments(np.zeros((1, 3, 2)), np.ones((1, 3, 2)))))
    ['DeePSim_mean', 'BigGAN_mean', 'DeePSim_sem', 'BigGAN_sem']
    """
    parts = (part[:, :, thread] for part in (moments.mean, moments.sem) for thread in (0, 1))
    return dict(zip(SLICES, parts, strict=True))


def order_table(rows: Iterable[tuple[int, str, int]]) -> pd.DataFrame:
    """The experiment behind every row of the all-experiment tables.

    Parameters
    ----------
    rows
        Expi, name of the recording, and number of blocks after the last-block drop; ascending.

    Returns
    -------
    DataFrame
        ``Expi``, ``ephysFN`` and ``n_blocks``.

    Examples
    --------
    >>> order_table([(3, "Beto-28072020-006", 30)]).to_dict("records")
    [{'Expi': 3, 'ephysFN': 'Beto-28072020-006', 'n_blocks': 30}]
    """
    return pd.DataFrame(list(rows), columns=["Expi", "ephysFN", "n_blocks"])


def experiment_order(recordings: Recordings) -> pd.DataFrame:
    """What `Cohort.order` says, from the numbers of the trials alone, which is much faster.

    Raises
    ------
    RecordingError
        If an experiment has no complete block.
    """
    rows = []
    for experiment in recordings.experiments():
        try:
            n_blocks = n_complete_blocks(*experiment.idx_seq)
        except RecordingError as error:
            raise error.inside(f"Exp {experiment.Expi}").inside(recordings.name) from None
        rows.append((experiment.Expi, experiment.ephysFN, n_blocks))
    return order_table(rows)


def gather_all(
    recordings: Recordings,
    windows: tuple[Window, ...] = (),
    with_psth: bool = True,
    settings: AnalysisSettings = PUBLISHED,
) -> Cohort:
    """Summaries of a whole data set, whose name stands in what is raised.

    Parameters
    ----------
    recordings
        The data set; each experiment is read once and let go.
    windows
        Windows for `Cohort.window_responses`, start and stop in ms.
    with_psth
        Whether `Cohort.psth` is asked for.
    settings
        Windows and thresholds; which experiments are used is the data set's.

    Raises
    ------
    RecordingError
        If there is no experiment, or one contradicts itself, or none ever responds.
    """
    experiments = progress(recordings.experiments(), len(recordings.usable()), "experiments")
    try:
        return gather(experiments, windows, with_psth, settings)
    except RecordingError as error:
        raise error.inside(recordings.name) from None


def gather(
    experiments: Iterable[Experiment],
    windows: tuple[Window, ...] = (),
    with_psth: bool = True,
    settings: AnalysisSettings = PUBLISHED,
) -> Cohort:
    """Summaries of all experiments, each read once.

    Parameters
    ----------
    experiments
        Experiments in any order.
    windows
        Windows for `Cohort.window_responses`, start and stop in ms.
    with_psth
        Whether `Cohort.psth` is asked for.
    settings
        Windows and thresholds; which experiments are used is the data set's.

    Raises
    ------
    RecordingError
        If there is no experiment, or one contradicts itself, or none ever responds.
    """
    summaries = tuple(
        summarise(experiment, windows, with_psth, settings) for experiment in experiments
    )
    if not summaries:
        raise RecordingError(expected="at least one usable experiment", found="none")
    ordered = tuple(sorted(summaries, key=lambda summary: summary.expi))
    cohort = Cohort(ordered, settings)
    silent = cohort.meta.index[cohort.normaliser <= 0]
    if len(silent):
        raise RecordingError(
            path=f"Exp {silent[0]}", expected="evoked spikes", found="none in any block"
        )
    return cohort

"""What the claims are tested on: the cohort, its reference images, and what differed between days.

It comes from trials or from the explorer's averages, in one form.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.errors import RecordingError
from core.explorer.averages import BlockAverages, Rates
from core.explorer.trials import trial_counts
from core.progress import progress
from core.statistics.analysis import PUBLISHED, AnalysisSettings
from core.statistics.masks import mask_table
from core.statistics.windows import Window, window_rate
from core.threads import N_THREADS
from neuro_data_analysis.evolutions.cohort import Cohort, summarise
from neuro_data_analysis.evolutions.from_explorer import cohort_from_explorer
from neuro_data_analysis.evolutions.trajectories import n_complete_blocks, sem
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.experiment import Experiment

COLOURED_UNTIL = datetime.date(2020, 8, 12)
"""Last day on which the founders of fc6 were coloured; they were grey from the next day on."""

LARGE_POPULATION = 35
"""Numbers of fc6 trials in a block above it count as the population of 40, others as that of 30."""

ERAS = ("coloured", "grey/40", "grey/30")
"""Founders of fc6 and its population, in the order of time."""


class Beside(NamedTuple):
    """What a cohort does not hold of an experiment.

    Attributes
    ----------
    reference
        Evoked rate of the natural reference images by block, (n_blocks, 2), events/s; NaN where
        none was shown.
    trials
        Trials in every block, (n_blocks, 2).
    """

    reference: Rates
    trials: np.ndarray


@dataclass(frozen=True)
class Observations:
    """Everything that a claim is tested on.

    Attributes
    ----------
    source
        What the data are, in words that stand in every row.
    is_simulated
        Whether they are simulated.
    cohort
        All experiments.
    beside
        What the cohort does not hold, in the same order.
    """

    source: str
    is_simulated: bool
    cohort: Cohort
    beside: tuple[Beside, ...]

    @cached_property
    def masks(self) -> pd.DataFrame:
        """The published masks, (n_experiments, 14) bool."""
        return mask_table(self.cohort.meta).astype(bool)

    @cached_property
    def evoked(self) -> np.ndarray:
        """Evoked rate over the normaliser, padded, (n_experiments, n_blocks, 2)."""
        return self.cohort.responses.mean / self.cohort.normaliser[:, None, None]

    @cached_property
    def psth(self) -> np.ndarray:
        """PSTHs over the normaliser, padded, (n_experiments, n_blocks, 2, 200)."""
        return self.cohort.psth.mean / self.cohort.normaliser[:, None, None, None]

    @cached_property
    def factors(self) -> pd.DataFrame:
        """Area, animal, era and channel of every experiment, text each."""
        meta = self.cohort.meta
        dates = meta["expdate"].map(datetime.date.fromisoformat)
        large = [np.median(of.trials[:, 0]) > LARGE_POPULATION for of in self.beside]
        era = np.where(dates <= COLOURED_UNTIL, ERAS[0], np.where(large, *ERAS[1:]))
        columns = {
            "area": meta["visual_area"],
            "animal": meta["Animal"],
            "era": era,
            "channel": meta["visual_area"] + meta["Animal"] + meta["prefchan"].astype(str),
        }
        return pd.DataFrame(columns).reset_index(drop=True)

    def rows(self, area: str, mask: str) -> np.ndarray:
        """Valid experiments of an area, (n_experiments,) bool.

        Parameters
        ----------
        area
            ``V1``, ``V4`` or ``IT``.
        mask
            Column of `masks` that must hold, say ``anysucc005``.
        """
        chosen = self.masks[["valid", f"{area}msk", mask]].all(axis=1)
        return chosen.to_numpy()

    def window(self, window: Window, block: int) -> np.ndarray:
        """Normalised rate in a window of one padded block, (n_experiments, 2).

        Parameters
        ----------
        window
            Start and stop in ms, half-open, 0-based.
        block
            0-based number; negative ones count from the end.
        """
        return window_rate(self.psth[:, block], window, axis=2)


def observe_averages(
    experiments: Iterable[BlockAverages], published_labels: bool = False
) -> Observations:
    """Observations from the explorer's averages; numbers of trials are derived.

    Parameters
    ----------
    experiments
        Averages in any order.
    published_labels
        As `cohort_from_explorer` takes it.

    Raises
    ------
    RecordingError
        If there is no experiment.
    """
    experiments = sorted(experiments, key=lambda experiment: experiment.expi)
    labels = "one inferred from published counts" if published_labels else "derived"
    return Observations(
        source=f"block averages of the authors' explorer (numbers of trials: {labels})",
        is_simulated=False,
        cohort=cohort_from_explorer(experiments, published_labels=published_labels),
        beside=tuple(Beside(e.reference, trial_counts(e).n) for e in experiments),
    )


def observe_recordings(
    recordings: Recordings, settings: AnalysisSettings = PUBLISHED
) -> Observations:
    """Observations from single trials; each experiment is read once and let go.

    Parameters
    ----------
    recordings
        The data set, open, without what the settings leave out.
    settings
        Windows and thresholds; those that are not the published ones stand in `source`.

    Raises
    ------
    RecordingError
        If there is no experiment, or one contradicts itself.
    """
    summaries, beside = [], []
    usable = len(recordings.usable())
    for experiment in progress(recordings.experiments(), usable, "experiments"):
        summaries.append(summarise(experiment, settings=settings))
        beside.append(_beside(experiment, settings.evoked))
    if not summaries:
        raise RecordingError(
            path=recordings.name, expected="at least one usable experiment", found="none"
        )
    simulated = recordings.is_simulated()
    words = "SIMULATED recordings, no evidence" if simulated else "recordings"
    if settings != PUBLISHED:
        words = f"{words}; other settings than the paper's: {settings.words()}"
    return Observations(words, simulated, Cohort(tuple(summaries), settings), tuple(beside))


def _beside(experiment: Experiment, evoked: Window) -> Beside:
    n_blocks = n_complete_blocks(*experiment.idx_seq)
    mean, error = np.full((2, n_blocks, N_THREADS), np.nan)
    for thread, blocks in enumerate(experiment.ref_psth):
        for block, psth in enumerate(blocks[:n_blocks]):
            if psth.shape[1]:
                rates = window_rate(psth, evoked)
                mean[block, thread], error[block, thread] = rates.mean(), sem(rates)
    trials = [[len(block) for block in thread[:n_blocks]] for thread in experiment.idx_seq]
    return Beside(Rates(mean, error), np.array(trials).T)

"""What the exporters draw on; each part is read when the first of them asks for it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import pandas as pd

from core.contract import ext4, fig5
from core.contract.source_data import EXAMPLE_EXPI
from core.errors import RecordingError
from core.progress import progress
from core.statistics.analysis import PUBLISHED, AnalysisSettings
from core.statistics.windows import Window
from neuro_data_analysis.evolutions.cohort import Cohort, experiment_order, gather_all
from neuro_data_analysis.export.examples import example_experiment
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.layout import Folders
from neuro_data_analysis.tuning.hessian_recordings import open_hessian_recordings
from neuro_data_analysis.tuning.synopsis import TunedUnit, synopsis

WINDOWS = tuple(dict.fromkeys((*fig5.WINDOWS, *(w for ws in ext4.WINDOWS.values() for w in ws))))
"""Windows of all figures, start and stop in ms."""


class CohortInputs(Protocol):
    """What the exporters of populations draw on, whether from trials or from their averages.

    Attributes
    ----------
    cohort
        All experiments, with the windows of all figures.
    order
        The experiment behind every row.
    """

    @property
    def cohort(self) -> Cohort:
        """All experiments."""

    @property
    def order(self) -> pd.DataFrame:
        """The experiment behind every row."""


@dataclass(frozen=True)
class Inputs:
    """Recordings and what lies beside them, as every exporter takes them.

    Attributes
    ----------
    recordings
        The paired evolutions, open.
    folders
        Where the tuning recordings and what was measured on images lie.
    example_expi
        Experiment of Figure 2; None for the paper's, in a simulation for the first that shows what
        the figure is about.
    n_jobs
        Processes that fit tuning curves.
    windows, with_psth
        What the cohort is gathered for: by default all windows, and PSTHs; Figure 4 needs neither.
    settings
        Windows and thresholds; which experiments are used is the data set's.
    """

    recordings: Recordings
    folders: Folders
    example_expi: int | None = None
    n_jobs: int = 2
    windows: tuple[Window, ...] = WINDOWS
    with_psth: bool = True
    settings: AnalysisSettings = PUBLISHED

    @cached_property
    def example(self) -> Experiment:
        """The experiment of Figure 2; RecordingError where it is not there."""
        chosen = self.example_expi
        if chosen is None:
            simulated = self.recordings.is_simulated()
            chosen = example_experiment(self.cohort) if simulated else EXAMPLE_EXPI
        try:
            return self.recordings.experiment(chosen)
        except RecordingError as error:
            raise error.advising("--example N names another for Figure 2") from None

    @property
    def cohort(self) -> Cohort:
        """All experiments, with the windows of all figures; RecordingError if one is broken."""
        if isinstance(self._gathered, RecordingError):
            raise self._gathered
        return self._gathered

    @cached_property
    def _gathered(self) -> Cohort | RecordingError:
        """The cohort, or why there is none, read once for all exporters."""
        try:
            return gather_all(self.recordings, self.windows, self.with_psth, self.settings)
        except RecordingError as error:
            advice = error.advice or "--skip-bad leaves such experiments out, and --exclude any"
            return error.advising(advice)

    @property
    def order(self) -> pd.DataFrame:
        """The experiment behind every row; the recordings are read for it only if they must be."""
        gathered = isinstance(vars(self).get("_gathered"), Cohort)
        return self.cohort.order if gathered else experiment_order(self.recordings)

    @cached_property
    def tuned_units(self) -> tuple[TunedUnit, ...]:
        """The preferred units of the tuning recordings.

        Raises
        ------
        MissingFileError
            If a tuning recording or a record table is absent.
        RecordingError
            If one is broken.
        """
        hessian = open_hessian_recordings(
            self.folders.records, self.folders.formatted, self.recordings, self.settings
        )
        return tuple(progress(hessian.units(), len(hessian), "tuning recordings"))

    @cached_property
    def synopsis(self) -> pd.DataFrame:
        """Fits along every axis of `tuned_units`, which takes minutes."""
        return synopsis(self.tuned_units, self.n_jobs)

"""The tuning recordings of Figure 6 under ``MATROOT``, each with the outcome of its evolution."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.contract.signs import content_is_signed
from core.errors import MissingFileError, RecordingError
from core.statistics.analysis import AREAS, PUBLISHED, SUCCESS_LEVEL, AnalysisSettings
from core.statistics.comparisons import two_sample
from core.statistics.masks import success_of_last_block
from core.statistics.windows import EVOKED, Window
from core.threads import BIGGAN, N_THREADS
from neuro_data_analysis.evolutions.cohort import evoked_rates
from neuro_data_analysis.evolutions.evolution_tests import last_against_first
from neuro_data_analysis.evolutions.trajectories import complete_blocks, n_complete_blocks
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.experiment import Blocks
from neuro_data_analysis.recordings.experiment_records import tuning_recordings
from neuro_data_analysis.recordings.formatted import (
    FormattedRecording,
    formatted_file,
    read_formatted,
)
from neuro_data_analysis.recordings.naming import (
    animal_and_date,
    area_of_channel,
    block_and_thread,
)
from neuro_data_analysis.tuning.axes import read_tuning
from neuro_data_analysis.tuning.synopsis import TunedUnit

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HessianRecordings:
    """Where everything lies.

    Attributes
    ----------
    table
        A row of the record table per recording.
    folder
        Folder of the formatted files.
    evolutions
        The data set of paired evolutions.
    settings
        Windows, and the level of success.
    """

    table: pd.DataFrame
    folder: Path
    evolutions: Recordings
    settings: AnalysisSettings = PUBLISHED

    def __len__(self) -> int:
        return len(self.table)

    def units(self) -> Iterator[TunedUnit]:
        """The preferred unit of every tuning recording, one file after the other.

        Raises
        ------
        MissingFileError, RecordingError
            If a recording or its evolution is missing or contradicts itself.
        """
        numbers = {
            experiment.ephysFN: experiment.Expi for experiment in self.evolutions.experiments()
        }
        simulated = self.evolutions.is_simulated()
        for row in self.table.itertuples():
            path = formatted_file(self.folder, row.ephysFN)
            recording = read_formatted(path)
            if not simulated and content_is_signed(recording.rasters):
                raise RecordingError(
                    path=path,
                    expected="a recording beside recordings",
                    found="one that a simulation wrote",
                )
            try:
                tuning = read_tuning(recording, row.pref_chan, row.pref_unit, self.settings)
            except RecordingError as error:
                raise error.inside(path) from None
            try:
                rates = self._evolved_rates(row, numbers)
                evolved = succeeded(rates, self.settings.success_level)
            except RecordingError as error:
                raise error.about(error.path or row.evol_ephysFN) from None
            if evolved and succeeded_without_variation(rates):
                logger.warning("%s: its success rests on rates that do not vary", row.evol_ephysFN)
            yield TunedUnit(row.Animal, row.Exp_id, evolved, tuning)

    def _evolved_rates(self, row, numbers: dict[str, int]) -> list[np.ndarray]:
        """Evoked single-trial rates per block of BigGAN's thread.

        They are in the data set of paired evolutions, or in a formatted file of their own.
        """
        name = row.evol_ephysFN
        if name in numbers:
            experiment = self.evolutions.experiment(numbers[name])
            return evoked_rates(complete_blocks(experiment.psth), self.settings.evoked)[BIGGAN]
        path = formatted_file(self.folder, name)
        if not path.is_file():
            raise MissingFileError(
                path=path,
                expected=f"the evolution before {row.ephysFN}",
                found=f"it neither here nor in {self.evolutions.name}",
            )
        evolution = read_formatted(path)
        unit = (row.evol_pref_chan, row.evol_pref_unit)
        return evolved_rates(evolution, *unit, self.settings.evoked)


def open_hessian_recordings(
    records: Path,
    formatted: Path,
    evolutions: Recordings,
    settings: AnalysisSettings = PUBLISHED,
) -> HessianRecordings:
    """Find the tuning recordings.

    Parameters
    ----------
    records
        Folder of the record tables.
    formatted
        Folder of the formatted files.
    evolutions
        The data set of paired evolutions.
    settings
        Windows, the level of success, and the areas of the evolutions.

    Raises
    ------
    MissingFileError, RecordingError
        If the tables are missing or contradict each other.
    """
    table = tuning_recordings(records)
    if settings.areas != AREAS:
        names, channels = table["evol_ephysFN"], table["evol_pref_chan"]
        areas = [_area(*unit) for unit in zip(names, channels, strict=True)]
        table = table[[area in settings.areas for area in areas]]
    return HessianRecordings(table, Path(formatted), evolutions, settings)


def _area(name: str, channel: int) -> str:
    return area_of_channel(channel, *animal_and_date(name, ""))


def succeeded(evoked: list[np.ndarray], level: float = SUCCESS_LEVEL) -> bool:
    """Whether an evolution succeeded as Figure 6 counts it: the last block against the first.

    Parameters
    ----------
    evoked
        Single-trial rates per block of one thread, (n_trials,) each, events/s, incomplete last
        block dropped.
    level
        Level that p must stay below.

    Raises
    ------
    RecordingError
        If the blocks do not determine it: a single one, or rates that do not vary.

    Examples
    --------
    >>> rates = np.array([10.0, 11.0, 12.0])
    >>> succeeded([rates, rates + 20]), succeeded([rates, rates])
    (True, False)
    """
    p = last_against_first(evoked).p if len(evoked) > 1 else np.nan
    if np.isnan(p):
        raise RecordingError(
            expected="an evolution whose first and last block can be compared",
            found=f"{len(evoked)} blocks that do not determine a test",
        )
    return success_of_last_block(p, level)


def succeeded_without_variation(evoked: list[np.ndarray]) -> bool:
    """Whether the success rests on rates that do not vary within the last and the first block.

    Examples
    --------
    >>> succeeded_without_variation([np.full(10, 3.0), np.full(10, 5.0)])
    True
    """
    return succeeded(evoked) and bool(np.isnan(two_sample(evoked[-1], evoked[0], strict=True).p))


def evolved_rates(
    recording: FormattedRecording, channel: int, unit: int, window: Window = EVOKED
) -> list[np.ndarray]:
    """Evoked single-trial rates per block of BigGAN's thread, from a formatted evolution.

    A last block with fewer than 10 trials in either thread is left out.

    Parameters
    ----------
    recording
        The evolution.
    channel
        1-based channel of the preferred unit.
    unit
        Its number on the channel, from 1.
    window
        Start and stop in ms, half-open, 0-based.

    Returns
    -------
    list of (n_trials,)
        events/s.

    Raises
    ------
    RecordingError
        If no image name says that it was evolved in thread 001.
    """
    rates = recording.rates(recording.row_of(channel, unit), window)
    places = [block_and_thread(name) for name in recording.image_names]
    n_blocks = max((place[0] for place in places if place), default=0)
    blocks: list[list[list[float]]] = [[[] for _ in range(n_blocks)] for _ in range(N_THREADS)]
    for place, rate in zip(places, rates, strict=True):
        if place is not None and place[0] > 0 and place[1] < N_THREADS:
            blocks[place[1]][place[0] - 1].append(rate)
    arrays: Blocks = [[np.array(block) for block in thread] for thread in blocks]
    if not any(len(block) for block in arrays[BIGGAN]):
        raise RecordingError(
            path=recording.name,
            expected="images named like block001_thread001_gen_gen000_000030",
            found="none of thread 001",
        )
    shown = [thread for thread in arrays if any(len(block) for block in thread)]
    return arrays[BIGGAN][: n_complete_blocks(*shown)]

"""Every image that was shown in an experiment, with the response to it; block by block."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.errors import MissingFileError
from core.statistics.windows import BASELINE, EVOKED, Window, window_rate
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.layout import local_folder
from neuro_data_analysis.recordings.naming import reference_stem


class TrialRates(NamedTuple):
    """Single trials of one thread, a list of (n_trials,) arrays by block each.

    `evoked` and `baseline` are rates in events/s; `generation` is the 1-based number of the block.
    """

    evoked: list[np.ndarray]
    baseline: list[np.ndarray]
    generation: list[np.ndarray]


def trial_rates(
    blocks: Sequence[np.ndarray], evoked: Window = EVOKED, baseline: Window = BASELINE
) -> TrialRates:
    """Evoked rate, baseline rate and generation of every trial; no block is dropped.

    Parameters
    ----------
    blocks
        PSTHs of one thread, (200, n_trials) each, events/s.
    evoked, baseline
        Windows, start and stop in ms, half-open, 0-based.

    Raises
    ------
    RecordingError
        If a window is empty or reaches past the recording.

    Examples
    --------
    >>> rates = trial_rates([np.full((200, 2), 12.0), np.full((200, 1), 8.0)])
    >>> rates.evoked, rates.generation
    ([array([12., 12.]), array([8.])], [array([1, 1]), array([2])])
    """
    return TrialRates(
        [window_rate(block, evoked) for block in blocks],
        [window_rate(block, baseline) for block in blocks],
        [np.full(block.shape[1], number) for number, block in enumerate(blocks, start=1)],
    )


def evolved_images(experiment: Experiment, thread: int, root: str | Path) -> list[list[Path]]:
    """File of every trial's evolved image, by block; whether it is there is not asked.

    Parameters
    ----------
    experiment
        Experiment in which the images were shown.
    thread
        0 (DeePSim) or 1 (BigGAN).
    root
        Folder that replaces the drive or share of the acquisition machine.
    """
    folder = local_folder(experiment.stimuli, root)
    names = experiment.imageName
    return [
        [folder / f"{names[trial - 1]}.bmp" for trial in block]
        for block in experiment.idx_seq[thread]
    ]


def reference_images(experiment: Experiment, thread: int, root: str | Path) -> list[list[Path]]:
    """File of every trial's natural reference image, by block.

    It lies in the parent of the folder of evolved images, and its name begins with the stem of the
    image's name; of several the shortest is taken.

    Parameters
    ----------
    experiment
        Experiment in which the images were shown.
    thread
        0 (DeePSim) or 1 (BigGAN).
    root
        Folder that replaces the drive or share of the acquisition machine.

    Raises
    ------
    MissingFileError
        If the file of an image cannot be found.
    """
    folder = local_folder(experiment.stimuli, root).parent
    files = list(folder.iterdir()) if folder.is_dir() else []

    def file_of(name: str) -> Path:
        stem = reference_stem(name)
        found = [path for path in files if path.name.startswith(stem)]
        if not found:
            raise MissingFileError(
                path=folder, expected=f"the image {stem}", found="none of that name"
            )
        return min(found, key=lambda path: (len(path.stem), path.name))

    names = experiment.imageName
    return [
        [file_of(names[trial - 1]) for trial in block] for block in experiment.ref_idx_seq[thread]
    ]

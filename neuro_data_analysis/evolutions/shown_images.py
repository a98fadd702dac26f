"""Every image that was shown in an experiment, with the response to it."""

from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import Literal

import numpy as np

from core.errors import MissingFileError, RecordingError
from neuro_data_analysis.evolutions.trajectories import window_rate
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.naming import reference_stem

Trials = tuple[
    list[np.ndarray], list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray, np.ndarray
]
"""Evoked rates, baseline rates and 1-based generations as lists of one array per block, then the
same three concatenated over blocks."""


def extract_evol_activation_array(
    S: Experiment,  # noqa: N803
    thread: int,
    rsp_wdw: range = range(50, 200),
    bsl_wdw: range = range(0, 45),
) -> Trials:
    """Single-trial rates of one thread's evolved images; no block is dropped.

    Returns
    -------
    resp_arr, bsl_arr, gen_arr, resp_vec, bsl_vec, gen_vec
        Rates in events/s; see `Trials`.
    """
    return _activations(S.psth[thread], rsp_wdw, bsl_wdw)


def extract_natref_activation_array(
    S: Experiment,  # noqa: N803
    thread: int,
    rsp_wdw: range = range(50, 200),
    bsl_wdw: range = range(0, 45),
) -> Trials:
    """Single-trial rates of the natural reference images in one thread's blocks; see `Trials`."""
    return _activations(S.ref_psth[thread], rsp_wdw, bsl_wdw)


def load_img_resp_pairs(
    BFEStats: Sequence[Experiment | None],  # noqa: N803
    Expi: int,  # noqa: N803
    ExpType: Literal["Evol", "natref"],  # noqa: N803
    thread: int = 0,
    stimdrive: str = "S:",
    output_fmt: Literal["vec", "arr"] = "vec",
    rsp_wdw: range = range(50, 200),
    bsl_wdw: range = range(0, 45),
) -> tuple[list, list | np.ndarray, list | np.ndarray, list | np.ndarray]:
    """Image file, evoked rate, baseline rate and generation of every trial of one thread.

    Parameters
    ----------
    ExpType
        ``Evol`` for evolved images, ``natref`` for natural references.
    stimdrive
        Local root that replaces the drive or share of the acquisition machine's path.
    output_fmt
        ``vec`` for one entry per trial, ``arr`` for one list or array per block.

    Raises
    ------
    MissingFileError
        If the file of a reference image cannot be found.
    """
    experiment = experiment_of(BFEStats, Expi)
    folder = local_folder(experiment.stimuli, stimdrive)
    if ExpType == "Evol":
        rates = extract_evol_activation_array(experiment, thread, rsp_wdw, bsl_wdw)
        trials, find = experiment.idx_seq[thread], _evolved_file
    elif ExpType == "natref":
        rates = extract_natref_activation_array(experiment, thread, rsp_wdw, bsl_wdw)
        trials, find = experiment.ref_idx_seq[thread], _reference_file
    else:
        raise ValueError(f"ExpType: expected Evol or natref, found {ExpType!r}")
    names = experiment.imageName
    files = [[find(folder, names[trial - 1]) for trial in block] for block in trials]
    if output_fmt == "arr":
        return (files, *rates[:3])
    return ([file for block in files for file in block], *rates[3:])


def local_folder(stimuli: str, stimdrive: str) -> Path:
    """Folder of the acquisition machine, seen from here.

    Examples
    --------
    >>> local_folder(r"N:\\Stimuli\\2020-BigGAN", "/data").as_posix()
    '/data/Stimuli/2020-BigGAN'
    """
    path = PureWindowsPath(stimuli)
    return Path(stimdrive, *path.relative_to(path.anchor).parts)


def experiment_of(experiments: Sequence[Experiment | None], expi: int) -> Experiment:
    """The experiment of a number, which must be there."""
    experiment = experiments[expi - 1] if 1 <= expi <= len(experiments) else None
    if experiment is None:
        raise RecordingError(expected=f"a recording of Exp {expi}", found="none")
    return experiment


def _activations(blocks: list[np.ndarray], rsp_wdw: range, bsl_wdw: range) -> Trials:
    evoked = [window_rate(block, _window(rsp_wdw)) for block in blocks]
    baseline = [window_rate(block, _window(bsl_wdw)) for block in blocks]
    generation = [np.full(block.shape[1], number) for number, block in enumerate(blocks, start=1)]
    return (
        evoked,
        baseline,
        generation,
        np.concatenate(evoked),
        np.concatenate(baseline),
        np.concatenate(generation),
    )


def _window(window: range) -> tuple[int, int]:
    return window.start, window.stop


def _evolved_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.bmp"


def _reference_file(folder: Path, name: str) -> Path:
    """File in the parent folder whose name starts with the stem; the shortest stem wins."""
    stem = reference_stem(name)
    parent = folder.parent
    found = [p for p in parent.iterdir() if p.name.startswith(stem)] if parent.is_dir() else []
    if not found:
        raise MissingFileError(path=parent, expected=f"the image {stem}", found="none of that name")
    return min(found, key=lambda path: (len(path.stem), path.name))

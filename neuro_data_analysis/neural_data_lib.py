"""Reading recordings and reducing them to trajectories, under the published names.

`BFEStats` is a list of experiments, None where there is no recording, so that experiment `Expi` is
``BFEStats[Expi - 1]``. Threads count from 0 (DeePSim), blocks from 0, generations (``gen``) from 1.
A window is a range of ms from image onset. The work is done in `recordings` and `evolutions`.
"""

import atexit
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from core.errors import RecordingError
from neuro_data_analysis.evolutions.cohort import metadata_table
from neuro_data_analysis.evolutions.shown_images import (
    TrialRates,
    evolved_images,
    local_folder,
    reference_images,
    trial_rates,
)
from neuro_data_analysis.evolutions.trajectories import (
    complete_blocks,
    pad_all,
    psth_trajectory,
    response_trajectory,
    side_by_side,
)
from neuro_data_analysis.recordings.dataset import (
    Recordings,
    matroot,
    open_recordings,
    write_plain_pickle,
)
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.latent_codes import read_latent_codes

__all__ = [
    "Trials",
    "extract_all_evol_trajectory",
    "extract_all_evol_trajectory_dyna",
    "extract_all_evol_trajectory_dyna_multiwindow_nostats",
    "extract_all_evol_trajectory_psth",
    "extract_evol_activation_array",
    "extract_evol_psth_array",
    "extract_natref_activation_array",
    "get_expstr",
    "load_img_resp_pairs",
    "load_latent_codes",
    "load_neural_data",
    "load_neural_data_and_save_pkl",
    "local_folder",
    "pad_psth_traj",
    "pad_resp_traj",
]

Trials = tuple[
    list[np.ndarray], list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray, np.ndarray
]
"""Evoked rates, baseline rates and 1-based generations as lists of one array per block, then the
same three concatenated over blocks."""

_OPEN_FILES = ExitStack()
atexit.register(_OPEN_FILES.close)


def load_neural_data() -> tuple[Recordings, list[Experiment | None]]:
    """The data set under ``MATROOT``; its file stays open until Python ends.

    Returns
    -------
    The recordings, and the list of experiments. Fields are read when they are first used.
    """
    recordings = _OPEN_FILES.enter_context(open_recordings(matroot()))
    return recordings, list(recordings)


def load_neural_data_and_save_pkl() -> tuple[Recordings, list[Experiment | None]]:
    """Like `load_neural_data`, and write the published per-experiment pickle beside the MAT file.

    The pickle is a list of plain dicts; it holds every field, so memory must hold the data set.
    """
    write_plain_pickle(matroot())
    return load_neural_data()


def get_expstr(BFEStats: Sequence[Experiment | None], Expi: int) -> str:  # noqa: N803
    """Three-line label of an experiment, as figures show it.

    Parameters
    ----------
    BFEStats
        All experiments.
    Expi
        1-based number of the experiment.

    Raises
    ------
    RecordingError
        If there is no such experiment.
    """
    return _experiment(BFEStats, Expi).title


def extract_evol_psth_array(S: Experiment, thread: int) -> list[np.ndarray]:  # noqa: N803
    """PSTHs of one thread's evolved images, (200, n_trials) per block, events/s.

    Parameters
    ----------
    S
        The experiment.
    thread
        0 (DeePSim) or 1 (BigGAN).
    """
    return S.psth[thread]


def extract_evol_activation_array(
    S: Experiment,  # noqa: N803
    thread: int,
    rsp_wdw: range = range(50, 200),
    bsl_wdw: range = range(0, 45),
) -> Trials:
    """Single-trial rates of one thread's evolved images; no block is dropped.

    Parameters
    ----------
    S
        The experiment.
    thread
        0 (DeePSim) or 1 (BigGAN).
    rsp_wdw, bsl_wdw
        Windows of the evoked rate and of the baseline, ms.

    Returns
    -------
    resp_arr, bsl_arr, gen_arr, resp_vec, bsl_vec, gen_vec
        Rates in events/s and 1-based generations: by block, then together.
    """
    return _both_ways(trial_rates(S.psth[thread], _window(rsp_wdw), _window(bsl_wdw)))


def extract_natref_activation_array(
    S: Experiment,  # noqa: N803
    thread: int,
    rsp_wdw: range = range(50, 200),
    bsl_wdw: range = range(0, 45),
) -> Trials:
    """Single-trial rates of the natural reference images in one thread's blocks.

    Parameters
    ----------
    S
        The experiment.
    thread
        0 (DeePSim) or 1 (BigGAN).
    rsp_wdw, bsl_wdw
        Windows of the evoked rate and of the baseline, ms.

    Returns
    -------
    resp_arr, bsl_arr, gen_arr, resp_vec, bsl_vec, gen_vec
        Rates in events/s and 1-based generations: by block, then together.
    """
    return _both_ways(trial_rates(S.ref_psth[thread], _window(rsp_wdw), _window(bsl_wdw)))


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
    BFEStats
        All experiments.
    Expi
        1-based number of the experiment.
    ExpType
        ``Evol`` for evolved images, ``natref`` for natural references.
    thread
        0 (DeePSim) or 1 (BigGAN).
    stimdrive
        Local root that replaces the drive or share of the acquisition machine's path.
    output_fmt
        ``vec`` for one entry per trial, ``arr`` for one list or array per block.
    rsp_wdw, bsl_wdw
        Windows of the evoked rate and of the baseline, ms.

    Raises
    ------
    RecordingError
        If there is no such experiment.
    MissingFileError
        If the file of a reference image cannot be found.
    """
    experiment = _experiment(BFEStats, Expi)
    if ExpType == "Evol":
        rates = extract_evol_activation_array(experiment, thread, rsp_wdw, bsl_wdw)
        files = evolved_images(experiment, thread, stimdrive)
    elif ExpType == "natref":
        rates = extract_natref_activation_array(experiment, thread, rsp_wdw, bsl_wdw)
        files = reference_images(experiment, thread, stimdrive)
    else:
        raise ValueError(f"ExpType: expected Evol or natref, found {ExpType!r}")
    if output_fmt == "arr":
        return (files, *rates[:3])
    return ([file for block in files for file in block], *rates[3:])


def extract_all_evol_trajectory(
    BFEStats: Iterable[Experiment | None],  # noqa: N803
) -> tuple[dict[int, np.ndarray], pd.DataFrame]:
    """Evoked trajectories (n_blocks, 6) by Expi, events/s, and the metadata table."""
    return extract_all_evol_trajectory_dyna(BFEStats)


def extract_all_evol_trajectory_dyna(
    BFEStats: Iterable[Experiment | None],  # noqa: N803
    rsp_wdw: range = range(50, 200),
) -> tuple[dict[int, np.ndarray], pd.DataFrame]:
    """Trajectories in any response window, and the metadata table.

    Parameters
    ----------
    BFEStats
        All experiments.
    rsp_wdw
        Response window, ms.

    Returns
    -------
    trajectories
        (n_blocks, 6) by Expi, events/s: mean 0, mean 1, SEM 0, SEM 1, baseline 0, baseline 1.
    table
        ``meta_stats``.
    """
    experiments = list(BFEStats)
    trajectories = {
        experiment.Expi: _responses(experiment, rsp_wdw) for experiment in _usable(experiments)
    }
    return trajectories, metadata_table(experiments)


def extract_all_evol_trajectory_dyna_multiwindow_nostats(
    BFEStats: Iterable[Experiment | None],  # noqa: N803
    rsp_wdws: Sequence[range] = (range(50, 200), range(0, 45)),
) -> list[dict[int, np.ndarray]]:
    """Trajectories in several windows, without the metadata table.

    Parameters
    ----------
    BFEStats
        All experiments.
    rsp_wdws
        Response windows, ms.

    Returns
    -------
    (n_blocks, 6) by Expi, events/s, one dict per window, each fit for `pad_resp_traj`.
    """
    trajectories: list[dict[int, np.ndarray]] = [{} for _ in rsp_wdws]
    for experiment in _usable(BFEStats):
        for of_window, window in zip(trajectories, rsp_wdws, strict=True):
            of_window[experiment.Expi] = _responses(experiment, window)
    return trajectories


def extract_all_evol_trajectory_psth(
    BFEStats: Iterable[Experiment | None],  # noqa: N803
) -> tuple[dict[int, np.ndarray], pd.DataFrame]:
    """PSTH trajectories (n_blocks, 4, 200) by Expi, events/s, and the metadata table."""
    experiments = list(BFEStats)
    trajectories = {
        experiment.Expi: side_by_side(psth_trajectory(complete_blocks(experiment.psth)))
        for experiment in _usable(experiments)
    }
    return trajectories, metadata_table(experiments)


def pad_resp_traj(resp_col: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Trajectories on a common number of blocks, in ascending order of Expi.

    Returns
    -------
    (n_experiments, n_blocks, 6) and (n_experiments, n_blocks) bool, True for measured blocks

    Examples
    --------
    >>> padded, measured = pad_resp_traj({3: np.ones((2, 6)), 4: np.ones((3, 6))})
    >>> padded.shape, measured[0].tolist()
    ((2, 3, 6), [True, True, False])
    """
    padded = pad_all([resp_col[expi] for expi in sorted(resp_col)])
    return padded.values, padded.measured


def pad_psth_traj(psth_col: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """PSTH trajectories on a common number of blocks, in ascending order of Expi.

    Returns
    -------
    (n_experiments, n_blocks, 4, 200) and (n_experiments, n_blocks) bool, True for measured blocks
    """
    return pad_resp_traj(psth_col)


def load_latent_codes(
    stim_path: str | Path, thread_id: int = 1, verbose: bool = False
) -> tuple[np.ndarray, list[str], np.ndarray, np.ndarray]:
    """Codes that an evolution proposed, in file order (``block*_thread*_code.mat``).

    Block 0 holds the founders; block b the codes made after block b, shown in block b + 1; the last
    file may hold codes that were never shown.

    Parameters
    ----------
    stim_path
        Folder of the code files.
    thread_id
        0 or 1, as in the file names.
    verbose
        Accepted for compatibility.

    Returns
    -------
    codes : (n, n_dim) float64
    ids : list of n str
    block : (n,) int
    thread : (n,) int

    Raises
    ------
    MissingFileError
        If there is no code file of that thread.
    RecordingError
        If a file does not hold one id per code.
    """
    found = read_latent_codes(stim_path, thread_id)
    return *found, np.full(len(found.ids), thread_id)


def _experiment(experiments: Sequence[Experiment | None], expi: int) -> Experiment:
    experiment = experiments[expi - 1] if 1 <= expi <= len(experiments) else None
    if experiment is None:
        raise RecordingError(expected=f"a recording of Exp {expi}", found="none")
    return experiment


def _usable(experiments: Iterable[Experiment | None]) -> Iterator[Experiment]:
    return (experiment for experiment in experiments if experiment is not None)


def _responses(experiment: Experiment, window: range) -> np.ndarray:
    return side_by_side(response_trajectory(complete_blocks(experiment.psth), _window(window)))


def _both_ways(rates: TrialRates) -> Trials:
    return *rates, *map(np.concatenate, rates)


def _window(window: range) -> tuple[int, int]:
    return window.start, window.stop

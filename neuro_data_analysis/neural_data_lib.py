"""Reading recordings and reducing them to trajectories, under the published names.

`BFEStats` is a list of experiments, None where there is no recording, so that experiment `Expi` is
``BFEStats[Expi - 1]``. Threads count from 0 (DeePSim), blocks from 0, generations (``gen``) from 1.
The functions are thin: they delegate to `trajectories`, `recordings` and `cohort`.
"""

import atexit
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import MissingFileError, RecordingError
from core.files import replacing
from core.matlab.reading import plain_value
from neuro_data_analysis.evolutions.shown_images import (
    Trials,
    experiment_of,
    extract_evol_activation_array,
    extract_natref_activation_array,
    load_img_resp_pairs,
    local_folder,
)
from neuro_data_analysis.evolutions.trajectories import (
    complete_blocks,
    pad_all,
    psth_trajectory,
    response_trajectory,
)
from neuro_data_analysis.neural_data_utils import get_meta_df
from neuro_data_analysis.recordings.dataset import (
    EVOLUTION_FILES,
    Recordings,
    matroot,
    open_recordings,
)
from neuro_data_analysis.recordings.experiment import Experiment

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
    folder = matroot()
    with open_recordings(folder / EVOLUTION_FILES[0]) as recordings:
        elements = [plain_value(element) for element in recordings.elements]
    with replacing(folder / EVOLUTION_FILES[1]) as temporary, temporary.open("wb") as file:
        pickle.dump(elements, file, protocol=4)
    return load_neural_data()


def get_expstr(BFEStats: Sequence[Experiment | None], Expi: int) -> str:  # noqa: N803
    """Three-line label of an experiment, as figures show it."""
    return experiment_of(BFEStats, Expi).title


def extract_evol_psth_array(S: Experiment, thread: int) -> list[np.ndarray]:  # noqa: N803
    """PSTHs of one thread, (200, n_trials) per block, events/s."""
    return S.psth[thread]


def extract_all_evol_trajectory(
    BFEStats: Iterable[Experiment | None],  # noqa: N803
) -> tuple[dict[int, np.ndarray], pd.DataFrame]:
    """Evoked trajectories (n_blocks, 6) by Expi, and the metadata table."""
    return extract_all_evol_trajectory_dyna(BFEStats)


def extract_all_evol_trajectory_dyna(
    BFEStats: Iterable[Experiment | None],  # noqa: N803
    rsp_wdw: range = range(50, 200),
) -> tuple[dict[int, np.ndarray], pd.DataFrame]:
    """The same for any response window."""
    experiments, window = list(BFEStats), (rsp_wdw.start, rsp_wdw.stop)
    trajectories = {
        experiment.Expi: response_trajectory(complete_blocks(experiment.psth), window)
        for experiment in _usable(experiments)
    }
    return trajectories, get_meta_df(experiments)


def extract_all_evol_trajectory_dyna_multiwindow_nostats(
    BFEStats: Iterable[Experiment | None],  # noqa: N803
    rsp_wdws: Sequence[range] = (range(50, 200), range(0, 45)),
) -> list[dict[int, np.ndarray]]:
    """Trajectories (n_blocks, 6) by Expi, one dict per window, each fit for `pad_resp_traj`."""
    trajectories: list[dict[int, np.ndarray]] = [{} for _ in rsp_wdws]
    for experiment in _usable(BFEStats):
        psth = complete_blocks(experiment.psth)
        for of_window, window in zip(trajectories, rsp_wdws, strict=True):
            of_window[experiment.Expi] = response_trajectory(psth, (window.start, window.stop))
    return trajectories


def extract_all_evol_trajectory_psth(
    BFEStats: Iterable[Experiment | None],  # noqa: N803
) -> tuple[dict[int, np.ndarray], pd.DataFrame]:
    """PSTH trajectories (n_blocks, 4, 200) by Expi, and the metadata table."""
    experiments = list(BFEStats)
    trajectories = {
        experiment.Expi: psth_trajectory(complete_blocks(experiment.psth))
        for experiment in _usable(experiments)
    }
    return trajectories, get_meta_df(experiments)


def pad_resp_traj(resp_col: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Trajectories on a common number of blocks, in ascending order of Expi.

    Returns
    -------
    (n_experiments, n_blocks, 6) and (n_experiments, n_blocks) bool, True for measured blocks
    """
    padded = pad_all([resp_col[expi] for expi in sorted(resp_col)])
    return padded.values, padded.measured


def pad_psth_traj(psth_col: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The same for PSTH trajectories: (n_experiments, n_blocks, 4, 200) and the mask."""
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
    from scipy.io import loadmat

    files = sorted(Path(stim_path).glob(f"block*_thread{thread_id:03d}_code.mat"))
    if not files:
        raise MissingFileError(
            path=stim_path,
            expected=f"block000_thread{thread_id:03d}_code.mat and so on",
            found="none",
        )
    codes, ids, blocks = [], [], []
    for file in files:
        try:
            content = loadmat(file, simplify_cells=True)
            of_file = np.atleast_2d(np.asarray(content["codes"], dtype=float))
            names = np.atleast_1d(content["ids"]).astype(str).tolist()
        except (ValueError, KeyError, OSError, NotImplementedError, TypeError) as error:
            raise RecordingError(
                path=file, expected="a level-5 MAT file with codes and ids", found=error
            ) from None
        if len(names) != len(of_file):
            raise RecordingError(
                path=file,
                expected="one id per code",
                found=f"{len(names)} ids and {len(of_file)} codes",
            )
        codes.append(of_file)
        ids += names
        blocks += [int(file.name[5:8])] * len(names)
    return np.concatenate(codes), ids, np.array(blocks), np.full(len(ids), thread_id)


def _usable(experiments: Iterable[Experiment | None]) -> Iterator[Experiment]:
    return (experiment for experiment in experiments if experiment is not None)

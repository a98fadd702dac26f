"""Reading recordings and reducing them to trajectories, under the published names.

`BFEStats` is a list of experiments, so that experiment `Expi` is ``BFEStats[Expi - 1]``; where
there is no recording, its ``["evol"]`` is None. What these functions take for an experiment `S` may
come from `load_neural_data`, from `recordings.open_recordings` or from a published pickle. Threads
count from 0 (DeePSim), blocks from 0, generations (``gen``) from 1. A window is a range of ms from
image onset. The work is done in `recordings` and `evolutions`.
"""

import atexit
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.errors import RecordingError
from core.progress import answer
from core.statistics.windows import window_rate
from neuro_data_analysis.evolutions.shown_images import (
    TrialRates,
    evolved_images,
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
from neuro_data_analysis.image_similarity.prototypes import cut_montage
from neuro_data_analysis.neural_data_utils import get_meta_df
from neuro_data_analysis.recordings.dataset import VARIABLE, Overrides, matroot, open_recordings
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.lab_tables import optimizer_names
from neuro_data_analysis.recordings.latent_codes import read_latent_codes
from neuro_data_analysis.recordings.layout import local_folder
from neuro_data_analysis.recordings.published_form import (
    AttributeDict,
    ByField,
    Fields,
    PublishedExperiment,
    as_experiment,
    as_experiments,
    published_elements,
    recorded,
    write_published_pickles,
)

__all__ = [
    "Trials",
    "add_entry2neural_data",
    "extract_all_evol_trajectory",
    "extract_all_evol_trajectory_dyna",
    "extract_all_evol_trajectory_dyna_multiwindow_nostats",
    "extract_all_evol_trajectory_psth",
    "extract_evol_activation_array",
    "extract_evol_psth_array",
    "extract_natref_activation_array",
    "get_expstr",
    "load_img_resp_pairs",
    "load_img_resp_pairs_multiwindow",
    "load_latent_codes",
    "load_neural_data",
    "load_neural_data_and_save_pkl",
    "load_resp_multiwindow",
    "local_folder",
    "pad_psth_traj",
    "pad_resp_traj",
    "parse_montage",
    "print_structure",
    "print_values",
]

Trials = tuple[
    list[np.ndarray], list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray, np.ndarray
]
"""Evoked rates, baseline rates and 1-based generations as lists of one array per block, then the
same three concatenated over blocks."""

Elements = list[PublishedExperiment | Fields]
"""All experiments; of one without a recording, ``["evol"]`` is None."""

OPTIMIZERS = "meta_optimizer_info.csv"
"""Table of the authors with the optimizer of each thread, under ``MATROOT``."""

_OPEN_FILES = ExitStack()
atexit.register(_OPEN_FILES.close)


def load_neural_data() -> tuple[dict[str, ByField], Elements]:
    """The data set under ``MATROOT``; its file stays open until Python ends.

    Returns
    -------
    BFEStats_merge
        ``{"BFEStats": {field: [one entry an experiment]}}``.
    BFEStats
        The experiments. Fields are read when they are first used.
    """
    return _loaded()


def load_neural_data_and_save_pkl() -> tuple[ByField, Elements]:
    """Write both published pickles beside the MAT file, and load it; memory must hold the data set.

    Returns
    -------
    BFEStats_merge["BFEStats"], BFEStats
        Of `load_neural_data`, without the outer dict, as published.
    """
    write_published_pickles(matroot())
    merged, experiments = _loaded()
    return merged[VARIABLE], experiments


def add_entry2neural_data() -> tuple[dict[str, ByField], Elements]:
    """Fill in the optimizer of each thread, which MATLAB stores unreadably, and write both pickles.

    The names come from ``meta_optimizer_info.csv`` under ``MATROOT``, with the columns ``Expi``,
    ``optim_names1`` and ``optim_names2``.

    Returns
    -------
    BFEStats_merge, BFEStats
        As `load_neural_data`, with the names.

    Raises
    ------
    MissingFileError
        If the table is not there.
    """
    names = {
        expi: {"optim_names": pair}
        for expi, pair in optimizer_names(matroot() / OPTIMIZERS).items()
    }
    write_published_pickles(matroot(), names)
    return _loaded(names)


def print_values(value: Any) -> None:
    """Print a value in one line: an array by its shape and type, a list by its first entries.

    Examples
    --------
    >>> print_values(np.zeros((200, 3)))
    array (200, 3) of float64
    """
    answer(_in_words(value))


def print_structure(d: Mapping[str, Any], indent: int = 0) -> None:
    """Print the fields of a struct and of those in it, a line each.

    Parameters
    ----------
    d
        Struct, such as an experiment.
    indent
        Columns in front of the first level.

    Examples
    --------
    >>> print_structure({"evol": {"pref_chan": np.zeros(2)}, "Animal": None})
    evol
        pref_chan: array (2,) of float64
    Animal: None
    """
    for name, value in d.items():
        if isinstance(value, Mapping):
            answer(f"{' ' * indent}{name}")
            print_structure(value, indent + 4)
        else:
            answer(f"{' ' * indent}{name}: {_in_words(value)}")


def parse_montage(mtg: np.ndarray) -> AttributeDict:
    """The tiles of a montage of prototypes.

    Parameters
    ----------
    mtg : (672, 896, 3)
        8-bit or float RGB: rows of DeePSim, BigGAN and both, columns as in the names below.

    Returns
    -------
    AttributeDict
        ``FC_maxblk``, ``FC_maxblk_avg``, ``FC_reevol_G``, ``FC_reevol_pix``, the same of ``BG``,
        and ``both_reevol_G``, ``both_reevol_pix``: (224, 224, 3) each.

    Raises
    ------
    ImageError
        If the montage has another size.
    """
    return AttributeDict(cut_montage(np.asarray(mtg)))


def get_expstr(BFEStats: Sequence[Any], Expi: int) -> str:  # noqa: N803
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


def extract_evol_psth_array(
    S: Experiment | Mapping[str, Any],  # noqa: N803
    thread: int,
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray]:
    """PSTHs of one thread's evolved images, events/s; no block is dropped.

    Parameters
    ----------
    S
        The experiment.
    thread
        0 (DeePSim) or 1 (BigGAN).

    Returns
    -------
    psth_all, gen_arr
        (200, n_trials) and 1-based generations (n_trials,), a list of one array per block each.
    psth_vec, gen_vec
        The same together: (200, n) and (n,).
    """
    blocks = recorded(S).psth[thread]
    generations = _generations(blocks)
    return blocks, generations, np.concatenate(blocks, axis=1), np.concatenate(generations)


def extract_evol_activation_array(
    S: Experiment | Mapping[str, Any],  # noqa: N803
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
    blocks = recorded(S).psth[thread]
    return _both_ways(trial_rates(blocks, _window(rsp_wdw), _window(bsl_wdw)))


def extract_natref_activation_array(
    S: Experiment | Mapping[str, Any],  # noqa: N803
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
    blocks = recorded(S).ref_psth[thread]
    return _both_ways(trial_rates(blocks, _window(rsp_wdw), _window(bsl_wdw)))


def load_img_resp_pairs(
    BFEStats: Sequence[Any],  # noqa: N803
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
    blocks, files = _shown(experiment, ExpType, thread, stimdrive)
    rates = _both_ways(trial_rates(blocks, _window(rsp_wdw), _window(bsl_wdw)))
    if output_fmt == "arr":
        return (files, *rates[:3])
    return (_together(files), *rates[3:])


def load_img_resp_pairs_multiwindow(
    BFEStats: Sequence[Any],  # noqa: N803
    Expi: int,  # noqa: N803
    ExpType: Literal["Evol", "natref"],  # noqa: N803
    thread: int = 0,
    stimdrive: str = "S:",
    output_fmt: Literal["vec", "arr"] = "vec",
    rsp_wdws: Sequence[range] = (range(45), range(50, 200)),
) -> tuple[list, list | np.ndarray, list | np.ndarray]:
    """Image file, rates in several windows and generation of every trial of one thread.

    Parameters
    ----------
    BFEStats, Expi, ExpType, thread, stimdrive, output_fmt
        As in `load_img_resp_pairs`.
    rsp_wdws
        Windows, ms.

    Returns
    -------
    imgfps_vec : list of n paths
    resp_mat : (n, n_windows)
        events/s.
    gen_vec : (n,)
        With ``arr`` lists of the same per block.
    """
    experiment = _experiment(BFEStats, Expi)
    blocks, files = _shown(experiment, ExpType, thread, stimdrive)
    rates = _in_windows(blocks, rsp_wdws, output_fmt)
    return files if output_fmt == "arr" else _together(files), *rates


def load_resp_multiwindow(
    BFEStats: Sequence[Any],  # noqa: N803
    Expi: int,  # noqa: N803
    ExpType: Literal["Evol", "natref"],  # noqa: N803
    thread: int = 0,
    output_fmt: Literal["vec", "arr"] = "vec",
    rsp_wdws: Sequence[range] = (range(45), range(50, 200)),
) -> tuple[list | np.ndarray, list | np.ndarray]:
    """`load_img_resp_pairs_multiwindow` without the image files, which need not be there.

    Parameters
    ----------
    BFEStats, Expi, ExpType, thread, output_fmt, rsp_wdws
        As there.

    Returns
    -------
    resp_mat, gen_vec
        As there.
    """
    blocks = _blocks(_experiment(BFEStats, Expi), ExpType, thread)
    return _in_windows(blocks, rsp_wdws, output_fmt)


def extract_all_evol_trajectory(
    BFEStats: Iterable[Any],  # noqa: N803
) -> tuple[dict[int, np.ndarray], pd.DataFrame]:
    """Evoked trajectories (n_blocks, 6) by Expi, events/s, and the metadata table.

    Both rest on the rates in [50, 200) ms; `extract_all_evol_trajectory_dyna` takes any window.
    """
    return extract_all_evol_trajectory_dyna(BFEStats)


def extract_all_evol_trajectory_dyna(
    BFEStats: Iterable[Any],  # noqa: N803
    rsp_wdw: range = range(50, 200),
    bsl_wdw: range = range(0, 45),
) -> tuple[dict[int, np.ndarray], pd.DataFrame]:
    """Trajectories in any response window, and the metadata table with its tests in that window.

    Parameters
    ----------
    BFEStats
        All experiments.
    rsp_wdw, bsl_wdw
        Windows of the response and of the baseline, ms.

    Returns
    -------
    trajectories
        (n_blocks, 6) by Expi, events/s: mean 0, mean 1, SEM 0, SEM 1, baseline 0, baseline 1.
    table
        ``meta_stats``.
    """
    experiments = as_experiments(BFEStats)
    trajectories = {
        experiment.Expi: _responses(experiment, rsp_wdw, bsl_wdw)
        for experiment in _usable(experiments)
    }
    return trajectories, get_meta_df(experiments, rsp_wdw)


def extract_all_evol_trajectory_dyna_multiwindow_nostats(
    BFEStats: Iterable[Any],  # noqa: N803
    rsp_wdws: Sequence[range] = (range(50, 200), range(45)),
    rsp_wdw: range = range(50, 200),
) -> tuple[dict[int, list[np.ndarray]], pd.DataFrame]:
    """Trajectories in several windows, and the metadata table, whose tests are of one window.

    Parameters
    ----------
    BFEStats
        All experiments.
    rsp_wdws
        Response windows, ms.
    rsp_wdw
        Window of the rates that the table tests, ms, whatever the others are.

    Returns
    -------
    trajectories
        By Expi a list of (n_blocks, 6), events/s, one for each window.
    table
        ``meta_stats``.
    """
    experiments = as_experiments(BFEStats)
    trajectories = {
        experiment.Expi: [_responses(experiment, window) for window in rsp_wdws]
        for experiment in _usable(experiments)
    }
    return trajectories, get_meta_df(experiments, rsp_wdw)


def extract_all_evol_trajectory_psth(
    BFEStats: Iterable[Any],  # noqa: N803
    rsp_wdw: range = range(50, 200),
) -> tuple[dict[int, np.ndarray], pd.DataFrame]:
    """PSTH trajectories (n_blocks, 4, 200) by Expi, events/s, and the metadata table.

    Parameters
    ----------
    BFEStats
        All experiments.
    rsp_wdw
        Window of the rates that the table tests, ms.
    """
    experiments = as_experiments(BFEStats)
    trajectories = {
        experiment.Expi: side_by_side(psth_trajectory(complete_blocks(experiment.psth)))
        for experiment in _usable(experiments)
    }
    return trajectories, get_meta_df(experiments, rsp_wdw)


def pad_resp_traj(resp_col: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray, int]:
    """Trajectories on a common number of blocks, in ascending order of Expi.

    Returns
    -------
    resp_extrap_arr : (n_experiments, n_blocks, 6)
    extrap_mask_arr : (n_experiments, n_blocks) bool
        True for measured blocks, whatever the name says.
    max_len
        Number of blocks.

    Examples
    --------
    >>> padded, measured, n_blocks = pad_resp_traj({3: np.ones((2, 6)), 4: np.ones((3, 6))})
    >>> padded.shape, measured[0].tolist(), n_blocks
    ((2, 3, 6), [True, True, False], 3)
    """
    padded = pad_all([resp_col[expi] for expi in sorted(resp_col)])
    return padded.values, padded.measured, padded.measured.shape[1]


def pad_psth_traj(psth_col: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray, int]:
    """PSTH trajectories on a common number of blocks, in ascending order of Expi.

    Returns
    -------
    psth_extrap_arr : (n_experiments, n_blocks, 4, 200)
    extrap_mask_arr : (n_experiments, n_blocks) bool
        True for measured blocks, whatever the name says.
    max_len
        Number of blocks.
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


def _loaded(overrides: Overrides | None = None) -> tuple[dict[str, ByField], Elements]:
    recordings = _OPEN_FILES.enter_context(open_recordings(matroot(), overrides))
    experiments = published_elements(recordings)
    return {VARIABLE: ByField(experiments)}, experiments


def _experiment(experiments: Sequence[Any], expi: int) -> Experiment:
    experiment = (
        as_experiment(experiments[expi - 1], expi) if 1 <= expi <= len(experiments) else None
    )
    if experiment is None:
        raise RecordingError(expected=f"a recording of Exp {expi}", found="none")
    return experiment


def _usable(experiments: Iterable[Experiment | None]) -> Iterator[Experiment]:
    return (experiment for experiment in experiments if experiment is not None)


def _blocks(experiment: Experiment, kind: str, thread: int) -> list[np.ndarray]:
    """PSTHs of one thread's evolved images or natural references, (200, n_trials) per block."""
    parts = {"Evol": lambda: experiment.psth, "natref": lambda: experiment.ref_psth}
    if kind not in parts:
        raise ValueError(f"ExpType: expected Evol or natref, found {kind!r}")
    return parts[kind]()[thread]


def _shown(
    experiment: Experiment, kind: str, thread: int, root: str
) -> tuple[list[np.ndarray], list[list[Path]]]:
    """Those PSTHs with the file of every trial's image."""
    blocks = _blocks(experiment, kind, thread)
    files = evolved_images if kind == "Evol" else reference_images
    return blocks, files(experiment, thread, root)


def _in_windows(
    blocks: list[np.ndarray], windows: Sequence[range], output_fmt: str
) -> tuple[list | np.ndarray, list | np.ndarray]:
    """Rates (n_trials, n_windows) and generations per block, or of all blocks together."""
    rates = [
        np.stack([window_rate(block, _window(window)) for window in windows], axis=1)
        for block in blocks
    ]
    generations = _generations(blocks)
    if output_fmt == "arr":
        return rates, generations
    return np.concatenate(rates), np.concatenate(generations)


def _generations(blocks: list[np.ndarray]) -> list[np.ndarray]:
    return [np.full(block.shape[1], number) for number, block in enumerate(blocks, start=1)]


def _together(files: list[list[Path]]) -> list[Path]:
    return [file for block in files for file in block]


def _responses(experiment: Experiment, window: range, baseline: range = range(0, 45)) -> np.ndarray:
    psth = complete_blocks(experiment.psth)
    return side_by_side(response_trajectory(psth, _window(window), _window(baseline)))


def _both_ways(rates: TrialRates) -> Trials:
    return *rates, *map(np.concatenate, rates)


def _window(window: range) -> tuple[int, int]:
    return window.start, window.stop


def _in_words(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"array {value.shape} of {value.dtype}"
    if isinstance(value, list | tuple):
        first = ", ".join(map(_in_words, value[:3]))
        return f"{len(value)} entries: {first}{', ...' if len(value) > 3 else ''}"
    return repr(value.item() if isinstance(value, np.ndarray) else value)

"""Tuning along Hessian axes under the published names; the work is done in `recordings` and
`tuning`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.images.stimulus_names import parse_stimulus_names
from core.statistics.windows import window_rate
from neuro_data_analysis.evolutions.trajectories import sem
from neuro_data_analysis.recordings.formatted import labelled_row, unit_numbers
from neuro_data_analysis.recordings.naming import unit_name
from neuro_data_analysis.tuning.axis_images import axis_images, image_files

__all__ = [
    "NeuralResponses",
    "UnitInfo",
    "calculate_neural_responses",
    "find_full_image_paths",
    "load_space_images",
    "organize_unit_info",
    "parse_stim_info",
    "parse_unit_id_from_spikeID",
]


@dataclass(frozen=True)
class UnitInfo:
    """The preferred unit of a recording: channel and unit number, 0-based row, name such as 5B."""

    prefchan: int
    prefunit: int
    prefchan_id: int
    prefchan_str: str


@dataclass(frozen=True)
class NeuralResponses:
    """Rates of one row, events/s: (n_trials,) evoked, mean and SEM (ddof 1) of the baseline."""

    pref_unit_resp: np.ndarray
    prefchan_bsl_mean: float
    prefchan_bsl_sem: float


def find_full_image_paths(folder_path: str | Path, image_names: Iterable[str]) -> dict[str, Path]:
    """File of every image, each name once.

    Parameters
    ----------
    folder_path
        Folder of the images.
    image_names
        Names without or with the ending.

    Returns
    -------
    dict
        Paths by name.

    Raises
    ------
    MissingFileError
        If the folder or an image is not there.
    """
    return image_files(folder_path, image_names)


def parse_stim_info(image_names: Sequence[str]) -> pd.DataFrame:
    """Axis and distance of every image, by its name.

    Examples
    --------
    >>> parse_stim_info(["class_eig3_lin-0.24"])[["space_name", "eig_id", "lin_dist"]].to_numpy()
    array([['class', 3.0, -0.24]], dtype=object)
    """
    return parse_stimulus_names(image_names)


def parse_unit_id_from_spikeID(  # noqa: N802 (published name)
    spikeID: np.ndarray,  # noqa: N803
    active_chan: np.ndarray | None = None,
) -> np.ndarray:
    """Unit number of every row, counted along the active rows of its channel.

    Parameters
    ----------
    spikeID
        Channels from 1, any shape of n_rows numbers.
    active_chan
        Which rows are active, n_rows bool; all of them by default.

    Returns
    -------
    (n_rows,) int
        0 for inactive rows.

    Examples
    --------
    >>> parse_unit_id_from_spikeID(np.array([5, 5, 9]), np.array([False, True, True]))
    array([0, 1, 1])
    """
    return unit_numbers(spikeID, active_chan)


def organize_unit_info(meta: Mapping[str, Any], exprow: Mapping[str, Any]) -> UnitInfo:
    """Find the preferred unit of a record's row among the rows of a recording.

    Parameters
    ----------
    meta
        ``spikeID`` and ``unitID`` of a formatted file, n_rows each.
    exprow
        Row of a record table: ``ephysFN``, ``pref_chan``, ``pref_unit``.

    Raises
    ------
    RecordingError
        If not exactly one row carries the label, or the file holds no unit numbers
        (`parse_unit_id_from_spikeID` makes them).

    Examples
    --------
    >>> meta = {"spikeID": np.array([5.0, 5.0]), "unitID": np.array([1.0, 2.0])}
    >>> record = {"ephysFN": "Beto-07092020-003", "pref_chan": 5, "pref_unit": 2}
    >>> organize_unit_info(meta, record).prefchan_str
    '5B'
    """
    channel, unit = int(exprow["pref_chan"]), int(exprow["pref_unit"])
    row = labelled_row(meta, channel, unit, str(exprow["ephysFN"]))
    return UnitInfo(channel, unit, row, unit_name(channel, unit))


def calculate_neural_responses(
    rasters: np.ndarray,
    prefchan_id: int,
    resp_wdw: slice = slice(50, 200),
    bsl_wdw: slice = slice(0, 45),
) -> NeuralResponses:
    """Evoked rates and baseline of one row.

    Parameters
    ----------
    rasters : (n_trials, 200, n_rows)
        Events/s, 1-ms bins from image onset.
    prefchan_id
        0-based row.
    resp_wdw, bsl_wdw
        Half-open windows in ms.

    Examples
    --------
    >>> calculate_neural_responses(np.full((4, 200, 1), 30.0), 0).pref_unit_resp
    array([30., 30., 30., 30.])
    """
    of_row = np.asarray(rasters)[:, :, prefchan_id]
    baseline = window_rate(of_row, (bsl_wdw.start, bsl_wdw.stop), axis=1)
    return NeuralResponses(
        pref_unit_resp=window_rate(of_row, (resp_wdw.start, resp_wdw.stop), axis=1),
        prefchan_bsl_mean=float(baseline.mean()),
        prefchan_bsl_sem=float(sem(baseline)),
    )


def load_space_images(
    space: str, stim_info_df: pd.DataFrame, uniq_img_fps: Mapping[str, Path]
) -> dict[tuple[int, float], np.ndarray]:
    """Images along the axes of one space, by rank of the eigenvector and distance.

    Parameters
    ----------
    space
        ``class`` or ``noise``.
    stim_info_df
        Axis and distance of every image, from `parse_stim_info`.
    uniq_img_fps
        Paths by name, from `find_full_image_paths`.

    Returns
    -------
    Arrays (height, width, 3) uint8.

    Raises
    ------
    ImageError
        If a file is no image.
    """
    return axis_images(space, stim_info_df, uniq_img_fps)

"""Tuning along Hessian axes under the published names; the work is done in `recordings` and
`tuning`."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.images.stimulus_names import parse_stimulus_names
from core.optional import import_package
from core.statistics.windows import window_rate
from neuro_data_analysis.evolutions.trajectories import sem
from neuro_data_analysis.recordings.conversion import as_integers
from neuro_data_analysis.recordings.formatted import (
    ACTIVE_ABOVE,
    is_active,
    labelled_row,
    unit_numbers,
)
from neuro_data_analysis.recordings.naming import unit_name
from neuro_data_analysis.recordings.published_form import AttributeDict
from neuro_data_analysis.tuning.axis_images import axis_images, image_files

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "calculate_neural_responses",
    "find_full_image_paths",
    "load_space_images",
    "maybe_add_unit_id_to_meta",
    "organize_unit_info",
    "parse_stim_info",
    "parse_unit_id_from_spikeID",
]


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


def maybe_add_unit_id_to_meta(
    meta: MutableMapping[str, Any],
    rasters: np.ndarray,
    INACTIVE_THRESHOLD: float = ACTIVE_ABOVE,  # noqa: N803
) -> MutableMapping[str, Any]:
    """Add ``unitID`` to the metadata of an older file that has none; counted along active rows.

    Parameters
    ----------
    meta
        ``spikeID`` of a formatted file, n_rows of any shape; it is changed in place.
    rasters : (n_trials, 200, n_rows)
        Rates, events/s.
    INACTIVE_THRESHOLD
        Mean over trials and time that an active row exceeds, events/s.

    Returns
    -------
    `meta`

    Examples
    --------
    >>> meta = {"spikeID": np.array([[5.0, 5.0]])}
    >>> maybe_add_unit_id_to_meta(meta, np.full((4, 200, 2), [0.5, 30.0]))["unitID"]
    array([[0, 1]])
    """
    if meta.get("unitID") is None:
        channels = np.asarray(meta["spikeID"])
        units = unit_numbers(channels, is_active(np.asarray(rasters), INACTIVE_THRESHOLD))
        meta["unitID"] = units.reshape(channels.shape)
    return meta


def organize_unit_info(meta: Mapping[str, Any], exprow: Mapping[str, Any]) -> AttributeDict:
    """Find the preferred unit of a record's row among the rows of a recording.

    Parameters
    ----------
    meta
        ``spikeID`` and ``unitID`` of a formatted file, n_rows each.
    exprow
        Row of a record table: ``ephysFN``, ``pref_chan``, ``pref_unit``.

    Returns
    -------
    AttributeDict
        ``prefchan`` and ``prefunit``, the numbers of the unit; ``prefchan_id``, its 0-based row,
        and ``prefchan_str``, its name; ``prefchan_id_allunits``, the rows of all units of its
        channel; and of all rows ``channel_id`` and ``spikeID`` (channels), ``unit_id`` and
        ``unit_str`` (names), n_rows each.

    Raises
    ------
    RecordingError
        If not exactly one row carries the label, or the file holds no unit numbers
        (`maybe_add_unit_id_to_meta` makes them).

    Examples
    --------
    >>> meta = {"spikeID": np.array([5.0, 5.0]), "unitID": np.array([1.0, 2.0])}
    >>> record = {"ephysFN": "Beto-07092020-003", "pref_chan": 5, "pref_unit": 2}
    >>> info = organize_unit_info(meta, record)
    >>> info.prefchan_id, info.prefchan_str, info.unit_str
    (1, '5B', ['5A', '5B'])
    """
    channel, unit = int(exprow["pref_chan"]), int(exprow["pref_unit"])
    row = labelled_row(meta, channel, unit, str(exprow["ephysFN"]))
    channels, units = (as_integers(meta[name], f"meta.{name}") for name in ("spikeID", "unitID"))
    return AttributeDict(
        prefchan_id=row,
        prefchan_str=unit_name(channel, unit),
        prefchan_id_allunits=np.flatnonzero(channels == channel),
        prefchan=channel,
        prefunit=unit,
        channel_id=channels,
        unit_id=units,
        unit_str=[unit_name(*label) for label in zip(channels, units, strict=True)],
        spikeID=channels,
    )


def calculate_neural_responses(
    rasters: np.ndarray,
    prefchan_id: int,
    resp_wdw: slice = slice(50, 200),
    bsl_wdw: slice = slice(0, 45),
) -> AttributeDict:
    """Evoked rates and baseline of one row.

    Parameters
    ----------
    rasters : (n_trials, 200, n_rows)
        Events/s, 1-ms bins from image onset.
    prefchan_id
        0-based row.
    resp_wdw, bsl_wdw
        Half-open windows in ms.

    Returns
    -------
    AttributeDict
        ``prefchan_resp_sgtr``, the evoked rates (n_trials,); ``prefchan_bsl_mean`` and
        ``prefchan_bsl_sem`` (ddof 1) of the baseline; events/s.

    Examples
    --------
    >>> calculate_neural_responses(np.full((4, 200, 1), 30.0), 0).prefchan_resp_sgtr
    array([30., 30., 30., 30.])
    """
    of_row = np.asarray(rasters)[:, :, prefchan_id]
    baseline = window_rate(of_row, (bsl_wdw.start, bsl_wdw.stop), axis=1)
    return AttributeDict(
        prefchan_resp_sgtr=window_rate(of_row, (resp_wdw.start, resp_wdw.stop), axis=1),
        prefchan_bsl_mean=float(baseline.mean()),
        prefchan_bsl_sem=float(sem(baseline)),
    )


def load_space_images(
    space: str, stim_info_df: pd.DataFrame, uniq_img_fps: Mapping[str, Path]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Images of one space as a table, a row an axis and a column a distance.

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
    pivot_table
        Names of the images by ``eig_id`` (rows) and ``lin_dist`` (columns), ascending.
    image_array : (n_axes, n_distances)
        Pillow images, as `core.utils.montage_utils.PIL_array_to_montage` takes them; None where an
        axis has no image.

    Raises
    ------
    ImageError
        If a file is no image.
    """
    rows = stim_info_df[stim_info_df["space_name"] == space].drop_duplicates("img_name")
    names = rows.drop_duplicates(["eig_id", "lin_dist"]).pivot(
        index="eig_id", columns="lin_dist", values="img_name"
    )
    images = axis_images(space, stim_info_df, uniq_img_fps)
    array = np.full(names.shape, None, dtype=object)
    for place, _ in np.ndenumerate(array):
        axis, distance = names.index[place[0]], names.columns[place[1]]
        array[place] = _as_picture(images.get((int(axis), distance)))
    return names, array


def _as_picture(pixels: np.ndarray | None) -> "Image | None":
    pillow = import_package("PIL.Image", "images")
    return None if pixels is None else pillow.fromarray(pixels)

"""Tuning along Hessian axes under the published names; the work is done in `stimulus_names`,
`formatted` and `tuning`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.errors import ImageError, MissingFileError, RecordingError
from core.images.stimulus_names import parse_stimulus_names
from core.optional import import_package
from neuro_data_analysis.evolutions.trajectories import sem
from neuro_data_analysis.recordings.conversion import as_integers
from neuro_data_analysis.recordings.formatted import numbered_units, unit_row
from neuro_data_analysis.recordings.naming import unit_name

IMAGE_SUFFIXES = (".bmp", ".png", ".jpg", ".jpeg", ".tif", ".tiff")
"""Kinds of image file, in the order in which they are preferred."""


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
    """File of every image, by its name without or with the ending; each name once.

    Raises
    ------
    MissingFileError
        If the folder or an image is not there.
    """
    folder = Path(folder_path)
    if not folder.is_dir():
        raise MissingFileError(path=folder, expected="a folder of images", found="none")
    files: dict[str, Path] = {}
    for suffix in reversed(IMAGE_SUFFIXES):
        for path in sorted(p for p in folder.iterdir() if p.suffix.lower() == suffix):
            files[path.stem] = files[path.name] = path
    names = list(dict.fromkeys(image_names))
    absent = [name for name in names if name not in files]
    if absent:
        raise MissingFileError(
            path=folder,
            expected=f"{len(names)} images",
            found=f"{len(absent)} of them missing (first: {absent[0]})",
        )
    return {name: files[name] for name in names}


def parse_stim_info(image_names: Sequence[str]) -> pd.DataFrame:
    """Axis and distance of every image; see `stimulus_names.parse_stimulus_names`."""
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
        0 for inactive rows; see `formatted.numbered_units`.
    """
    channels = as_integers(spikeID, "spikeID")
    active = np.ones(len(channels), dtype=bool)
    if active_chan is not None:
        active = np.asarray(active_chan, dtype=bool).ravel()
    if len(active) != len(channels):
        raise RecordingError(
            path="active_chan", expected=f"{len(channels)} flags as in spikeID", found=len(active)
        )
    return numbered_units(channels, active)


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
    """
    channels = as_integers(meta.get("spikeID"), "meta.spikeID")
    units = as_integers(meta.get("unitID"), "meta.unitID")
    if len(units) != len(channels) or len(units) == 0:
        raise RecordingError(
            path=exprow["ephysFN"],
            expected="a channel and a unit number for every row",
            found=f"{len(channels)} and {len(units)}",
        )
    channel, unit = int(exprow["pref_chan"]), int(exprow["pref_unit"])
    row = unit_row(channels, units, channel, unit, str(exprow["ephysFN"]))
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
    """
    of_row = np.asarray(rasters)[:, :, prefchan_id]
    baseline = of_row[:, bsl_wdw].mean(axis=1, dtype=float)
    return NeuralResponses(
        pref_unit_resp=of_row[:, resp_wdw].mean(axis=1, dtype=float),
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
        As `parse_stim_info` returns it.
    uniq_img_fps
        As `find_full_image_paths` returns it.

    Returns
    -------
    Arrays (height, width, 3) uint8.

    Raises
    ------
    ImageError
        If a file is no image.
    """
    image = import_package("PIL.Image", "reading images")
    shown = stim_info_df[stim_info_df["space_name"] == space].drop_duplicates("img_name")
    images = {}
    for row in shown.itertuples():
        path = uniq_img_fps[row.img_name]
        try:
            with image.open(path) as opened:
                images[int(row.eig_id), row.lin_dist] = np.asarray(opened.convert("RGB"))
        except OSError as error:
            raise ImageError(path=path, expected="an image", found=error) from None
    return images

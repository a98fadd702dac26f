"""One recording as its own file, ``<ephysFN>_formatted.mat``: single-trial rates of all units."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import MissingFileError, RecordingError
from core.matlab.reading import Struct, open_matfile
from core.statistics.windows import Window, window_rate
from neuro_data_analysis.recordings.conversion import N_BINS, as_integers, as_names, as_numbers

ACTIVE_ABOVE = 1.25
"""events/s; a row that fires less, over all trials and time, is not a unit."""

SUFFIX = "_formatted.mat"


@dataclass(frozen=True)
class FormattedRecording:
    """Trials of one recording in order of presentation.

    `rasters` is (n_trials, 200, n_rows) float32, smoothed rates in 1-ms bins from image onset,
    events/s; `channels` and `units` (n_rows,) number its rows, channels from 1, unit 0 inactive.
    """

    name: str
    image_names: list[str]
    rasters: np.ndarray
    channels: np.ndarray
    units: np.ndarray

    def rates(self, row: int, window: Window) -> np.ndarray:
        """Mean rate of one unit in every trial, (n_trials,), events/s.

        Parameters
        ----------
        row
            0-based row of the unit.
        window
            Start and stop in ms, half-open, 0-based.
        """
        return window_rate(self.rasters[:, :, row], window, axis=1)

    def row_of(self, channel: int, unit: int) -> int:
        """0-based row of a unit.

        Parameters
        ----------
        channel
            1-based channel.
        unit
            Number on the channel, from 1.

        Raises
        ------
        RecordingError
            If not exactly one row carries this label.
        """
        return unit_row(self.channels, self.units, channel, unit, self.name)


def formatted_file(folder: Path, name: str) -> Path:
    """Where the file of a recording lies in a folder, whether or not it exists.

    Parameters
    ----------
    folder
        Folder of the formatted files.
    name
        Name of the recording.

    Examples
    --------
    >>> formatted_file("formatted", "Beto-07092020-003").name
    'Beto-07092020-003_formatted.mat'
    """
    return Path(folder) / f"{name}{SUFFIX}"


def read_formatted(path: Path) -> FormattedRecording:
    """Read a formatted file.

    Older files hold no unit numbers; they follow from the activity, see `numbered_units`.

    Raises
    ------
    MissingFileError
        If there is no such file.
    RecordingError
        If it is no formatted file, or its parts do not belong together.
    """
    path = Path(path)
    name = path.name.removesuffix(SUFFIX)
    try:
        with open_matfile(path) as variables:
            meta, trials = (_struct(variables, part) for part in ("meta", "Trials"))
            image_names = as_names(trials.get("imageName"), "Trials.imageName")
            channels = as_integers(meta.get("spikeID"), "meta.spikeID")
            stored = as_numbers(variables.get("rasters"), "rasters")
            rasters = _rasters(stored, len(image_names), len(channels))
            units = as_integers(meta.get("unitID"), "meta.unitID")
    except MissingFileError:
        raise
    except RecordingError as error:
        raise error.inside(path) from None
    if len(units) == 0:
        units = numbered_units(channels, is_active(rasters))
    if len(units) != len(channels):
        raise RecordingError(
            path=path, expected=f"{len(channels)} unit numbers in meta.unitID", found=len(units)
        )
    return FormattedRecording(name, image_names, rasters, channels, units)


def unit_row(
    channels: np.ndarray, units: np.ndarray, channel: int, unit: int, recording: str
) -> int:
    """0-based row of a unit among the rows of a recording.

    Parameters
    ----------
    channels, units : (n_rows,)
        Channel (from 1) and number on it of every row.
    channel, unit
        Label to look for.
    recording
        Name of the recording, for the message.

    Raises
    ------
    RecordingError
        If not exactly one row carries this label.

    Examples
    --------
    >>> unit_row(np.array([5, 5, 9]), np.array([0, 1, 1]), 9, 1, "Beto-07092020-003")
    2
    """
    (rows,) = np.nonzero((channels == channel) & (units == unit))
    if len(rows) != 1:
        raise RecordingError(
            path=recording,
            expected=f"channel {channel}, unit {unit} in one row",
            found=f"it in {len(rows)}",
        )
    return int(rows[0])


def labelled_row(meta: Mapping[str, Any], channel: int, unit: int, recording: str) -> int:
    """0-based row of a unit, by the labels of a formatted file.

    Parameters
    ----------
    meta
        ``spikeID`` and ``unitID`` of the file, n_rows each.
    channel
        1-based channel.
    unit
        Number on the channel, from 1.
    recording
        Name of the recording, for the message.

    Raises
    ------
    RecordingError
        If not exactly one row carries the label, or the file holds no unit numbers
        (`unit_numbers` makes them).

    Examples
    --------
    >>> meta = {"spikeID": np.array([5.0, 5.0]), "unitID": np.array([1.0, 2.0])}
    >>> labelled_row(meta, 5, 2, "Beto-07092020-003")
    1
    """
    channels = as_integers(meta.get("spikeID"), "meta.spikeID")
    units = as_integers(meta.get("unitID"), "meta.unitID")
    if len(units) != len(channels) or len(units) == 0:
        raise RecordingError(
            path=recording,
            expected="a channel and a unit number for every row",
            found=f"{len(channels)} and {len(units)}",
        )
    return unit_row(channels, units, channel, unit, recording)


def unit_numbers(channels: np.ndarray, active: np.ndarray | None = None) -> np.ndarray:
    """Unit number of every row, counted along the active rows of its channel.

    Parameters
    ----------
    channels
        Channels from 1, any shape of n_rows numbers.
    active
        Which rows are active, n_rows bool; None for all of them.

    Returns
    -------
    (n_rows,) int
        0 for inactive rows.

    Raises
    ------
    RecordingError
        If there is not one flag for every row.

    Examples
    --------
    >>> unit_numbers(np.array([[5.0], [5.0], [9.0]]))
    array([1, 2, 1])
    """
    flat = as_integers(channels, "spikeID")
    flags = np.ones(len(flat), dtype=bool) if active is None else np.asarray(active, bool).ravel()
    if len(flags) != len(flat):
        raise RecordingError(
            path="active_chan", expected=f"{len(flat)} flags as in spikeID", found=len(flags)
        )
    return numbered_units(flat, flags)


def is_active(rasters: np.ndarray, above: float = ACTIVE_ABOVE) -> np.ndarray:
    """Which rows fire at all, (n_rows,) bool.

    Parameters
    ----------
    rasters : (n_trials, 200, n_rows)
        Rates, events/s.
    above
        Mean over trials and time that a unit exceeds, events/s.

    Examples
    --------
    >>> is_active(np.full((4, 200, 2), [0.5, 30.0]))
    array([False,  True])
    """
    return rasters.mean(axis=(0, 1), dtype=float) > above


def numbered_units(channels: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Unit numbers of rows without any: 1, 2, ... along the active rows of a channel, 0 elsewhere.

    Parameters
    ----------
    channels : (n_rows,)
        Channel of every row, from 1.
    active : (n_rows,)
        Which rows fire, bool.

    Examples
    --------
    >>> numbered_units(np.array([5, 5, 5, 9]), np.array([False, True, True, True]))
    array([0, 1, 2, 1])
    """
    units = np.zeros(len(channels), dtype=np.int64)
    for channel in np.unique(channels[active]):
        rows = active & (channels == channel)
        units[rows] = np.arange(1, rows.sum() + 1)
    return units


def _struct(variables: Struct, name: str) -> Struct:
    part = variables.get(name)
    if not isinstance(part, Struct):
        raise RecordingError(expected=f"the struct {name}", found="none")
    return part


def _rasters(stored: np.ndarray, n_trials: int, n_rows: int) -> np.ndarray:
    """MATLAB's rows x 200 x trials (which drops a last dimension of 1) as trials x 200 x rows."""
    if stored.ndim == 2 and n_trials == 1:
        stored = stored[:, :, None]
    if stored.shape != (n_rows, N_BINS, n_trials) or stored.size == 0:
        raise RecordingError(
            expected=(
                f"rasters of {n_rows} units x {N_BINS} bins x {n_trials} trials, as spikeID "
                "and imageName say"
            ),
            found=stored.shape,
        )
    with np.errstate(over="ignore"):
        rasters = stored.T.astype(np.float32)
    if not np.isfinite(rasters).all():
        raise RecordingError(expected="finite rates in rasters", found="NaN or infinity")
    return rasters

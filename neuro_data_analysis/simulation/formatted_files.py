"""Writing a simulated recording as ``<ephysFN>_formatted.mat``."""

from pathlib import Path

import numpy as np

from core.matlab.writing import Cell, write_variables
from neuro_data_analysis.recordings.formatted import FormattedRecording, formatted_file


def write_formatted(
    folder: Path, recording: FormattedRecording, with_unit_numbers: bool = True
) -> Path:
    """Write one recording as a file of its own.

    Parameters
    ----------
    folder
        Folder to write into.
    recording
        The recording.
    with_unit_numbers
        False writes the older form, whose ``meta`` holds no ``unitID``.

    Returns
    -------
    Path of the file.
    """
    meta = {
        "comments": "SIMULATED DATA: no animal was recorded; see SIMULATED.json.",
        "ephysFN": recording.name,
        "equipment": "SIMULATION",
        "rasterWindow": np.array([[0.0, 200.0]]),
        "spikeID": recording.channels.astype(float)[:, None],
    }
    if with_unit_numbers:
        meta["unitID"] = recording.units.astype(float)[:, None]
    trials = {
        "imageName": Cell.column(recording.image_names),
        "trialNum": np.arange(1.0, len(recording.image_names) + 1)[:, None],
    }
    path = formatted_file(folder, recording.name)
    # double precision that carries single-precision values, as in the recordings
    rasters = recording.rasters.T.astype(float)
    write_variables(path, {"Trials": trials, "meta": meta, "rasters": rasters})
    return path

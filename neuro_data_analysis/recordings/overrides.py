"""Corrections of recordings, from a file that ``--overrides`` names."""

import json
from pathlib import Path

from core.errors import SettingError
from neuro_data_analysis.recordings.dataset import Overrides, Recordings


def read_overrides(path: Path | None) -> Overrides:
    """Corrections by experiment number from a JSON file.

    Raises
    ------
    SettingError
        If the file is not JSON of that form.
    """
    if path is None:
        return {}
    try:
        overrides = {int(e): dict(values) for e, values in json.loads(path.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SettingError(
            path=path, expected="JSON of corrections by experiment number", found=error
        ) from None
    for expi, values in overrides.items():
        names = values.get("optim_names", ["", ""])
        if (
            set(values) - {"optim_names", "stimuli"}
            or not isinstance(values.get("stimuli", ""), str)
            or not (isinstance(names, list) and [type(name) for name in names] == [str, str])
        ):
            raise SettingError(
                path=path,
                expected=f"optim_names (two texts) and stimuli (a text) for experiment {expi}",
                found=values,
            )
    return overrides


def check_known(overrides: Overrides, recordings: Recordings, path: Path | None) -> None:
    """Refuse corrections of experiments that there are not.

    Parameters
    ----------
    overrides
        Corrections by experiment number.
    recordings
        The data set.
    path
        File of the corrections, for the message.

    Raises
    ------
    SettingError
        If one is of no usable experiment.
    """
    unknown = sorted(set(overrides) - set(recordings.usable()))
    if unknown:
        raise SettingError(path=path, expected="usable experiments", found=unknown)

"""Names of NWB files and their subjects, as the archive DANDI has them."""

import re
from pathlib import Path

from core.errors import RecordingError
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.nwb_reading import NWB_SUFFIX

SIMULATED = "SIMULATED"
"""In names and descriptions of what no animal did."""


def file_of(experiment: Experiment, *, simulated: bool) -> Path:
    """Path of an experiment's file below the folder of all, as the archive DANDI has it.

    Parameters
    ----------
    experiment
        The experiment.
    simulated
        Whether it is simulated.

    Raises
    ------
    RecordingError
        If the recording has no name.
    """
    if not experiment.ephysFN:
        raise RecordingError(
            path=f"Exp {experiment.Expi}, field meta.ephysFN", expected="a name", found="none"
        )
    subject = _allowed(subject_id(experiment.Animal, simulated=simulated))
    folder = f"sub-{subject}"
    return Path(folder) / f"{folder}_ses-{_allowed(experiment.ephysFN)}{NWB_SUFFIX}"


def _allowed(name: str) -> str:
    """A name without the characters that part names in the archive."""
    return re.sub(r"[^A-Za-z0-9+-]", "-", name)


def subject_id(animal: str, *, simulated: bool) -> str:
    """Name of the subject; a simulated one bears it in its name.

    Parameters
    ----------
    animal
        Name of the animal.
    simulated
        Whether no animal was recorded.

    Examples
    --------
    >>> subject_id("Beto", simulated=True)
    'SIMULATED-Beto'
    """
    return f"{SIMULATED}-{animal}" if simulated else animal

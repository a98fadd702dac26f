"""Closed-loop sessions among recordings: appended, once each, with their codes beside them."""

from collections.abc import Mapping
from pathlib import Path

from core.contract.provenance import simulation_record
from core.errors import SettingError
from core.experiments.closed_loop.folder import Folder
from core.files import alone_in
from core.progress import say
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, open_recordings
from neuro_data_analysis.recordings.latent_codes import write_latent_codes
from neuro_data_analysis.recordings.layout import STIMULI_FOLDER, local_folder
from neuro_data_analysis.recordings.nwb_reading import nwb_files
from neuro_data_analysis.session_adding import add_elements
from neuro_data_analysis.session_element import RecordedSession, session_element


def add_session(
    session: Path, out: Path, animal: str, area: str, number: int = 1
) -> tuple[Path, int]:
    """Append a session to the recordings in a folder, or write it alone; its codes beside it.

    A session that is there already stays as it is.

    Parameters
    ----------
    session
        Folder of the session.
    out
        Folder of the recordings.
    animal, area
        Name of the animal and visual area of the site.
    number
        Of the recording on its day.

    Returns
    -------
    The file, and the session's experiment number, 1-based

    Raises
    ------
    RecordingError
        If the session holds rates alone, or one thread.
    SettingError
        If one of session and recordings is simulated and the other is not, if they hold another
        recording of this name, or are NWB files.
    FullDiskError
        If there is no room; the recordings are then as they were.
    """
    recorded = session_element(Folder.at(session), animal, area, number)
    path = out / EVOLUTION_FILES[0]
    if nwb_files(out):
        raise SettingError(
            path=out,
            expected="recordings in MATLAB's form, or an empty folder",
            found="NWB files",
            advice="choose another --out",
        )
    mark = (simulation_record(session) or {}) if recorded.simulated else None
    with alone_in(out, say):
        if expi := _number_there(recorded, path):
            return path, expi
        elements = [recorded.element]
        (expi,) = add_elements(elements, out, mark, lambda: _write_codes(recorded, out))
    return path, expi


def _number_there(recorded: RecordedSession, path: Path) -> int | None:
    """Experiment number of this session as it is now, None if it is not there."""
    if not path.is_file():
        return None
    name = recorded.element["meta"]["ephysFN"]
    with open_recordings(path) as recordings:
        for experiment in recordings.experiments():
            element = recordings.elements[experiment.Expi - 1]
            if experiment.ephysFN == name and _is_same(element, recorded):
                return experiment.Expi
    return None


def _is_same(element: Mapping, recorded: RecordedSession) -> bool:
    """Whether an element was made of this session as it is now."""
    ours, theirs = recorded.element["meta"], element["meta"]
    names = [name for row in element["imageName"] for name in row]
    return names == recorded.image_names and all(
        theirs.get(field) == ours[field] for field in ("pathBHV", "visual_area")
    )


def _write_codes(recorded: RecordedSession, out: Path) -> None:
    """Codes where the images of a recording are looked for, in the form that recordings have."""
    folder = local_folder(recorded.element["meta"]["stimuli"], out / STIMULI_FOLDER)
    for of_block in recorded.codes():
        write_latent_codes(folder, *of_block)

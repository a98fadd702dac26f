"""Closed-loop sessions among recordings: appended, once each, with their codes beside them."""

from collections.abc import Mapping
from pathlib import Path

from core.contract.provenance import (
    SIMULATION_FILE_NAME,
    simulated_kind,
    simulation_record,
)
from core.errors import SettingError
from core.experiments.closed_loop.folder import Folder
from core.files import alone_in, write_json
from core.matlab.writing import append_element, write_matfile
from core.progress import say
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, VARIABLE, open_recordings
from neuro_data_analysis.recordings.latent_codes import write_latent_codes
from neuro_data_analysis.recordings.layout import STIMULI_FOLDER, local_folder
from neuro_data_analysis.recordings.nwb_reading import nwb_files
from neuro_data_analysis.session_element import RecordedSession, session_element
from neuro_data_analysis.simulation.record import FIELDS


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
    element, simulated = recorded.element, recorded.simulated
    path = out / EVOLUTION_FILES[0]
    if nwb_files(out):
        raise SettingError(
            path=out,
            expected="recordings in MATLAB's form, or an empty folder",
            found="NWB files",
            advice="choose another --out",
        )
    with alone_in(out, say):
        if not path.is_file():
            _write_codes(recorded, out)
            if simulated:
                write_json(out / SIMULATION_FILE_NAME, simulation_record(session) or {})
            write_matfile(path, VARIABLE, iter([element]), FIELDS)
            return path, 1
        name = element["meta"]["ephysFN"]
        with open_recordings(path) as recordings:
            n, is_simulated = len(recordings), recordings.is_simulated()
            found = [each for each in recordings.experiments() if each.ephysFN == name]
            if found and _is_same(recordings.elements[found[0].Expi - 1], recorded):
                return path, found[0].Expi
        _check_kind(out, simulated, is_simulated)
        if simulated_kind(out) != simulated_kind(session):
            raise SettingError(
                path=out,
                expected="recordings of simulated rigs",
                found=simulated_kind(out).get("kind", "others"),
                advice="the two are kept apart; choose another --out",
            )
        if found:
            raise SettingError(
                path=path,
                expected="no other recording of this name",
                found=name,
                advice="another recording of the day has another --number",
            )
        _write_codes(recorded, out)
        append_element(path, VARIABLE, element)
    return path, n + 1


def _check_kind(out: Path, simulated: bool, others_are: bool) -> None:
    """Refuse to mix what a rig simulated with recordings of animals."""
    if others_are != simulated:
        kinds = {True: "simulated recordings", False: "recordings of animals"}
        raise SettingError(
            path=out,
            expected=kinds[simulated],
            found=kinds[others_are],
            advice="the two are kept apart; choose another --out",
        )


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

"""Elements of the data set of paired evolutions, appended to recordings or written alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

from core.contract.provenance import SIMULATION_FILE_NAME, TWINS_KIND, simulated_kind
from core.errors import SettingError
from core.files import write_json
from core.matlab.writing import append_element, write_matfile
from core.progress import progress
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, VARIABLE, open_recordings
from neuro_data_analysis.simulation.record import FIELDS


def add_elements(
    elements: Sequence[dict],
    out: Path,
    mark: dict | None,
    write_beside: Callable[[], None] = lambda: None,
) -> list[int]:
    """Append elements to the recordings in a folder, or begin a file with them.

    Parameters
    ----------
    elements
        Of one kind, as `simulation.record.element_of` gives them.
    out
        Folder of the recordings, in which the caller is alone.
    mark
        ``SIMULATED.json`` of the folder where they are simulated, else None.
    write_beside
        Writes what lies beside the recordings; called when they fit, before they are added.

    Returns
    -------
    list of int
        Experiment number of each, 1-based.

    Raises
    ------
    SettingError
        If they and the recordings there are not of one kind, or one is there already; nothing is
        written then.
    """
    path = out / EVOLUTION_FILES[0]
    if not path.is_file():
        write_beside()
        if mark is not None:
            write_json(out / SIMULATION_FILE_NAME, mark)
        write_matfile(path, VARIABLE, iter(elements), FIELDS)
        return list(range(1, len(elements) + 1))
    n = _check_fits(elements, path, mark)
    write_beside()
    for element in progress(elements, len(elements), "recordings"):
        append_element(path, VARIABLE, element)
    return list(range(n + 1, n + len(elements) + 1))


def _check_fits(elements: Sequence[dict], path: Path, mark: dict | None) -> int:
    """How many elements are there, if these may join them."""
    with open_recordings(path) as recordings:
        n, is_simulated = len(recordings), recordings.is_simulated()
        names = {experiment.ephysFN for experiment in recordings.experiments()}
    known = simulated_kind(path.parent)
    there, ours = _kind(is_simulated, known), _kind(mark is not None, mark or {})
    if there != ours:
        raise SettingError(
            path=path.parent,
            expected=ours,
            found=there,
            advice="the two are kept apart; choose another --out",
        )
    for element in elements:
        name = element["meta"]["ephysFN"]
        if name in names:
            raise SettingError(
                path=path,
                expected="no other recording of this name",
                found=name,
                advice="another recording of the day has another --number",
            )
    return n


def _kind(simulated: bool, mark: dict) -> str:
    """What recordings are, in words."""
    if mark.get("kind") == TWINS_KIND:
        return f"recordings of twins ({mark.get('notice')})"
    return "simulated recordings" if simulated else "recordings of animals"

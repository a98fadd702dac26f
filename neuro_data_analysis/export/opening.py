"""What every export starts with: recordings, what lies beside them, and where source data go."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from core.project import SIMULATED_SOURCE_DATA, SOURCE_DATA
from neuro_data_analysis.evolutions.experiment_list import broken
from neuro_data_analysis.export.options import FOLDERS, Settings
from neuro_data_analysis.export.output import Output
from neuro_data_analysis.recordings.dataset import (
    Recordings,
    data_set_files,
    evolution_file,
    matroot,
    open_recordings,
)
from neuro_data_analysis.recordings.layout import Folders
from neuro_data_analysis.recordings.overrides import check_known, read_overrides


class Opened(NamedTuple):
    """Recordings that are open, the folders beside them, and the folder to write."""

    recordings: Recordings
    folders: Folders
    output: Output


@contextmanager
def opened(
    settings: Settings, folders: tuple[str, ...], root: str | Path | None = None
) -> Iterator[Opened]:
    """Open the recordings as the settings say; nothing is written yet.

    Parameters
    ----------
    settings
        How to export.
    folders
        Folders of the figures to write.
    root
        Folder of the recordings; by default ``MATROOT``.

    Raises
    ------
    SettingError, MissingFileError, RecordingError
        If the recordings, or the corrections of the settings, cannot be used.
    """
    overrides = read_overrides(settings.overrides)
    path = evolution_file(matroot(root))
    with open_recordings(path, overrides) as everything:
        recordings = choose_experiments(everything, settings)
        check_known(overrides, recordings, settings.overrides)
        simulated = recordings.is_simulated()
        output = Output(
            root=settings.out or (SIMULATED_SOURCE_DATA if simulated else SOURCE_DATA),
            folders=folders,
            simulated=simulated,
            recordings=recordings.name,
            details={
                "recordings": str(path),
                "bytes": sum(file.stat().st_size for file in data_set_files(path)),
            },
            force=settings.force,
        )
        chosen = {name: getattr(settings, name) for name in FOLDERS}
        folder = path if path.is_dir() else path.parent
        yield Opened(recordings, Folders.below(folder, **chosen), output)


def choose_experiments(recordings: Recordings, settings: Settings) -> Recordings:
    """The data set without what the settings leave out.

    Parameters
    ----------
    recordings
        All of it.
    settings
        How to export.

    Raises
    ------
    RecordingError
        If an experiment that is to be left out is not one of the data set's.
    """
    chosen = recordings.without(dict.fromkeys(settings.exclude, "excluded"))
    return chosen.without(broken(chosen)) if settings.skip_bad else chosen

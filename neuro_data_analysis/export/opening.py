"""What every export starts with: recordings, what lies beside them, and where source data go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from core.errors import RecordingError
from core.project import SIMULATED_SOURCE_DATA, SOURCE_DATA
from core.statistics.analysis import AREAS, AnalysisSettings
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

OTHER_AREA = "of an area that was not asked for"
"""Why an experiment is left out by its area."""


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
            settings=used_settings(recordings, settings.analysis),
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
        If an experiment that is to be left out is not one of the data set's, or none is left.
    """
    analysis = settings.analysis
    chosen = recordings.without(dict.fromkeys(analysis.exclude, "excluded"))
    if analysis.areas != AREAS:
        chosen = chosen.without(_of_other_areas(chosen, settings))
    if settings.skip_bad:
        chosen = chosen.without(broken(chosen, analysis))
    if chosen.left_out and not chosen.usable():
        raise RecordingError(
            path=recordings.name,
            expected=f"experiments in {', '.join(analysis.areas)} that can be used",
            found="none",
        )
    return chosen


def used_settings(recordings: Recordings, analysis: AnalysisSettings) -> AnalysisSettings:
    """Settings in which every experiment that was left out for itself is an excluded one.

    Parameters
    ----------
    recordings
        What `choose_experiments` chose.
    analysis
        Settings by which it chose.
    """
    numbers = (n for n, reason in recordings.left_out.items() if reason != OTHER_AREA)
    return replace(analysis, exclude=tuple(numbers))


def _of_other_areas(recordings: Recordings, settings: Settings) -> dict[int, str]:
    """Experiments of other areas; one that does not tell its area is left to `broken`."""
    others = {}
    for index in range(len(recordings)):
        try:
            experiment = recordings[index]
            if experiment and experiment.visual_area not in settings.analysis.areas:
                others[experiment.Expi] = OTHER_AREA
        except RecordingError as error:
            if not settings.skip_bad:
                raise error.inside(f"Exp {index + 1}").inside(recordings.name) from None
    return others

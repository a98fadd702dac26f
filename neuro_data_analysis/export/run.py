"""All exporters in one pass."""

from dataclasses import dataclass
from pathlib import Path

from core.contract import ext4, fig5
from core.contract.manifest import FIGURE_FILES
from core.contract.source_data import EXAMPLE_EXPI
from core.errors import RecordingError, ReproductionError
from neuro_data_analysis.evolutions.cohort import gather_all
from neuro_data_analysis.export import ext4 as export_ext4
from neuro_data_analysis.export import ext5 as export_ext5
from neuro_data_analysis.export import fig2 as export_fig2
from neuro_data_analysis.export import fig3 as export_fig3
from neuro_data_analysis.export import fig4 as export_fig4
from neuro_data_analysis.export import fig5 as export_fig5
from neuro_data_analysis.export import fig6 as export_fig6
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.output import Output
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.layout import Folders
from neuro_data_analysis.tuning.synopsis import synopsis

WINDOWS = tuple(dict.fromkeys((*fig5.WINDOWS, *(w for ws in ext4.WINDOWS.values() for w in ws))))
FOLDERS = tuple(FIGURE_FILES)
"""Folders that the exporters write."""


@dataclass(frozen=True)
class Export:
    """Paths of the files written, and an error for each output that could not be made.

    `unavailable` are those whose input is not there, `refused` those whose input is broken.
    """

    paths: list[Path]
    unavailable: tuple[ReproductionError, ...]
    refused: tuple[ReproductionError, ...]


def export_all(
    recordings: Recordings,
    out: Path,
    folders: Folders,
    *,
    example_expi: int = EXAMPLE_EXPI,
    n_jobs: int = 2,
    force: bool = False,
    details: dict | None = None,
) -> Export:
    """Write the source data of every figure whose recordings are there.

    Parameters
    ----------
    recordings
        The data set.
    out
        Folder in the layout of ``source_data/``.
    folders
        Where the tuning recordings and what was measured on images lie; what is absent makes its
        outputs unavailable.
    example_expi
        Experiment of Figure 2.
    n_jobs
        Processes that fit tuning curves.
    force
        Replace files that did not come from an export, or were changed since.
    details
        What provenance shall say about the recordings.

    Raises
    ------
    RecordingError
        If a recording cannot be used.
    SettingError
        If `out` cannot be written, holds files of another origin, or would mix simulated with real.
    """
    simulated = recordings.is_simulated()
    output = Output(out, FOLDERS, simulated, recordings.name, details or {}, force)
    return export_to(output, recordings, folders, example_expi, n_jobs)


def export_to(
    output: Output, recordings: Recordings, folders: Folders, example_expi: int, n_jobs: int
) -> Export:
    """`export_all` into a folder that is described already."""
    output.refuse()
    example = recordings.experiment(example_expi)
    cohort = gather_all(recordings, WINDOWS)
    tuning, refused = _tuning(recordings, folders, n_jobs)
    contents = (
        export_fig2.contents(example, cohort.order)
        | export_fig4.contents(cohort)
        | export_fig5.contents(cohort)
        | export_ext4.contents(cohort)
        | tuning
        | export_fig3.contents(cohort, folders.prototypes)
        | export_ext5.contents(folders.linearity)
    )
    return Export(output.write(contents), contents.unavailable, refused)


def _tuning(
    recordings: Recordings, folders: Folders, n_jobs: int
) -> tuple[Contents, tuple[ReproductionError, ...]]:
    """Figure 6, or nothing and an error where its recordings are broken."""
    try:
        units, unavailable = export_fig6.tuned_units(recordings, folders)
    except RecordingError as error:
        return Contents(), (error.inside("Figure 6"),)
    made = export_fig6.contents(units, synopsis(units, n_jobs))
    return Contents(unavailable=unavailable) | made, ()

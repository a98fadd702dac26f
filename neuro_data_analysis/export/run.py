"""All exporters in one pass."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from core.contract.fig4 import MASKS
from core.errors import RecordingError, ReproductionError
from core.figures import RECORDED
from neuro_data_analysis.export import ext4, ext5, fig2, fig3, fig4, fig5, fig6
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.export.listing import write_experiments
from neuro_data_analysis.export.output import Output
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.layout import Folders

EXPORTERS = (fig4, fig2, fig5, ext4, fig6, fig3, ext5)
"""Modules whose ``contents(inputs)`` are written; the first gathers the cohort for all."""

FOLDERS = tuple(figure.folder for figure in RECORDED.values())
"""Folders that the exporters write."""


@dataclass(frozen=True)
class Export:
    """Paths of the files written, and an error for each output that could not be made.

    `unavailable` are those whose input is not there, `refused` the figures whose input is broken.
    """

    paths: list[Path]
    unavailable: tuple[ReproductionError, ...]
    refused: tuple[ReproductionError, ...]


def export_all(
    recordings: Recordings,
    out: Path,
    folders: Folders,
    *,
    example_expi: int | None = None,
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
        Experiment of Figure 2; None for the paper's, in a simulation for the first that shows what
        the figure is about.
    n_jobs
        Processes that fit tuning curves.
    force
        Replace files that did not come from an export, or were changed since.
    details
        What provenance shall say about the recordings.

    Raises
    ------
    RecordingError
        If recordings cannot be used, so that no figure at all can be made.
    SettingError
        If `out` cannot be written, holds files of another origin, or would mix simulated with real.
    """
    simulated = recordings.is_simulated()
    output = Output(out, FOLDERS, simulated, recordings.name, details or {}, force)
    return export_to(output, Inputs(recordings, folders, example_expi, n_jobs))


def export_to(output: Output, inputs: Inputs) -> Export:
    """Write the source data of every figure into a folder that is described already.

    Parameters
    ----------
    output
        Where they go.
    inputs
        Recordings and what lies beside them.

    Raises
    ------
    RecordingError
        If recordings cannot be used, so that no figure at all can be made.
    SettingError
        If the folder cannot be written, holds files of another origin, or would mix simulated with
        real.
    """
    output.refuse()
    contents, failures = Contents(), {}
    for exporter in EXPORTERS:
        name = _named(exporter)
        try:
            contents |= exporter.contents(inputs)
        except RecordingError as error:
            failures.setdefault(str(error), []).append((name, error))
    refused = tuple(
        errors[0][1].inside(", ".join(name for name, _ in errors)) for errors in failures.values()
    )
    if refused and not contents.files:
        raise refused[0]
    paths = output.write(contents)
    if MASKS in contents.files:
        write_experiments(inputs.recordings, inputs.cohort, output.root, output.simulated)
    return Export(paths, contents.unavailable, refused)


def _named(exporter: ModuleType) -> str:
    """Figure of an exporter in words."""
    word = exporter.__name__.rpartition(".")[2]
    return f"Extended Data {word[3:]}" if word.startswith("ext") else f"Figure {word[3:]}"

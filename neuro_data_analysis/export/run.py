"""All exporters in one pass, into a folder that changes only when every file is written."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core import interrupt
from core.contract import ext4, ext5, fig2, fig3, fig4, fig5, fig6
from core.contract.descriptions import Sizes
from core.contract.manifest import EXPERIMENT_ORDER, FIGURE_FILES
from core.contract.provenance import (
    SIMULATION_FILE_NAME,
    read_provenance,
    record,
    simulation_record,
    write_provenance,
)
from core.contract.source_data import EXAMPLE_EXPI, SourceData
from core.errors import ContractError, MissingFileError, RecordingError, SettingError
from core.files import remove_abandoned, sha256, writable_folder, write_json
from core.progress import progress
from core.project import SOURCE_DATA
from neuro_data_analysis.cohort import Cohort, gather
from neuro_data_analysis.experiment import Experiment
from neuro_data_analysis.export import ext4 as export_ext4
from neuro_data_analysis.export import ext5 as export_ext5
from neuro_data_analysis.export import fig2 as export_fig2
from neuro_data_analysis.export import fig3 as export_fig3
from neuro_data_analysis.export import fig4 as export_fig4
from neuro_data_analysis.export import fig5 as export_fig5
from neuro_data_analysis.export import fig6 as export_fig6
from neuro_data_analysis.hessian_recordings import open_hessian_recordings
from neuro_data_analysis.layout import Folders
from neuro_data_analysis.recordings import Recordings
from neuro_data_analysis.tuning_synopsis import TunedUnit

SOURCE = "export"
STAGING_PREFIX = ".exporting-"
WINDOWS = tuple(dict.fromkeys((*fig5.WINDOWS, *(w for ws in ext4.WINDOWS.values() for w in ws))))
FOLDERS = tuple(figure.FOLDER for figure in (fig2, fig3, fig4, fig5, fig6, ext4, ext5))
"""Folders that the exporters of this module write."""


@dataclass(frozen=True)
class Export:
    """Paths of the files written, and a sentence for each output that could not be made.

    `unavailable` are those whose input is not there, `refused` those whose input is broken.
    """

    paths: list[Path]
    unavailable: list[str]
    refused: list[str]


@dataclass(frozen=True)
class Staged:
    """What was written beside the target: details of single files by path, and what is missing."""

    details: dict[str, dict]
    unavailable: list[str]


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

    Everything is written beside the target first and moved at the end, so that an interruption
    leaves `out` as it was.

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
    refuse_mixing(out, simulated)
    if not force:
        refuse_foreign_files(out)
    writable_folder(out)
    n_usable = len(recordings.usable())
    experiments = progress(recordings.experiments(), n_usable, "experiments")
    try:
        cohort = gather(experiments, WINDOWS)
        example = recordings.experiment(example_expi)
    except RecordingError as error:
        raise RecordingError(error.naming(recordings.name)) from None
    remove_abandoned(out, f"{STAGING_PREFIX}*")
    with tempfile.TemporaryDirectory(prefix=f"{STAGING_PREFIX}{os.getpid()}-", dir=out) as folder:
        staging = Path(folder)
        units, unavailable, refused = tuned_units(recordings, folders)
        try:
            staged = write_staged(cohort, example, units, folders, staging, n_jobs)
        except ContractError as error:
            raise ContractError(str(error).replace(str(staging), str(out))) from None
        if simulated and simulation_record(out) is None:
            mark = {"simulated": True, "recordings": recordings.name}
            write_json(out / SIMULATION_FILE_NAME, mark)
        paths = move_into_place(staging, out, details or {}, staged.details)
        return Export(paths, [*unavailable, *staged.unavailable], refused)


def tuned_units(
    recordings: Recordings, folders: Folders
) -> tuple[list[TunedUnit], list[str], list[str]]:
    """Units of the tuning recordings, or none and a sentence that says why.

    Returns
    -------
    units, unavailable, refused
        The sentence is among `unavailable` where something is not there, among `refused` where it
        is broken.
    """
    try:
        hessian = open_hessian_recordings(folders.records, folders.formatted, recordings)
        return list(progress(hessian.units(), len(hessian), "tuning recordings")), [], []
    except MissingFileError as error:
        return [], [f"Figure 6: {error}"], []
    except RecordingError as error:
        return [], [], [f"Figure 6: {error}"]


def write_staged(
    cohort: Cohort,
    example: Experiment,
    units: list[TunedUnit],
    folders: Folders,
    folder: Path,
    n_jobs: int,
) -> Staged:
    """Write all files of a cohort into an empty folder."""
    blocks = cohort.meta["blockN"]
    sizes = Sizes(len(blocks), cohort.n_blocks, int(blocks[example.Expi]))
    source = SourceData(folder, sizes)
    order = cohort.meta.reset_index()[["Expi", "ephysFN", "blockN"]]
    source.write(EXPERIMENT_ORDER, order.rename(columns={"blockN": "n_blocks"}))
    export_fig2.export(example, source)
    for exporter in progress((export_fig4, export_fig5, export_ext4), 3, "figures"):
        exporter.export(cohort, source)
    details, unavailable = export_fig6.export(units, source, n_jobs) if units else ({}, [])
    unavailable += export_fig3.export(cohort, source, folders.prototypes)
    unavailable += export_ext5.export(source, folders.linearity)
    return Staged(details, unavailable)


def move_into_place(
    staging: Path, out: Path, details: dict, of_file: dict[str, dict]
) -> list[Path]:
    """Move every staged file to `out` and record where it came from.

    `details` stand in every file's record, those of `of_file` only in that file's. What an earlier
    export wrote for the same figures and this one did not is removed, so that a figure is drawn
    from one data set.
    """
    records = read_provenance(out)
    names = sorted(p.relative_to(staging).as_posix() for p in staging.rglob("*") if p.is_file())
    figures = {Path(name).parent for name in names}
    stale = [
        name
        for name, known in records.items()
        if known.source == SOURCE and Path(name).parent in figures and name not in names
    ]
    for name in names:
        records[name] = record(staging / name, SOURCE, details | of_file.get(name, {}))
    with interrupt.held_back():
        for name in stale:
            (out / name).unlink(missing_ok=True)
            del records[name]
        for name in names:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(staging / name, out / name)
        write_provenance(out, records)
    interrupt.check()
    return [out / name for name in names]


def refuse_mixing(out: Path, simulated: bool) -> None:
    """Raise a SettingError where simulated and real source data would meet in one folder."""
    marked = simulation_record(out) is not None
    if simulated and not marked and any(_present(out)):
        raise SettingError(
            f"{out}: expected an empty folder or one of simulated data, found files that are not "
            "simulated; simulated source data are never mixed with real ones."
        )
    if simulated and out.resolve() == SOURCE_DATA:
        raise SettingError(
            f"{out}: expected real recordings for this folder, found simulated ones; give another "
            "folder with --out."
        )
    if marked and not simulated:
        raise SettingError(
            f"{out}: expected simulated recordings for this folder, found real ones."
        )


def refuse_foreign_files(out: Path) -> None:
    """Raise a SettingError where a file that would be replaced did not come from an export."""
    records = read_provenance(out)
    for path in _present(out):
        name = path.relative_to(out).as_posix()
        known = records.get(name)
        if known is None or known.source != SOURCE or known.sha256 != sha256(path):
            origin = "no known origin" if known is None else f"origin {known.source}"
            origin = "changes since its export" if known and known.source == SOURCE else origin
            raise SettingError(
                f"{path}: expected no file or one of an earlier export, found one with {origin}; "
                "--force replaces it."
            )


def _present(out: Path) -> Iterable[Path]:
    files = (EXPERIMENT_ORDER, *(file for folder in FOLDERS for file in FIGURE_FILES[folder]))
    return (out / file.path for file in files if (out / file.path).is_file())

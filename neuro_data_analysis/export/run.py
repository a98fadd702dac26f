"""All exporters in one pass, into a folder that changes only when every file is written."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from core import interrupt
from core.contract import ext4, fig2, fig4, fig5
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
from core.errors import RecordingError, SettingError
from core.files import remove_abandoned, sha256, writable_folder, write_json
from core.progress import progress
from core.project import SOURCE_DATA
from neuro_data_analysis.cohort import Cohort, gather
from neuro_data_analysis.experiment import Experiment
from neuro_data_analysis.export import ext4 as export_ext4
from neuro_data_analysis.export import fig2 as export_fig2
from neuro_data_analysis.export import fig4 as export_fig4
from neuro_data_analysis.export import fig5 as export_fig5
from neuro_data_analysis.recordings import Recordings

SOURCE = "export"
STAGING_PREFIX = ".exporting-"
WINDOWS = tuple(dict.fromkeys((*fig5.WINDOWS, *(w for ws in ext4.WINDOWS.values() for w in ws))))
FOLDERS = (fig2.FOLDER, fig4.FOLDER, fig5.FOLDER, ext4.FOLDER)
"""Folders that the exporters of this module write."""


def export_all(
    recordings: Recordings,
    out: Path,
    *,
    example_expi: int = EXAMPLE_EXPI,
    force: bool = False,
    details: dict | None = None,
) -> list[Path]:
    """Write the source data of Figures 2, 4, 5 and Extended Data Figure 4.

    Everything is written beside the target first and moved at the end, so that an interruption
    leaves `out` as it was.

    Parameters
    ----------
    recordings
        The data set.
    out
        Folder in the layout of ``source_data/``.
    example_expi
        Experiment of Figure 2.
    force
        Replace files that did not come from an export, or were changed since.
    details
        What provenance shall say about the recordings.

    Returns
    -------
    Paths of the files.

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
        write_staged(cohort, example, staging)
        if simulated and simulation_record(out) is None:
            mark = {"simulated": True, "recordings": recordings.name}
            write_json(out / SIMULATION_FILE_NAME, mark)
        return move_into_place(staging, out, details or {})


def write_staged(cohort: Cohort, example: Experiment, folder: Path) -> None:
    """Write all files of a cohort into an empty folder."""
    blocks = cohort.meta["blockN"]
    sizes = Sizes(len(blocks), cohort.n_blocks, int(blocks[example.Expi]))
    source = SourceData(folder, sizes)
    order = cohort.meta.reset_index()[["Expi", "ephysFN", "blockN"]]
    source.write(EXPERIMENT_ORDER, order.rename(columns={"blockN": "n_blocks"}))
    export_fig2.export(example, source)
    for exporter in progress((export_fig4, export_fig5, export_ext4), 3, "figures"):
        exporter.export(cohort, source)


def move_into_place(staging: Path, out: Path, details: dict) -> list[Path]:
    """Move every staged file to `out` and record where it came from."""
    records = read_provenance(out)
    names = sorted(p.relative_to(staging).as_posix() for p in staging.rglob("*") if p.is_file())
    for name in names:
        records[name] = record(staging / name, SOURCE, details)
    with interrupt.held_back():
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

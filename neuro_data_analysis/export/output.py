"""The folder that source data are exported to: it changes only when every new file is written.

Simulated and real data never meet in it, and files that came from elsewhere are not replaced.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import interrupt
from core.contract import ext4, ext5, fig2, fig3, fig4, fig5, fig6
from core.contract.descriptions import File, Json, Sizes
from core.contract.manifest import EXPERIMENT_ORDER, FIGURE_FILES
from core.contract.provenance import (
    EXPORT,
    JOURNAL_NAME,
    PROVENANCE_FILE_NAME,
    SIMULATION_FILE_NAME,
    read_provenance,
    record,
    simulated_kind,
    simulation_record,
    write_provenance,
)
from core.contract.signs import content_is_signed, sign_content
from core.contract.source_data import EXAMPLE_EXPI, SourceData
from core.errors import ContractError, SettingError
from core.files import alone_in, sha256, staging_in, writable_folder, write_json
from core.moving import finish_moving, move_all, settle
from core.progress import progress
from core.project import SOURCE_DATA
from core.statistics.analysis import DETAIL, PUBLISHED, AnalysisSettings
from neuro_data_analysis.export.contents import Contents

logger = logging.getLogger(__name__)

TOGETHER = "export all figures together or to another folder (--force writes nevertheless)"
"""What to do where figures would not fit one another."""

AS_PUBLISHED = "as published"

BY_EXPERIMENT = tuple(figure.FOLDER for figure in (fig2, fig3, fig4, fig5, ext4))
"""Folders whose files can only be read beside the right ``exp_order.csv``."""

BY_SETTINGS = (*BY_EXPERIMENT, fig6.FOLDER)
"""Folders whose files depend on the settings of the analysis."""


@dataclass(frozen=True)
class Output:
    """Where source data go.

    Parameters
    ----------
    root
        Folder in the layout of ``source_data/``.
    folders
        Figures' folders that are written in this run, by this writer or another one.
    simulated
        Whether the recordings are.
    recordings
        Name of the data set.
    details
        What provenance shall say about the recordings.
    force
        Replace files that did not come from an export, or were changed since.
    source
        Word for the origin of the files in the provenance.
    settings
        What the recordings are analysed with.
    """

    root: Path
    folders: tuple[str, ...]
    simulated: bool
    recordings: str
    details: dict = field(default_factory=dict)
    force: bool = False
    source: str = EXPORT
    settings: AnalysisSettings = PUBLISHED

    def refuse(self) -> None:
        """Raise a SettingError where `write` must not, so that it is said before the work.

        That is where simulated and real data would be mixed, where files of another origin would be
        replaced, where figures that stay were made with other settings, and where the folder
        cannot be written.
        """
        settle(self.root)
        refuse_mixing(self.root, self.simulated)
        if not self.force:
            refuse_foreign_files(self.root, self.folders, self.source)
            self._refuse_other_settings()
        writable_folder(self.root)

    def write(self, contents: Contents) -> list[Path]:
        """Write all files beside the folder's own, then move them into place, all or none.

        What an earlier export wrote for the same figures and this one did not is removed, so that a
        figure is drawn from one data set.

        Returns
        -------
        Paths of the files.

        Raises
        ------
        ContractError
            If a file would not be what the contract describes.
        SettingError
            If figures that stay were exported from other experiments.
        """
        if not contents.files:
            return []
        with alone_in(self.root, logger.warning), staging_in(self.root) as staging:
            finish_moving(self.root)
            source = SourceData(staging, sizes_of(contents))
            files = contents.files.items()
            try:
                for file, value in progress(files, len(files), "files"):
                    source.write(file, self._with_sign(file, value))
            except ContractError as error:
                path = self.root / Path(error.path).relative_to(staging)
                raise error.about(path) from None
            if not self.force:
                self._refuse_other_experiments(staging)
            return self._move_into_place(staging, contents.details)

    def _with_sign(self, file: File, value: Any) -> Any:
        """What is written: signed if simulated; what is signed and not simulated is refused."""
        if self.simulated:
            return value | {"simulated": True} if isinstance(file, Json) else sign_content(value)
        if content_is_signed(value):
            raise SettingError(
                path=file.path,
                expected="numbers of these recordings",
                found="some that a simulation wrote",
                advice="remove what is simulated from beside the recordings",
            )
        return value

    def _move_into_place(self, staging: Path, of_file: dict[str, dict]) -> list[Path]:
        names = sorted(p.relative_to(staging).as_posix() for p in staging.rglob("*") if p.is_file())
        figures = {Path(name).parent for name in names}
        new = {
            name: record(staging / name, self.source, self._details(name) | of_file.get(name, {}))
            for name in names
        }
        records = read_provenance(self.root)
        stale = {
            name
            for name, known in records.items()
            if known.source == self.source and Path(name).parent in figures and name not in new
        }
        kept = {name: known for name, known in records.items() if name not in stale}
        write_provenance(staging, kept | new)
        order = [*names, PROVENANCE_FILE_NAME]
        if self.simulated and simulation_record(self.root) is None:
            known = Path(self.recordings)
            kind = simulated_kind(known if known.is_dir() else known.parent)
            mark = {"simulated": True, "recordings": self.recordings} | kind
            write_json(staging / SIMULATION_FILE_NAME, mark)
            order.insert(0, SIMULATION_FILE_NAME)
        with interrupt.held_back():
            move_all(staging, self.root, order, [*sorted(stale), JOURNAL_NAME])
        interrupt.check()
        return [self.root / name for name in names]

    def _details(self, name: str) -> dict:
        """What provenance says of a file: the recordings, and settings that are not published."""
        changes = self.settings.changes()
        if not changes or Path(name).parent.name == ext5.FOLDER:
            return self.details
        return self.details | {DETAIL: changes}

    def _refuse_other_settings(self) -> None:
        own = self.settings.changes()
        for name, known in read_provenance(self.root).items():
            folder = Path(name).parent.name
            stays = folder in BY_SETTINGS and folder not in self.folders
            if stays and known.details.get(DETAIL, {}) != own and (self.root / name).is_file():
                theirs = AnalysisSettings.of(known.details.get(DETAIL, {}), PROVENANCE_FILE_NAME)
                wanted = self.settings.words() or AS_PUBLISHED
                raise SettingError(
                    path=self.root / name,
                    expected=f"the settings of this export ({wanted})",
                    found=f"others ({theirs.words() or AS_PUBLISHED})",
                    advice=TOGETHER,
                )

    def _refuse_other_experiments(self, staging: Path) -> None:
        new, old = (root / EXPERIMENT_ORDER.path for root in (staging, self.root))
        if not (new.is_file() and old.is_file()) or new.read_bytes() == old.read_bytes():
            return
        others = [folder for folder in BY_EXPERIMENT if folder not in self.folders]
        for path in _of_figures(self.root, others):
            raise SettingError(
                path=old,
                expected="the experiments of these recordings",
                found=f"others, to which {path.relative_to(self.root)} belongs",
                advice=TOGETHER,
            )


def sizes_of(contents: Contents) -> Sizes:
    """Numbers of experiments and blocks; the published ones where no file depends on them.

    Examples
    --------
    >>> sizes_of(Contents()).experiments
    170
    """
    order = contents.files.get(EXPERIMENT_ORDER)
    if order is None:
        return Sizes()
    blocks = dict(zip(order["Expi"], order["n_blocks"], strict=True))
    example = contents.files.get(fig2.META, {}).get("Expi", EXAMPLE_EXPI)
    return Sizes(len(order), int(order["n_blocks"].max()), int(blocks.get(example, 0)))


def refuse_mixing(root: Path, simulated: bool) -> None:
    """Refuse a folder in which simulated and real source data would meet.

    Parameters
    ----------
    root
        Folder to write.
    simulated
        Whether the recordings are.

    Raises
    ------
    SettingError
        If they would.
    """
    marked = simulation_record(root) is not None
    if simulated and not marked and any(_present(root, FIGURE_FILES)):
        raise SettingError(
            path=root,
            expected="an empty folder or one of simulated data",
            found="files that are not simulated",
            advice="simulated source data are never mixed with real ones",
        )
    if simulated and root.resolve() == SOURCE_DATA:
        raise SettingError(
            path=root,
            expected="real recordings for this folder",
            found="simulated ones",
            advice="give another folder with --out",
        )
    if marked and not simulated:
        raise SettingError(
            path=root, expected="simulated recordings for this folder", found="real ones"
        )


def refuse_foreign_files(root: Path, folders: Iterable[str], source: str = EXPORT) -> None:
    """Refuse to replace files that did not come from an export.

    Parameters
    ----------
    root
        Folder to write.
    folders
        Figures' folders that would be written.
    source
        Word for the origin of the files that may be replaced.

    Raises
    ------
    SettingError
        If there is such a file, or one was changed since its export.
    """
    records = read_provenance(root)
    for path in _present(root, folders):
        name = path.relative_to(root).as_posix()
        known = records.get(name)
        if known is None or known.source != source or known.sha256 != sha256(path):
            origin = "no known origin" if known is None else f"origin {known.source}"
            origin = "changes since its export" if known and known.source == source else origin
            raise SettingError(
                path=path,
                expected="no file or one of an earlier export",
                found=f"one with {origin}",
                advice="--force replaces it",
            )


def _present(root: Path, folders: Iterable[str]) -> Iterator[Path]:
    order = root / EXPERIMENT_ORDER.path
    if order.is_file():
        yield order
    yield from _of_figures(root, folders)


def _of_figures(root: Path, folders: Iterable[str]) -> Iterator[Path]:
    paths = (root / file.path for folder in folders for file in FIGURE_FILES[folder])
    return (path for path in paths if path.is_file())

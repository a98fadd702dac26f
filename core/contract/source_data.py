"""A source-data folder, read and written through the contract."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from core import interrupt
from core.contract import ext1, ext4, ext5, fig2, fig3, fig4, fig6, metadata, tables
from core.contract.descriptions import File, Matrix, Sizes, Table
from core.contract.manifest import EXPERIMENT_ORDER, FIGURE_FILES
from core.contract.provenance import (
    PROVENANCE_FILE_NAME,
    SIMULATED_SUFFIX,
    TWINS_KIND,
    Origin,
    Record,
    origin_of,
    read_provenance,
    simulated_kind,
    simulation_record,
)
from core.contract.signs import MARK, file_is_signed
from core.errors import ContractError, MissingFileError, ReproductionError, SettingError
from core.files import sha256
from core.statistics.analysis import DETAIL, PUBLISHED, AnalysisSettings

MAX_BLOCKS = 10_000

NAMING_FILES = (
    EXPERIMENT_ORDER,
    fig2.META,
    fig3.META,
    fig4.TIME_CONSTANTS,
    ext4.META,
    *fig6.AVERAGES.values(),
)
"""Files that name recordings, and so tell simulated ones."""

AVERAGED = {fig2.FOLDER: (fig2.BLOCK_RATES,)}
"""Files that stand in for others where only averages are there, by folder; not in the manifest."""

EXAMPLE_EXPI = 155
"""The published example experiment (Figure 2); its number also names the files."""


class SourceData:
    """One folder in the layout of ``source_data/``.

    Parameters
    ----------
    root
        Folder that holds ``Fig2``, ``Fig4`` and so on.
    sizes
        Sizes of the data; by default read from ``exp_order.csv``, or the published ones where
        there is no such file.

    Examples
    --------
    >>> from core.contract import fig4
    >>> source = SourceData("source_data")
    >>> source.path(fig4.MASKS).name
    'Figure4_src_exp_masks_and_succ_labels.csv'
    """

    def __init__(self, root: Path | str, sizes: Sizes | None = None):
        self.root = Path(root)
        self._sizes = sizes
        self._known: dict[str, Any] = {}
        self._facts: dict[tuple, Any] = {}

    def path(self, file: File) -> Path:
        """Where `file` lies, whether or not it exists."""
        return self.root / file.path

    def read(self, file: File) -> Any:
        """Content of `file`, checked; see `core.contract.tables.read`.

        Tables and matrices are kept, so that drawing and checking read each file once.
        """
        if file.name not in self._known:
            content = tables.read(self.path(file), file, self.sizes)
            if not isinstance(file, (Table, Matrix)):
                return content
            self._known[file.name] = content
        return self._known[file.name].copy()

    def write(self, file: File, value: Any) -> Path:
        """Check and write `file`; returns its path.

        Parameters
        ----------
        file
            What it is.
        value
            Its content, as `read` returns it.
        """
        interrupt.check()
        tables.write(self.path(file), file, value, self.sizes)
        self._known.pop(file.name, None)
        return self.path(file)

    def missing(self, folder: str) -> list[File]:
        """Required files of a figure's folder that are not there."""
        return [
            file
            for file in FIGURE_FILES[folder]
            if self.requires(file) and not self.path(file).is_file()
        ]

    def requires(self, file: File) -> bool:
        """Whether this folder is incomplete without `file`.

        The tables of Extended Data Figure 5C are not missed: they come from no recording and are
        computed instead (`core.experiments.alignment.data`). Nor are single trials where there
        are their averages.
        """
        if file in fig2.RESPONSE_CSV.values() and self.path(fig2.BLOCK_RATES).is_file():
            return False
        return file.required and file not in ext5.ALIGNMENT.values()

    @cached_property
    def sizes(self) -> Sizes:
        """Numbers of experiments and blocks (docs/source_data.md)."""
        if self._sizes is not None:
            return self._sizes
        order = self.experiment_order
        if order is None:
            return Sizes()
        blocks = dict(zip(order["Expi"], order["n_blocks"], strict=True))
        return Sizes(len(order), int(order["n_blocks"].max()), blocks.get(self._example, 0))

    @property
    def _example(self) -> int:
        try:
            return tables.read(self.path(fig2.META), fig2.META, Sizes())["Expi"]
        except MissingFileError:
            return EXAMPLE_EXPI

    @cached_property
    def undecided_labels(self) -> pd.DataFrame | None:
        """Labels of success that block averages leave open, None where there are none."""
        if not self.path(metadata.UNDECIDED_LABELS).is_file():
            return None
        return self.read(metadata.UNDECIDED_LABELS)

    @cached_property
    def experiment_order(self) -> pd.DataFrame | None:
        """``exp_order.csv``, or None where there is none (as in the published data)."""
        try:
            order = tables.read(self.path(EXPERIMENT_ORDER), EXPERIMENT_ORDER, Sizes())
        except MissingFileError:
            return None
        if not (order["n_blocks"].between(1, MAX_BLOCKS).all() and order["Expi"].is_unique):
            raise ContractError(
                path=self.path(EXPERIMENT_ORDER),
                expected=f"every experiment once, with 1 to {MAX_BLOCKS} blocks",
                found="others",
            )
        return order

    @cached_property
    def is_simulated(self) -> bool:
        """Whether any mark says that the folder was made from simulated recordings.

        Marks are a ``SIMULATED.json``, a provenance that says so, and a simulated recording's name
        in any file that names recordings; each is enough.
        """
        if simulation_record(self.root) is not None:
            return True
        paths = [self.root / PROVENANCE_FILE_NAME, *map(self.path, NAMING_FILES)]
        return any(_is_marked(path) for path in paths if path.is_file())

    def holds_simulated(self, folder: str) -> bool:
        """Whether a figure is simulated: the folder is marked, or a file of the figure is signed.

        Parameters
        ----------
        folder
            A figure's folder in the root. Extended Data Figure 1 needs no recordings.
        """
        if folder == ext1.FOLDER:
            return False
        signed = (self._fact(file_is_signed, file) for file in self.present(folder))
        return self.is_simulated or any(signed)

    def present(self, folder: str) -> list[File]:
        """Files of a figure's folder that are there.

        Parameters
        ----------
        folder
            A figure's folder in the root.
        """
        files = (*FIGURE_FILES[folder], *AVERAGED.get(folder, ()))
        return [file for file in files if self.path(file).is_file()]

    def digest(self, file: File) -> str:
        """SHA-256 of a file."""
        return self._fact(sha256, file)

    def _fact(self, find: Callable[[Path], Any], file: File) -> Any:
        """What a function finds in a file's bytes, once as long as they are not written again."""
        path = self.path(file)
        state = path.stat()
        key = (find, path, state.st_mtime_ns, state.st_size)
        if key not in self._facts:
            self._facts[key] = find(path)
        return self._facts[key]

    def origin(self, folder: str) -> Origin:
        """What the files of a figure's folder were made from.

        It is unknown where a file has no record, or other bytes than those recorded.

        Parameters
        ----------
        folder
            A figure's folder in the root.
        """
        if folder == ext1.FOLDER:
            return Origin.COMPUTED
        if self.holds_simulated(folder):
            is_twins = simulated_kind(self.root).get("kind") == TWINS_KIND
            return Origin.TWINS if is_twins else Origin.SIMULATED
        records = self.provenance
        files = self.present(folder)
        known = [records.get(file.path) for file in files]
        if not files or not all(
            record is not None and record.sha256 == self.digest(file)
            for file, record in zip(files, known, strict=True)
        ):
            return Origin.UNKNOWN
        return origin_of(known)

    def is_published_cohort(self, folder: str) -> bool:
        """Whether the published counts are required: all 170 real experiments, as published.

        Parameters
        ----------
        folder
            A figure's folder in the root.
        """
        whole = self.sizes.experiments == Sizes.experiments
        return whole and not self.holds_simulated(folder) and self.settings(folder) == PUBLISHED

    def settings(self, folder: str) -> AnalysisSettings:
        """What the files of a figure's folder were analysed with, as their provenance says.

        Parameters
        ----------
        folder
            A figure's folder in the root.

        Raises
        ------
        ContractError
            If the provenance names no settings that there are, or several for one figure.
        """
        records = self.provenance
        known = [records[f.path].details for f in self.present(folder) if f.path in records]
        found = [details[DETAIL] for details in known if DETAIL in details]
        path = self.root / PROVENANCE_FILE_NAME
        try:
            of_files = {AnalysisSettings.of(values) for values in found}
        except (SettingError, TypeError, AttributeError) as error:
            raise ContractError(
                path=path, expected=f"settings of an analysis for {folder}", found=error
            ) from None
        if len(of_files) > 1:
            raise ContractError(
                path=path, expected=f"one kind of settings for {folder}", found=len(of_files)
            )
        return of_files.pop() if of_files else PUBLISHED

    @property
    def provenance(self) -> dict[str, Record]:
        """Records of ``provenance.json`` by path below the root."""
        return read_provenance(self.root)


def is_simulated_file(file: File, path: Path) -> bool:
    """Whether a file alone tells that it is simulated, by its numbers or the names in it.

    Parameters
    ----------
    file
        What it is.
    path
        Where its bytes lie.
    """
    return (file in NAMING_FILES and _is_marked(path)) or file_is_signed(path)


def _is_marked(path: Path) -> bool:
    text = path.read_bytes()
    return SIMULATED_SUFFIX.encode() in text or bool(MARK.search(text))


def validate(source: SourceData, folder: str) -> list[ReproductionError]:
    """One error for every file of a figure's folder that is missing or not as described.

    Parameters
    ----------
    source
        Folder of source data.
    folder
        A figure's folder in it.

    Examples
    --------
    >>> errors = validate(SourceData("no_such_folder"), ext5.FOLDER)
    >>> errors[0].found
    'no file'
    """
    problems = []
    for file in FIGURE_FILES[folder]:
        try:
            source.read(file)
        except MissingFileError as error:
            if source.requires(file):
                problems.append(error)
        except ReproductionError as error:
            problems.append(error)
    return problems

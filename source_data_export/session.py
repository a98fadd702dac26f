"""What a notebook begins and ends with: recordings open, source data written; and how it shows.

The first cell of every notebook calls `begin`, the last one `Session.write`. Everything between
calls `neuro_data_analysis`.
"""

import atexit
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure

from core.contract import ext5
from core.errors import ReproductionError
from core.experiments.alignment.data import alignment_data
from core.figures import FIGURES
from core.plotting.style import STYLE, mark_simulated
from core.project import COMPUTED_DATA, ROOT
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.export.listing import write_experiments
from neuro_data_analysis.export.opening import opened
from neuro_data_analysis.export.options import Settings
from neuro_data_analysis.export.output import Output
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.layout import Folders
from source_data_export.notebooks import REPORT_TYPE

MAX_ROWS, MAX_COLUMNS = 6, 9
"""Rows and columns of a table that are shown; the rest is left out in the middle."""

NEEDED = {"4": {"windows": (), "with_psth": False}}
"""What a figure's inputs are gathered for, where it is less than everything."""

TABLE_STYLE = "overflow-x: auto"

_OPEN_FILES = ExitStack()
atexit.register(_OPEN_FILES.close)


def begin(figure: str, **changes: object) -> "Session":
    """Open the recordings under ``MATROOT`` for one figure; their file stays open.

    Parameters
    ----------
    figure
        ``2`` to ``6``, ``ext4`` or ``ext5``.
    changes
        Any of `Settings`, say ``example=6``, ``out=Path("/folder")`` or ``force=True``.

    Raises
    ------
    SettingError, MissingFileError, RecordingError
        If there are no recordings that can be read, or their source data must not be written.
    """
    settings = replace(Settings.from_environment(), **changes)
    folders = tuple(FIGURES[word].folder for word in settings.figures or (figure,))
    recordings, beside, output = _OPEN_FILES.enter_context(opened(settings, folders))
    output = replace(output, folders=tuple(dict.fromkeys((*folders, FIGURES[figure].folder))))
    output.refuse()
    plt.rcParams.update(STYLE)
    return Session(figure, settings, recordings, beside, output)


def alignment_contents(computed: Path = COMPUTED_DATA) -> Contents:
    """Both tables of Extended Data Figure 5C, which need no recordings.

    They are computed, which takes a minute or two, unless the folder holds them already, and
    provenance says so.

    Parameters
    ----------
    computed
        Folder of computed tables.

    Raises
    ------
    MissingPackageError
        If they must be computed and torch is not installed.
    """
    source = alignment_data(computed)
    files = {file: source.read(file) for file in ext5.ALIGNMENT.values()}
    return Contents(files, details={file.path: {"computed": True} for file in files})


@dataclass(frozen=True)
class Session:
    """An export of one figure under way.

    Attributes
    ----------
    figure
        Its word.
    settings
        How it is exported.
    recordings
        The paired evolutions.
    folders
        What lies beside them.
    output
        Where source data go.
    """

    figure: str
    settings: Settings
    recordings: Recordings
    folders: Folders
    output: Output

    @cached_property
    def inputs(self) -> Inputs:
        """What the exporters draw on."""
        settings = self.settings
        needed = NEEDED.get(self.figure, {})
        needed = needed | {"settings": settings.analysis}
        return Inputs(self.recordings, self.folders, settings.example, settings.jobs, **needed)

    @property
    def simulated(self) -> bool:
        """Whether the recordings are."""
        return self.output.simulated

    def show(self, shown: pd.DataFrame | Figure, caption: str) -> None:
        """Show a table's corners, or a figure, and close it.

        Parameters
        ----------
        shown
            Table or figure.
        caption
            What it is; that it is simulated is added where it is.
        """
        if isinstance(shown, Figure):
            shown.suptitle(caption, fontsize=11)
            if self.simulated:
                mark_simulated(shown)
            display(shown)
            plt.close(shown)
            return
        size = f"{len(shown)} × {shown.shape[1]}"
        label = " · SIMULATED" if self.simulated else ""
        options = {"max_rows": MAX_ROWS, "max_cols": MAX_COLUMNS}
        html = shown.to_html(float_format="{:.3g}".format, border=0, **options)
        text = shown.to_string(float_format="{:.3g}".format, **options)
        words = f"{caption} ({size}){label}"
        display(
            {
                "text/html": f'<div style="{TABLE_STYLE}"><b>{escape(words)}</b>{html}</div>',
                "text/plain": f"{words}\n{text}",
            },
            raw=True,
        )

    def write(self, contents: Contents) -> "Written":
        """Write a figure's source data; what is not available is said."""
        paths = self.output.write(contents)
        if self.figure == "4" and paths:
            inputs = self.inputs
            write_experiments(
                inputs.recordings, inputs.cohort, self.output.root, self.output.simulated
            )
        root = Path(self.recordings.name).parent
        sentences = tuple(str(_below_matroot(error, root)) for error in contents.unavailable)
        return Written(self.place, len(paths), sentences)

    @property
    def place(self) -> str:
        """The folder that is written, without what leads to it."""
        root = self.output.root.resolve()
        inside = root.relative_to(ROOT) if root.is_relative_to(ROOT) else Path(root.name)
        return f"{inside.as_posix()}/{FIGURES[self.figure].folder}"

    def _repr_markdown_(self) -> str:
        n_usable = len(self.recordings.usable())
        name = Path(self.recordings.name).name
        lines = [f"Recordings: `{name}`, {n_usable} experiments. Written to: `{self.place}`."]
        if words := self.output.settings.words():
            lines.append(f"\n**Other settings than published:** {words}.")
        if self.simulated:
            lines.insert(
                0,
                "**SIMULATED.** These recordings are a stand-in: nothing below comes from the "
                "paper's data.\n",
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self._repr_markdown_().replace("*", "").replace("`", "")


def _below_matroot(error: ReproductionError, root: Path) -> ReproductionError:
    """The error with a file's path as from ``MATROOT``, so that a notebook shows no machine's."""
    path = Path(error.path)
    return error.about("MATROOT" / path.relative_to(root)) if path.is_relative_to(root) else error


@dataclass(frozen=True)
class Written:
    """What a notebook wrote: where, how many files, and what it could not make."""

    place: str
    n_files: int
    unavailable: tuple[str, ...]

    def _repr_mimebundle_(self, **_: object) -> dict:
        lines = [f"{self.n_files} files written to `{self.place}`."]
        lines += [f"**Not available:** {sentence}" for sentence in self.unavailable]
        report = {"n_files": self.n_files, "unavailable": list(self.unavailable)}
        text = "\n".join(lines).replace("*", "").replace("`", "")
        return {"text/markdown": "\n\n".join(lines), "text/plain": text, REPORT_TYPE: report}

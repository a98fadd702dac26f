"""Where the numbers of a page come from: files, folders, code and run; no path of this machine."""

import datetime
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from core.contract.provenance import Origin
from core.figures import Figure
from core.project import ROOT, SOURCES
from core.versions import versions
from figure_reproduction.results import FigureResult, SourceFile

MODES = {Origin.SIMULATED: "simulated", Origin.TWINS: "twins", Origin.EXPLORER: "explorer"}
"""What ``--data`` takes for an origin; ``local`` for all others."""

_PANEL_OF_FILE = re.compile(r"^Fig(?:ure)?(?:Ext|Extended)?\d([A-Z])_")
"""Letter of the panel in a file's name; files without one serve several panels."""

_RENUMBERED = {"FigureExt6D": "D", "FigureExt6E": "E"}
"""Names of an older numbering, by their beginning."""

_OTHER_PANELS = {
    "Figure4_src_evol_traj_time_constant": "D",
    "Figure4_src_maxnorm": "BC",
    "Figure4_src_extrapolation_mask": "C",
    "Figure4_src_exp_masks": "BCD",
}
"""Panels of files that serve several, by their beginning."""

_FOLDERS = re.compile(r"(?<![\w./:~-])/(?:[^/\s'\",;:()]+/)+")


@dataclass(frozen=True)
class RunData:
    """All that differs between two runs on the same data."""

    date: str
    seconds: float
    seconds_of_figures: dict[str, float]
    commit: str
    system: str
    python: str
    packages: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)


def run_data(results: list[FigureResult], seconds: float) -> RunData:
    """What is known of this run.

    Parameters
    ----------
    results
        The figures.
    seconds
        Time of the whole run up to now.

    Examples
    --------
    >>> run_data([], 1.5).seconds
    1.5
    """
    known = versions()
    system, python = known.pop("system"), known.pop("Python")
    return RunData(
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        seconds=seconds,
        seconds_of_figures={r.figure: r.seconds for r in results},
        commit=commit(),
        system=system,
        python=python,
        packages=known,
        made={shown_path(r.source): r.about.made for r in results if r.source and r.about.made},
    )


def commit(root: Path = SOURCES) -> str:
    """Commit of the code and whether files differ from it; says so where nothing is known.

    Examples
    --------
    >>> commit(Path("no_such_folder"))
    'unknown: no git repository'
    """
    git = ["git", "-C", str(root)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True)
        state = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True
        )
    except OSError:
        return "unknown: git is not installed"
    if head.returncode or state.returncode:
        return os.environ.get("REVISION") or "unknown: no git repository"
    n_changed = len(state.stdout.splitlines())
    changes = f", with changes in {n_changed} files that are not committed" if n_changed else ""
    return head.stdout.strip() + changes


def shown_path(path: Path | None) -> str:
    """A path as the page may show it: below the project, or its last part.

    Examples
    --------
    >>> shown_path(ROOT / "simulated_data" / "source_data")
    'simulated_data/source_data'
    >>> shown_path(Path("/home/someone/source_data"))
    'source_data'
    """
    if path is None:
        return ""
    path = Path(path)
    if path.is_absolute():
        return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
    return str(path)


def portable(text: str) -> str:
    """A sentence without folders of this machine.

    Examples
    --------
    >>> portable("/home/someone/data/Fig4/a.csv: expected numbers in events/s (see /a/b.csv).")
    'a.csv: expected numbers in events/s (see b.csv).'
    """
    return _FOLDERS.sub("", text.replace(f"{ROOT}/", ""))


def files_of_panel(files: tuple[SourceFile, ...], letter: str) -> tuple[SourceFile, ...]:
    """Those of a figure's files that a panel reads.

    Parameters
    ----------
    files
        The figure's.
    letter
        The panel's letter, or several (``D/E``).

    Examples
    --------
    >>> names = ("Fig4/Fig4A_a.csv", "Fig4/Figure4_src_maxnorm_b.csv", "Fig2/c.csv")
    >>> files = tuple(SourceFile(name, "", "") for name in names)
    >>> [file.path for file in files_of_panel(files, "A")]
    ['Fig4/Fig4A_a.csv', 'Fig2/c.csv']
    """
    return tuple(f for f in files if set(_letters(Path(f.path).name) or letter) & set(letter))


def _letters(name: str) -> str:
    """Letters of the panels that a file serves; empty for all of its figure."""
    for beginning, letters in (_RENUMBERED | _OTHER_PANELS).items():
        if name.startswith(beginning):
            return letters
    found = _PANEL_OF_FILE.match(name)
    return found[1] if found else ""


def command(figure: Figure, origin: Origin, letter: str) -> str:
    """What draws one panel alone.

    Parameters
    ----------
    figure
        Its figure.
    origin
        What the figure is drawn from.
    letter
        The panel's letter, or several.

    Examples
    --------
    >>> from core.figures import FIGURES
    >>> command(FIGURES["4"], Origin.SIMULATED, "B")
    'python -m figure_reproduction.Figure4_reproduction --panel B --data simulated'
    """
    panels = " ".join(f"--panel {one}" for one in letter.split("/"))
    return f"python -m {figure.script} {panels} --data {MODES.get(origin, 'local')}"

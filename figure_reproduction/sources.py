"""Which data each figure is drawn from: ``source_data/``, OSF, the explorer, or simulated ones.

Sources are never mixed within a figure. Extended Data Figure 5C alone comes from no recording: a
folder counts as complete without its tables, which are then computed (see `SourceData.requires`),
and the panel carries no mark.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.contract import ext4, ext5, fig2, fig4, fig5
from core.contract.descriptions import Sizes, Table
from core.contract.manifest import FIGURE_FILES
from core.contract.provenance import Origin, simulated_kind
from core.contract.source_data import SourceData
from core.errors import ReproductionError, RunError
from core.figures import FIGURES, RECORDED
from core.moving import settle
from core.processes import run_child
from core.progress import say
from core.project import EXPLORER_DATA, SIMULATED_DATA, SOURCE_DATA, TWINS_DATA
from figure_reproduction.options import FROM_TWINS

if TYPE_CHECKING:
    import pandas as pd

LISTING_AGE = 86_400.0
"""Seconds for which OSF is not asked again for files that it did not hold."""

PATIENCE, ATTEMPTS = 60.0, 2
"""Seconds that OSF may ask to wait, and attempts of a request, before simulated data stand in.

`./reproduce download` has more patience.
"""

FROM_AVERAGES = (fig2.FOLDER, fig4.FOLDER, fig5.FOLDER, ext4.FOLDER)
"""Folders of the figures for which the explorer's block averages suffice."""

OF_SIMULATION = (
    "SIMULATED: these figures are drawn from simulated recordings, not from the paper's data."
)
"""First line of what is said where they are."""

COMPUTED = "it needs no recordings"
"""Why a figure is drawn from any folder."""

NOT_AVERAGED = "the explorer's block averages do not suffice for it"


@dataclass(frozen=True)
class Choice:
    """Where a figure's data lie (None if nowhere), and in words why.

    `fell_back` is True where simulated data stand in for missing ones.
    """

    figure: str
    source: SourceData | None
    reason: str
    fell_back: bool = False

    @property
    def is_simulated(self) -> bool:
        """Whether there are data, and they are simulated."""
        folder = FIGURES[self.figure].folder
        return self.source is not None and self.source.holds_simulated(folder)


@dataclass(frozen=True)
class Input:
    """A table, the file that it comes from, and whether this project computed it."""

    table: "pd.DataFrame"
    path: Path
    computed: bool


def choose(figures: Sequence[str], mode: str, root: Path = SOURCE_DATA) -> list[Choice]:
    """Decide for every figure; missing data are fetched from OSF, or simulated ones made instead.

    Parameters
    ----------
    figures
        Words that ``--figure`` takes.
    mode
        ``auto`` draws a figure from `root` where all its files are there. Where some are missing it
        asks OSF for them; where OSF cannot be reached it takes the block averages of the authors'
        explorer, for the figures that they suffice for, and else simulated recordings. Of what
        OSF holds only in part as much is drawn as goes. ``osf`` takes what came from OSF, ``local``
        what is in `root`, ``explorer`` block averages, ``simulated`` simulated recordings,
        ``twins`` what ``./reproduce twins`` made; these never fall back.
    root
        Folder of the source data.

    Raises
    ------
    RunError
        If the simulation fails.

    Examples
    --------
    >>> choose(["4"], "local", Path("no_such_folder"))[0].source is None
    True
    """
    settle(root)
    computed = [Choice(f, SourceData(root), COMPUTED) for f in figures if f not in RECORDED]
    recorded = _choose_recorded([f for f in figures if f in RECORDED], mode, root)
    of_figure = {choice.figure: choice for choice in (*computed, *recorded)}
    return [of_figure[figure] for figure in figures]


def _choose_recorded(figures: list[str], mode: str, root: Path) -> list[Choice]:
    """Decide for figures that are made from recordings."""
    if mode == "twins":
        return [from_twins(figure) for figure in figures]
    if mode in ("simulated", "explorer"):
        what = {"simulated": "simulated recordings were", "explorer": "block averages were"}[mode]
        choices = [Choice(f, None, f"{what} asked for") for f in figures]
    else:
        choices = [_local(figure, root) for figure in figures]
    wanted = figures if mode == "osf" else [c.figure for c in choices if not _is_whole(c)]
    if wanted and mode in ("auto", "osf"):
        reached, problems = fetch(wanted, root)
        fetched = {f: _from_osf(f, root, problems[f], reached, mode) for f in wanted}
        choices = [fetched.get(choice.figure, choice) for choice in choices]
    if mode in ("auto", "explorer"):
        choices = from_explorer(choices)
    if any(choice.source is None for choice in choices) and mode in ("auto", "simulated"):
        simulated = SourceData(simulate())
        choices = [
            choice if choice.source else replace(choice, source=simulated, fell_back=mode == "auto")
            for choice in choices
        ]
    return choices


def fetch(figures: list[str], root: Path) -> tuple[bool, dict[str, str]]:
    """Bring the files of some figures from OSF.

    Parameters
    ----------
    figures
        Words that ``--figure`` takes.
    root
        Folder of source data.

    Returns
    -------
    reached
        Whether OSF was.
    problems
        By figure, what was not to be had and why; empty where nothing failed.
    """
    from core.acquisition.osf import OsfSettings
    from core.acquisition.osf_download import fetch_source_data

    settings = OsfSettings.from_environment(patience=PATIENCE, attempts=ATTEMPTS)
    try:
        done = fetch_source_data(
            root, settings, figures, say=say, only_whole=True, listing_age=LISTING_AGE
        )
    except ReproductionError as error:
        return False, dict.fromkeys(figures, error.clause)
    except OSError as error:
        words = f"{root}: expected to write there, found: {error.strerror or error}"
        return False, dict.fromkeys(figures, words)
    if done.placed:
        say(
            f"{len(done.placed)} files from OSF, {done.n_bytes / 1e6:.1f} MB, "
            f"{done.n_requests} requests"
        )
    absent = {path: f"{path} is not on OSF" for path in done.absent}
    reasons = dict.fromkeys(figures, "")
    for path, reason in (absent | done.failed).items():
        for figure in figures:
            if path.startswith(f"{FIGURES[figure].folder}/"):
                reasons[figure] = reasons[figure] or reason
    return True, reasons


def from_explorer(choices: list[Choice], data: Path | None = None) -> list[Choice]:
    """Give the figures that have no data the explorer's, where block averages suffice.

    Parameters
    ----------
    choices
        What was found elsewhere; the others come back as they are.
    data
        Folder of the averages, by default the project's; they are fetched if they are not there.
    """
    from core.acquisition.explorer import fetch_explorer

    data = data or EXPLORER_DATA
    wanting = [c for c in choices if c.source is None]
    suited = [c for c in wanting if FIGURES[c.figure].folder in FROM_AVERAGES]
    found = {c.figure: replace(c, reason=f"{c.reason}; {NOT_AVERAGED}") for c in wanting}
    if suited:
        try:
            fetch_explorer(data, attempts=ATTEMPTS)
            source = SourceData(export_averages(data))
        except (ReproductionError, OSError) as error:
            why = error.clause if isinstance(error, ReproductionError) else error.strerror
            found |= {c.figure: replace(c, reason=f"{c.reason}; explorer: {why}") for c in suited}
        else:
            found |= {c.figure: replace(c, source=source) for c in suited}
    return [found.get(choice.figure, choice) for choice in choices]


def from_twins(figure: str, data: Path = TWINS_DATA) -> Choice:
    """A figure's data from evolutions of digital twins, where `reproduce twins` has made them.

    Parameters
    ----------
    figure
        Word that ``--figure`` takes.
    data
        Folder of the twins' data.

    Examples
    --------
    >>> from_twins("4", Path("nowhere")).reason
    "`./reproduce twins` makes digital twins' data; none are in nowhere/source_data"
    """
    choice = _local(figure, data / "source_data")
    if figure not in FROM_TWINS:
        return Choice(figure, None, f"twins give Figures {', '.join(FROM_TWINS)}")
    if choice.source is None:
        where = data / "source_data"
        words = f"`./reproduce twins` makes digital twins' data; none are in {where}"
        return Choice(figure, None, words)
    return choice


def export_averages(data: Path) -> Path:
    """Folder of source data from block averages, made in a process of its own if need be.

    Raises
    ------
    RunError
        If that process fails.
    """
    out = data / "source_data"
    module = "neuro_data_analysis.export.explorer"
    if run_child([sys.executable, "-m", module, "--data", str(data), "--out", str(out)]):
        raise RunError(
            path=data, expected="source data from block averages", found="the error above"
        )
    return out


def alignment_source(
    source: SourceData, computed: Path
) -> tuple[dict[str, Input], dict[str, Input], Input | None, str]:
    """Tables of Extended Data Figure 5C by optimizer, published and computed.

    Parameters
    ----------
    source
        The figure's folder; what a simulated one holds is left alone.
    computed
        Folder of computed tables, which are made where `source` does not hold all.

    Returns
    -------
    published
        Tables of the figure's folder, as far as it holds them; not what an export computed.
    regenerated
        Computed ones, where they are there or were wanted.
    ensemble
        More runs on the networks of the computed ones, where these are there.
    unavailable
        Why computed ones that were wanted are not there; empty where they are.
    """
    from core.experiments.alignment.data import alignment_data, is_computed
    from core.experiments.alignment.ensemble_data import alignment_ensemble, ensemble_path

    simulated = source.holds_simulated(ext5.FOLDER)
    records = source.provenance
    exported = {name for name, known in records.items() if known.details.get("computed")}
    published = {
        name: _input(source, file)
        for name, file in ext5.ALIGNMENT.items()
        if not simulated and file.path not in exported and source.path(file).is_file()
    }
    if len(published) == len(ext5.ALIGNMENT) and not is_computed(computed):
        return published, {}, None, ""
    try:
        found = alignment_data(computed)
        regenerated = {name: _input(found, t, computed=True) for name, t in ext5.ALIGNMENT.items()}
        ensemble = Input(alignment_ensemble(computed), ensemble_path(computed), computed=True)
    except ReproductionError as error:
        return published, {}, None, f"Its computed tables cannot be had: {error}"
    return published, regenerated, ensemble, ""


def linearity_tables(source: SourceData, computed: Path) -> tuple[dict[str, Input], dict[str, str]]:
    """Tables of Extended Data Figure 5D and E by generator.

    Parameters
    ----------
    source
        The figure's folder.
    computed
        Folder of computed tables; one that it holds stands for a simulated one.

    Returns
    -------
    tables
        By generator.
    refused
        By generator, why there is none: a table in `computed` that does not match its stamp.
    """
    from core.experiments.linearity.data import table_is_computed

    kept = SourceData(computed, Sizes())
    simulated = source.holds_simulated(ext5.FOLDER)
    tables, refused = {}, {}
    for name, file in ext5.LINEARITY.items():
        try:
            stands_in = simulated and table_is_computed(name, computed)
        except ReproductionError as error:
            refused[name] = str(error)
            continue
        tables[name] = _input(kept if stands_in else source, file, computed=stands_in)
    return tables, refused


def _input(source: SourceData, file: Table, computed: bool = False) -> Input:
    return Input(source.read(file), source.path(file), computed)


def _local(figure: str, root: Path) -> Choice:
    """What is in `root`, whole or in part."""
    source = SourceData(root)
    missing = source.missing(FIGURES[figure].folder)
    if not missing:
        simulated = source.holds_simulated(FIGURES[figure].folder)
        marked = simulated_kind(root).get("kind", "simulated recordings")
        what = f"holds {marked}" if simulated else "holds all its files"
        return Choice(figure, source, f"{root} {what}")
    reason = f"{len(missing)} of its files are not in {root} (first: {missing[0].path})"
    return Choice(figure, source if _holds_any(source, figure) else None, reason)


def _from_osf(figure: str, root: Path, problem: str, reached: bool, mode: str) -> Choice:
    """What is in `root` after OSF was asked, in part only where OSF itself has no more."""
    choice = _local(figure, root)
    if mode == "osf" and problem:
        return replace(choice, source=None, reason=f"OSF: {problem}")
    if _is_whole(choice):
        return choice
    partly = choice.source if reached and _came_from_osf(choice) else None
    return replace(choice, source=partly, reason=f"{choice.reason}; OSF: {problem}")


def _came_from_osf(choice: Choice) -> bool:
    """Whether what there is of a figure is OSF's."""
    if choice.source is None:
        return False
    try:
        records = choice.source.provenance
    except ReproductionError:
        return False
    files = [
        f for f in FIGURE_FILES[FIGURES[choice.figure].folder] if choice.source.path(f).is_file()
    ]
    return all(f.path in records and records[f.path].source.startswith("OSF ") for f in files)


def _is_whole(choice: Choice) -> bool:
    return choice.source is not None and not choice.source.missing(FIGURES[choice.figure].folder)


def _holds_any(source: SourceData, figure: str) -> bool:
    files = FIGURE_FILES[FIGURES[figure].folder]
    return any(source.path(file).is_file() for file in files if source.requires(file))


def simulate(out: Path = SIMULATED_DATA) -> Path:
    """Folder of source data from simulated recordings, made in a process of its own if need be.

    Raises
    ------
    RunError
        If that process fails.
    """
    command = [sys.executable, "-m", "neuro_data_analysis.simulation", "--out", str(out)]
    code = run_child(command)
    if code:
        found = "the error above" if code > 0 else f"that signal {-code} ended their making"
        error = RunError(path=out, expected="simulated recordings", found=found)
        error.exit_code = max(code, RunError.exit_code)
        raise error
    return out / "source_data"


def explanation(choices: Iterable[Choice]) -> str:
    """The visible block that says which figures are drawn from simulated recordings, and why.

    Examples
    --------
    >>> explanation([Choice("4", None, "nothing was asked for")])
    ''
    """
    simulated = [choice for choice in choices if choice.is_simulated]
    if not simulated:
        return ""
    lines = [
        _headline(simulated),
        *(f"  Figure {choice.figure}: {choice.reason}." for choice in simulated),
    ]
    if any(choice.figure == "ext5" for choice in simulated):
        lines.append("  Ext. 5C is computed, a few minutes the first time, and carries no mark.")
    if any(choice.fell_back for choice in simulated):
        lines.append("  `./reproduce download` fetches the paper's data where OSF can be reached.")
        if os.environ.get("MATROOT"):
            lines.append("  MATROOT is set: `./reproduce export` makes source data from it first.")
    rule = "=" * len(lines[0])
    return "\n".join([rule, *lines, rule])


def _headline(simulated: Sequence[Choice]) -> str:
    """The first line of the block; twins and plain simulations are never in one run."""
    source = simulated[0].source
    if source.origin(FIGURES[simulated[0].figure].folder) is Origin.TWINS:
        return f"{simulated_kind(source.root).get('notice', 'DIGITAL TWINS')}."
    return OF_SIMULATION

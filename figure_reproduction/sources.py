"""Which data each figure is drawn from: ``source_data/``, OSF, or simulated recordings.

Sources are never mixed within a figure. Extended Data Figure 5C alone comes from no recording: a
folder counts as complete without its tables, which are then computed (see `SourceData.requires`),
and the panel carries no mark.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from core import interrupt
from core.contract.manifest import FIGURE_FILES, FIGURES
from core.contract.source_data import SourceData
from core.errors import DownloadError, RunError, SettingError
from core.project import SIMULATED_DATA, SOURCE_DATA

PATIENCE, ATTEMPTS = 60.0, 2
"""Seconds that OSF may ask to wait, and attempts of a request, before simulated data stand in.

`./reproduce download` has more patience.
"""


@dataclass(frozen=True)
class Choice:
    """Where a figure's data lie (None if nowhere), and in words why.

    `fell_back` is True where simulated data stand in for missing ones.
    """

    figure: str
    source: SourceData | None
    reason: str
    fell_back: bool = False


def choose(figures: Iterable[str], mode: str, root: Path = SOURCE_DATA) -> list[Choice]:
    """Decide for every figure; missing data are fetched from OSF, or simulated ones made instead.

    Parameters
    ----------
    figures
        Words that ``--figure`` takes.
    mode
        ``auto`` draws a figure from `root` where all its files are there. Where some are missing it
        asks OSF for them, and where OSF cannot be reached it takes simulated recordings. Of what
        OSF holds only in part as much is drawn as goes. ``osf`` takes what came from OSF, ``local``
        what is in `root`, ``simulated`` simulated recordings; these never fall back.
    root
        Folder of the source data.

    Raises
    ------
    RunError
        If the simulation fails.
    """
    figures = list(figures)
    if mode == "simulated":
        choices = [Choice(f, None, "simulated recordings were asked for") for f in figures]
    else:
        choices = [_local(figure, root) for figure in figures]
    wanted = figures if mode == "osf" else [c.figure for c in choices if not _is_whole(c)]
    if wanted and mode in ("auto", "osf"):
        problem = fetch(wanted, root)
        fetched = {figure: _from_osf(figure, root, problem) for figure in wanted}
        choices = [fetched.get(choice.figure, choice) for choice in choices]
    if any(choice.source is None for choice in choices) and mode in ("auto", "simulated"):
        simulated = SourceData(simulate())
        choices = [
            choice if choice.source else replace(choice, source=simulated, fell_back=mode == "auto")
            for choice in choices
        ]
    return choices


def fetch(figures: list[str], root: Path) -> str:
    """Bring the files of some figures from OSF; returns why that failed, or nothing."""
    from core.contract.osf import Settings
    from core.contract.osf_download import fetch_source_data

    settings = Settings.from_environment(patience=PATIENCE, attempts=ATTEMPTS)
    try:
        done = fetch_source_data(root, settings, figures, say=_say)
    except (DownloadError, SettingError) as error:
        return str(error).removesuffix(".")
    if done.placed:
        _say(
            f"{len(done.placed)} files from OSF, {done.n_bytes / 1e6:.1f} MB, "
            f"{done.n_requests} requests"
        )
    return ""


def _local(figure: str, root: Path) -> Choice:
    """What is in `root`, whole or in part."""
    source = SourceData(root)
    missing = source.missing(FIGURES[figure])
    if not missing:
        what = "is marked as simulated" if source.is_simulated else "holds all its files"
        return Choice(figure, source, f"{root} {what}")
    reason = f"{len(missing)} of its files are not in {root} (first: {missing[0].path})"
    return Choice(figure, source if _holds_any(source, figure) else None, reason)


def _from_osf(figure: str, root: Path, problem: str) -> Choice:
    """What is in `root` after OSF was asked."""
    choice = _local(figure, root)
    if problem:
        return replace(choice, source=None, reason=f"{choice.reason}; OSF: {problem}")
    if not _is_whole(choice):
        return replace(choice, reason=f"{choice.reason}, nor on OSF")
    return choice


def _is_whole(choice: Choice) -> bool:
    return choice.source is not None and not choice.source.missing(FIGURES[choice.figure])


def _holds_any(source: SourceData, figure: str) -> bool:
    files = FIGURE_FILES[FIGURES[figure]]
    return any(source.path(file).is_file() for file in files if source.requires(file))


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201


def simulate(out: Path = SIMULATED_DATA) -> Path:
    """Folder of source data from simulated recordings, made in a process of its own if need be.

    Raises
    ------
    RunError
        If that process fails.
    """
    command = [sys.executable, "-m", "neuro_data_analysis.simulation", "--out", str(out)]
    # In a session of its own, so that Ctrl-C reaches it once: from here.
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            with interrupt.held_back():
                process.send_signal(signal.SIGINT)
                process.wait()
            raise
    if code:
        error = RunError(f"{out}: expected simulated recordings, found the error above.")
        error.exit_code = code
        raise error
    return out / "source_data"


def explanation(choices: Iterable[Choice]) -> str:
    """The visible block that says which figures are drawn from simulated recordings, and why."""
    simulated = [choice for choice in choices if choice.source and choice.source.is_simulated]
    if not simulated:
        return ""
    lines = [
        "SIMULATED: these figures are drawn from simulated recordings, not from the paper's data.",
        *(f"  Figure {choice.figure}: {choice.reason}." for choice in simulated),
    ]
    if any(choice.figure == "ext5" for choice in simulated):
        lines.append("  Ext. 5C is computed, a minute or two the first time, and carries no mark.")
    if any(choice.fell_back for choice in simulated):
        lines.append("  `./reproduce download` fetches the paper's data where OSF can be reached.")
        if os.environ.get("MATROOT"):
            lines.append("  MATROOT is set: `./reproduce export` makes source data from it first.")
    rule = "=" * max(map(len, lines))
    return "\n".join([rule, *lines, rule])

"""Which data each figure is drawn from: ``source_data/``, or simulated recordings in its stead.

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
from core.contract.manifest import FIGURES
from core.contract.source_data import SourceData
from core.errors import RunError
from core.project import SIMULATED_DATA, SOURCE_DATA

NO_DOWNLOAD = "the download from OSF is not built yet in this version"


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
    """Decide for every figure; simulated data are made if a figure needs them.

    Parameters
    ----------
    figures
        Words that ``--figure`` takes.
    mode
        ``auto`` draws a figure from `root` where all its files are there and from simulated
        recordings otherwise; the other modes never fall back.
    root
        Folder of the source data.

    Raises
    ------
    RunError
        If the simulation fails.
    """
    choices = [_choose_local(figure, mode, root) for figure in figures]
    if any(choice.source is None for choice in choices) and mode in ("auto", "simulated"):
        simulated = SourceData(simulate())
        choices = [
            choice if choice.source else replace(choice, source=simulated, fell_back=mode == "auto")
            for choice in choices
        ]
    return choices


def _choose_local(figure: str, mode: str, root: Path) -> Choice:
    if mode == "simulated":
        return Choice(figure, None, "simulated recordings were asked for")
    if mode == "osf":
        return Choice(figure, None, NO_DOWNLOAD)
    source = SourceData(root)
    missing = source.missing(FIGURES[figure])
    if not missing:
        what = "is marked as simulated" if source.is_simulated else "holds all its files"
        return Choice(figure, source, f"{root} {what}")
    return Choice(
        figure,
        None,
        f"{len(missing)} of its files are not in {root} (first: {missing[0].path})",
    )


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
        lines.append(f"  OSF was not tried: {NO_DOWNLOAD}.")
        if os.environ.get("MATROOT"):
            lines.append("  MATROOT is set: `./reproduce export` makes source data from it first.")
    rule = "=" * max(map(len, lines))
    return "\n".join([rule, *lines, rule])

"""The controller: shows blocks, waits for answers, lets the optimizers learn, until it stops.

Everything that happened lies in the session's folder. A controller that starts there learns again
what was answered and goes on; a block whose answer it finds is not shown again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import interrupt
from core.errors import SettingError
from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.images import (
    Reference,
    copy_to_flat,
    read_codes,
    show_block,
)
from core.experiments.closed_loop.page import State, write_session_page
from core.experiments.closed_loop.record import Kept, kept_blocks, scores_to_learn
from core.experiments.closed_loop.settings import SessionSettings, Stop
from core.experiments.closed_loop.tracking import Course, course_of, drift_note, on_plateau
from core.experiments.closed_loop.waiting import Waiting, second_answers
from core.experiments.evolution.threads import Thread, Turns, thread_settings
from core.files import write_json

TICK = 0.02
"""Seconds between two looks for an answer."""

PATIENCE = 5.0
"""Seconds without a change after which an answer that lacks images is a short block."""


@dataclass(frozen=True)
class RigSession:
    """What a controller runs.

    Attributes
    ----------
    folder
        Where it lies.
    threads
        One, or two that take turns; their optimizers take NaN for what was not shown.
    references
        Images that every thread shows in every block.
    settings
        What may not change.
    notes
        What else may not change, such as the names of weights.
    """

    folder: Folder
    threads: Sequence[Thread]
    references: Sequence[Reference]
    settings: SessionSettings
    notes: dict[str, Any]

    def __post_init__(self) -> None:
        for thread in self.threads:
            thread.check_lengths()
            if not thread.optimizer.accepts_nan:
                raise SettingError(
                    path=f"thread {thread.name}",
                    expected="an optimizer that takes images which were not shown",
                    found=f"{type(thread.optimizer).__name__}, which weighs codes by their scores",
                )

    def description(self, turns: Turns) -> dict[str, Any]:
        """What the session is made of, for ``session.json``."""
        return {
            "settings": self.settings.plain() | self.notes,
            "threads": [
                thread_settings(thread, codes)
                for thread, codes in zip(self.threads, turns.populations, strict=True)
            ],
            "references": {each.name: each.sha256 for each in self.references},
        }


def run_session(
    session: RigSession,
    stop: Stop,
    *,
    patience: float = PATIENCE,
    say: Callable[[str], None] = lambda words: None,
) -> list[Kept]:
    """Run a session to its end, or on from where it was left.

    Parameters
    ----------
    session
        What is run; its optimizers are fresh.
    stop
        When it ends.
    patience
        See `Waiting`.
    say
        Is told, in a line, how each block went, and why the session ended.

    Returns
    -------
    list of Kept
        The blocks that were answered.

    Raises
    ------
    StateError
        If the folder holds a session of something else; names the difference.
    SettingError
        If another process controls it.
    FullDiskError
        If there is no room; the same call goes on from what was answered.
    """
    with session.folder.alone():
        return _Controller(session, stop, patience, say).run()


class _Controller:
    """One run of a session."""

    def __init__(
        self, session: RigSession, stop: Stop, patience: float, say: Callable[[str], None]
    ):
        self.session, self.stop, self.patience, self.say = session, stop, patience, say
        self.folder = session.folder
        self.turns = Turns(session.threads)
        self.folder.open(session.description(self.turns))
        self.state = State([thread.name for thread in session.threads])
        self.started = time.monotonic()
        self.kept: list[Kept] = []
        self._known_answers: dict[str, tuple[int, int]] = {}
        self._refused: list[str] = []
        for block in kept_blocks(self.folder):
            self._check_shown(block.number)
            self._learn(block)

    def run(self) -> list[Kept]:
        if not self._reason_to_stop():
            self.folder.finished.unlink(missing_ok=True)
        while not (reason := self._reason_to_stop()):
            number = len(self.kept)
            self._show(number)
            kept = self._answer(number)
            if kept is None:
                reason = f"after {self.stop.minutes:g} minutes, as it should"
                break
            self._learn(kept)
            if not self._reason_to_stop():
                self._show(number + 1)
            self.say(_line(kept, course_of(self.kept), self.state.names))
        self.state.doing, self.state.pending = f"Finished {reason}.", list(self._refused)
        self.state.is_finished = True
        write_json(self.folder.finished, {"blocks": len(self.kept), "reason": reason})
        write_session_page(self.folder, self.kept, self.state)
        self.say(f"finished {reason}: {len(self.kept)} blocks in {self.folder.root}")
        return self.kept

    def _show(self, number: int) -> None:
        """Put a block out, unless it is there."""
        if self.folder.block(number).is_dir():
            self._check_shown(number)
            copy_to_flat(self.folder, number)
            return
        show_block(self.folder, number, self.turns, self.session.references, self.session.settings)

    def _check_shown(self, number: int) -> None:
        self.turns.check_codes(read_codes(self.folder, number), number, self.folder.block(number))

    def _answer(self, number: int) -> Kept | None:
        """The answer to a block; None if the time is over before it comes."""
        self.state.doing = f"Block {number} is shown; its answer is waited for."
        for words in second_answers(self.folder, self.kept, self._known_answers):
            self._refused.append(words)
            self.say(words)
        self.state.pending = list(self._refused)
        before = self.kept[-1].channels if self.kept else None
        waiting = Waiting(
            self.folder, self.session.settings, number, before, self.patience, self._complain
        )
        # an answer that is there already is taken before the page is drawn
        kept = waiting.look()
        if kept is None:
            write_session_page(self.folder, self.kept, self.state)
        while kept is None and not self._is_late():
            interrupt.check()
            time.sleep(TICK)
            kept = waiting.look()
        return kept

    def _complain(self, words: str) -> None:
        self.state.pending.append(words)
        self.say(words)
        write_session_page(self.folder, self.kept, self.state)

    def _learn(self, block: Kept) -> None:
        self.turns.learn(scores_to_learn(block))
        self.kept.append(block)

    def _is_late(self) -> bool:
        minutes = self.stop.minutes
        return minutes is not None and time.monotonic() - self.started >= 60 * minutes

    def _reason_to_stop(self) -> str:
        if len(self.kept) >= self.stop.blocks:
            return f"after {len(self.kept)} blocks, as it should"
        if self.stop.plateau and on_plateau(course_of(self.kept), self.stop.plateau):
            return f"since no thread rose over the last {self.stop.plateau} blocks"
        if self._is_late():
            return f"after {self.stop.minutes:g} minutes, as it should"
        return ""


def _line(block: Kept, trajectory: Course, names: Sequence[str]) -> str:
    """How a block went, in a line for the terminal."""
    parts = [
        f"{name} {means[-1]:.4g} ± {sems[-1]:.2g}"
        for name, means, sems in zip(names, trajectory.means, trajectory.sems, strict=True)
    ]
    if np.isfinite(trajectory.references[-1]):
        parts.append(f"references {trajectory.references[-1]:.4g}")
    notes = [*block.notes, *drift_note(trajectory)]
    wrong = f"; {notes[0]}" if notes else ""
    more = f" (and {len(notes) - 1} more)" if len(notes) > 1 else ""
    simulated = " SIMULATED" if block.is_simulated else ""
    return f"block {block.number}{simulated}: {', '.join(parts)}{wrong}{more}"

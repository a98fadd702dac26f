"""Waiting for the rig: the first complete answer to a block counts.

A file that names every image as often as it should be shown is complete at once. One that does not
may still be growing; it counts as a short block once it has not changed for a while. What cannot
be read, or is refused, is waited for: the rig may write it again.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import RecordingError
from core.experiments.closed_loop.answers import READERS, read_answer
from core.experiments.closed_loop.folder import Folder, block_name
from core.experiments.closed_loop.manifest import read_manifest
from core.experiments.closed_loop.record import Kept, keep
from core.experiments.closed_loop.rules import judge
from core.experiments.closed_loop.settings import SessionSettings
from core.files import scratch, sha256


@dataclass(frozen=True)
class Attempt:
    """A file that was read and did not count: how it was then, when, and what was wrong.

    A file that merely lacked images has nothing wrong with it.
    """

    stamp: tuple[int, int]
    since: float
    wrong: str = ""


class Waiting:
    """Waits for the answer to one block.

    Parameters
    ----------
    folder, settings
        The session's.
    number
        Number of the block, 0-based.
    channels_before
        Names of the channels of the block before; None for the first.
    patience
        Seconds without a change after which a file that lacks images is a short block.
    say
        Is told what is wrong while it waits, once each.
    """

    def __init__(
        self,
        folder: Folder,
        settings: SessionSettings,
        number: int,
        channels_before: Sequence[str] | None,
        patience: float,
        say: Callable[[str], None],
    ):
        self.folder, self.settings, self.number = folder, settings, number
        self.channels_before = channels_before
        self.patience, self.say = patience, say
        self.rows = read_manifest(folder.block(number))
        self._attempts: dict[str, Attempt] = {}
        self._said: set[str] = set()

    def look(self) -> Kept | None:
        """Keep the block's answer if it is there; None if it is not yet."""
        for path in _answer_files(self.folder.answers):
            if path.stem == block_name(self.number):
                if kept := self._look_at(path):
                    return kept
            elif path.stem > block_name(self.number):
                self._say_once(
                    f"{path.name}: an answer to another block than the one that is waited for "
                    f"({block_name(self.number)}); it is left alone"
                )
        return None

    def _look_at(self, path: Path) -> Kept | None:
        try:
            stamp = _stamp(path)
            attempt = self._attempts.get(path.name)
            if attempt is None or attempt.stamp != stamp:
                return self._read(path, stamp, may_be_short=False)
            if time.monotonic() - attempt.since < self.patience:
                return None
            if attempt.wrong:
                self._say_once(f"{path.name}: {attempt.wrong}; it is waited for another one")
                return None
            return self._read(path, stamp, may_be_short=True)
        except FileNotFoundError:
            return None  # it is being replaced; the next look finds it

    def _read(self, path: Path, stamp: tuple[int, int], may_be_short: bool) -> Kept | None:
        since, wrong = time.monotonic(), ""
        with scratch() as aside:
            copy = aside / path.name
            shutil.copyfile(path, copy)
            try:
                answer = read_answer(copy, [row.name for row in self.rows])
                judged = judge(answer, self.rows, self.settings, self.channels_before)
                if may_be_short or (judged.is_whole and answer.is_complete):
                    return keep(self.folder, self.number, copy, path.name, answer, judged)
            except RecordingError as error:
                wrong = error.clause
        self._attempts[path.name] = Attempt(stamp, since, wrong)
        return None

    def _say_once(self, words: str) -> None:
        if words not in self._said:
            self._said.add(words)
            self.say(words)


def second_answers(
    folder: Folder, kept: Sequence[Kept], known: dict[str, tuple[int, int]]
) -> Iterator[str]:
    """Sentences on answers that differ from the one that counts.

    Parameters
    ----------
    folder
        The session's folder.
    kept
        Blocks that were answered.
    known
        Files that were looked at already, and how they were; is brought up to date.
    """
    by_name = {block_name(each.number): each for each in kept}
    for path in _answer_files(folder.answers):
        counted = by_name.get(path.stem)
        try:
            if counted is None or known.get(path.name) == (stamp := _stamp(path)):
                continue
            known[path.name] = stamp
            if sha256(path) != counted.raw_sha256:
                yield (
                    f"{path.name}: a second answer to {path.stem}, other than the first; refused, "
                    "and the first one counts"
                )
        except FileNotFoundError:
            continue


def _answer_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("block*") if path.suffix.lower() in READERS)


def _stamp(path: Path) -> tuple[int, int]:
    """Size of a file, and when it was written, ns."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns

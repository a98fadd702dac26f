"""The folder of a session: where images, answers and the record lie, and who may write there.

``session.json`` says what the session is made of. ``blocks/block000`` and so on hold the images,
each with a manifest; the rig puts its answers into ``answers``; ``record/block000`` keeps the raw
answer that counted, with what was made of it. Folders of blocks appear whole, by one renaming.
"""

import datetime
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.contract.provenance import SIMULATION_FILE_NAME
from core.errors import ReproductionError, SettingError, StateError
from core.experiments.closed_loop.settings import check_description
from core.files import LOCK_NAME, is_full, no_room, staging_in, writable_folder, write_json
from core.versions import versions

FORMAT = "closed loop 1"

DESCRIPTION_NAME = "session.json"

FINISHED_NAME = "finished.json"


@dataclass(frozen=True)
class Folder:
    """Places of a session.

    Attributes
    ----------
    root
        The session's folder.
    answers
        Where the rig puts its answers; by default ``answers`` in it.
    flat
        A folder for the images of all blocks, as rigs of XDREAM expect them; None for none.
    """

    root: Path
    answers: Path
    flat: Path | None = None

    @classmethod
    def at(cls, root: Path, answers: Path | None = None, flat: Path | None = None) -> "Folder":
        """The usual places, but for those that are chosen.

        Parameters
        ----------
        root
            The session's folder.
        answers, flat
            See `Folder`; None for the usual.

        Examples
        --------
        >>> Folder.at(Path("monday")).answers.as_posix()
        'monday/answers'
        """
        return cls(Path(root), Path(answers or Path(root) / "answers"), flat and Path(flat))

    @property
    def blocks(self) -> Path:
        """Folder of the blocks' folders."""
        return self.root / "blocks"

    @property
    def record(self) -> Path:
        """Folder of the answers that counted."""
        return self.root / "record"

    @property
    def page(self) -> Path:
        """The page that shows the session."""
        return self.root / "page.html"

    @property
    def finished(self) -> Path:
        """File that says that, and why, the session ended."""
        return self.root / FINISHED_NAME

    @property
    def is_simulated(self) -> bool:
        """Whether a simulated rig has answered; its mark stays in the folder."""
        return any((at / SIMULATION_FILE_NAME).is_file() for at in (self.root, self.answers))

    def block(self, number: int) -> Path:
        """Folder of the images of a block, 0-based."""
        return self.blocks / block_name(number)

    def kept(self, number: int) -> Path:
        """Folder of what is kept of the answer to a block, 0-based."""
        return self.record / block_name(number)

    def description(self) -> dict[str, Any]:
        """What the session is made of.

        Raises
        ------
        StateError
            If there is no session, or its description cannot be read.
        """
        return read_json(self.root / DESCRIPTION_NAME, "the description of a session")

    def open(self, made_of: dict[str, Any]) -> None:
        """Begin the session, or go on with it.

        Raises
        ------
        StateError
            If the folder holds a session of something else; names the difference.
        SettingError
            If the folder holds other files.
        """
        path = self.root / DESCRIPTION_NAME
        if path.is_file():
            found = self.description()
            try:
                check_description(made_of, found)
            except StateError as error:
                raise error.inside(path) from None
        else:
            # hidden files are locks, and the folder of answers may be made before the session
            names = (path.name for path in self.root.glob("[!.]*"))
            others = [name for name in names if name != self.answers.name]
            if others:
                raise SettingError(
                    path=self.root,
                    expected="a session, or an empty folder",
                    found=sorted(others)[0],
                )
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            made = {"format": FORMAT, "created": now, **made_of, "versions": versions()}
            write_json(path, made)
        for folder in (self.blocks, self.record, self.answers, *filter(None, [self.flat])):
            writable_folder(folder)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep a second controller out.

        Raises
        ------
        SettingError
            If there is one already.
        """
        lock = FileLock(writable_folder(self.root) / LOCK_NAME)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise SettingError(
                path=self.root,
                expected="to be its only controller",
                found="that another process controls this session",
            ) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def appearing(self, target: Path) -> Iterator[Path]:
        """An empty folder that becomes `target` when the block ends without an error.

        Raises
        ------
        FullDiskError
            If there is no room.
        """
        try:
            with staging_in(self.root) as staging:
                made = staging / target.name
                made.mkdir()
                yield made
                if target.exists():  # only what another run left half-way, by hand
                    shutil.rmtree(target)
                made.rename(target)
        except ReproductionError:
            raise
        except OSError as error:
            if is_full(error):
                raise no_room(target, error) from None
            raise


def block_name(number: int) -> str:
    """Name of a block, 0-based.

    Examples
    --------
    >>> block_name(7)
    'block007'
    """
    return f"block{number:03d}"


def block_numbers(folder: Path) -> list[int]:
    """Numbers of the blocks that lie in a folder, ascending.

    Examples
    --------
    >>> block_numbers(Path("nowhere"))
    []
    """
    names = (re.fullmatch(r"block(\d{3,})", path.name) for path in folder.glob("block*"))
    return sorted(int(name[1]) for name in names if name)


def read_json(path: Path, expected: str) -> dict[str, Any]:
    """A JSON object of a session.

    Parameters
    ----------
    path
        Its file.
    expected
        What it should be, for the message.

    Raises
    ------
    StateError
        If it is not there, or no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(value, dict):
            return value
        found = type(value).__name__
    except FileNotFoundError:
        found = "no file"
    except (OSError, ValueError) as error:
        found = f"something that cannot be read ({error})"
    raise StateError(path=path, expected=expected, found=found)

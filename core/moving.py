"""Moving many files into a folder: all of them, or none, whenever a process is killed.

The files lie in a folder of their own beside a plan. What makes the plan hold is one renaming;
whoever is next in the folder carries out what is left of it, and knows so where they stand.
"""

import json
import logging
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.files import alone_in, write_json

logger = logging.getLogger(__name__)

MOVING = ".moving"
"""Folder of files that are under way to the folder it lies in."""

PLAN = "plan.json"


def move_all(staging: Path, root: Path, names: Sequence[str], obsolete: Iterable[str] = ()) -> None:
    """Move files into `root` and remove others from it, for a run that is alone there.

    Parameters
    ----------
    staging
        Folder of the files, on the disk of `root`; it is gone afterwards.
    root
        Folder that they go to.
    names
        Paths below both, in the order of moving.
    obsolete
        Paths below `root` of files that go first.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> (root / "new").mkdir()
    >>> (root / "new" / "a.csv").touch()
    >>> move_all(root / "new", root, ["a.csv"])
    >>> [path.name for path in root.iterdir()]
    ['a.csv']
    """
    write_json(staging / PLAN, {"remove": list(obsolete), "move": list(names)})
    staging.rename(root / MOVING)
    finish_moving(root)


def is_moving(root: Path) -> bool:
    """Whether a run was killed that moved files into `root`, or is doing so now.

    Examples
    --------
    >>> import tempfile
    >>> is_moving(Path(tempfile.mkdtemp()))
    False
    """
    return (root / MOVING).is_dir()


def settle(root: Path) -> None:
    """Wait for a run that moves files into `root`, or finish what it left, if there is any.

    Examples
    --------
    >>> settle(Path("no_such_folder"))
    """
    if is_moving(root):
        with alone_in(root, logger.warning):
            finish_moving(root)


def finish_moving(root: Path) -> None:
    """Carry out what a killed run has left of its plan, for a run that is alone in `root`."""
    folder = root / MOVING
    plan = folder / PLAN
    if plan.is_file():
        todo = json.loads(plan.read_text(encoding="utf-8"))
        for name in todo["remove"]:
            (root / name).unlink(missing_ok=True)
        for name in todo["move"]:
            if (folder / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(folder / name, root / name)
        plan.unlink()
    if folder.is_dir():
        shutil.rmtree(folder)

"""Access to the explorer's files by their name below ``public/data``, wherever they lie."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import MissingFileError

EXPERIMENTS = "experiments.json"
"""File that every copy of the data has."""


@dataclass(frozen=True)
class Files:
    """Files below ``public/data`` and how to read one.

    Attributes
    ----------
    where
        What they were found in, for messages.
    names
        Names with slashes, say ``Exp155-A/meta.json``.
    read
        Bytes of a file, by its name.
    commit
        Commit that the copy names as its own, None where it names none.
    """

    where: str
    names: frozenset[str]
    read: Callable[[str], bytes]
    commit: str | None = None


def files_in_folder(folder: Path) -> Files:
    """Files of a clone, of an unpacked archive, or of the folder ``public/data`` alone.

    Parameters
    ----------
    folder
        It, or any folder above.

    Raises
    ------
    MissingFileError
        If there is no ``experiments.json`` in it, nor images of blocks.
    """
    roots = [path.parent for path in sorted(folder.rglob(EXPERIMENTS))]
    roots = [root for root in roots if any(root.glob("Exp*-*/meta.json"))]
    roots += [path.parents[2] for path in folder.rglob("Exp*-*/gen_*/*_img.webp")][:1]
    if not roots:
        raise MissingFileError(
            path=folder, expected=f"the explorer's {EXPERIMENTS} and folders Exp*", found="neither"
        )
    root = roots[0]
    names = (p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
    return Files(
        where=str(root),
        names=frozenset(names),
        read=lambda name: (root / name).read_bytes(),
        commit=_checked_out(root),
    )


def _checked_out(root: Path) -> str | None:
    """Commit of the git clone that holds a folder, None where there is none."""
    for folder in (root, *root.parents):
        head = folder / ".git" / "HEAD"
        if not head.is_file():
            continue
        text = head.read_text(encoding="utf-8", errors="replace").strip()
        if not text.startswith("ref: "):
            return text
        name = text.removeprefix("ref: ")
        loose, packed = head.parent / name, head.with_name("packed-refs")
        if loose.is_file():
            return loose.read_text(encoding="utf-8", errors="replace").strip()
        lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
        return next((line.split()[0] for line in lines if line.endswith(f" {name}")), None)
    return None

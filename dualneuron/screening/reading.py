"""Ordered responses and indices as they lie on disk: folders of npy files, or npz archives.

The public archives and the authors' notebooks leave out the layer in names where it is none
(``v4_imagenet_ordered_indices``); screening writes it (``v4_None_imagenet_…``). Both are found.
"""

import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ArchiveError, MissingFileError, SampleError, SettingError
from dualneuron.screening.saved import SETTINGS, SUMMARY, folders_of, read_facts

NAME = re.compile(r"(?P<screen>.+)_ordered_(?P<kind>responses|indices)(\.npz)?")


def ordered(path: str | os.PathLike) -> "Ordered":
    """What was ordered for every unit, read when it is asked for.

    Parameters
    ----------
    path
        Folder with a file ``<unit>.npy`` for each, or npz archive with an array ``<unit>`` for
        each; with and without ``None_`` in the name and ``.npz`` at its end.

    Raises
    ------
    MissingFileError
        If none of these is there, or it holds no unit.
    ArchiveError
        If the archive cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "v1_None_rendered_ordered_indices"
    >>> folder.mkdir()
    >>> np.save(folder / "7.npy", np.array([2, 0, 1]))
    >>> found = ordered(folder.with_name("v1_rendered_ordered_indices"))
    >>> list(found), found[7]
    ([7], array([2, 0, 1]))
    """
    for candidate in _candidates(Path(path).expanduser()):
        if candidate.is_dir():
            return _Folder(candidate)
        if candidate.is_file():
            return _Archive(candidate)
    raise MissingFileError(
        path=path, expected="a folder of npy files, or an npz archive", found="none"
    )


def _candidates(path: Path) -> Iterator[Path]:
    names = [path.name]
    if "_None_" in path.name:
        names.append(path.name.replace("_None_", "_", 1))
    elif match := re.fullmatch(r"(.+)(_[^_]+_ordered_.+)", path.name):
        names.append(f"{match[1]}_None{match[2]}")
    for name in names:
        yield path.with_name(name)
        if not name.endswith(".npz"):
            yield path.with_name(f"{name}.npz")


class Ordered(Mapping[int, np.ndarray]):
    """Arrays by unit; see `ordered`."""

    def __init__(self, path: Path, names: dict[int, str]):
        self.path = path
        self._names = names
        if not names:
            raise MissingFileError(path=path, expected="an array for each unit", found="none")

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, unit: int) -> np.ndarray:
        if unit not in self._names:
            found = f"{unit!r}"
            expected = f"one of its {len(self)} units, {min(self._names)} to {max(self._names)}"
            raise SettingError(path=self.path, expected=expected, found=found)
        try:
            values = self._read(self._names[unit])
        except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
            raise SampleError(
                path=self.path, expected=f"an array for unit {unit}", found=error
            ) from None
        if values.ndim != 1 or not len(values):
            raise SampleError(
                path=self.path,
                expected=f"one row of numbers for unit {unit}",
                found=f"an array {values.shape}",
            )
        return values

    def _read(self, name: str) -> np.ndarray:
        raise NotImplementedError


class _Folder(Ordered):
    def __init__(self, path: Path):
        files = (file for file in path.glob("*.npy") if file.stem.isdecimal())
        super().__init__(path, {int(file.stem): file.name for file in files})

    def _read(self, name: str) -> np.ndarray:
        return np.load(self.path / name, allow_pickle=False)


class _Archive(Ordered):
    def __init__(self, path: Path):
        if not zipfile.is_zipfile(path):
            raise ArchiveError(path=path, expected="an npz archive", found="another or a cut file")
        self._archive = np.load(path, allow_pickle=False)
        names = self._archive.files
        super().__init__(path, {int(name): name for name in names if name.isdecimal()})

    def _read(self, name: str) -> np.ndarray:
        return self._archive[name]


def screen_facts(path: str | os.PathLike) -> dict[str, Any]:
    """What stands beside a screen's results: its settings, what was skipped, the grey baseline.

    Parameters
    ----------
    path
        Of the ordered responses or indices, as `ordered` takes it.

    Returns
    -------
    dict
        Empty for results that this package did not make. Otherwise the settings, and ``n_images``,
        ``n_skipped``, ``skipped``; of twins also ``grey_baseline`` (one number a neuron) and
        ``without_room`` (ids of neurons with next to no room below it).

    Raises
    ------
    StateError
        If these are there and cannot be read.
    """
    for candidate in _candidates(Path(path).expanduser()):
        match = NAME.fullmatch(candidate.name)
        if not match:
            continue
        *_, folder = folders_of(candidate.parent, match["screen"])
        files = [folder / SETTINGS, folder / SUMMARY]
        if all(file.is_file() for file in files):
            settings, summary = map(read_facts, files)
            return {**settings, **summary}
    return {}

"""One evolution in one HDF5 file: everything that was shown, what it scored, and how it was made.

The file has its full size from the start, so that a full disk shows before any work is lost, and
blocks are written into their places one by one. Nothing else in it moves, so it can be read at any
time, and what counts is `n_done`, which is written last.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from core import interrupt
from core.errors import MissingFileError, ReproductionError, RunError, SettingError, StateError
from core.files import is_full, no_room, replacing
from core.versions import versions

FORMAT = "evolution 1"

GENERATOR_WEIGHTS = "weights of the generators"
"""Note of an evolution that figures repeat where it says random."""


COLUMNS = ("scores_clean", "scores", "generations", "positions")
"""What stands beside each code."""


@dataclass(frozen=True)
class ThreadRecord:
    """What one thread showed, in the order of its populations.

    Attributes
    ----------
    name
        Of the thread.
    codes : (n, D) float32
        As they were rendered.
    scores_clean, scores : (n,)
        Response of the unit, and with noise, which is what the optimizer learnt from.
    generations : (n,) int
        Block of each code, 0-based.
    positions : (n,) int
        Place in the block's random order, 0-based.
    """

    name: str
    codes: np.ndarray
    scores_clean: np.ndarray
    scores: np.ndarray
    generations: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True)
class EvolutionRecord:
    """An evolution as far as it has got.

    Attributes
    ----------
    settings, versions
        What the evolution was made of, and the software that made it.
    n_blocks, n_done
        Blocks that were planned, and that are there.
    threads
        One, or two of a paired evolution.
    reference_clean : (n_references,)
        Responses to the reference images.
    reference_scores, reference_positions : (n_done, n_references)
        The same with noise, and places in the order, in every block.
    """

    settings: dict[str, Any]
    versions: dict[str, str]
    n_blocks: int
    n_done: int
    threads: tuple[ThreadRecord, ...]
    reference_clean: np.ndarray
    reference_scores: np.ndarray
    reference_positions: np.ndarray


@dataclass(frozen=True)
class Block:
    """What one block adds, thread by thread, and its references."""

    codes: Sequence[np.ndarray]
    scores_clean: Sequence[np.ndarray]
    scores: Sequence[np.ndarray]
    positions: Sequence[np.ndarray]
    reference_scores: np.ndarray
    reference_positions: np.ndarray


@dataclass(frozen=True)
class ThreadShape:
    """How large a thread becomes: `n_first` codes of `n_code` values, `n_following` a block."""

    name: str
    n_code: int
    n_first: int
    n_following: int

    def rows(self, block: int) -> slice:
        """Rows of a block."""
        if block == 0:
            return slice(0, self.n_first)
        start = self.n_first + (block - 1) * self.n_following
        return slice(start, start + self.n_following)


def create(
    path: Path,
    settings: dict[str, Any],
    threads: Sequence[ThreadShape],
    n_blocks: int,
    reference_clean: np.ndarray,
) -> None:
    """Make the file of an evolution that has not begun.

    Parameters
    ----------
    path
        HDF5 file.
    settings
        What the evolution is made of, in types of JSON.
    threads
        Name and size of each thread.
    n_blocks
        Blocks that are planned.
    reference_clean : (n_references,)
        Responses to the reference images.

    Raises
    ------
    RunError
        If it cannot be written, for want of room say.
    SettingError
        If there is a folder in its place.
    """
    if path.is_dir():
        raise SettingError(path=path, expected="no file or an evolution", found="a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    _check_room(path, threads, n_blocks)
    with _said(path), replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["versions"] = json.dumps(versions())
        _make_room(file, settings, threads, n_blocks, reference_clean)


def extend(path: Path, settings: dict[str, Any], n_blocks: int) -> None:
    """Give an evolution's file room for more blocks; what it holds stays.

    Parameters
    ----------
    path
        HDF5 file, as `create` made it.
    settings
        What the evolution is made of, in types of JSON, with the new number of blocks.
    n_blocks
        Blocks that are planned now, more than before.

    Raises
    ------
    RunError
        If it cannot be written; the file is then as it was.
    """
    with _said(path), h5py.File(path, "r", locking=False) as old:
        groups = [old[f"threads/{i}"] for i in range(len(old["threads"]))]
        shapes = [_shape_of(group) for group in groups]
        n_done = int(old["n_done"][()])
        _check_room(path, shapes, n_blocks)
        with replacing(path) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["versions"] = old.attrs["versions"]
            _make_room(file, settings, shapes, n_blocks, old["references/scores_clean"][:])
            for name in ("scores", "positions"):
                file[f"references/{name}"][:n_done] = old[f"references/{name}"][:n_done]
            for i, (group, shape) in enumerate(zip(groups, shapes, strict=True)):
                n = shape.rows(n_done - 1).stop if n_done else 0
                for name in (*COLUMNS, "codes"):
                    file[f"threads/{i}/{name}"][:n] = group[name][:n]
            file["n_done"][()] = n_done


def _check_room(path: Path, threads: Sequence[ThreadShape], n_blocks: int) -> None:
    n_bytes = sum(4 * t.n_code * t.rows(n_blocks - 1).stop for t in threads)
    if n_bytes > shutil.disk_usage(path.parent).free:
        raise no_room(path, OSError(ENOSPC, os.strerror(ENOSPC)), n_bytes)


def _make_room(
    file: h5py.File,
    settings: dict[str, Any],
    threads: Sequence[ThreadShape],
    n_blocks: int,
    reference_clean: np.ndarray,
) -> None:
    """Everything that a file holds, at its full size and empty."""
    n_references = len(reference_clean)
    file.attrs["format"] = FORMAT
    file.attrs["settings"] = json.dumps(settings)
    file.attrs["n_blocks"] = n_blocks
    file["n_done"] = 0
    file["references/scores_clean"] = reference_clean
    file["references/scores"] = np.full((n_blocks, n_references), np.nan)
    file["references/positions"] = np.full((n_blocks, n_references), -1)
    for i, shape in enumerate(threads):
        n = shape.rows(n_blocks - 1).stop
        group = file.create_group(f"threads/{i}")
        group.attrs["name"] = shape.name
        group.attrs["n_first"], group.attrs["n_following"] = shape.n_first, shape.n_following
        group["codes"] = np.full((n, shape.n_code), np.nan, dtype=np.float32)
        group["generations"] = np.full(n, -1)
        group["positions"] = np.full(n, -1)
        for name in ("scores_clean", "scores"):
            group[name] = np.full(n, np.nan)


def write_block(path: Path, number: int, block: Block) -> None:
    """Write a block into its place; an interrupt waits until it is there.

    Parameters
    ----------
    path
        HDF5 file, as `create` made it.
    number
        Number of the block, 0-based.
    block
        What it adds.

    Raises
    ------
    RunError
        If it cannot be written; the blocks before it are still there.
    """
    with interrupt.held_back(), _said(path), h5py.File(path, "r+", locking=False) as file:
        for i, codes in enumerate(block.codes):
            group = file[f"threads/{i}"]
            rows = _shape_of(group).rows(number)
            group["codes"][rows] = codes
            group["scores_clean"][rows] = block.scores_clean[i]
            group["scores"][rows] = block.scores[i]
            group["positions"][rows] = block.positions[i]
            group["generations"][rows] = number
        file["references/scores"][number] = block.reference_scores
        file["references/positions"][number] = block.reference_positions
        file.flush()
        file["n_done"][()] = number + 1


def read_evolution(path: Path) -> EvolutionRecord:
    """An evolution as far as it has got; it may still be running.

    Raises
    ------
    MissingFileError
        If there is no such file.
    StateError
        If it is no evolution, or damaged.
    """
    if Path(path).is_dir():
        raise SettingError(path=path, expected="an evolution", found="a folder")
    if not Path(path).is_file():
        raise MissingFileError(path=path, expected="an evolution", found="no file")
    try:
        with h5py.File(path, "r", locking=False) as file:
            if file.attrs.get("format") != FORMAT:
                raise StateError(path=path, expected="an evolution", found="another HDF5 file")
            return _read(file)
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        if isinstance(error, ReproductionError):
            raise
        raise StateError(
            path=path,
            expected="an evolution",
            found=f"a file that is damaged ({_in_short(error)})",
            advice="remove it to begin anew",
        ) from None


def _read(file: h5py.File) -> EvolutionRecord:
    n_done = int(file["n_done"][()])
    return EvolutionRecord(
        settings=json.loads(file.attrs["settings"]),
        versions=json.loads(file.attrs["versions"]),
        n_blocks=int(file.attrs["n_blocks"]),
        n_done=n_done,
        threads=tuple(
            _read_thread(file[f"threads/{i}"], n_done) for i in range(len(file["threads"]))
        ),
        reference_clean=file["references/scores_clean"][:],
        reference_scores=file["references/scores"][:n_done],
        reference_positions=file["references/positions"][:n_done],
    )


def _read_thread(group: h5py.Group, n_done: int) -> ThreadRecord:
    shape = _shape_of(group)
    there = slice(0, shape.rows(n_done - 1).stop if n_done else 0)
    return ThreadRecord(shape.name, *(group[name][there] for name in ("codes", *COLUMNS)))


def _shape_of(group: h5py.Group) -> ThreadShape:
    attributes = group.attrs
    n_first, n_following = int(attributes["n_first"]), int(attributes["n_following"])
    return ThreadShape(attributes["name"], group["codes"].shape[1], n_first, n_following)


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Turn a failure to write into one sentence."""
    try:
        yield
    except ReproductionError:
        raise
    except (OSError, RuntimeError) as error:
        raise _unwritten(path, error) from None


def _in_short(error: Exception) -> str:
    """An error's first words; HDF5 adds addresses and its own calls."""
    return str(error).partition(" (")[0].strip("'\"") or type(error).__name__


def _unwritten(path: Path, error: OSError | RuntimeError) -> RunError:
    if is_full(error):
        return no_room(path, error)
    if not path.is_file():
        return RunError(
            path=path,
            expected="the file that was begun",
            found="none",
            advice="it was removed or moved meanwhile, and what it held is not kept here",
        )
    return RunError(
        path=path,
        expected="to write",
        found=f"an error: {_in_short(error)}",
        advice="the blocks that were finished are kept, and the same call goes on from them",
    )

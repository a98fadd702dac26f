"""What is kept of every block: the raw answer, and the scores that were learnt from.

``record/block000`` appears whole; from then on the answer counts, and no other does. A session that
was killed learns again from these scores.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.computing.archives import from_archive
from core.errors import StateError
from core.experiments.closed_loop.answers import Answer
from core.experiments.closed_loop.folder import Folder, block_numbers, read_json
from core.experiments.closed_loop.rules import Judged
from core.files import sha256, write_json

SCORES_NAME = "scores.npz"
NOTES_NAME = "notes.json"
RAW_STEM = "answer"


@dataclass(frozen=True)
class Kept:
    """A block that was answered.

    Attributes
    ----------
    number
        Of the block, 0-based.
    scores, references
        For each thread; see `Judged`.
    learns
        For each thread whether it learnt.
    notes
        What was wrong.
    channels
        Names of the answer's channels.
    raw
        File with the rig's answer as it came.
    raw_name, raw_sha256
        Name of the rig's file, and its checksum.
    is_simulated
        Whether a simulated rig gave it.
    """

    number: int
    scores: list[np.ndarray]
    references: list[np.ndarray]
    learns: list[bool]
    notes: list[str]
    channels: list[str]
    raw: Path
    raw_name: str
    raw_sha256: str
    is_simulated: bool


def keep(
    folder: Folder, number: int, raw: Path, raw_name: str, answer: Answer, judged: Judged
) -> Kept:
    """Make an answer the one that counts.

    Parameters
    ----------
    folder
        The session's folder.
    number
        Number of the block, 0-based.
    raw
        Copy of the rig's file that was read.
    raw_name
        Name of the rig's file.
    answer, judged
        What it says, and what the rules make of it.

    Raises
    ------
    FullDiskError
        If there is no room; nothing is kept then, and the same answer can be kept later.
    """
    with folder.appearing(folder.kept(number)) as made:
        copied = made / f"{RAW_STEM}{raw.suffix}"
        shutil.copyfile(raw, copied)
        arrays = {f"scores{i}": of_one for i, of_one in enumerate(judged.scores)}
        arrays |= {f"references{i}": of_one for i, of_one in enumerate(judged.references)}
        np.savez(made / SCORES_NAME, **arrays)
        said = {
            "answer": raw_name,
            "sha256": sha256(copied),
            "channels": list(answer.channels),
            "kind": answer.kind,
            "learns": judged.learns,
            "notes": judged.notes,
            "simulated": answer.is_simulated or folder.is_simulated,
        }
        write_json(made / NOTES_NAME, said)
    return read_kept(folder, number)


def read_kept(folder: Folder, number: int) -> Kept:
    """What is kept of a block.

    Parameters
    ----------
    folder
        The session's folder.
    number
        Number of the block, 0-based.

    Raises
    ------
    MissingFileError, StateError
        If it is gone or damaged.
    """
    at = folder.kept(number)
    said = read_json(at / NOTES_NAME, "what is kept of a block")
    arrays = from_archive(at / SCORES_NAME, dict, "the scores of a block")
    try:
        n_threads = len(said["learns"])
        scores = [arrays[f"scores{i}"] for i in range(n_threads)]
        references = [arrays[f"references{i}"] for i in range(n_threads)]
        return Kept(
            number=number,
            scores=scores,
            references=references,
            learns=said["learns"],
            notes=said["notes"],
            channels=said["channels"],
            raw=next(at.glob(f"{RAW_STEM}.*")),
            raw_name=said["answer"],
            raw_sha256=said["sha256"],
            is_simulated=said["simulated"],
        )
    except (KeyError, TypeError, StopIteration) as error:
        raise StateError(
            path=at, expected="what is kept of a block", found=f"a damaged folder ({error})"
        ) from None


def kept_blocks(folder: Folder) -> list[Kept]:
    """All blocks that were answered, in order.

    Raises
    ------
    MissingFileError, StateError
        If one is missing or damaged.
    """
    numbers = block_numbers(folder.record)
    if numbers != list(range(len(numbers))):
        raise StateError(
            path=folder.record,
            expected="the blocks from 0 on without a gap",
            found=", ".join(map(str, numbers)),
        )
    return [read_kept(folder, number) for number in numbers]


def scores_to_learn(kept: Kept) -> Sequence[np.ndarray | None]:
    """Scores as `Turns.learn` takes them."""
    return [
        scores if does_learn else None
        for scores, does_learn in zip(kept.scores, kept.learns, strict=True)
    ]

"""A closed-loop session as an element of the data set of paired evolutions."""

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.contract.provenance import SIMULATED_SUFFIX
from core.contract.signs import sign
from core.errors import RecordingError, SettingError
from core.experiments.closed_loop.answers import Answer, read_answer
from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.images import read_codes
from core.experiments.closed_loop.manifest import ManifestRow, read_manifest
from core.experiments.closed_loop.record import Kept, kept_blocks
from core.matlab.writing import Cell
from core.progress import say
from core.statistics.windows import window_rate
from core.threads import N_THREADS
from neuro_data_analysis.recordings.conversion import N_BINS
from neuro_data_analysis.recordings.naming import (
    UNIT_LETTERS,
    evolved_image_name,
    reference_image_name,
)
from neuro_data_analysis.session_trials import SessionDescriptor, ShownBlock, trial_record
from neuro_data_analysis.simulation.record import element_of, meta_fields
from neuro_data_analysis.simulation.spikes import SMOOTHING_REACH, smoothed


@dataclass(frozen=True)
class _Block:
    """A block's manifest, and its answer without what is not of the block."""

    number: int
    rows: dict[str, ManifestRow]
    answer: Answer
    psth: np.ndarray


class RecordedSession(NamedTuple):
    """A session as a recording.

    Attributes
    ----------
    element
        Fields of the element.
    simulated
        Whether a simulated rig answered.
    image_names
        Of all presentations.
    blocks
        What was shown and answered.
    folder
        The session's.
    """

    element: dict
    simulated: bool
    image_names: list[str]
    blocks: list[_Block]
    folder: Folder

    def codes(self) -> Iterator[tuple[int, int, np.ndarray, list[str]]]:
        """What `write_latent_codes` takes, for all blocks and threads.

        In single precision, as generators take codes.
        """
        counter = 0
        for number, block in enumerate(self.blocks):
            for thread, codes in enumerate(read_codes(self.folder, block.number)):
                at = range(counter, counter + len(codes))
                names = [f"{evolved_image_name(number + 1, thread, i)}.bmp" for i in at]
                yield number, thread, codes.astype(np.float32), names
                counter += len(codes)


def session_element(folder: Folder, animal: str, area: str, number: int) -> RecordedSession:
    """The session as an element.

    Parameters
    ----------
    folder
        The session's folder.
    animal, area, number
        See `add_session`.
    """
    description, kept = folder.description(), kept_blocks(folder)
    if len(description["threads"]) != N_THREADS:
        raise RecordingError(
            path=folder.root,
            expected="a session of two threads, a paired evolution",
            found=f"one of {len(description['threads'])}",
        )
    if not re.fullmatch("[A-Za-z]+", animal):
        raise SettingError(path="--animal", expected="a name of letters", found=f"{animal!r}")
    simulated = folder.is_simulated or any(block.is_simulated for block in kept)
    blocks = [_read_block(folder, block) for block in kept]
    blocks = [b for b in blocks if b is not None]
    if not blocks:
        raise RecordingError(path=folder.root, expected="answered blocks", found="none")
    day = datetime.datetime.fromisoformat(description["created"]).astimezone()
    suffix = SIMULATED_SUFFIX if simulated else ""
    chosen = description["settings"]["scores"]["channels"]
    names = blocks[0].answer.channels
    units = [_channel_and_unit(name, i) for i, name in enumerate(names)]
    preferred = names.index(chosen[0]) if chosen else 0
    descriptor = SessionDescriptor(
        ephysFN=f"{animal}-{day:%d%m%Y}-{number:03d}{suffix}",
        expControlFN=f"{day:%y%m%d}_{animal}_closed_loop",
        animal=animal,
        channel=units[preferred][0],
        unit=units[preferred][1],
        size=description["settings"]["size"],
        position=tuple(description["settings"]["position"]),
        spaces=tuple(thread["name"] for thread in description["threads"]),
    )
    shown = list(_shown(blocks, preferred, simulated))
    record = trial_record(descriptor, shown, units, preferred)
    of_animal = {} if simulated else {"comments": "", "equipment": ""}
    meta = meta_fields(
        record,
        expControl="closed loop",
        pathBHV=str(folder.root.resolve()),
        stimuli=record.descriptor.ephysFN,
        visual_area=area,
        **of_animal,
    )
    element = element_of(record, meta)
    element["evol"]["optim_names"] = Cell.column([t["optimizer"] for t in description["threads"]])
    return RecordedSession(element, simulated, record.image_names, blocks, folder)


def _read_block(folder: Folder, kept: Kept) -> _Block | None:
    """A block, None if one of its threads was not shown: no recording has such blocks."""
    rows = read_manifest(folder.block(kept.number))
    answer = read_answer(kept.raw, [row.name for row in rows])
    by_name = {row.name: row for row in rows}
    known = [i for i, name in enumerate(answer.images) if name in by_name]
    shown = {by_name[answer.images[i]].thread for i in known if by_name[answer.images[i]].code >= 0}
    if len(shown) < N_THREADS:
        say(f"block {kept.number} is left out: only thread {min(shown, default='none')} was shown")
        return None
    where = folder.kept(kept.number)
    names = [answer.images[i] for i in known]
    answer = Answer(names, answer.channels, answer.kind, answer.values[known])
    return _Block(kept.number, by_name, answer, _psths(answer, where))


def _psths(answer: Answer, where: Path) -> np.ndarray:
    """Smoothed rates, (n, n_channels, 200), events/s, as recordings have them."""
    if answer.kind == "psth":
        if answer.values.shape[2] < N_BINS:
            raise RecordingError(
                path=where, expected=f"PSTHs of {N_BINS} ms", found=answer.values.shape[2]
            )
        return answer.values[:, :, :N_BINS].astype(np.float32)
    if answer.kind == "rate":
        raise RecordingError(
            path=where, expected="spike times or PSTHs, of which a recording is made", found="rates"
        )
    edges = np.arange(-SMOOTHING_REACH, N_BINS + SMOOTHING_REACH + 1)
    counts = [np.histogram(times, edges)[0] for row in answer.values for times in row]
    return smoothed(np.array(counts)).reshape(*answer.values.shape, N_BINS)


def _channel_and_unit(name: str, index: int) -> tuple[int, int]:
    """Channel and unit of a channel's name; 5B is channel 5, unit 2.

    Examples
    --------
    >>> _channel_and_unit("5B", 0), _channel_and_unit("left array", 2)
    ((5, 2), (3, 1))
    """
    match = re.fullmatch(f"(\\d+)([{UNIT_LETTERS}]?)", name)
    if match is None:
        return index + 1, 1
    return int(match[1]), UNIT_LETTERS.index(match[2]) if match[2] else 1


def _shown(blocks: Sequence[_Block], preferred: int, simulated: bool) -> Iterator[ShownBlock]:
    """Presentations in the order of the answers."""
    counter = 0
    for number, block in enumerate(blocks, start=1):
        rows = [block.rows[name] for name in block.answer.images]
        first = [counter, counter + _population(block, 0)]
        counter = first[1] + _population(block, 1)
        psth, responses = block.psth, window_rate(block.psth.astype(float), axis=2).T
        if simulated:
            psth, responses = sign(psth), sign(responses)
        yield ShownBlock(
            names=[_name(row, number, first) for row in rows],
            thread=np.array([row.thread for row in rows]),
            is_evolved=np.array([row.code >= 0 for row in rows]),
            psth=psth[:, preferred],
            responses=responses,
        )


def _population(block: _Block, thread: int) -> int:
    return sum(row.thread == thread and row.code >= 0 for row in block.rows.values())


def _name(row: ManifestRow, block: int, first: Sequence[int]) -> str:
    """Name of an image as recordings have it; `first` are the numbers of the threads' first."""
    if row.code < 0:
        return reference_image_name(row.reference, row.thread)
    return evolved_image_name(block, row.thread, first[row.thread] + row.code)

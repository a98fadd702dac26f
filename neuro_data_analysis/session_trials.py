"""What a session showed, block by block, as the trials of a recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.threads import N_THREADS
from neuro_data_analysis.simulation.record import TrialRecord


@dataclass(frozen=True)
class SessionDescriptor:
    """What a session is as a recording: names, preferred unit, image placement (deg), spaces.

    Size and position are NaN where they are not known in degrees.
    """

    ephysFN: str  # noqa: N815 (the field's name)
    expControlFN: str  # noqa: N815
    animal: str
    channel: int
    spaces: tuple[str, str]
    unit: int = 1
    size: float = np.nan
    position: tuple[float, float] = (np.nan, np.nan)


class ShownBlock(NamedTuple):
    """One block, presentation by presentation, in order.

    Attributes
    ----------
    names
        Names of the n images, as recordings have them.
    thread : (n,) int
        0 or 1.
    is_evolved : (n,) bool
        Whether the image is an evolved one, not a reference.
    psth : (n, 200) float32
        Smoothed rates of the preferred unit, events/s.
    responses : (n_units, n)
        Evoked rates of all units, events/s.
    """

    names: list[str]
    thread: np.ndarray
    is_evolved: np.ndarray
    psth: np.ndarray
    responses: np.ndarray


def trial_record(
    descriptor: SessionDescriptor,
    blocks: Sequence[ShownBlock],
    units: Sequence[tuple[int, int]],
    preferred_row: int,
) -> TrialRecord:
    """Trials of all blocks, sorted into evolved images and references, threads and blocks.

    Parameters
    ----------
    descriptor
        Names, preferred unit, placement of the images, spaces.
    blocks
        In order.
    units
        Channel and unit number of every row, from 1.
    preferred_row
        0-based row of the preferred unit.
    """
    parts = {
        part: {name: [[] for _ in range(N_THREADS)] for name in ("trials", "psth", "responses")}
        for part in ("evol", "ref")
    }
    n_before = 0
    for block in blocks:
        trials = n_before + 1 + np.arange(len(block.names))
        n_before += len(trials)
        for part, of_part in parts.items():
            for thread in range(N_THREADS):
                chosen = (block.thread == thread) & (block.is_evolved == (part == "evol"))
                of_part["trials"][thread].append(trials[chosen])
                of_part["psth"][thread].append(block.psth[chosen])
                of_part["responses"][thread].append(block.responses[:, chosen])
    channels, numbers = np.array(units).T
    return TrialRecord(
        descriptor=descriptor,
        image_names=[name for block in blocks for name in block.names],
        trial_thread=np.concatenate([block.thread for block in blocks]),
        trial_is_evolved=np.concatenate([block.is_evolved for block in blocks]),
        trial_block=np.repeat(np.arange(len(blocks)) + 1, [len(b.names) for b in blocks]),
        parts=parts,
        channels=channels,
        units=numbers,
        preferred_row=preferred_row,
    )

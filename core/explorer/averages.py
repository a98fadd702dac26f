"""One experiment as the explorer has it: averages over the trials of every block."""

import datetime
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

REPOSITORY = "Animadversio/NeuralEvolutionExplorer"
COMMIT = "4a8fb317f3c765d381ef814f5cda644bb45985d6"
"""State of the repository whose numbers were checked, 2026-02-14."""

FOLDER = "neural-evolution-explorer/public/data"
"""Where the data lie in the repository."""

DECIMALS = 2
"""Decimals of every rate in the files; each is rounded on its own."""

N_MS = 200
"""Bins of a PSTH, 1 ms each from image onset."""


class Rates(NamedTuple):
    """Mean and SEM (ddof 1) over the trials of every block, events/s, of one shape each."""

    mean: np.ndarray
    sem: np.ndarray


@dataclass(frozen=True)
class BlockAverages:
    """A paired evolution, averaged over the trials of every block; thread 0 comes first.

    Attributes
    ----------
    expi
        1-based number of the experiment, as in the paper.
    animal
        Alfa or Beto.
    date
        Day of the recording.
    pref_chan, unit
        1-based channel of the preferred unit, and its number on it.
    area
        V1, V4 or IT.
    spaces
        Generator of each thread: ``fc6``, ``BigGAN`` or ``BigGAN_class``.
    imgsize
        Image size of each thread, degrees of visual angle.
    imgpos
        Image position (x, y) of each thread, degrees.
    evoked
        Rate in [50, 200) ms, (n_blocks, 2).
    reference
        The same of the natural reference images; NaN where none was shown.
    psth
        Smoothed rate, (n_blocks, 2, 200).
    """

    expi: int
    animal: str
    date: datetime.date
    pref_chan: int
    unit: int
    area: str
    spaces: tuple[str, str]
    imgsize: tuple[float, float]
    imgpos: tuple[tuple[float, float], tuple[float, float]]
    evoked: Rates
    reference: Rates
    psth: Rates

    @property
    def n_blocks(self) -> int:
        """Blocks, without an incomplete last one."""
        return len(self.evoked.mean)

    @property
    def best_blocks(self) -> tuple[int, int]:
        """0-based block of the largest mean rate of each thread."""
        first, second = self.evoked.mean.argmax(axis=0)
        return int(first), int(second)

    @property
    def name(self) -> str:
        """Name of the experiment's folder, say ``Exp155-A``."""
        return f"Exp{self.expi:03d}-{self.animal[0]}"

    @property
    def title(self) -> str:
        """Three-line label, as figures show it; the recording's own name is not known."""
        return (
            f"Exp {self.expi:03d} {self.animal} {self.date.isoformat()} Pref chan{self.pref_chan} "
            f"U{self.unit}\n"
            f"image size {list(self.imgsize)} deg  pos {list(self.imgpos[0])}\n"
            f"Evol thr0: {self.spaces[0]}   thr1: {self.spaces[1]}"
        )

"""One paired evolution, in one form, whatever file and reader it came from.

An `Experiment` wraps a nested mapping: a struct of a v7.3 file, what mat73 of any version returns,
or an element of either published pickle. Fields are converted when they are first asked for, so
that an experiment costs only what is used of it. Forms and rules: `conversion`.
"""

import datetime
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from core.contract.provenance import SIMULATED_SUFFIX
from core.contract.signs import content_is_signed
from core.errors import RecordingError
from core.matlab.reading import Struct
from core.threads import N_THREADS
from neuro_data_analysis.recordings.conversion import (
    as_integer,
    as_integers,
    as_names,
    as_numbers,
    as_psth,
    as_responses,
    as_text,
    as_texts,
    describe,
)
from neuro_data_analysis.recordings.naming import animal_and_date, area_of_channel

Blocks = list[list[np.ndarray]]
"""``blocks[thread][block]``; thread 0 is DeePSim, 1 BigGAN."""


class Experiment:
    """A paired evolution: two threads of blocks of trials of one preferred unit.

    Parameters
    ----------
    expi
        1-based number of the experiment.
    raw
        Nested mapping with the fields of ``BFEStats``.
    override
        May replace ``optim_names`` and ``stimuli``, which MATLAB stores unreadably or which were
        corrected after the recording.
    """

    def __init__(
        self, expi: int, raw: Mapping[str, Any], override: Mapping[str, Any] | None = None
    ):
        self.Expi = expi
        self._raw = raw
        self._parts: dict[str, Any] = {}
        self._override = override or {}

    def __repr__(self) -> str:
        return f"Experiment({self.Expi}, {self.ephysFN})"

    @cached_property
    def psth(self) -> Blocks:
        """Smoothed single-trial rates of the preferred unit, (200, n_trials) each, events/s."""
        return self._psth("evol")

    @cached_property
    def ref_psth(self) -> Blocks:
        """Rates of the natural reference images of each thread, (200, n_trials) each, events/s."""
        return self._psth("ref")

    @cached_property
    def idx_seq(self) -> Blocks:
        """1-based trial numbers, (n_trials,) int64 each; `trial_indices` is 0-based."""
        return self._indices("evol")

    @cached_property
    def ref_idx_seq(self) -> Blocks:
        """1-based trial numbers of the reference images."""
        return self._indices("ref")

    @cached_property
    def rspmat(self) -> Blocks:
        """Mean rate in [50, 200) ms of all units, (n_units, n_trials) each, events/s."""
        return self._responses("evol", self.idx_seq)

    @cached_property
    def ref_rspmat(self) -> Blocks:
        """As `rspmat`, of the natural reference images."""
        return self._responses("ref", self.ref_idx_seq)

    def trial_indices(self, thread: int, block: int) -> np.ndarray:
        """0-based trial numbers of a block, (n_trials,) int64.

        Parameters
        ----------
        thread
            0 (DeePSim) or 1 (BigGAN).
        block
            0-based number of the block.
        """
        return self.idx_seq[thread][block] - 1

    @cached_property
    def n_blocks(self) -> int:
        """Blocks in the file, before any is dropped."""
        return as_integer(self._field("evol", "block_n"), self._where("evol.block_n"))

    @cached_property
    def imageName(self) -> list[str]:  # noqa: N802 (the field's name)
        """Names of all trials' images in order of presentation."""
        return as_names(self._field("imageName"), self._where("imageName"))

    @cached_property
    def ephysFN(self) -> str:  # noqa: N802
        """Electrophysiology file, say ``Beto-28072020-006``."""
        return as_text(self._field("meta", "ephysFN"), self._where("meta.ephysFN"))

    @cached_property
    def expControlFN(self) -> str:  # noqa: N802
        """Behaviour file, say ``200728_Beto_generate_BigGAN(1)``; may be empty."""
        return as_text(self._field("meta", "expControlFN"), self._where("meta.expControlFN"))

    @cached_property
    def stimuli(self) -> str:
        """Folder of the images as the acquisition machine named it."""
        where = self._where("meta.stimuli")
        return self._override.get("stimuli") or as_text(self._field("meta", "stimuli"), where)

    @cached_property
    def _identity(self) -> tuple[str, datetime.date]:
        return animal_and_date(self.ephysFN, self.expControlFN)

    @property
    def title(self) -> str:
        """Three-line label, as figures show it."""
        placed = f"image size {self.imgsize} deg  pos {self.imgpos}"
        if np.isnan(self.imgsize).all():  # of a digital twin, whose degrees nobody published
            placed = "image as large as the twin's input"
        return (
            f"Exp {self.Expi:03d} {self.ephysFN} Pref chan{self.pref_chan} "
            f"U{self.unit_in_pref_chan}\n"
            f"{placed}\n"
            f"Evol thr0: {self.space_names[0]}   thr1: {self.space_names[1]}"
        )

    @property
    def Animal(self) -> str:  # noqa: N802
        """From the file names; MATLAB's own field is unreadable outside MATLAB."""
        return self._identity[0]

    @property
    def expdate(self) -> datetime.date:
        """Day of the recording."""
        return self._identity[1]

    @property
    def visual_area(self) -> str:
        """V1, V4 or IT: what the recording says, or the channel's place in the animal's array."""
        meta = self._field("meta")
        if isinstance(meta, Mapping) and "visual_area" in meta:
            return as_text(meta["visual_area"], self._where("meta.visual_area"))
        return area_of_channel(self.pref_chan, self.Animal, self.expdate)

    @property
    def is_simulated(self) -> bool:
        """Whether the recording's name says that it is simulated."""
        return self.ephysFN.endswith(SIMULATED_SUFFIX)

    @property
    def is_signed(self) -> bool:
        """Whether the rates of the first block, as far as they can be read, are a simulation's."""
        try:
            return content_is_signed(self.psth[0][0])
        except RecordingError:  # which names the field where the rates are used
            return False

    @cached_property
    def space_names(self) -> tuple[str, str]:
        """Generator of each thread: ``fc6``, ``BigGAN`` or ``BigGAN_class``."""
        names = as_names(self._field("evol", "space_names"), self._where("evol.space_names"))
        if len(names) != N_THREADS:
            raise RecordingError(path=self._where("evol.space_names"), expected="2", found=names)
        return names[0], names[1]

    @cached_property
    def optim_names(self) -> tuple[str | None, str | None]:
        """Optimizer of each thread, None where the file does not say."""
        names = self._override.get("optim_names")
        if names is None:
            evol = self._field("evol")
            stored = as_texts(evol["optim_names"]) if "optim_names" in evol else []
            names = [name.rstrip(" \0") for name in stored]
        return (names[0], names[1]) if len(names) == N_THREADS else (None, None)

    @cached_property
    def pref_chan(self) -> int:
        """1-based channel of the preferred unit."""
        return as_integer(self._field("evol", "pref_chan"), self._where("evol.pref_chan"))

    @cached_property
    def unit_in_pref_chan(self) -> int:
        """Number of the preferred unit on its channel (1 = A)."""
        where = self._where("evol.unit_in_pref_chan")
        return as_integer(self._field("evol", "unit_in_pref_chan"), where)

    @cached_property
    def imgsize(self) -> np.ndarray:
        """Image size of each thread, degrees of visual angle; (2,)."""
        where = self._where("evol.imgsize")
        return np.atleast_1d(as_numbers(self._field("evol", "imgsize"), where)).ravel()

    @cached_property
    def imgpos(self) -> np.ndarray:
        """Image position (x, y) of thread 0, degrees; (2,)."""
        where = self._where("evol.imgpos")
        positions = as_numbers(self._field("evol", "imgpos"), where)
        if positions.size != N_THREADS * 2:
            raise RecordingError(path=where, expected="2 x 2 numbers", found=positions.size)
        return positions.reshape(N_THREADS, 2)[0]

    @cached_property
    def spikeID(self) -> np.ndarray:  # noqa: N802
        """1-based channel of every unit, (n_units,)."""
        where = self._where("units.spikeID")
        return as_integers(self._field("units", "spikeID"), where)

    @cached_property
    def unitID(self) -> np.ndarray:  # noqa: N802
        """Number of every unit on its channel, 0 for unsorted activity; (n_units,)."""
        where = self._where("units.unit_num_arr")
        return as_integers(self._field("units", "unit_num_arr"), where)

    def _psth(self, part: str) -> Blocks:
        where = self._where(f"{part}.psth")
        cells = self._cells(part, "psth")
        blocks = [[as_psth(cell, where) for cell in thread] for thread in cells]
        counts = self._n_trials(part)
        for thread in range(N_THREADS):
            for block, (rates, n_trials) in enumerate(
                zip(blocks[thread], counts[thread], strict=True), start=1
            ):
                if rates.shape[1] != n_trials:
                    raise RecordingError(
                        path=where,
                        expected=f"{n_trials} trials in block {block} of thread {thread} "
                        "as in idx_seq",
                        found=rates.shape[1],
                    )
        if part == "evol":
            self._refuse_empty_blocks(blocks, where)
        return blocks

    def _n_trials(self, part: str) -> list[list[int]]:
        """Trials of every block by ``idx_seq``, which is not read where its sizes can be seen."""
        stored = self._part(part) if part in self._raw else None
        sizes = stored.cell_sizes("idx_seq") if isinstance(stored, Struct) else None
        if sizes is not None and [len(row) for row in sizes] == [self.n_blocks] * N_THREADS:
            return sizes
        indices = self.idx_seq if part == "evol" else self.ref_idx_seq
        return [[len(trials) for trials in thread] for thread in indices]

    def _refuse_empty_blocks(self, blocks: Blocks, where: str) -> None:
        for thread, of_thread in enumerate(blocks):
            for block, rates in enumerate(of_thread[:-1], start=1):
                if rates.shape[1] == 0:
                    raise RecordingError(
                        path=where,
                        expected="trials in every block but the last",
                        found=f"none in block {block} of thread {thread}",
                    )

    def _indices(self, part: str) -> Blocks:
        where = self._where(f"{part}.idx_seq")
        cells = self._cells(part, "idx_seq")
        return [[as_integers(cell, where) for cell in thread] for thread in cells]

    def _responses(self, part: str, indices: Blocks) -> Blocks:
        n_units = len(self.spikeID)
        where = self._where(f"{part}.rspmat")
        return [
            [
                as_responses(cell, n_units, len(trials), where)
                for cell, trials in zip(cells, of_thread, strict=True)
            ]
            for cells, of_thread in zip(self._cells(part, "rspmat"), indices, strict=True)
        ]

    def _cells(self, part: str, name: str) -> list[list]:
        """A 2 x n_blocks cell as a list of two lists."""
        cells = self._field(part, name)
        where = self._where(f"{part}.{name}")
        if not isinstance(cells, list) or len(cells) != N_THREADS:
            raise RecordingError(path=where, expected="a cell with 2 rows", found=describe(cells))
        rows = [row if isinstance(row, list) else [row] for row in cells]
        lengths = [len(row) for row in rows]
        if lengths != [self.n_blocks] * N_THREADS:
            raise RecordingError(
                path=where, expected=f"{self.n_blocks} blocks in both threads", found=lengths
            )
        return rows

    def _field(self, *names: str) -> Any:
        value: Any = self._raw
        for depth, name in enumerate(names):
            if _is_repacked(value):
                # mat73 turns a struct of equally long cells into a list of structs.
                value = {key: [element[key] for element in value] for key in value[0]}
            if not isinstance(value, Mapping) or name not in value:
                found = ", ".join(value) if isinstance(value, Mapping) else describe(value)
                raise RecordingError(
                    path=self._where(".".join(names[: depth + 1])),
                    expected="this field",
                    found=f"only {found}",
                )
            value = self._part(name) if depth == 0 else value[name]
        return value

    def _part(self, name: str) -> Any:
        """A struct of the recording, opened once for all of its fields."""
        if name not in self._parts:
            self._parts[name] = self._raw[name]
        return self._parts[name]

    def _where(self, field: str) -> str:
        return f"Exp {self.Expi}, field {field}"


def _is_repacked(value: Any) -> bool:
    """Whether a value is a list of structs with the same fields."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        return False
    return len({frozenset(item) for item in value}) == 1


def is_usable(raw: Mapping[str, Any]) -> bool:
    """Whether an element of the struct array holds a recording: ``evol`` is set.

    Parameters
    ----------
    raw
        The element, a mapping from field names to values.

    Raises
    ------
    RecordingError
        If it is no mapping, or there is no such field at all.

    Examples
    --------
    >>> is_usable({"evol": None}), is_usable({"evol": {"block_n": 30}})
    (False, True)
    """
    if not isinstance(raw, Mapping):
        raise RecordingError(expected="a struct with the field evol", found=describe(raw))
    if "evol" not in raw:
        raise RecordingError(
            expected="a struct with the field evol", found=f"only {', '.join(raw)}"
        )
    evol = raw["evol"]
    return evol is not None and not (isinstance(evol, (Sequence, np.ndarray)) and len(evol) == 0)

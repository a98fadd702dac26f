"""The work of ``python -m core.experiments.closed_loop rig --simulated``: a model neuron answers.

It looks for blocks without an answer and answers them, by files only, as a rig does. What it says
follows from its seed, the block and the images: killed and started again, it says the same.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import numpy as np
import torch
from PIL import Image
from torch import nn

from core import interrupt
from core.contract.provenance import SIMULATION_FILE_NAME
from core.errors import SettingError
from core.experiments.closed_loop.answers import SIMULATED_MARK
from core.experiments.closed_loop.folder import DESCRIPTION_NAME, Folder, block_name, block_numbers
from core.experiments.closed_loop.manifest import ManifestRow, read_manifest
from core.experiments.closed_loop.neuron import Neuron
from core.files import replacing, writable_folder, write_json, write_text
from core.matlab.writing import Cell, write_variables
from core.own_parts import is_own, own_part
from core.probing.scorer import Scorer
from core.progress import say

CHANNEL = "5A"
"""Name of the channel that it answers for."""

TICK = 0.02
"""Seconds between two looks."""

Respond = Callable[[torch.Tensor], np.ndarray]
"""Responses (n,) of the neuron's unit to images (n, 3, H, W) in [0, 1]."""


def answer_session(options: argparse.Namespace) -> None:
    """Answer every block of a session until it is finished.

    Parameters
    ----------
    options
        As `core.experiments.closed_loop.__main__.parser` gives them.
    """
    respond = make_respond(options.network, options.unit, options.device)
    folder = Folder.at(options.session, options.answers)
    rig = SimulatedRig(
        folder,
        respond,
        Neuron(steady=options.steady, seed=options.seed),
        suffix=options.format,
        lost=options.lost,
        delay=options.late,
    )
    rig.run()


def make_respond(network: str, unit: str | None, device: str | None = None) -> Respond:
    """What answers images, from a network's name and a unit, or from a factory.

    Parameters
    ----------
    network
        Name of a network, or ``module:factory``; the factory is called without arguments.
    unit
        ``LAYER,CHANNEL`` or ``LAYER,CHANNEL,ROW,COLUMN``; None if the factory makes a scorer:
        images (n, 3, H, W) in [0, 1] give (n,) responses.
    device
        Where a network computes.

    Raises
    ------
    SettingError
        If there is no such factory, or no unit of a network.
    """
    made = own_part(network) if is_own(network) else network
    if unit is None:
        if not is_own(network) or not callable(made):
            raise SettingError(path="--unit", expected=f"a unit of {network}", found="none")
        return lambda images: np.asarray(made(images), dtype=float)
    # the parser of the command that evolves units knows how they are written
    from core.experiments.evolve import parse_unit

    layer, *position = parse_unit(unit)
    if not isinstance(made, str | nn.Module):
        raise SettingError(path="--unit", expected="a factory of a network", found=type(made))
    scorer = Scorer(made, layer, position[0] if len(position) == 1 else position, device=device)
    return lambda images: np.asarray(scorer(images), dtype=float)


class SimulatedRig:
    """A rig that answers with a model neuron.

    Parameters
    ----------
    folder
        Of the session.
    respond
        The unit behind the neuron.
    neuron
        Makes spikes of its responses.
    suffix
        Form of the answers: ``h5``, ``csv`` or ``mat``.
    lost
        Share of presentations that are not answered for.
    delay
        Seconds that an answer takes at most.
    """

    def __init__(
        self,
        folder: Folder,
        respond: Respond,
        neuron: Neuron,
        *,
        suffix: str = "h5",
        lost: float = 0.0,
        delay: float = 0.0,
    ):
        self.folder, self.respond, self.neuron = folder, respond, neuron
        self.suffix, self.lost, self.delay = suffix, lost, delay
        self._first: np.ndarray | None = None

    def run(self) -> None:
        """Answer until the session is finished."""
        while not (self.folder.finished.is_file() and not self.unanswered()):
            interrupt.check()
            for block in self.unanswered():
                self._wait_as_if_showing(block)
                self.answer(block)
                say(f"SIMULATED rig: block {block} answered")
            time.sleep(TICK)

    def unanswered(self) -> list[int]:
        """Numbers of the blocks that have no answer."""
        if not (self.folder.root / DESCRIPTION_NAME).is_file():
            return []
        return [
            block for block in block_numbers(self.folder.blocks) if not self._path(block).is_file()
        ]

    def answer(self, block: int) -> None:
        """Answer one block.

        Parameters
        ----------
        block
            Its number, 0-based.
        """
        rows = read_manifest(self.folder.block(block))
        repeats = int(self.folder.description()["settings"]["repeats"])
        rng = np.random.default_rng([self.neuron.seed, 3, block])
        order = rng.permutation(np.repeat(np.arange(len(rows)), repeats))
        rates = self.neuron.rates(self._responses(block, rows), self._first_responses())
        spikes = self.neuron.spikes(rates[order], block)
        is_kept = rng.random(len(order)) >= self.lost
        is_kept[0] |= not is_kept.any()
        shown = [(rows[i].file, s) for i, s, k in zip(order, spikes, is_kept, strict=True) if k]
        self._mark()
        writable_folder(self.folder.answers)
        names, times = [name for name, _ in shown], [of_one for _, of_one in shown]
        WRITERS[self.suffix](self._path(block), names, times)

    def _wait_as_if_showing(self, block: int) -> None:
        until = (
            time.monotonic()
            + self.delay * np.random.default_rng([self.neuron.seed, 4, block]).random()
        )
        while time.monotonic() < until:
            interrupt.check()
            time.sleep(TICK)

    def _path(self, block: int) -> Path:
        return self.folder.answers / f"{block_name(block)}.{self.suffix}"

    def _mark(self) -> None:
        path = self.folder.root / SIMULATION_FILE_NAME
        if not path.is_file():
            by = "core.experiments.closed_loop rig --simulated"
            write_json(path, {"simulated": True, "by": by, "seed": self.neuron.seed})

    def _responses(self, block: int, rows: Sequence[ManifestRow]) -> np.ndarray:
        images = [_read(self.folder.block(block) / row.file) for row in rows]
        by_size: dict[tuple, list[int]] = {}
        for i, image in enumerate(images):
            by_size.setdefault(image.shape, []).append(i)
        responses = np.empty(len(rows))
        for places in by_size.values():
            with torch.no_grad():
                responses[places] = self.respond(torch.stack([images[i] for i in places]))
        return responses

    def _first_responses(self) -> np.ndarray:
        if self._first is None:
            rows = [row for row in read_manifest(self.folder.block(0)) if row.code >= 0]
            self._first = self._responses(0, rows)
        return self._first


def _read(path: Path) -> torch.Tensor:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255


def write_hdf5(path: Path, names: Sequence[str], times: Sequence[np.ndarray]) -> None:
    """An HDF5 answer with spike times; see `answers`.

    Parameters
    ----------
    path
        The file, replaced when it is whole.
    names
        Image of each presentation.
    times
        Spikes of each presentation, ms from image onset.
    """
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs[SIMULATED_MARK] = True
        file["images"] = list(names)
        file["channels"] = [CHANNEL]
        file["spike_times"] = np.concatenate([np.zeros(0), *times])
        file["spike_rows"] = np.repeat(np.arange(len(times)), [len(of_one) for of_one in times])
        file["spike_channels"] = np.zeros(sum(map(len, times)), dtype=int)


def write_csv(path: Path, names: Sequence[str], times: Sequence[np.ndarray]) -> None:
    """A CSV answer with spike times; see `write_hdf5` for the parameters.

    Parameters
    ----------
    path, names, times
        See `write_hdf5`.
    """
    rows = [
        f"{n},{' '.join(f'{t:g}' for t in of_one)}" for n, of_one in zip(names, times, strict=True)
    ]
    write_text(path, "\n".join([f"image,spikes:{CHANNEL}", *rows, ""]))


def write_mat(path: Path, names: Sequence[str], times: Sequence[np.ndarray]) -> None:
    """A MAT answer (v7.3) with spike times.

    Parameters
    ----------
    path, names, times
        See `write_hdf5`.
    """
    write_variables(
        path,
        {
            "images": Cell.column(list(names)),
            "channels": Cell.row([CHANNEL]),
            "spikes": Cell.column([of_one[None] for of_one in times]),
            SIMULATED_MARK: np.array([[True]]),
        },
    )


WRITERS = {"h5": write_hdf5, "csv": write_csv, "mat": write_mat}

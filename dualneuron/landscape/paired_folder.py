"""Neurons of a folder of paired evolutions, with the twin and the generators that evolved them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.computing.checksums import checksum
from core.errors import SettingError, StateError
from core.experiments.evolution.paired import (
    PairedDescription,
    neuron_file,
    neuron_files,
    read_paired,
)
from core.experiments.evolution.record import (
    GENERATOR_WEIGHTS,
    EvolutionRecord,
    ThreadRecord,
    read_evolution,
)
from core.generators.by_name import check_name, load_generator
from core.generators.validation import ImageGenerator
from dualneuron.files import TWINS, load_mask
from dualneuron.paired.responses import TwinResponses
from dualneuron.twins.nets import TWIN_MAKERS

SCORER = "scorer's "
"""Begins the names that the settings of an evolution give to what its neuron says of itself."""


@dataclass(frozen=True)
class EvolvedNeurons:
    """Some neurons of a folder.

    Attributes
    ----------
    described
        What the folder says of them.
    respond
        The neurons, a unit each, in the order of `records`.
    records
        The evolution of each.
    generators
        Of both threads.
    """

    described: PairedDescription
    respond: TwinResponses
    records: tuple[EvolutionRecord, ...]
    generators: tuple[ImageGenerator, ...]

    @property
    def neurons(self) -> list[int]:
        """0-based ids."""
        return self.respond.neurons.tolist()


def open_evolved(
    folder: Path,
    neurons: Sequence[int] | None = None,
    *,
    data_dir: Path | None = None,
    device: str | None = None,
) -> EvolvedNeurons:
    """Read a folder of `python -m dualneuron paired`, and load the twin and generators of it.

    Parameters
    ----------
    folder
        Of paired evolutions.
    neurons
        0-based ids; by default all that are there.
    data_dir
        Folder of the twins' files, looked at first.
    device
        By default CUDA when present.

    Raises
    ------
    StateError
        If it is no such folder, or an evolution is damaged or not a twin's.
    SettingError
        If a neuron is not there, has no block yet, or the twin or a generator that is loaded is
        not that which evolved it.
    """
    described = read_paired(folder)
    ids = _chosen(folder, neurons)
    records = tuple(_record(neuron_file(folder, neuron)) for neuron in ids)
    first = neuron_file(folder, ids[0])
    respond = _responses(first, described, records[0], ids, data_dir, device)
    for unit, record in enumerate(records):
        _check_neuron(neuron_file(folder, ids[unit]), record, respond.identity(unit))
    return EvolvedNeurons(described, respond, records, _generators(first, records[0], device))


def best_code(thread: ThreadRecord) -> np.ndarray:
    """The code of the image with the largest response without noise, (D,)."""
    return thread.codes[np.argmax(thread.scores_clean)]


def best_block(thread: ThreadRecord) -> int:
    """The block with the largest mean response without noise, 0-based."""
    blocks = np.unique(thread.generations)
    means = [thread.scores_clean[thread.generations == block].mean() for block in blocks]
    return int(blocks[np.argmax(means)])


def mean_code(thread: ThreadRecord) -> np.ndarray:
    """The mean code of the best block, (D,) float64."""
    return thread.codes[thread.generations == best_block(thread)].mean(axis=0, dtype=float)


def images_of(generator: ImageGenerator, codes: np.ndarray) -> torch.Tensor:
    """Images of flat codes.

    Parameters
    ----------
    generator
        Makes them.
    codes : (n, D)
        Of any float type.

    Returns
    -------
    (n, 3, H, W)
        In [0, 1].
    """
    shaped = np.asarray(codes, np.float32).reshape(-1, *generator.latent_shape)
    return generator.images(torch.from_numpy(shaped))


def _chosen(folder: Path, neurons: Sequence[int] | None) -> list[int]:
    there = [int(path.stem.removeprefix("neuron")) for path in neuron_files(folder)]
    if not there:
        raise StateError(path=folder, expected="evolutions of neurons", found="none")
    for neuron in neurons or ():
        if neuron not in there:
            known = ", ".join(map(str, there))
            raise SettingError(
                path="--neurons", expected=f"neurons of {folder}: {known}", found=neuron
            )
    return list(neurons or there)


def _record(path: Path) -> EvolutionRecord:
    record = read_evolution(path)
    if f"{SCORER}twin" not in record.settings or len(record.threads) != 2:
        raise StateError(path=path, expected="a paired evolution of a twin's neuron", found="other")
    if not record.n_done:
        raise SettingError(path=path, expected="an evolution with blocks", found="none yet")
    return record


def _responses(
    path: Path,
    described: PairedDescription,
    record: EvolutionRecord,
    ids: list[int],
    data_dir: Path | None,
    device: str | None,
) -> TwinResponses:
    names = [name for name, files in TWINS.items() if files.folder == described.twin]
    if not names:
        raise StateError(path=path, expected="a neuron of a known twin", found=described.twin)
    twin = TWIN_MAKERS[names[0]](
        ensemble=record.settings[f"{SCORER}members"] > 1,
        centered=True,
        untrained="untrained" in described.notice,
        data_dir=data_dir,
        device=device,
    )
    has_mask = record.settings[f"{SCORER}mask"] is not None
    mask = load_mask(names[0], data_dir=data_dir) if has_mask else None
    return TwinResponses(twin, ids, mask)


def _check_neuron(path: Path, record: EvolutionRecord, identity: dict) -> None:
    for name, value in identity.items():
        evolved_by = record.settings.get(f"{SCORER}{name}")
        # the sum of a mask is rounded otherwise on another device
        if evolved_by != value and not (name == "mask" and np.isclose(evolved_by, value)):
            raise SettingError(
                path=path,
                expected=f"the neuron that was evolved, with {name} {evolved_by}",
                found=f"{name} {value} in the twin that is at hand",
            )


def _generators(
    path: Path, record: EvolutionRecord, device: str | None
) -> tuple[ImageGenerator, ...]:
    pretrained = record.settings.get(GENERATOR_WEIGHTS) != "random"
    loaded: dict[str, ImageGenerator] = {}
    for thread in record.settings["threads"]:
        name = _kind(thread)
        check_name(name, f"{path}: generator")
        if name not in loaded:
            loaded[name] = load_generator(name, pretrained=pretrained, device=device, rng=0)
        if checksum(loaded[name]) != thread["generator's weights"]:
            raise SettingError(
                path=path, expected=f"the weights of {name} that evolved it", found="others"
            )
    return tuple(loaded[_kind(thread)] for thread in record.settings["threads"])


def _kind(thread: dict) -> str:
    """Name of a thread's generator; where both have one name, a number follows it."""
    return thread["name"].partition("-")[0]

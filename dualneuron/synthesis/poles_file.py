"""The HDF5 file of poles: groups ``neuron_0007/seed_42/most``, as published, and what came since.

Added to the published layout: attributes of the file that say how it was made (settings as JSON,
versions, the response of every neuron to mean grey), those of a pole that say whether it is
`complete` and whether its neuron has room below grey, and `objectives`, the trace with its sign.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from core import interrupt
from core.errors import MissingFileError, ReproductionError, SettingError, StateError
from core.files import is_full, no_room, replacing
from core.matlab.failures import cause
from core.settings import check_same
from dualneuron.synthesis.batch import WEIGHTS, Item
from dualneuron.twins.ensemble import NO_ROOM

NEURON, SEED = "neuron_", "seed_"
"""Beginnings of the names of groups."""

ANEW = "move it away and run anew"


def pole_group(item: Item) -> str:
    """Path of an item's group.

    Examples
    --------
    >>> pole_group(Item(7, "most", 42))
    'neuron_0007/seed_42/most'
    """
    return f"{NEURON}{item.neuron:04d}/{SEED}{item.seed}/{item.pole}"


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[h5py.File]:
    """An HDF5 file, with errors that name it.

    Parameters
    ----------
    path
        The file.
    mode
        As h5py has it.

    Raises
    ------
    MissingFileError
        If it is not there.
    StateError
        If it cannot be opened or read.
    FullDiskError
        If there is no room.
    """
    if mode != "w" and not path.is_file():
        raise MissingFileError(path=path, expected="a file of poles (HDF5)", found="none")
    with _failures_told(path), h5py.File(path, mode) as file:
        yield file


@contextmanager
def _failures_told(path: Path) -> Iterator[None]:
    """Turn what h5py raises inside the block into an error that names the file."""
    try:
        yield
    except ReproductionError:
        raise
    except (OSError, RuntimeError, LookupError, ValueError) as error:
        if is_full(error):
            raise no_room(path, error) from None
        found, advice = cause(error)
        raise StateError(
            path=path,
            expected="a whole file of poles (HDF5)",
            found=found,
            advice=ANEW if found.startswith("a damaged") else advice,
        ) from None


def _settings_of(file: h5py.File) -> dict[str, Any]:
    """How the poles of a file were made; empty for a published file."""
    try:
        found = json.loads(file.attrs.get("settings", "{}"))
    except (ValueError, TypeError):
        found = None
    is_ours = isinstance(found, dict)
    if not is_ours or not (found or any(name.startswith(NEURON) for name in file)):
        raise StateError(
            path=file.filename, expected="a file of poles", found="an HDF5 file of another program"
        )
    return found


class PolesFile:
    """A file of poles that grows batch by batch and goes on where it stopped.

    Parameters
    ----------
    path
        The file; made if it is not there.
    settings
        What decides about the images; plain values.
    grey : (n_neurons,)
        Response of every neuron to mean grey.
    notes
        Further attributes of a new file.

    Raises
    ------
    StateError
        If the file was made with other settings, is damaged, or is of another origin.
    """

    def __init__(
        self, path: Path, settings: dict[str, Any], grey: np.ndarray, notes: Mapping[str, str]
    ):
        self.path, self.settings, self.grey = path, settings, grey
        if path.exists():
            self._check_settings()
            return
        with replacing(path) as temporary, _opened(temporary, "w") as file:
            file.attrs["settings"] = json.dumps(settings)
            file.attrs["grey_baseline"] = grey
            file.attrs.update(notes)

    def _check_settings(self) -> None:
        with _opened(self.path, "r") as file:
            found = _settings_of(file)
        if not found:
            raise StateError(
                path=self.path,
                expected="a file of poles that says its settings",
                found="one without",
                advice="write into another folder",
            )
        try:
            check_same(self.settings, found, "the poles")
        except StateError as error:
            raise error.about(self.path) from None

    def missing(self, items: Sequence[Item]) -> list[Item]:
        """Those of the items that are not complete."""
        with _opened(self.path, "r") as file:
            return [item for item in items if not _is_complete(file.get(pole_group(item)))]

    def add(self, items: Sequence[Item], results: Sequence[dict[str, Any]]) -> None:
        """Write results into a copy that then takes the file's place; a signal waits for that.

        Whoever is killed meanwhile, or finds the disk full, leaves the file as it was.

        Parameters
        ----------
        items
            What was made.
        results
            As of `dualneuron.synthesis.batch.synthesize`.
        """
        with interrupt.held_back(), replacing(self.path) as temporary:
            shutil.copyfile(self.path, temporary)
            with _opened(temporary, "r+") as file:
                for item, result in zip(items, results, strict=True):
                    name = pole_group(item)
                    if name in file:
                        del file[name]
                    self._write(file.create_group(name), item, result)
        interrupt.check()

    def _write(self, group: h5py.Group, item: Item, result: dict[str, Any]) -> None:
        for name in ("image", "alpha"):
            group.create_dataset(
                name, data=result[name].numpy(), compression="gzip", compression_opts=4
            )
        for name in ("activations", "objectives"):
            group.create_dataset(name, data=result[name].numpy())
        grey = float(self.grey[item.neuron])
        group.attrs.update(
            model=self.settings["model"],
            neuron_id=item.neuron,
            seed=item.seed,
            weight=WEIGHTS[item.pole],
            type=item.pole,
            grey_baseline=grey,
            no_room=grey < NO_ROOM,
        )
        group.file.flush()
        group.attrs["complete"] = True


def _is_complete(group: h5py.Group | None) -> bool:
    """Whether a pole was written to its end."""
    return group is not None and bool(group.attrs.get("complete", False))


class DualNeuronDataset:
    """Poles from a file, published or of `generate_poles`; also a context manager.

    Parameters
    ----------
    path
        The HDF5 file.

    Attributes
    ----------
    settings
        How the poles were made; empty for a published file.
    grey_baseline : (n_neurons,) or None
        Response of every neuron to mean grey; None for a published file.

    Raises
    ------
    MissingFileError
        If there is no such file.
    StateError
        If it cannot be read, or is no file of poles.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        with ExitStack() as opening:
            self.file = opening.enter_context(_opened(self.path, "r"))
            self.settings = _settings_of(self.file)
            self.grey_baseline = self.file.attrs.get("grey_baseline")
            self._opening = opening.pop_all()

    def close(self) -> None:
        """Close the file."""
        self._opening.close()

    def __enter__(self) -> "DualNeuronDataset":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def neurons(self) -> list[int]:
        """Ids of the neurons in the file, ascending."""
        return _numbers(self.file, NEURON)

    def seeds(self, neuron_id: int) -> list[int]:
        """Seeds of a neuron, ascending."""
        return _numbers(self._group(f"{NEURON}{neuron_id:04d}", f"a neuron {neuron_id}"), SEED)

    def poles(self, neuron_id: int, seed: int) -> list[str]:
        """Complete poles of a neuron and seed: ``"least"``, ``"most"`` or both.

        Parameters
        ----------
        neuron_id
            0-based.
        seed
            Of the random numbers.
        """
        items = [Item(neuron_id, pole, seed) for pole in WEIGHTS]
        return [item.pole for item in items if self._counts(self.file.get(pole_group(item)))]

    def without_room(self) -> np.ndarray:
        """Which neurons have next to no room for a low pole, (n_neurons,) bool.

        Raises
        ------
        StateError
            If the file does not say the responses to mean grey.
        """
        if self.grey_baseline is None:
            raise StateError(
                path=self.path, expected="responses to mean grey", found="a published file"
            )
        return self.grey_baseline < NO_ROOM

    def get_neuron_results(
        self, neuron_id: int, seed: int | None = None, activation_type: str = "most"
    ) -> dict[str, Any] | list[dict[str, Any]]:
        """Images of one neuron.

        Parameters
        ----------
        neuron_id
            0-based.
        seed
            One seed; None gives all, ascending.
        activation_type
            ``"most"`` or ``"least"``.

        Returns
        -------
        dict or list of dict
            `image` and `alpha` (C, H, W), `activations` (n_steps,); all attributes of the pole.

        Raises
        ------
        SettingError
            If the file has no such neuron, seed or pole.
        StateError
            If the pole comes from an interrupted run.
        """
        if activation_type not in WEIGHTS:
            raise SettingError(
                path="activation_type",
                expected=" or ".join(WEIGHTS),
                found=f"{activation_type!r}",
            )
        if seed is None:
            return [self._result(neuron_id, one, activation_type) for one in self.seeds(neuron_id)]
        return self._result(neuron_id, seed, activation_type)

    def _result(self, neuron_id: int, seed: int, pole: str) -> dict[str, Any]:
        what = f"neuron {neuron_id} with seed {seed}, {pole} exciting"
        group = self._group(pole_group(Item(neuron_id, pole, seed)), what)
        if not self._counts(group):
            raise StateError(
                path=self.path,
                expected=f"a complete pole of {what}",
                found="one of an interrupted run",
                advice="run the same again to complete it",
            )
        with _failures_told(self.path):
            arrays = {name: np.atleast_1d(group[name][()]) for name in group}
            attributes = {
                name: value.item() if isinstance(value, np.generic) else value
                for name, value in group.attrs.items()
            }
        return attributes | arrays

    def _counts(self, group: h5py.Group | None) -> bool:
        """Whether a pole is whole; published files do not say."""
        return _is_complete(group) if self.settings else group is not None

    def _group(self, name: str, what: str) -> h5py.Group:
        group = self.file.get(name)
        if not isinstance(group, h5py.Group):
            raise SettingError(path=self.path, expected=f"poles of {what}", found="none")
        return group


def _numbers(group: h5py.Group, prefix: str) -> list[int]:
    """Numbers in the names of a group's parts that begin with `prefix`, ascending."""
    ends = (name.removeprefix(prefix) for name in group if name.startswith(prefix))
    return sorted(int(end) for end in ends if end.isdecimal())


def state_digest(twin: torch.nn.Module) -> str:
    """SHA-256 of a network's weights, by name.

    Examples
    --------
    >>> state_digest(torch.nn.ReLU())[:8]
    'e3b0c442'
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(twin.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()

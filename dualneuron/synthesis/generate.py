"""Most and least exciting images of a whole population, into one HDF5 file for each twin."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.errors import SettingError
from core.files import alone_in
from core.progress import progress, say
from core.settings import as_plain, whole
from core.versions import versions
from dualneuron.files import twin_files
from dualneuron.synthesis.batch import WEIGHTS, Item, synthesize
from dualneuron.synthesis.poles_file import DualNeuronDataset, PolesFile, state_digest
from dualneuron.synthesis.presets import (
    V1_BATCH,
    V4_BATCH,
    V4_GRAY_NOTEBOOK,
    FourierPreset,
    PixelPreset,
)
from dualneuron.twins.ensemble import Twin
from dualneuron.twins.nets import TWIN_MAKERS

__all__ = ["DualNeuronDataset", "generate_poles"]

BATCH_PRESETS: dict[str, PixelPreset | FourierPreset] = {
    "v1": V1_BATCH,
    "v4": V4_BATCH,
    "v4g": V4_GRAY_NOTEBOOK,
}
"""Settings of a population by twin: the published batch script's, and for the grey V4 twin, which
that leaves out, the notebook's."""

MOST_SEEDS = 10_000
"""Seeds are drawn below it, as published."""

BATCH_SIZE = {"cpu": 16, "cuda": 64}
"""Items made together, by kind of device."""

Neurons = int | Sequence[int] | None


def generate_poles(
    output_dir: str | Path | None = None,
    num_seeds: int = 5,
    v1_neurons: Neurons = 458,
    v4_neurons: Neurons = 394,
    *,
    v4g_neurons: Neurons = None,
    seeds: Sequence[int] | None = None,
    random_state: int = 0,
    poles: Sequence[str] = ("least", "most"),
    presets: Mapping[str, PixelPreset | FourierPreset] | None = None,
    twins: Mapping[str, Twin] | None = None,
    batch_size: int | None = None,
    device: str | torch.device | None = None,
    data_dir: str | Path | None = None,
    compat_rng: bool = False,
) -> list[Path]:
    """Make poles of many neurons; an interrupted run goes on where it stopped.

    Parameters
    ----------
    output_dir
        Folder; None is the current one.
    num_seeds
        Images of each neuron and pole.
    v1_neurons, v4_neurons, v4g_neurons
        Neurons of each twin: the first n, or 0-based ids; None or 0 leaves a twin out.
    seeds
        The seeds themselves, in place of `num_seeds` drawn ones.
    random_state
        Draws the seeds, below 10000.
    poles
        ``"least"``, ``"most"`` or both.
    presets
        Settings by twin (``v1``, ``v4``, ``v4g``) in place of `BATCH_PRESETS`.
    twins
        Twins in place of the published centred ensembles.
    batch_size
        Items made together; None is 16 on the CPU, 64 on a GPU. Images do not depend on it, up to
        rounding.
    device
        Where to compute; None is CUDA when present, else the CPU.
    data_dir
        Folder of published files, looked at first.
    compat_rng
        Draw as published: each neuron and seed starts torch's stream at the seed, the least
        exciting image comes first and the most exciting one goes on with the stream.

    Returns
    -------
    list of Path
        ``v1graytaskdriven_results.h5`` and so on.

    Raises
    ------
    SettingError
        If an argument cannot be used.
    StateError
        If a file is there that was made with other settings, or is damaged.
    WeightsError
        If a twin's files cannot be had.
    """
    poles, seeds = _checked_poles(poles, compat_rng), _seeds(seeds, num_seeds, random_state)
    if batch_size is not None:
        whole(batch_size, "batch_size", at_least=1)
    wanted = {
        name: _neurons(neurons, f"{name}_neurons", twin_files(name).n_neurons)
        for name, neurons in zip(BATCH_PRESETS, (v1_neurons, v4_neurons, v4g_neurons), strict=True)
    }
    folder = Path(output_dir or ".")
    written = []
    with alone_in(folder, say):
        for name in (name for name, neurons in wanted.items() if neurons):
            twin = (twins or {}).get(name) or TWIN_MAKERS[name](
                ensemble=True, centered=True, device=device, data_dir=data_dir
            )
            preset = (presets or {}).get(name, BATCH_PRESETS[name])
            path = folder / f"{twin.files.folder.lower()}_results.h5"
            pairs = list(product(wanted[name], seeds))
            _fill(path, twin, preset, pairs, poles, batch_size, compat_rng)
            written.append(path)
    return written


def _fill(
    path: Path,
    twin: Twin,
    preset: PixelPreset | FourierPreset,
    pairs: Sequence[tuple[int, int]],
    poles: Sequence[str],
    batch_size: int | None,
    compat_rng: bool,
) -> None:
    """Make what a file lacks, in batches that do not depend on what is there already."""
    device = next(twin.parameters()).device
    size = batch_size or BATCH_SIZE.get(device.type, BATCH_SIZE["cpu"])
    settings = {
        "model": twin.files.folder,
        "compat_rng": compat_rng,
        "weights": state_digest(twin),
        **(plain := _plain(preset)),
    }
    notes = {"preset": json.dumps(plain), "versions": json.dumps(versions())}
    file = PolesFile(path, settings, twin.grey_baseline().numpy(), notes)
    step = max(1, size // len(poles))
    batches = [pairs[first : first + step] for first in range(0, len(pairs), step)]
    for batch in progress(batches, len(batches), path.stem):
        every = [Item(neuron, pole, seed) for neuron, seed in batch for pole in poles]
        items = file.missing(every)
        if not items:
            continue
        if compat_rng:
            items, results = _in_one_stream(twin, batch, preset)
        else:
            results = synthesize(twin, items, preset)
        file.add(items, results)


def _in_one_stream(
    twin: Twin, pairs: Sequence[tuple[int, int]], preset: PixelPreset | FourierPreset
) -> tuple[list[Item], list[dict[str, Any]]]:
    generators = [torch.Generator().manual_seed(seed) for _, seed in pairs]
    items, results = [], []
    for pole in ("least", "most"):
        now = [Item(neuron, pole, seed) for neuron, seed in pairs]
        items += now
        results += synthesize(twin, now, preset, generators=generators)
    return items, results


def _plain(preset: PixelPreset | FourierPreset) -> dict[str, Any]:
    """A preset as JSON gives it back."""
    values = preset.arguments()
    if not isinstance(values.get("magnitude_path", ""), str):
        magnitude = np.ascontiguousarray(values["magnitude_path"], dtype=np.float32)
        values["magnitude_path"] = hashlib.sha256(magnitude.tobytes()).hexdigest()
    return json.loads(json.dumps(values, default=as_plain))


def _checked_poles(poles: Sequence[str], compat_rng: bool) -> tuple[str, ...]:
    known = tuple(WEIGHTS)
    chosen = (poles,) if isinstance(poles, str) else tuple(poles)
    if not chosen or any(pole not in known for pole in chosen) or len(set(chosen)) < len(chosen):
        raise SettingError(path="poles", expected="least, most or both", found=f"{poles!r}")
    if compat_rng and set(chosen) != set(known):
        raise SettingError(
            path="poles", expected="both, whose random numbers are one stream", found=f"{poles!r}"
        )
    return tuple(pole for pole in known if pole in chosen)


def _seeds(seeds: Sequence[int] | None, num_seeds: int, random_state: int) -> list[int]:
    if seeds is not None:
        chosen = [whole(seed, "seeds", at_least=0) for seed in seeds]
        if not chosen or len(set(chosen)) < len(chosen):
            raise SettingError(path="seeds", expected="different seeds", found=f"{seeds!r}")
        return chosen
    whole(num_seeds, "num_seeds", at_least=1)
    if num_seeds > MOST_SEEDS:
        raise SettingError(path="num_seeds", expected=f"at most {MOST_SEEDS}", found=num_seeds)
    whole(random_state, "random_state", at_least=0)
    drawn = np.random.RandomState(random_state).choice(MOST_SEEDS, num_seeds, replace=False)
    return drawn.tolist()


def _neurons(neurons: Neurons, name: str, n_neurons: int) -> list[int]:
    if neurons is None:
        return []
    if isinstance(neurons, int | np.integer):
        whole(neurons, name, at_least=0)
        ids = range(int(neurons))
    else:
        ids = [whole(neuron, name, at_least=0) for neuron in neurons]
    if len(set(ids)) < len(ids) or (ids and max(ids) >= n_neurons):
        raise SettingError(
            path=name, expected=f"different ids from 0 to {n_neurons - 1}", found=f"{neurons!r}"
        )
    return list(ids)

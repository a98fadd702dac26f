"""The command ``poles``."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.errors import SettingError
from core.files import writable_folder
from dualneuron.files import TWINS
from dualneuron.synthesis.generate import BATCH_PRESETS, DualNeuronDataset, generate_poles
from dualneuron.synthesis.presets import PRESETS, Preset
from dualneuron.twins.ensemble import NO_ROOM
from dualneuron.twins.nets import TWIN_MAKERS


def make_poles(options: argparse.Namespace) -> Iterator[str]:
    """Make poles of neurons, and say which low poles mean little.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    neurons = {name: getattr(options, f"{name}_neurons") for name in TWINS}
    chosen = [name for name in TWINS if neurons[name]]
    presets = _presets(options, chosen)
    writable_folder(options.output_dir)
    twins = {
        name: TWIN_MAKERS[name](
            ensemble=True,
            centered=True,
            untrained=options.untrained,
            data_dir=options.data_dir,
            device=options.device,
        )
        for name in chosen
    }
    written = generate_poles(
        options.output_dir,
        options.num_seeds,
        neurons["v1"],
        neurons["v4"],
        v4g_neurons=neurons["v4g"],
        random_state=options.random_state,
        poles=options.poles,
        presets=presets,
        twins=twins,
        batch_size=options.batch_size,
        compat_rng=options.compat_rng,
    )
    for path in written:
        yield from _summary(path)


def _presets(options: argparse.Namespace, chosen: list[str]) -> dict[str, Preset]:
    if not chosen:
        raise SettingError(expected="neurons of a twin, as in -v1 10", found="none of any")
    presets = {name: BATCH_PRESETS[name] for name in chosen}
    for name in options.preset or ():
        twin = name.split("-")[0]
        if name not in PRESETS or twin not in chosen:
            known = ", ".join(known for known in PRESETS if known.split("-")[0] in chosen)
            raise SettingError(path="--preset", expected=f"one of {known}", found=repr(name))
        presets[twin] = PRESETS[name]
    if options.steps is None:
        return presets
    return {name: replace(preset, total_steps=options.steps) for name, preset in presets.items()}


def _summary(path: Path) -> Iterator[str]:
    with DualNeuronDataset(path) as poles:
        neurons = poles.neurons
        n_images = sum(len(poles.poles(n, seed)) for n in neurons for seed in poles.seeds(n))
        without = [str(n) for n in neurons if poles.without_room()[n]]
    yield f"{path}: {n_images} images of {len(neurons)} neurons"
    if without:
        yield (
            f"{len(without)} respond to mean grey with less than {NO_ROOM}, which leaves next to "
            f"no room for a low pole: {', '.join(without)}"
        )

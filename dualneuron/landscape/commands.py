"""The commands ``tuning``, ``maps`` and ``beside``."""

import argparse
from collections.abc import Iterator
from dataclasses import replace

from core.errors import SettingError
from core.files import replacing, writable_folder
from core.geometry.distances import DISTANCES, FeatureDistance
from dualneuron.landscape.beside import beside_figure, poles_beside_evolved, spoken
from dualneuron.landscape.evolved import open_evolved
from dualneuron.synthesis.presets import PRESETS, AscentPreset


def poles_beside(options: argparse.Namespace) -> Iterator[str]:
    """MEIs beside evolved images: a table, a figure, and lines to print.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    evolved = open_evolved(
        options.folder, options.neurons, data_dir=options.data_dir, device=options.device
    )
    preset = _preset(options, evolved.respond.twin.name)
    distance = _distance(options)
    out = writable_folder(options.out)
    found = poles_beside_evolved(evolved, preset, distance, options.seed)
    with replacing(out / "beside.csv") as path:
        found.table.to_csv(path, index=False)
    notice, save = evolved.described.notice, out / "beside.png"
    beside_figure(found, notice, distance.name, show=False, save=save)
    yield from (notice, *spoken(found.table))
    yield from (str(out / name) for name in ("beside.csv", "beside.png"))


def _preset(options: argparse.Namespace, twin: str) -> AscentPreset:
    known = [name for name in PRESETS if name.split("-")[0] == twin]
    name = options.preset or f"{twin}-notebook"
    if name not in known:
        raise SettingError(path="--preset", expected=f"one of {', '.join(known)}", found=repr(name))
    preset = PRESETS[name]
    return preset if options.steps is None else replace(preset, total_steps=options.steps)


def _distance(options: argparse.Namespace) -> FeatureDistance:
    if options.distance not in DISTANCES:
        raise SettingError(
            path="--distance", expected=", ".join(DISTANCES), found=repr(options.distance)
        )
    return DISTANCES[options.distance](device=options.device)

"""The commands ``tuning``, ``maps`` and ``beside``."""

import argparse
from collections.abc import Iterator
from dataclasses import replace

from core.errors import SettingError
from core.files import replacing, writable_folder
from core.geometry.distances import DISTANCES, FeatureDistance
from core.level_sets.study import INDICES
from core.settings import whole
from dualneuron.landscape.axis_figure import axis_figure
from dualneuron.landscape.axis_tuning import shares, tuning_in_words
from dualneuron.landscape.beside import beside_figure, beside_in_words, poles_beside_evolved
from dualneuron.landscape.centres import around_evolved, around_one_code
from dualneuron.landscape.compared_maps import (
    compared,
    grouped,
    maps_figure,
    read_recorded,
    read_units,
    twin_maps,
)
from dualneuron.landscape.paired_folder import open_evolved
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
    yield from (notice, *beside_in_words(found.table))
    yield from (str(out / name) for name in ("beside.csv", "beside.png"))


def tuning_of_twins(options: argparse.Namespace) -> Iterator[str]:
    """Tuning along axes of a generator's metric: tables, a figure, and lines to print.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    whole(options.repeats, "--repeats", at_least=2)
    distance = _distance(options)
    found_around = around_one_code if options.evolved is None else around_evolved
    notice, found = found_around(options, distance)
    out = options.out
    for name, frame in (
        ("tuning", found.table),
        ("shares", shares(found.table)),
    ):
        with replacing(out / f"{name}.csv") as path:
            frame.to_csv(path, index=False)
    axis_figure(found, notice, distance.name, show=False, save=out / "tuning.png")
    yield from (notice, *tuning_in_words(found.table, options.seed))
    yield from (str(out / name) for name in ("tuning.csv", "shares.csv", "tuning.png"))


def maps_of_twins(options: argparse.Namespace) -> Iterator[str]:
    """Level sets of tuning maps of twins, units and recordings: tables, a figure, and lines.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    units = read_units(options.units)
    recorded = None if options.recorded is None else read_recorded(options.recorded)
    evolved = open_evolved(
        options.folder, options.neurons, data_dir=options.data_dir, device=options.device
    )
    out = writable_folder(options.out)
    twins = twin_maps(evolved, options.thread)
    with replacing(out / "twins.parquet") as path:
        twins.to_parquet(path)
    described = evolved.described
    maps = grouped(twins, described.twin, units, recorded)
    table = compared(maps, options.seed)
    with replacing(out / "compared.csv") as path:
        table.to_csv(path, index=False)
    notice = f"{described.notice}; around codes evolved in {described.spaces[options.thread]}"
    maps_figure(maps, table, notice, show=False, save=out / "maps.png")
    yield notice
    means = table.pivot(index=["kind", "group"], columns="index", values="mean")
    groups = list(dict.fromkeys(zip(table["kind"], table["group"], strict=True)))
    yield means.loc[groups, list(INDICES)].round(2).to_string()
    yield from (str(out / name) for name in ("twins.parquet", "compared.csv", "maps.png"))


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

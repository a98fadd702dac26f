"""The panels of Extended Data Figure 1, computed into tables with a stamp each.

What is there already with the same settings is not computed again. The ascents of panel D go on
where they were stopped.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from core.computing.devices import choose_device
from core.contract import ext1
from core.contract.descriptions import Sizes, Table
from core.contract.provenance import read_provenance, record, write_provenance
from core.contract.source_data import SourceData
from core.errors import MissingFileError, SettingError
from core.experiments.stamps import matches_stamp, write_stamp
from core.files import writable_folder
from core.generator_statistics.panels.distances import panel_a
from core.generator_statistics.panels.driven import panel_d
from core.generator_statistics.panels.evolved import panel_b
from core.generator_statistics.panels.explored import explorer_tables
from core.generator_statistics.panels.inputs import Study
from core.generator_statistics.panels.inverted import panel_c
from core.generator_statistics.photographs import files_of_images
from core.generator_statistics.presets import PRESETS, FigurePreset
from core.project import COMPUTED_DATA, SOURCE_DATA

COMPUTATION = "computation"
"""Source of these tables in ``provenance.json``."""

Say = Callable[[str], None]


def run_study(options: argparse.Namespace, say: Say) -> None:
    """Compute the panels that were asked for, and say where their tables are.

    Parameters
    ----------
    options
        As the parser of the command gives them.
    say
        Takes a line for the user.

    Raises
    ------
    SettingError
        If an option cannot be meant.
    MissingFileError, WeightsError
        If data or weights are not at hand.
    """
    study = _study(options)
    for line in plan(study.preset):
        say(line)
    if options.plan:
        return
    choose_device(study.device)
    writable_folder(study.folder)
    if options.images == "explorer":
        _keep(study, "explorer", say, partial(explorer_tables, study), {})
        return
    _check_data(study, options.panel)
    details = {"natural": sorted(study.natural), "photographs": str(study.photographs or "")}
    work = {"A": panel_a, "B": panel_b, "C": panel_c}
    for panel in options.panel:
        compute = partial(work[panel], study) if panel in work else partial(panel_d, study, options)
        _keep(study, panel, say, compute, details)


def _study(options: argparse.Namespace) -> Study:
    preset = PRESETS[options.preset]
    root = SOURCE_DATA if options.preset == "published" else COMPUTED_DATA
    return Study(
        preset=preset,
        root=Path(options.out or root),
        seed=options.seed,
        device=options.device,
        weights_dir=options.weights_dir,
        natural=_named_paths(options.natural, "--natural"),
        photographs=options.photographs,
        yolo=_named_paths(options.yolo, "--yolo"),
        explorer=options.data,
    )


def _named_paths(given: list[str], option: str) -> dict[str, Path]:
    pairs = [text.partition("=") for text in given]
    for name, equals, path in pairs:
        if not (name and equals and path):
            raise SettingError(path=option, expected="NAME=PATH", found=f"{name}{equals}{path!r}")
    return {name: Path(path).expanduser() for name, _, path in pairs}


def plan(preset: FigurePreset) -> Iterator[str]:
    """What a preset needs and does, line by line.

    Parameters
    ----------
    preset
        Counts and models.

    Examples
    --------
    >>> next(plan(PRESETS["offline"]))
    'offline: offline substitutes: generators without weights (small, random CNN) for DeePSim and \
BigGAN, EfficientNet-Lite0 for Inception, YOLO, AlexNet and ResNet-50, crops of bundled photographs'
    """
    yield f"{preset.name}: {preset.substitutes or 'models and images of the paper'}"
    if preset.weights:
        yield "weights: " + "; ".join(preset.weights)
        yield (
            "data: --natural NAME=FOLDER for each set of natural images of panel A (50,000 of "
            "ImageNet's validation set, THINGS, COCO, EcoSet); --photographs FOLDER for panel C "
            "(EcoSet, a folder for each category)"
        )
    for panel in "ABCD":
        hours = preset.hours.get(panel)
        spent = f"; about {hours:g} hours on one GPU" if hours else ""
        yield f"{panel}: {preset.counts(panel)}{spent}"


def _check_data(study: Study, panels: list[str]) -> None:
    """Say what is missing before anything is computed."""
    if study.is_published and "A" in panels and not study.natural:
        raise SettingError(
            path="--natural", expected="a folder of natural images, NAME=FOLDER", found="none"
        )
    if study.is_published and "C" in panels and study.photographs is None:
        raise SettingError(path="--photographs", expected="a folder of photographs", found="none")
    for folder in (*study.natural.values(), study.photographs):
        if folder is not None:
            files_of_images(folder)
    for path in study.yolo.values():
        if not path.exists():
            raise MissingFileError(path=path, expected="saved results of YOLO", found="none")


def _keep(
    study: Study,
    panel: str,
    say: Say,
    work: Callable[[], dict[Table, pd.DataFrame]],
    details: dict,
) -> None:
    """Compute and write the tables of a panel with their stamp, unless they are there."""
    source = SourceData(study.root, Sizes())
    stamp = study.folder / ext1.stamp_name(panel)
    settings = {
        "version": ext1.VERSION,
        "preset": study.preset.name,
        "seed": study.seed,
        "substitutes": "" if panel == "explorer" else study.preset.substitutes,
        "counts": "" if panel == "explorer" else study.preset.counts(panel),
        **details,
    }
    paths = [source.path(file) for file in ext1.PANELS[panel]]
    if matches_stamp(stamp, paths, settings):
        say(f"{panel}: computed before, {stamp}")
        return
    stamp.unlink(missing_ok=True)
    start = time.perf_counter()
    tables = work()
    for file, table in tables.items():
        source.write(file, table[[column.name for column in file.columns]])
    if panel in ext1.PICTURES:
        paths.append(study.folder / ext1.PICTURES[panel])
    spent = {"seconds": round(time.perf_counter() - start, 1)}
    write_stamp(stamp, paths, {**settings, **spent, "torch": torch.__version__})
    if study.is_published:
        _record(study.root, [source.path(file) for file in tables])
    say(f"{panel}: {spent['seconds']:.0f} s, {', '.join(str(source.path(f)) for f in tables)}")


def _record(root: Path, written: list[Path]) -> None:
    records = read_provenance(root)
    for path in written:
        records[path.relative_to(root).as_posix()] = record(path, COMPUTATION)
    write_provenance(root, records)

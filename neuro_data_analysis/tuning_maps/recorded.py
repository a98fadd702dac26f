"""Tuning maps as they were recorded: the two files of an animal in the data of OSF gpzm5.

``{Animal}_Manif_stats.mat`` holds the PSTHs of 11 x 11 images on a sphere of codes, one element an
experiment; ``{Animal}_Evol_stats.mat`` says which unit had driven the evolution before. The data
belong to Wang & Ponce, *Tuning landscapes of the ventral stream*, Cell Reports 2022.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import RecordingError
from core.level_sets.sphere_grid import GRID_ANGLES
from core.level_sets.tuning_maps import TuningMap, map_of_trials
from core.matlab.reading import Struct, StructArray, open_matfile
from core.statistics.windows import EVOKED, Window, check_window
from neuro_data_analysis.recordings.conversion import (
    N_BINS,
    as_integer,
    as_numbers,
    describe,
    is_empty,
)
from neuro_data_analysis.recordings.naming import area_of_channel

RECORDED = datetime.date(2019, 12, 31)
"""All were recorded about then, before Beto's arrays changed."""

BEFORE: Window = (0, 40)
"""Window of the baseline in ms, as the level sets were published."""

FEW_TRIALS = {("Alfa", 10)}
"""Experiments that the published statistics leave out: fewer trials than the others."""

N_NODES = len(GRID_ANGLES)

Node = Any
"""PSTHs of a node as a reader hands them over."""


@dataclass(frozen=True, eq=False)
class RecordedMap:
    """The tuning map of one experiment, in the space of PC2 and PC3.

    Attributes
    ----------
    animal
        Name.
    number
        Number of the experiment, from 1.
    channel, unit
        Preferred channel and row of the PSTHs, both from 1.
    area
        V1, V4 or IT.
    tuned
        Rate of every trial at every node, events/s; theta (PC2) by phi (PC3).
    baseline
        Mean rate before the response, all trials, events/s.
    """

    animal: str
    number: int
    channel: int
    unit: int
    area: str
    tuned: TuningMap
    baseline: float

    @property
    def name(self) -> str:
        """As in the published tables: ``Alfa_Exp03``."""
        return f"{self.animal}_Exp{self.number:02d}"


def read_recorded_maps(
    folder: str | Path, animal: str, window: Window = EVOKED, everything: bool = False
) -> Iterator[RecordedMap]:
    """Tuning maps of an animal, one experiment read at a time.

    Parameters
    ----------
    folder
        Holds ``{animal}_Manif_stats.mat`` and ``{animal}_Evol_stats.mat``.
    animal
        Alfa or Beto.
    window
        Of the response, in ms from image onset, half-open, 0-based.
    everything
        Give the experiments of `FEW_TRIALS`, too.

    Yields
    ------
    RecordedMap

    Raises
    ------
    MissingFileError
        If a file is not there.
    RecordingError
        If one is no MATLAB v7.3 file of this kind, the two do not hold the same number of
        experiments, or an experiment's fields cannot be meant; names file, experiment and field.
    """
    window = check_window(window, N_BINS)
    shown, evolved = (Path(folder) / f"{animal}_{kind}_stats.mat" for kind in ("Manif", "Evol"))
    with open_matfile(shown) as maps, open_matfile(evolved) as evolutions:
        images = _experiments(maps, "Stats", shown)
        units = _experiments(evolutions, "EStats", evolved)
        if len(images) != len(units):
            found = f"{len(units)} in {evolved.name}"
            raise RecordingError(path=shown, expected=f"{len(images)} experiments", found=found)
        for index in range(len(images)):
            number = index + 1
            if everything or (animal, number) not in FEW_TRIALS:
                try:
                    yield _recorded(animal, number, images[index], units[index], window)
                except RecordingError as error:
                    raise error.inside(f"Exp {number}").inside(shown) from None


def _experiments(variables: Struct, name: str, path: Path) -> Sequence[Mapping[str, Any]]:
    """Elements of a struct array; MATLAB writes one of length 1 as a struct."""
    found = variables.get(name)
    if isinstance(found, Struct):
        return [found]
    if not isinstance(found, StructArray):
        expected = f"a struct array {name}"
        raise RecordingError(path=path, expected=expected, found=describe(found))
    return found


def _recorded(
    animal: str, number: int, image: Mapping[str, Any], unit: Mapping[str, Any], window: Window
) -> RecordedMap:
    evolution = _part(unit, "evol")
    row = as_integer(evolution.get("unit_in_pref_chan"), "evol.unit_in_pref_chan")
    channel = as_integer(evolution.get("pref_chan"), "evol.pref_chan")
    nodes = _first_map(_part(image, "manif").get("psth"))
    rates = [
        [_trials(node, row, f"manif.psth node {i}, {j}") for j, node in enumerate(line)]
        for i, line in enumerate(nodes)
    ]
    tuned = map_of_trials([[node[:, slice(*window)].mean(1) for node in line] for line in rates])
    before = np.concatenate([node[:, slice(*BEFORE)] for line in rates for node in line])
    area = area_of_channel(channel, animal, RECORDED)
    return RecordedMap(animal, number, channel, row, area, tuned, float(before.mean()))


def _part(element: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = element.get(name)
    if not isinstance(found, Mapping):
        raise RecordingError(path=name, expected="a struct", found=describe(found))
    return found


def _first_map(value: Any) -> list[list[Node]]:
    """The 11 x 11 nodes, or those of the first space where there is a cell of several."""
    if _is_grid(value):
        return value
    spaces = [space for line in value for space in line] if isinstance(value, list) else []
    if spaces and _is_grid(spaces[0]):
        return spaces[0]
    expected = f"a cell of {N_NODES} x {N_NODES} nodes, or a cell of such"
    found = f"{len(value)} x {len(value[0])}" if spaces else describe(value)
    raise RecordingError(path="manif.psth", expected=expected, found=found)


def _is_grid(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == N_NODES
        and all(isinstance(line, list) and len(line) == N_NODES for line in value)
    )


def _trials(stored: Node, unit: int, where: str) -> np.ndarray:
    """Rates of one unit in every trial of a node, (n_trials, 200), events/s.

    MATLAB drops last axes of length 1: the PSTHs (units, 200, trials) of one trial are two-
    dimensional, and so are those of a site with one unit where a tool squeezed them.
    """
    if is_empty(stored):
        return np.zeros((0, N_BINS))
    array = as_numbers(stored, where)
    if array.ndim == 2:
        array = array[None] if array.shape[0] == N_BINS else array[:, :, None]
    if array.ndim != 3 or array.shape[1] != N_BINS:
        expected = f"units x {N_BINS} bins x trials"
        raise RecordingError(path=where, expected=expected, found=array.shape)
    if not 1 <= unit <= len(array):
        raise RecordingError(path=where, expected=f"unit {unit}", found=f"{len(array)} units")
    rates = array[unit - 1].T
    if not np.isfinite(rates).all():
        raise RecordingError(path=where, expected="finite rates", found="NaN or infinity")
    return rates

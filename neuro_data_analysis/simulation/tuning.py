"""Tuning recordings along the Hessian axes of the object space, after a simulated evolution.

Model: docs/simulation.md.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.contract.provenance import SIMULATED_SUFFIX
from core.contract.signs import sign
from neuro_data_analysis.recordings.formatted import FormattedRecording
from neuro_data_analysis.simulation.descriptors import Descriptor
from neuro_data_analysis.simulation.evolution import SimulatedEvolution
from neuro_data_analysis.simulation.parameters import Parameters
from neuro_data_analysis.simulation.record import (
    LOG_SD_OTHER_RATE,
    MEDIAN_OTHER_RATE,
    TrialRecord,
    draw_units,
)
from neuro_data_analysis.simulation.spikes import N_DRAWN, simulated_psth
from neuro_data_analysis.simulation.world import FeatureGenerator, World

LEVELS = (-0.4, -0.32, -0.24, -0.16, 0.0, 0.16, 0.24, 0.32, 0.4)
TUNED_GROUPS = ("texture", "object")
MONTHS_WITHOUT_UNIT_NUMBERS = ("072020", "082020")
"""Months (MMYYYY) of recordings in the old form, which holds no unit numbers."""

MIN_OTHER_RATE = 5.0
"""events/s; every row that is not inactive counts as a unit."""

OTHER_CV = 0.2
"""Coefficient of variation of the other units' gain."""


@dataclass(frozen=True)
class TuningDesign:
    """Which axes are shown, each with an origin of its own: ranks by space, repeats per image."""

    ranks: dict[str, tuple[int, ...]]
    repeats: tuple[int, int]


EARLIER = TuningDesign(
    {
        "class": (0, 1, 2, 3, 6, 9, 13, 17, 21, 25, 30, 40, 60),
        "noise": (0, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 40),
    },
    repeats=(5, 6),
)
LATER = TuningDesign(
    {"class": (0, 1, 2, 3, 6, 9, 13, 21, 30, 60), "noise": (0, 1, 2, 3, 5, 8, 10, 20, 40)},
    repeats=(8, 9),
)


@dataclass(frozen=True)
class TuningSchedule:
    """A tuning recording and the evolution before it; `Expi` is None outside the paired data set.

    `number` counts the evolutions of one animal.
    """

    index: int
    animal: str
    number: int
    evolution: Descriptor
    tuning_name: str

    @property
    def ephysFN(self) -> str:  # noqa: N802 (the field's name)
        """Name of the simulated recording."""
        return self.tuning_name + SIMULATED_SUFFIX

    @property
    def design(self) -> TuningDesign:
        """Axes and repeats of this animal's recordings."""
        return EARLIER if self.animal in ("Alfa", "Beto") else LATER

    @property
    def has_unit_numbers(self) -> bool:
        """Whether the file holds unit numbers; those of summer 2020 do not."""
        day = self.tuning_name.split("-")[1]
        return day[2:] not in MONTHS_WITHOUT_UNIT_NUMBERS


@cache
def schedules() -> tuple[TuningSchedule, ...]:
    """The 55 tuning recordings.

    Examples
    --------
    >>> len(schedules())
    55
    """
    path = Path(__file__).with_name("tuning_recordings.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        TuningSchedule(
            index=index,
            animal=row["Animal"],
            number=int(row["number"]),
            evolution=Descriptor(
                Expi=int(row["Expi"]) if row["Expi"] else None,
                scheduled_name=row["evolution"],
                channel=int(row["channel"]),
                unit=int(row["unit"]),
                size=float(row["size"]),
                position=(0.0, 0.0),
                spaces=("fc6", "BigGAN"),
                area="IT",
            ),
            tuning_name=row["tuning"],
        )
        for index, row in enumerate(rows)
    )


def simulate_tuning(
    schedule: TuningSchedule,
    evolution: SimulatedEvolution,
    world: World,
    parameters: Parameters,
    rng: np.random.Generator,
) -> FormattedRecording:
    """Show images along the axes around the evolution's end to the site that it evolved for.

    Parameters
    ----------
    schedule
        The tuning recording.
    evolution
        The evolution before it.
    world
        Both generators.
    parameters
        Constants of the model.
    rng
        Generator of everything that is drawn.
    """
    names, codes = images_along_axes(
        world.object, evolution.blocks[-1][1].mean_code, schedule.design, parameters
    )
    references = [f"SIMref{number + 1:02d}" for number in range(parameters.n_references)]
    site = evolution.site
    shown = [world.object.features(codes), evolution.references]
    evoked = np.vstack([site.evoked(site.drives(features, False)) for features in shown])
    names = [*names, *references]
    low, high = schedule.design.repeats
    trials = np.repeat(np.arange(len(names)), rng.integers(low, high + 1, len(names)))
    trials = rng.permutation(trials)
    channels, units = draw_units(evolution.descriptor, rng)
    rates = site.baseline + evoked[trials]
    preferred = simulated_psth(rates, site.trial_cv, parameters.dead_time, rng)
    return FormattedRecording(
        name=schedule.ephysFN,
        image_names=[names[trial] for trial in trials],
        rasters=with_other_rows(preferred, evolution.descriptor, channels, units, parameters, rng),
        channels=channels,
        units=units,
    )


def images_along_axes(
    generator: FeatureGenerator, center: np.ndarray, design: TuningDesign, parameters: Parameters
) -> tuple[list[str], np.ndarray]:
    """Names and codes of all images.

    Parameters
    ----------
    generator
        The object space.
    center : (n_code,)
        Code at the origin of the axes.
    design
        Axes to show.
    parameters
        Constants of the model, of which the range counts.

    Returns
    -------
    names : list of n_images str
    codes : (n_images, n_code)
    """
    scale = parameters.tuning_range * generator.space.latent_scale
    names, codes = [], []
    for space, part in code_halves(len(center)).items():
        directions = hessian_axes(generator, center, part)
        for rank in design.ranks[space]:
            for level in LEVELS:
                code = center.copy()
                code[part] += scale * level * directions[:, rank]
                names.append(f"{space}_eig{rank}_lin{level:.2f}")
                codes.append(code)
    return names, np.array(codes)


def code_halves(n_code: int) -> dict[str, slice]:
    """Which numbers of an object code are class and which noise.

    Examples
    --------
    >>> code_halves(256)["class"]
    slice(128, 256, None)
    """
    return {"class": slice(n_code // 2, n_code), "noise": slice(0, n_code // 2)}


def hessian_axes(generator: FeatureGenerator, center: np.ndarray, part: slice) -> np.ndarray:
    """Eigenvectors of the metric inside a part of the code, (n_part, n_part), largest first.

    Parameters
    ----------
    generator
        The object space.
    center : (n_code,)
        Code at which the metric is taken.
    part
        Part of the code, of n_part numbers.
    """
    jacobian = generator.jacobian(center, TUNED_GROUPS)[:, part]
    return np.linalg.eigh(jacobian.T @ jacobian)[1][:, ::-1]


def with_other_rows(
    preferred: np.ndarray,
    descriptor: Descriptor,
    channels: np.ndarray,
    units: np.ndarray,
    parameters: Parameters,
    rng: np.random.Generator,
) -> np.ndarray:
    """Rasters of all rows: the preferred unit, others without tuning, silent ones.

    Parameters
    ----------
    preferred : (n_trials, 200)
        Single trials of the preferred unit, events/s.
    descriptor
        Experiment, with its preferred channel and unit.
    channels, units : (n_rows,)
        Labels of the rows; unit 0 is silent.
    parameters
        Constants of the model, of which the dead time counts.
    rng
        Generator of the other units.

    Returns
    -------
    (n_trials, 200, n_rows) float32
        events/s, signed.
    """
    rasters = np.zeros((*preferred.shape, len(units)), dtype=np.float32)
    for row, (channel, unit) in enumerate(zip(channels, units, strict=True)):
        if (channel, unit) == (descriptor.channel, descriptor.unit):
            rasters[:, :, row] = preferred
        elif unit > 0:
            rate = MEDIAN_OTHER_RATE * np.exp(LOG_SD_OTHER_RATE * rng.standard_normal())
            rates = np.full((len(preferred), N_DRAWN), max(rate, MIN_OTHER_RATE))
            rasters[:, :, row] = simulated_psth(rates, OTHER_CV, parameters.dead_time, rng)
    return sign(rasters)


def formatted_evolution(
    record: TrialRecord, parameters: Parameters, rng: np.random.Generator
) -> FormattedRecording:
    """An evolution outside the paired data set, as a formatted recording of its own.

    Parameters
    ----------
    record
        The evolution, trial by trial.
    parameters
        Constants of the model, of which the dead time counts.
    rng
        Generator of the other units.
    """
    n_trials = len(record.image_names)
    psth = np.zeros((n_trials, record.parts["evol"]["psth"][0][0].shape[1]), dtype=np.float32)
    for part in record.parts.values():
        for numbers, blocks in zip(part["trials"], part["psth"], strict=True):
            for of_block, rates in zip(numbers, blocks, strict=True):
                psth[of_block - 1] = rates
    descriptor = record.descriptor
    return FormattedRecording(
        name=descriptor.ephysFN,
        image_names=record.image_names,
        rasters=with_other_rows(psth, descriptor, record.channels, record.units, parameters, rng),
        channels=record.channels,
        units=record.units,
    )

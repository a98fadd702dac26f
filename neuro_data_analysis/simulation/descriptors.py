"""Which experiments are simulated: the real list of recordings, and how long each one lasts."""

import csv
import datetime
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.contract.provenance import SIMULATED_SUFFIX
from neuro_data_analysis.recordings.naming import animal_and_date, area_of_channel
from neuro_data_analysis.simulation.parameters import Parameters

N_ELEMENTS = 190
"""Elements of the data set; 170 of them hold a recording."""

CI_SUBSET = (3, 4, 14, 26, 27, 28, 35, 55, 63, 79, 125, 137, 149, 155)
"""One V1, four V4 and nine IT experiments: a short one (28), unstable ones (125, 137), one that is
not fc6 against BigGAN (4), the longest (79) and the example (155)."""

SHORT = (8, 28, 33, 47, 78, 100, 127, 145)
"""Experiments of 10 to 14 blocks. Which ones were short is not known; these are a choice."""

FIXED_LENGTHS = {6: 38, 79: 56, 149: 35, 155: 23, 156: 31}
"""Printed numbers of blocks."""

COMPLETE = (155,)
"""Experiments whose every block is complete, as published."""

MEDIAN_BLOCKS, LOG_SD_BLOCKS = 26, 0.30
MIN_BLOCKS, MAX_BLOCKS = 15, 55


@dataclass(frozen=True)
class Descriptor:
    """One experiment: identity, preferred unit and its area, image placement (deg), spaces.

    `Expi` is None outside the data set of paired evolutions.
    """

    Expi: int | None
    scheduled_name: str
    channel: int
    unit: int
    size: float
    position: tuple[float, float]
    spaces: tuple[str, str]
    area: str

    @property
    def ephysFN(self) -> str:  # noqa: N802 (the field's name)
        """Name of the simulated recording."""
        return self.scheduled_name + SIMULATED_SUFFIX

    @property
    def animal(self) -> str:
        """Alfa or Beto."""
        return self.scheduled_name.split("-")[0]

    @property
    def date(self) -> datetime.date:
        """Day of the recording."""
        return animal_and_date(self.scheduled_name, "")[1]

    @property
    def expControlFN(self) -> str:  # noqa: N802
        """Name of the simulated behaviour file."""
        return f"{self.date:%y%m%d}_{self.animal}_generate_BigGAN_SIM"


@cache
def descriptors() -> dict[int, Descriptor]:
    """The 170 usable experiments by Expi.

    Examples
    --------
    >>> len(descriptors()), descriptors()[155].area
    (170, 'IT')
    """
    path = Path(__file__).with_name("experiments.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {
            int(row["Expi"]): Descriptor(
                Expi=int(row["Expi"]),
                scheduled_name=row["ephysFN"],
                channel=int(row["channel"]),
                unit=int(row["unit"]),
                size=float(row["size"]),
                position=(float(row["x"]), float(row["y"])),
                spaces=(row["space0"], row["space1"]),
                area=area_of_channel(int(row["channel"]), *animal_and_date(row["ephysFN"], "")),
            )
            for row in csv.DictReader(file)
        }


def fc6_population(descriptor: Descriptor, parameters: Parameters) -> int | None:
    """Images in a block of the fc6 thread; None outside all eras: the optimizer's own number.

    Parameters
    ----------
    descriptor
        Experiment: its animal and day count.
    parameters
        Constants of the model: eras, and experiments out of theirs.

    Examples
    --------
    >>> table = descriptors()
    >>> [fc6_population(table[expi], Parameters()) for expi in (3, 135, 155, 181)]
    [40, 30, 40, 30]
    """
    eras = [era for era in parameters.eras if era.animal == descriptor.animal]
    day = descriptor.date.isoformat()
    if descriptor.Expi in parameters.small_populations:
        return min(era.population for era in eras)
    found = [era.population for era in eras if era.first <= day <= era.last]
    return found[0] if found else None


def draw_n_blocks(expi: int | None, rng: np.random.Generator) -> int:
    """Number of complete blocks of an experiment.

    Parameters
    ----------
    expi
        Experiment, whose length may be fixed or known to be short; None for none of the data set.
    rng
        Generator of the draw.

    Examples
    --------
    >>> draw_n_blocks(155, np.random.default_rng(0))
    23
    """
    drawn = round(MEDIAN_BLOCKS * np.exp(LOG_SD_BLOCKS * rng.standard_normal()))
    short = int(rng.integers(10, 15))
    if expi in FIXED_LENGTHS:
        return FIXED_LENGTHS[expi]
    return short if expi in SHORT else int(np.clip(drawn, MIN_BLOCKS, MAX_BLOCKS))
